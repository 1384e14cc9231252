//! Law 8 for events that an operator emits by name: they go the way of all others.

use std::time::Duration;

use skep::testing::Colony;
use skep::{EmitError, Key, LogItem, NamedEvent, Since, Subscribe, TraceContext};

use crate::city::{Heard, House, Postman, Postmen};
use crate::counter::Counter;
use crate::gate::Gate;
use crate::late_store::LateStore;
use crate::law_07_event_log::{next, onlooker, ring};
use crate::ledger::{Entries, Ledger, Ledgers, Slacken};

const MINUTE: Duration = Duration::from_secs(60);

fn event(capability: &str, event: &str, key: Option<&str>, body: impl Into<Vec<u8>>) -> NamedEvent {
    NamedEvent {
        capability: capability.to_owned(),
        event: event.to_owned(),
        key: key.map(Key::from),
        body: body.into(),
        trace: None,
    }
}

fn counted(total: u64) -> NamedEvent {
    event(
        "counting",
        "counted",
        None,
        format!("{{\"total\":{total}}}"),
    )
}

fn rung(number: u64) -> String {
    format!("{{\n  \"house\": \"a\",\n  \"number\": {number}\n}}")
}

#[skep::test]
async fn an_event_emitted_by_name_reaches_listeners_once_and_in_order(colony: Colony) {
    let runtime = colony.with::<House>().with::<Postman>().start().await;
    ring(&runtime, "a", 1).await;
    let emitted = runtime.emit_by_name(event("houses", "rung", Some("a"), rung(2)));
    let emitted = emitted.await.expect("it is emitted");
    assert_eq!(emitted.listeners, ["postmen"]);
    assert_eq!(emitted.position, Some(2));
    ring(&runtime, "a", 3).await;
    assert!(runtime.settled(MINUTE).await);
    let heard = runtime.get::<Postmen>().key("a").ask(Heard {}).await;
    assert_eq!(heard, Ok(vec![1, 2, 3]));
    let mut log = onlooker(&runtime, Since::Position(1));
    assert_eq!(next(&mut log).await, (2, Ok(2)));
}

