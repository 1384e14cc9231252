//! `client.py` speaks to the reservations as any client may, and hears their events.

use std::io::{BufRead, BufReader};
use std::process::{ChildStderr, Output, Stdio};

use serde_json::{Value, json};

use crate::asking::Asker;
use crate::place::{Place, Program};

const PLAY: &str = "tests/python/play.py";

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn find(place: &Place, reference: &str) -> Output {
    place.run("client.py", &["find", "City Hotel", reference])
}

/// The stream that the hotel keeps its events in.
fn make_stream(asker: &mut Asker) {
    let stream = json!({
        "name": "SKEP_hotel_EV_reservations",
        "subjects": ["skep.v1.hotel.ev.reservations.>"],
        "retention": "interest",
        "storage": "file",
        "discard": "new",
    });
    let subject = "$JS.API.STREAM.CREATE.SKEP_hotel_EV_reservations";
    let made = asker.told(subject, &stream.to_string());
    assert!(!made.body.contains("error"), "{}", made.body);
}

/// Says an event as the hotel does; it is kept when this comes back.
fn emit(asker: &mut Asker, event: &str, body: &str) {
    let subject = format!("skep.v1.hotel.ev.reservations.{event}.City=20Hotel");
    let kept = asker.told(&subject, body).body;
    assert!(kept.contains("SKEP_hotel_EV_reservations"), "{kept}");
}

/// A client that listens, from when this comes back.
pub(crate) fn listening(place: &Place, arguments: &[&str]) -> (Program, BufReader<ChildStderr>) {
    let mut command = place.command("client.py", arguments);
    let mut program = Program::of(command.stderr(Stdio::piped()));
    let mut stderr = BufReader::new(program.child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    stderr.read_line(&mut line).expect("it prints text");
    assert_eq!(line, "listening\n");
    (program, stderr)
}

#[test]
fn a_call_says_whom_it_is_for_until_when_and_which_it_is() {
    let Some(place) = Place::open() else { return };
    let _play = place.start(PLAY, &[]);
    let arguments = [
        "reserve",
        "City Hotel",
        "ADA-1",
        "Ada",
        "ada@example.com",
        "C",
        "2030-06-01",
        "3",
    ];
    let replies = [(); 2].map(|()| {
        let output = place.run("client.py", &arguments);
        serde_json::from_slice::<Value>(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"))
    });
    let [first, again] = &replies;
    assert_eq!(first["subject"], "skep.v1.hotel.cap.reservations.reserve");
    assert_eq!(first["headers"]["Skep-Key"], "City%20Hotel");
    assert_eq!(
        first["body"]["stay"],
        json!({ "arrival": "2030-06-01", "nights": 3 })
    );
    let deadline = first["headers"]["Skep-Deadline"].as_str();
    let deadline: u64 = deadline
        .and_then(|text| text.parse().ok())
        .expect("milliseconds");
    assert!(deadline > 1_700_000_000_000, "{deadline}");
    assert_eq!(
        first["headers"]["Nats-Msg-Id"],
        again["headers"]["Nats-Msg-Id"]
    );
    assert!(first["headers"]["Nats-Msg-Id"].is_string(), "{first}");
}

#[test]
fn a_refusal_an_error_and_silence_are_told_apart() {
    let Some(place) = Place::open() else { return };
    let nobody = find(&place, "ADA-1");
    assert_eq!(nobody.status.code(), Some(1));
    assert_eq!(
        text(&nobody.stderr),
        "failed: nobody answers for reservations\n"
    );
    let _play = place.start(PLAY, &[]);
    let refused = find(&place, "FULL");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stderr), "refused: {'full': {'room': 'C'}}\n");
    let failed = find(&place, "BROKEN");
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(text(&failed.stderr), "failed: 500: it panicked\n");
    assert_eq!(find(&place, "ADA-1").status.code(), Some(0));
}

#[test]
fn who_watches_sees_events_from_now_on() {
    let Some(place) = Place::open() else { return };
    let mut asker = Asker::at(&place);
    make_stream(&mut asker);
    emit(&mut asker, "reserved", r#"{"before":1}"#);
    let (mut client, _stderr) = listening(&place, &["watch", "--count", "1"]);
    emit(&mut asker, "cancelled", r#"{"after":1}"#);
    let heard = client.line();
    assert_eq!(heard.as_deref(), Some("cancelled City Hotel {\"after\":1}"));
    assert_eq!(client.line(), None);
}

#[test]
fn who_follows_gets_what_happened_while_it_was_away_once() {
    let Some(place) = Place::open() else { return };
    let mut asker = Asker::at(&place);
    make_stream(&mut asker);
    let follow = ["follow", "--name", "bookkeeping", "--count", "1"];
    let (mut client, _stderr) = listening(&place, &follow);
    for number in 1..=3 {
        emit(&mut asker, "reserved", &format!(r#"{{"number":{number}}}"#));
    }
    let heard = client.line();
    assert_eq!(heard.as_deref(), Some("reserved City Hotel {\"number\":1}"));
    assert_eq!(client.line(), None);
    for number in 2..=3 {
        let (mut client, _stderr) = listening(&place, &follow);
        let expected = format!("reserved City Hotel {{\"number\":{number}}}");
        assert_eq!(client.line(), Some(expected));
        assert_eq!(client.line(), None);
    }
    let info = asker.told("$JS.API.STREAM.INFO.SKEP_hotel_EV_reservations", "");
    let info: Value = serde_json::from_str(&info.body).expect("JSON");
    assert_eq!(
        info["state"]["messages"], 0,
        "nobody has to be told any more"
    );
}
