//! The spans that all processes of a colony remember: pages of them, and who puts them together.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::value::to_raw_value;

use super::asking::{PATIENCE, ask, ask_everybody};
use super::verbs::{Spans, SpansAsked, SpansSaid};
use crate::call::{Span, TraceId};
use crate::runtime::Runtime;
use crate::runtime::running::Parts;
use crate::transport::{Network, Whom};

/// Bytes of a page, besides its last span.
const PAGE_BYTES: usize = 256 * 1024;

/// The next page of the spans of this process.
pub(super) async fn page(parts: Arc<Parts>, asked: SpansAsked) -> Option<SpansSaid> {
    let network = parts.network.as_ref()?;
    let recent = parts.directory.tracer().recent();
    let wanted = recent.iter().rev();
    let wanted = wanted.filter(|span| asked.trace.is_none_or(|trace| span.trace == trace));
    let mut wanted = wanted.skip(asked.skipped).peekable();
    let (mut spans, mut num_bytes) = (Vec::new(), 0);
    while num_bytes < PAGE_BYTES
        && let Some(span) = wanted.next()
    {
        let span = to_raw_value(&**span).ok()?;
        num_bytes += span.get().len() + 1;
        spans.push(span);
    }
    Some(SpansSaid {
        instance: network.identity().1.to_owned(),
        spans,
        has_more: wanted.peek().is_some(),
    })
}

impl Runtime {
    /// The spans that all processes of the application remember, those that ended first before the others: of one trace, or all.
    /// Those of whoever does not answer are missing.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn colony_spans(&self, trace: Option<TraceId>) -> Vec<Arc<Span>> {
        let Some(parts) = self.parts() else {
            return Vec::new();
        };
        let Some(network) = &parts.network else {
            let mut own = self.spans();
            own.retain(|span| trace.is_none_or(|trace| span.trace == trace));
            return own;
        };
        let asked = SpansAsked { trace, skipped: 0 };
        let num = parts.num_processes;
        let first = ask_everybody::<Spans>(network, &asked, num, |said| &said.instance).await;
        let all = first.into_iter().map(|first| rest(network, trace, first));
        let all = join_all(all).await.into_iter().flatten();
        // A page may overlap with the one before: spans were added in between.
        let mut seen = HashSet::new();
        let mut spans: Vec<Arc<Span>> = all
            .filter(|span: &Arc<Span>| seen.insert((span.trace, span.span)))
            .collect();
        spans.sort_by_key(|span| span.start.checked_add(span.duration).unwrap_or(span.start));
        spans
    }
}

/// All spans of one process, from its first page on.
async fn rest(
    network: &Arc<dyn Network>,
    trace: Option<TraceId>,
    first: SpansSaid,
) -> Vec<Arc<Span>> {
    let (mut spans, mut page, mut skipped) = (Vec::new(), first, 0);
    loop {
        skipped += page.spans.len();
        // One that is not understood is of another version, and left out.
        let read = page
            .spans
            .iter()
            .map(|span| serde_json::from_str(span.get()));
        spans.extend(read.filter_map(Result::ok).map(Arc::new));
        if !page.has_more || page.spans.is_empty() {
            return spans;
        }
        let asked = SpansAsked { trace, skipped };
        let whom = Whom::Process(page.instance.clone());
        match ask::<Spans>(network, whom, &asked, PATIENCE).await {
            Ok(next) => page = next,
            Err(_) => return spans,
        }
    }
}