#[skep::test]
async fn an_event_emitted_by_name_looks_like_any_other(colony: Colony) {
    let runtime = colony.with::<House>().start().await;
    let mut log = onlooker(&runtime, Since::Now);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace: TraceContext = trace.parse().expect("a trace");
    let emitted = runtime.emit_by_name(NamedEvent {
        trace: Some(trace),
        ..event("houses", "rung", Some("a"), rung(5))
    });
    let emitted = emitted.await.expect("it is emitted");
    assert!(emitted.listeners.is_empty());
    let LogItem::Event(event) = log.next().await.expect("an event") else {
        panic!("no event");
    };
    assert_eq!((event.id, &*event.event), (emitted.id, "rung"));
    assert_eq!(
        (event.key, event.trace),
        (Some(Key::from("a")), Some(trace))
    );
    assert_eq!(event.body.get(), r#"{"house":"a","number":5}"#);
}

#[skep::test]
async fn without_a_log_an_event_emitted_by_name_has_no_position(colony: Colony) {
    let colony = colony.with::<House>().with::<Postman>();
    let runtime = colony.set("defaults.event_log=0").start().await;
    let emitted = runtime.emit_by_name(event("houses", "rung", None, rung(1)));
    let emitted = emitted.await.expect("it is emitted");
    assert_eq!(emitted.position, None);
    assert!(runtime.settled(MINUTE).await);
    let heard = runtime.get::<Postmen>().key("a").ask(Heard {}).await;
    assert_eq!(heard, Ok(vec![1]));
}

#[skep::test(real_time)]
async fn an_event_emitted_by_name_survives_a_restart_before_its_delivery(colony: Colony) {
    let gate = Gate::new();
    let colony = colony.with::<Counter>().with::<Ledger>();
    let runtime = colony.start().await;
    let slacken = Slacken {
        gate: Some(gate.name.clone()),
    };
    let ledger = runtime.get::<Ledgers>();
    ledger.ask(slacken).await.expect("a reply");
    let emitted = runtime.emit_by_name(counted(7));
    emitted.await.expect("it is emitted");
    gate.arrived().await;
    drop((ledger, runtime));
    let runtime = colony.start().await;
    gate.arrived().await;
    gate.open();
    assert!(runtime.settled(MINUTE).await);
    let entries = runtime.get::<Ledgers>().ask(Entries {}).await;
    assert_eq!(entries, Ok(vec![7]));
}

#[skep::test(real_time)]
async fn an_event_emitted_by_name_is_acknowledged_when_it_is_durable(colony: Colony) {
    let store = LateStore::new();
    let colony = colony.with::<Counter>();
    let colony = colony.store(std::sync::Arc::<LateStore>::clone(&store));
    let runtime = colony.start().await;
    store.hold();
    let emit = runtime.emit_by_name(counted(1));
    let mut emit = Box::pin(emit);
    assert!(futures_util::poll!(&mut emit).is_pending());
    store.wait_for_commit(1);
    assert!(futures_util::poll!(&mut emit).is_pending(), "not durable");
    store.release();
    assert_eq!(emit.await.expect("it is emitted").position, Some(1));
}

#[skep::test]
async fn what_cannot_be_emitted_is_refused_and_leaves_nothing(colony: Colony) {
    let colony = colony.with::<House>().with::<Counter>();
    let runtime = colony.set("defaults.message_size=1KiB").start().await;
    let long = format!("\"{}\"", "x".repeat(1023));
    let refusals: [(&str, &str, Option<&str>, &str, &str); 7] = [
        (
            "hoses",
            "rung",
            None,
            "{}",
            "no capability hoses runs here; is houses meant?",
        ),
        (
            "houses",
            "rang",
            None,
            "{}",
            "houses emits no event rang; is rung meant?",
        ),
        ("houses", "xyz", None, "{}", "houses emits no event xyz"),
        (
            "counting",
            "counted",
            Some("a"),
            "{}",
            "counting is not keyed: leave the key out",
        ),
        (
            "houses",
            "rung",
            Some(""),
            "{}",
            "a key has 1 to 255 bytes, and this one has 0",
        ),
        (
            "houses",
            "rung",
            None,
            "{} {}",
            "the body is not JSON: trailing characters at line 1 column 4",
        ),
        (
            "houses",
            "rung",
            None,
            &long,
            "the body has 1025 bytes, and events of houses may have 1024",
        ),
    ];
    for (capability, name, key, body, expected) in refusals {
        let emitted = runtime.emit_by_name(event(capability, name, key, body));
        let error = emitted.await.expect_err("it is refused");
        assert_eq!(error.to_string(), expected);
    }
    let mut log = onlooker(&runtime, Since::Oldest);
    assert!(futures_util::poll!(Box::pin(log.next())).is_pending());
}

#[skep::test]
async fn an_event_for_which_the_outbox_has_no_room_is_refused(colony: Colony) {
    let colony = colony.with::<Counter>().with::<Ledger>();
    let colony = colony.set("capabilities.counting.outbox_limit=1");
    let runtime = colony.start().await;
    let gate = Gate::new();
    let slacken = Slacken {
        gate: Some(gate.name.clone()),
    };
    runtime
        .get::<Ledgers>()
        .ask(slacken)
        .await
        .expect("a reply");
    let first = runtime.emit_by_name(counted(1));
    first.await.expect("there is room for one");
    let second = runtime.emit_by_name(counted(1));
    let error = second.await.expect_err("there is no room for two");
    assert!(matches!(error, EmitError::Overloaded { .. }), "{error}");
    gate.open();
    assert!(runtime.settled(MINUTE).await);
    let subscribe = Subscribe {
        since: Since::Oldest,
        ..Subscribe::default()
    };
    let mut log = runtime.subscribe("counting", subscribe).expect("it counts");
    log.next().await.expect("the first");
    assert!(futures_util::poll!(Box::pin(log.next())).is_pending());
}
