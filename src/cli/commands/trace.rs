//! `trace`: one request through all its turns.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use clap::{ArgMatches, value_parser};
use serde_json::Value;

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::views::{Root, Span, Trace, Traces};
use crate::cli::{arguments, output};

/// Hexadecimal digits of a whole id.
const ID_DIGITS: usize = 32;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("trace")
        .about("Shows the way of one request through its turns; without an id the latest requests")
        .arg(arguments::optional("id", "ID", "The trace, or the beginning of its id"))
        .arg(
            arguments::number("limit", "How many requests are listed")
                .default_value("20")
                .value_parser(value_parser!(u64).range(1..=10_000)),
        )
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} trace              the latest requests\n  \
             {name} trace 4bf92f35     all that one of them caused\n\n\
             Requests over HTTP and from the command line are always traced, others by [trace] sample of the configuration.\n\
             Of a split application the steps of all nodes are put together.\n\
             Ends with 65 when no such trace is remembered, 69 when {name} is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::of_process_or_colony(&session, None).await?;
    let as_json = arguments.get_flag("json");
    let Some(id) = arguments::text(&arguments, "id") else {
        let limit = arguments.get_one::<u64>("limit").copied().unwrap_or(20);
        let raw = roots(&client, limit).await?;
        let traces: Traces = client.read(raw.to_string().as_bytes())?;
        if as_json {
            output::json(&raw)?;
        } else {
            output::line(&listed(traces.traces))?;
        }
        return Ok(Exit::Success);
    };
    let id = whole(&client, id).await?;
    let raw: Value = client.get(&Route::of(&["traces", &id])).await?;
    let trace: Trace = client.read(raw.to_string().as_bytes())?;
    if as_json {
        output::json(&raw)?;
    } else {
        output::line(&tree(&trace))?;
    }
    Ok(Exit::Success)
}

async fn roots(client: &Client, limit: u64) -> Result<Value, Failure> {
    let route = Route::of(&["traces"]).with("limit", &limit.to_string());
    client.get(&route).await
}

/// The id that begins like this.
async fn whole(client: &Client, beginning: &str) -> Result<String, Failure> {
    if beginning.len() >= ID_DIGITS {
        return Ok(beginning.to_owned());
    }
    let raw = roots(client, 10_000).await?;
    let traces: Traces = client.read(raw.to_string().as_bytes())?;
    let ids: BTreeSet<String> = traces.traces.into_iter().map(|root| root.trace).collect();
    let mut fitting = ids.into_iter().filter(|id| id.starts_with(beginning));
    match (fitting.next(), fitting.next()) {
        (Some(id), None) => Ok(id),
        (Some(one), Some(other)) => Err(Failure::new(
            Exit::Data,
            format!("more than one trace begins with {beginning}: {one}, {other}"),
        )),
        (None, _) => Err(Failure::new(
            Exit::Data,
            format!("no trace that is remembered begins with {beginning}"),
        )),
    }
}

fn listed(roots: Vec<Root>) -> String {
    if roots.is_empty() {
        return "no request was traced yet".to_owned();
    }
    let heads = [
        Head::Text("TRACE"),
        Head::Text("BEGAN"),
        Head::Number("TOOK"),
        Head::Number("STEPS"),
        Head::Text("REQUEST"),
        Head::Text("OUTCOME"),
    ];
    let row = |root: Root| {
        let spans = root.spans.map(|spans| spans.to_string());
        vec![
            root.trace,
            root.step.start.clone(),
            output::micros(root.step.duration_us),
            spans.unwrap_or_default(),
            format!("{} {}", root.step.kind, root.step.what()),
            root.step.outcome,
        ]
    };
    output::columns(&heads, roots.into_iter().map(row).collect())
}

/// The steps of a trace, each below the one that caused it, in the order in which they began.
fn tree(trace: &Trace) -> String {
    let begun = trace.spans.iter().filter_map(at).min();
    let known: BTreeSet<&str> = trace.spans.iter().map(|span| span.span.as_str()).collect();
    let mut below: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in &trace.spans {
        // One whose cause is not remembered, or that names itself, begins a tree of its own.
        let parent = span.parent.as_deref();
        let parent = parent.filter(|parent| known.contains(parent) && *parent != span.span);
        below
            .entry(parent.unwrap_or_default())
            .or_default()
            .push(span);
    }
    for spans in below.values_mut() {
        spans.sort_by_key(|span| (at(span), &span.span));
    }
    let mut rows = Vec::new();
    let mut open: Vec<(usize, &Span)> = Vec::new();
    open.extend(
        below
            .remove("")
            .into_iter()
            .flatten()
            .rev()
            .map(|span| (0, span)),
    );
    while let Some((depth, span)) = open.pop() {
        rows.push(row(span, depth, begun));
        let caused = below.remove(span.span.as_str()).into_iter().flatten();
        open.extend(caused.rev().map(|span| (depth + 1, span)));
    }
    let heads = [
        Head::Number("AT"),
        Head::Number("TOOK"),
        Head::Number("WAITED"),
        Head::Text("STEP"),
        Head::Text("OUTCOME"),
    ];
    let steps = match trace.spans.len() {
        1 => "1 step".to_owned(),
        number => format!("{number} steps"),
    };
    let head = output::plain(&format!("trace {}, {steps}", trace.trace));
    format!("{head}\n{}", output::columns(&heads, rows))
}

