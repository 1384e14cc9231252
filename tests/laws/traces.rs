//! Traces: everything that one request causes belongs to it, and what is recorded of it tells who caused what.

use std::sync::Arc;
use std::time::Duration;

use skep::testing::{Colony, Placement};
use skep::{NamedAsk, Runtime, Span, SpanKind, TurnOutcome};

use crate::city::pass_time;
use crate::counter::{Add, AddAndFail, AddLater, Counter, Counting};
use crate::ledger::{Clerk, Clerking, Errand, Ledger, Run};

const HOUR: Duration = Duration::from_secs(3600);

fn traced(colony: Colony) -> Colony {
    colony.set("trace.sample=1")
}

/// The turns that were recorded, without the callers' view of calls through a transport.
fn turns(runtime: &Runtime) -> Vec<Arc<Span>> {
    let mut spans = runtime.spans();
    spans.retain(|span| span.kind != SpanKind::Client);
    spans
}

fn find<'s>(spans: &'s [Arc<Span>], capability: &str, message: &str) -> &'s Span {
    let found = spans
        .iter()
        .find(|span| span.capability == capability && span.message == message);
    found.unwrap_or_else(|| panic!("no span of {capability}.{message} in {spans:?}"))
}

/// The spans from the one that caused all to this one.
fn path<'s>(spans: &'s [Arc<Span>], span: &'s Span) -> Vec<&'s str> {
    let cause = spans
        .iter()
        .find(|known| Some(known.span) == span.parent)
        .map(|cause| path(spans, cause));
    let mut names = cause.unwrap_or_default();
    names.push(&span.message);
    names
}

async fn run(runtime: &Runtime, errands: Vec<Errand>) {
    let run = Run {
        number: 7,
        errands,
        fuse: None,
        panic: false,
    };
    let ran = runtime.get::<Clerking>().ask(run).await;
    ran.expect("a reply");
    assert!(runtime.settled(HOUR).await);
}

#[skep::test]
async fn a_call_made_in_a_turn_belongs_to_its_trace(colony: Colony) {
    let is_wire = colony.placement() != Placement::Local;
    let runtime = traced(colony.with::<Ledger>().with::<Clerk>())
        .start()
        .await;
    run(&runtime, vec![Errand::Ask]).await;
    let spans = runtime.spans();
    let entered = find(&turns(&runtime), "ledgers", "enter").clone();
    assert_eq!(entered.kind, SpanKind::Call);
    let path = path(&spans, &entered);
    if is_wire {
        assert_eq!(
            path,
            ["run", "run", "enter", "enter"],
            "each call as its caller and as its turn saw it"
        );
    } else {
        assert_eq!(path, ["run", "enter"]);
        assert_eq!(spans.len(), 2);
    }
    assert!(spans.iter().all(|span| span.trace == entered.trace));
}

#[skep::test]
async fn an_event_a_send_and_a_timer_belong_to_the_trace_of_the_turn_that_let_them_out(
    colony: Colony,
) {
    let colony = colony.with::<Counter>().with::<Ledger>().with::<Clerk>();
    let runtime = traced(colony).start().await;
    let counting = runtime.get::<Counting>();
    let later = AddLater { number: 2, ms: 60 };
    counting.ask(later).await.expect("a reply");
    assert!(runtime.settled(HOUR).await);
    pass_time(Duration::from_millis(70)).await;
    assert!(runtime.settled(HOUR).await);
    let spans = turns(&runtime);
    let added = find(&spans, "counting", "add");
    assert_eq!(added.kind, SpanKind::Timer);
    let counted = find(&spans, "ledgers", "counted");
    assert_eq!(counted.kind, SpanKind::Event);
    assert_eq!(path(&spans, counted), ["add_later", "add", "counted"]);
    run(&runtime, vec![Errand::Send]).await;
    let spans = turns(&runtime);
    let sent = find(&spans, "ledgers", "enter");
    assert_eq!(sent.kind, SpanKind::Sent);
    assert_eq!(path(&spans, sent), ["run", "enter"]);
    assert_ne!(sent.trace, added.trace, "another request, another trace");
}

#[skep::test]
async fn a_span_says_how_its_turn_ended(colony: Colony) {
    let runtime = traced(colony.with::<Counter>()).start().await;
    let counting = runtime.get::<Counting>();
    for number in [1, 13] {
        let _ = counting.ask(Add { number }).await;
    }
    for panic in [false, true] {
        let _ = counting.ask(AddAndFail { panic }).await;
    }
    let outcomes: Vec<_> = turns(&runtime).iter().map(|span| span.outcome).collect();
    assert_eq!(
        outcomes,
        [
            TurnOutcome::Ok,
            TurnOutcome::Refused,
            TurnOutcome::Refused,
            TurnOutcome::Panicked
        ]
    );
}

#[skep::test]
async fn nothing_is_recorded_of_calls_that_are_not_sampled(colony: Colony) {
    let runtime = colony.with::<Counter>().set("trace.sample=0").start().await;
    for number in 0..100 {
        let _ = runtime.get::<Counting>().ask(Add { number }).await;
    }
    assert_eq!(runtime.spans(), []);
}

#[skep::test]
async fn a_request_from_outside_is_recorded_as_it_says(colony: Colony) {
    let runtime = colony.with::<Counter>().set("trace.sample=0").start().await;
    let ask = |trace| NamedAsk {
        capability: "counting".to_owned(),
        message: "add".to_owned(),
        key: None,
        body: br#"{"number":1}"#.to_vec(),
        deadline: None,
        id: None,
        trace,
    };
    let mut cause = runtime.begin_trace(None);
    runtime
        .ask_by_name(ask(Some(cause)))
        .await
        .expect("a reply");
    let spans = turns(&runtime);
    assert_eq!(spans.len(), 1);
    assert_eq!(
        (spans[0].trace, spans[0].parent),
        (cause.trace, Some(cause.span))
    );
    cause.is_sampled = false;
    runtime
        .ask_by_name(ask(Some(cause)))
        .await
        .expect("a reply");
    runtime.ask_by_name(ask(None)).await.expect("a reply");
    assert_eq!(turns(&runtime).len(), 1);
}

#[skep::test(in_process = "each process keeps so many")]
async fn only_so_many_spans_are_kept_as_configured(colony: Colony) {
    let runtime = traced(colony.with::<Counter>())
        .set("trace.recent=3")
        .start()
        .await;
    for number in 0..10 {
        let _ = runtime.get::<Counting>().ask(Add { number }).await;
    }
    assert_eq!(runtime.spans().len(), 3);
}

#[skep::test(real_time)]
async fn a_span_tells_how_long_its_message_waited(colony: Colony) {
    let runtime = traced(colony.with::<Counter>()).start().await;
    let counting = runtime.get::<Counting>();
    let slow = crate::counter::Slow { ms: 30 };
    let (slow, added) = tokio::join!(counting.ask(slow), counting.ask(Add { number: 1 }));
    assert!(slow.is_ok() && added.is_ok());
    let spans = turns(&runtime);
    let added = find(&spans, "counting", "add");
    let waited = added.queued.expect("it was queued");
    assert!(waited >= Duration::from_millis(20), "{waited:?}");
    assert!(!added.is_inline);
}
