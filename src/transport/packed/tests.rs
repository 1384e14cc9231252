//! What is packed reads back, and whatever comes is read or refused.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::call::{Part, Tick};
use crate::transport::frame::wall_deadline;

/// Time stands still, between two milliseconds.
fn clock() -> (tokio::runtime::Runtime, Clock) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime");
    let wall = std::time::UNIX_EPOCH + Duration::from_nanos(1_000_700_000);
    let clock = Clock::virtual_time(runtime.handle().clone(), wall);
    (runtime, clock)
}

/// In the order of a packed call.
type Varied = (
    RequestKind,
    String,
    Option<String>,
    Option<[u8; 16]>,
    Option<(u128, u64, bool)>,
    Vec<String>,
    bool,
    Vec<u8>,
);

fn varied() -> impl Strategy<Value = Varied> {
    (
        prop_oneof![
            Just(RequestKind::Ask),
            Just(RequestKind::Tell),
            Just(RequestKind::Try)
        ],
        ".{0,20}",
        proptest::option::of(".{0,20}"),
        any::<Option<[u8; 16]>>(),
        any::<Option<(u128, u64, bool)>>(),
        proptest::collection::vec(".{0,12}", 0..4),
        any::<bool>(),
        any::<Vec<u8>>(),
    )
}

/// Says as little as a call can.
fn bare(kind: RequestKind) -> Varied {
    let (nothing, no_one) = (String::new(), Vec::new());
    (kind, nothing, None, None, None, no_one, false, Vec::new())
}

fn request(clock: &Clock, varied: Varied) -> Request {
    let (kind, message, key, id, trace, waiting, inside, body) = varied;
    Request {
        contract: "payments".into(),
        version: 3,
        message: message.into(),
        key: key.map(Key::from),
        id: id.map(MessageId::from_bytes),
        deadline: clock.now().after(Duration::from_secs(60)),
        waiting,
        trace: trace.map(|(trace, span, is_sampled)| TraceContext {
            trace: TraceId::from_u128(trace),
            span: SpanId::from_u64(span),
            is_sampled,
        }),
        inside,
        kind,
        body,
    }
}

fn packed(request: &Request, clock: &Clock) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_request(&mut bytes, request, wall_deadline(request.deadline, clock));
    bytes
}

fn read(bytes: &[u8], clock: &Clock) -> Result<Request, Garbled> {
    read_request(bytes, "payments".into(), clock)
}

proptest! {
    #[test]
    fn calls_read_back(varied in varied()) {
        let (_runtime, clock) = clock();
        let sent = request(&clock, varied);
        let bytes = packed(&sent, &clock);
        prop_assert!(bytes.len() <= size_of(&sent));
        let received = read(&bytes, &clock).expect("it was packed");
        // Deadlines are written in milliseconds, rounded up: the receiver never gives up before the sender.
        let later = received.deadline.since(sent.deadline);
        prop_assert!(received.deadline >= sent.deadline && later < Duration::from_millis(1));
        prop_assert_eq!(Request { deadline: sent.deadline, ..received }, sent);
    }

    #[test]
    fn a_call_without_a_body_that_is_cut_is_none(varied in varied(), at: prop::sample::Index) {
        let (_runtime, clock) = clock();
        let sent = Request { body: Vec::new(), ..request(&clock, varied) };
        let bytes = packed(&sent, &clock);
        let end = at.index(bytes.len());
        prop_assert_eq!(read(&bytes[..end], &clock), Err(Garbled));
    }

    #[test]
    fn whatever_comes_is_read_or_refused(mut bytes: Vec<u8>) {
        let (_runtime, clock) = clock();
        let _ = read(&bytes, &clock);
        let _ = read_answer(&bytes, "payments");
        for (place, byte) in bytes.iter_mut().enumerate().take(2) {
            *byte %= if place == 0 { 3 } else { KNOWN };
        }
        let _ = read(&bytes, &clock);
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let (_runtime, clock) = clock();
    let bytes = packed(&request(&clock, bare(RequestKind::Ask)), &clock);
    for (place, value) in [(0, 3), (1, KNOWN + 1)] {
        let mut newer = bytes.clone();
        newer[place] = value;
        assert_eq!(read(&newer, &clock), Err(Garbled), "byte {place}");
    }
    assert!(read_answer(&[4], "payments").is_err());
    assert!(read_answer(&[], "payments").is_err());
}

#[test]
fn a_deadline_further_away_than_anybody_may_ask_for_is_brought_forward() {
    let (_runtime, clock) = clock();
    let sent = Request {
        deadline: Tick::NEVER,
        ..request(&clock, bare(RequestKind::Tell))
    };
    let received = read(&packed(&sent, &clock), &clock).expect("it was packed");
    let day = Duration::from_secs(24 * 60 * 60);
    assert!(received.deadline <= clock.now().after(day));
}

#[test]
fn answers_read_back() {
    let answers = [
        Ok(Answer::Reply(b"1".to_vec())),
        Ok(Answer::Domain(b"2".to_vec())),
        Ok(Answer::Accepted),
        Err(CallError::TooLarge {
            capability: "payments".to_owned(),
            part: Part::Reply,
            limit: 7,
        }),
    ];
    for answer in answers {
        let mut bytes = Vec::new();
        let packed = PackedAnswer::of(answer.clone());
        packed.put(&mut bytes);
        assert_eq!(bytes.len(), packed.size());
        assert_eq!(read_answer(&bytes, "payments"), Ok(answer));
    }
}
