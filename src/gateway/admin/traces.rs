//! `/traces`: the requests that were followed, and the steps of each.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::call::{Span, SpanId, TraceId};
use crate::gateway::problem::Problem;
use crate::gateway::reading;
use crate::runtime::Runtime;

/// The spans that this process remembers, of one trace or all; where it stands for all processes of an application, those of all.
///
/// # Errors
///
/// A problem with status 500 if they cannot be looked at.
pub(super) async fn spans(
    runtime: &Runtime,
    trace: Option<TraceId>,
) -> Result<Vec<Arc<Span>>, Problem> {
    if runtime.is_onlooker() {
        return Ok(runtime.colony_spans(trace).await);
    }
    let runtime = runtime.clone();
    let mut spans = reading::aside(move || runtime.spans()).await?;
    spans.retain(|span| trace.is_none_or(|trace| span.trace == trace));
    Ok(spans)
}

/// The first span of each trace, the one that ended last before the others. First is the span without a parent, or whose parent is not remembered.
pub(super) fn list(spans: &[Arc<Span>], limit: usize) -> Value {
    let known: HashSet<SpanId> = spans.iter().map(|span| span.span).collect();
    let place = |span: &Span| {
        let has_cause = span.parent.is_some_and(|parent| known.contains(&parent));
        (has_cause, span.start)
    };
    let mut numbers: HashMap<TraceId, usize> = HashMap::new();
    let mut first: HashMap<TraceId, (usize, &Arc<Span>)> = HashMap::new();
    for (at, span) in spans.iter().enumerate() {
        *numbers.entry(span.trace).or_default() += 1;
        let first = first.entry(span.trace).or_insert((at, span));
        if place(span) < place(first.1) {
            *first = (at, span);
        }
    }
    // By what ended last: wall clocks are coarser than requests are long, and may be set back.
    let mut roots: Vec<(usize, &Arc<Span>)> = first.into_values().collect();
    roots.sort_by_key(|(at, _)| Reverse(*at));
    let shown = roots.into_iter().take(limit).map(|(_, span)| {
        let mut shown = serde_json::to_value(&**span).unwrap_or_default();
        shown["spans"] = numbers.get(&span.trace).copied().unwrap_or_default().into();
        shown
    });
    json!({ "traces": shown.collect::<Vec<_>>() })
}

/// The trace of this id.
pub(super) fn id(text: &str) -> Result<TraceId, Problem> {
    text.parse()
        .map_err(|error| Problem::new(400, "invalid_trace", format!("{text:?} is {error}")))
}

/// The spans of one trace, each after the one that caused it.
pub(super) fn show(trace: TraceId, mut spans: Vec<Arc<Span>>) -> Result<Value, Problem> {
    if spans.is_empty() {
        let detail = "no span of this trace is remembered: it was not recorded, or [trace] recent has room for newer ones only";
        return Err(Problem::not_found(detail));
    }
    spans.sort_by_key(|span| span.start);
    let spans: Vec<&Span> = in_order(&spans);
    Ok(json!({ "trace": trace, "spans": spans }))
}

/// By their beginnings, but no step before its cause: wall clocks are coarser than turns are long.
fn in_order(spans: &[Arc<Span>]) -> Vec<&Span> {
    let known: Vec<SpanId> = spans.iter().map(|span| span.span).collect();
    let is_root = |span: &Span| span.parent.is_none_or(|parent| !known.contains(&parent));
    let mut ordered = Vec::new();
    let mut waiting: Vec<&Span> = spans
        .iter()
        .map(|span| &**span)
        .filter(|span| is_root(span))
        .collect();
    waiting.reverse();
    while let Some(span) = waiting.pop() {
        ordered.push(span);
        let caused = spans.iter().filter(|other| other.parent == Some(span.span));
        let caused: Vec<&Span> = caused
            .map(|span| &**span)
            .filter(|span| !is_root(span))
            .collect();
        waiting.extend(caused.into_iter().rev());
    }
    ordered
}
