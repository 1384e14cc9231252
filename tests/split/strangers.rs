//! Clients that know nothing of skep, or say what makes no sense: each is answered with what is right or wrong.

use skep::Runtime;

use crate::counter::{Counting, Read};
use crate::stage::{Stage, run};
use crate::wire::Stranger;

const ADD: &str = "skep.v1.test.cap.counting.add";
const ECHO: &str = "skep.v1.test.cap.counting.echo";

/// What a stranger may do to an application that serves over NATS, and how that one is afterwards.
fn visited(settings: &[&str], visit: impl FnOnce(&mut Stranger)) {
    let stage = settings
        .iter()
        .fold(Stage::new(), |stage, pair| stage.set(*pair));
    run(async {
        let whole: Runtime = stage.whole().await;
        visit(&mut Stranger::connect(&stage.server.url()));
        let read = whole.get::<Counting>().ask(Read {}).await;
        assert!(read.is_ok(), "it is well: {read:?}");
        whole.stop().await;
    });
}

#[test]
fn a_request_without_headers_is_answered() {
    visited(&[], |stranger| {
        assert_eq!(stranger.ask(ADD, r#"{"number":4}"#).body, b"4");
        let refused = stranger.ask(ADD, r#"{"number":13}"#);
        assert_eq!(refused.json()["number"], 13);
        let number = "Nats-Service-Error-Code: 409";
        assert!(refused.headers.contains(number), "{}", refused.headers);
        assert_eq!(stranger.ask(ADD, r#"{"number":1}"#).body, b"5");
    });
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    visited(&[], |stranger| {
        for body in [
            "",
            "no json",
            "{\"number\":",
            r#"{"number":"many"}"#,
            "\u{0}",
        ] {
            let answer = stranger.ask(ADD, body);
            assert_eq!(answer.error(), ("codec".to_owned(), 422), "{body:?}");
        }
        let message = stranger
            .ask("skep.v1.test.cap.counting.steal", "{}")
            .error();
        assert_eq!(message, ("unknown_message".to_owned(), 404));
        let version = ["Skep-Contract: counting/2"];
        let (code, number) = stranger.ask_with(ADD, &version, r#"{"number":1}"#).error();
        assert_eq!((&*code, number), ("codec", 422));
        let other = ["Skep-Message: read"];
        let (code, number) = stranger.ask_with(ADD, &other, "{}").error();
        assert_eq!((&*code, number), ("codec", 422), "its subject says another");
        for header in [
            "Skep-Kind: beg",
            "Skep-Deadline: soon",
            "Skep-Key: %GG",
            "Skep-Waiting: %",
        ] {
            let (code, number) = stranger.ask_with(ADD, &[header], r#"{"number":1}"#).error();
            assert_eq!((&*code, number), ("codec", 422), "{header}");
        }
        assert_eq!(stranger.ask(ADD, r#"{"number":1}"#).body, b"1");
    });
}

#[test]
fn what_has_expired_is_not_begun_and_an_absurd_deadline_is_cut() {
    visited(&[], |stranger| {
        for past in ["Skep-Deadline: 0", "Skep-Deadline: 1600000000000"] {
            let (code, number) = stranger.ask_with(ADD, &[past], r#"{"number":1}"#).error();
            assert_eq!((&*code, number), ("deadline_exceeded", 504));
        }
        let never = ["Skep-Deadline: 18446744073709551615"];
        let answer = stranger.ask_with(ADD, &never, r#"{"number":1}"#);
        assert_eq!(answer.body, b"1", "the two before were not begun");
    });
}

#[test]
fn headers_of_others_change_nothing_and_another_format_is_refused() {
    visited(&[], |stranger| {
        let headers = [
            "Content-Type: application/json; charset=utf-8",
            "X-Anything: goes",
            "traceparent: nonsense",
        ];
        let answer = stranger.ask_with(ADD, &headers, r#"{"number":1}"#);
        assert_eq!(answer.body, b"1");
        let answer = stranger.ask_with(ADD, &["Content-Type: text/html"], r#"{"number":1}"#);
        let (code, number) = answer.error();
        assert_eq!((&*code, number), ("codec", 422));
    });
}

#[test]
fn what_is_too_large_is_refused_either_way() {
    visited(&["capabilities.counting.message_size=10KiB"], |stranger| {
        let ask = |size: usize, times: u32| {
            let text = "x".repeat(size);
            format!(r#"{{"text":"{text}","times":{times}}}"#)
        };
        let (code, number) = stranger.ask(ECHO, &ask(20_000, 0)).error();
        assert_eq!((&*code, number), ("too_large", 413), "the message");
        let (code, _) = stranger.ask(ECHO, &ask(1000, 100)).error();
        assert_eq!(&*code, "too_large", "the reply");
        assert_eq!(stranger.ask(ECHO, &ask(2, 1)).body, br#""xx""#);
    });
}

#[test]
fn the_same_id_has_one_effect() {
    visited(&[], |stranger| {
        for _ in 0..3 {
            let answer = stranger.ask_with(ADD, &["Nats-Msg-Id: once"], r#"{"number":7}"#);
            assert_eq!(answer.body, b"7");
        }
        assert_eq!(stranger.ask(ADD, r#"{"number":1}"#).body, b"8");
    });
}

#[test]
fn tools_for_services_find_what_is_hosted() {
    visited(&[], |stranger| {
        let info = stranger.ask("$SRV.INFO.counting", "").json();
        assert_eq!(info["type"], "io.nats.micro.v1.info_response");
        assert_eq!(
            (&info["name"], &info["version"]),
            (&"counting".into(), &"1.0.0".into())
        );
        let endpoints = info["endpoints"].as_array().expect("endpoints");
        let add = endpoints.iter().find(|endpoint| endpoint["name"] == "add");
        assert_eq!(add.expect("it can add")["subject"], ADD);
        let id = info["id"].as_str().expect("an id");
        let ping = stranger.ask(&format!("$SRV.PING.counting.{id}"), "").json();
        assert_eq!(ping["type"], "io.nats.micro.v1.ping_response");
        assert_eq!(stranger.ask(ADD, r#"{"number":1}"#).body, b"1");
    });
}