fn at(span: &Span) -> Option<SystemTime> {
    humantime::parse_rfc3339_weak(&span.step.start).ok()
}

fn row(span: &Span, depth: usize, begun: Option<SystemTime>) -> Vec<String> {
    let since = at(span).zip(begun);
    let since = since.and_then(|(at, begun)| at.duration_since(begun).ok());
    let step = &span.step;
    let place = if step.inline { ", inline" } else { "" };
    vec![
        since.map_or_else(String::new, |since| {
            format!("{:.3}ms", since.as_secs_f64() * 1e3)
        }),
        output::micros(step.duration_us),
        step.queued_us.map(output::micros).unwrap_or_default(),
        format!("{}{} {}", "  ".repeat(depth), step.kind, step.what()),
        format!("{}{place}", step.outcome),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_stands_below_its_cause_in_the_order_of_time() {
        let text = r#"{"trace":"4bf92f3577b34da6a3ce929d0e0e4736","spans":[
            {"span":"c3","parent":"b2","kind":"ask","capability":"payments","message":"charge","start":"2026-01-02T03:04:05.001200Z","duration_us":350,"inline":true,"outcome":"ok"},
            {"span":"d4","parent":"b2","kind":"event","capability":"notifications","message":"reserved","start":"2026-01-02T03:04:05.009000Z","duration_us":90,"queued_us":40,"inline":false,"outcome":"panicked"},
            {"span":"a1","kind":"cli","capability":"reservations","key":"lisbon","message":"reserve","start":"2026-01-02T03:04:05.000000Z","duration_us":8500,"inline":false,"outcome":"ok"},
            {"span":"b2","parent":"a1","kind":"ask","capability":"reservations","key":"lisbon","message":"reserve","start":"2026-01-02T03:04:05.000800Z","duration_us":7000,"queued_us":120,"inline":false,"outcome":"ok"},
            {"span":"e5","parent":"lost","kind":"timer","capability":"reservations","message":"expire","start":"2026-01-02T03:05:05Z","duration_us":10,"inline":false,"outcome":"refused"}]}"#;
        let trace: Trace = serde_json::from_str(text).expect("a trace");
        insta::assert_snapshot!(tree(&trace), @r#"
        trace 4bf92f3577b34da6a3ce929d0e0e4736, 5 steps
                 AT   TOOK  WAITED  STEP                                OUTCOME
            0.000ms  8.5ms          cli reservations[lisbon].reserve    ok
            0.800ms  7.0ms   120us    ask reservations[lisbon].reserve  ok
            1.200ms  350us              ask payments.charge             ok, inline
            9.000ms   90us    40us      event notifications.reserved    panicked
        60000.000ms   10us          timer reservations.expire           refused
        "#);
    }

    #[test]
    fn a_circle_of_causes_comes_to_an_end() {
        let text = r#"{"trace":"1","spans":[{"span":"a","parent":"b"},{"span":"b","parent":"a"},{"span":"c","parent":"c"}]}"#;
        let trace: Trace = serde_json::from_str(text).expect("a trace");
        assert!(tree(&trace).starts_with("trace 1, 3 steps"));
    }

    #[test]
    fn requests_are_listed_with_what_they_asked() {
        let text = r#"{"traces":[{"trace":"4bf92f3577b34da6a3ce929d0e0e4736","spans":4,"kind":"http","capability":"search","message":"find",
            "start":"2026-01-02T03:04:05.000000Z","duration_us":1850,"outcome":"ok"}]}"#;
        let traces: Traces = serde_json::from_str(text).expect("traces");
        insta::assert_snapshot!(listed(traces.traces), @r#"
        TRACE                             BEGAN                         TOOK  STEPS  REQUEST           OUTCOME
        4bf92f3577b34da6a3ce929d0e0e4736  2026-01-02T03:04:05.000000Z  1.9ms      4  http search.find  ok
        "#);
        assert_eq!(listed(Vec::new()), "no request was traced yet");
    }
}
