//! What goes over the wire reads back, and what others send is understood or refused.

use proptest::prelude::*;

use super::*;
use crate::call::tracer::Step;

fn clock() -> (tokio::runtime::Runtime, Clock) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime");
    let clock = Clock::virtual_time(
        runtime.handle().clone(),
        std::time::UNIX_EPOCH + Duration::from_secs(1),
    );
    (runtime, clock)
}

const ADDRESS: Address<'_> = Address {
    contract: "payments",
    version: 3,
    message: "charge",
    deadline: Duration::from_secs(5),
    is_answered: true,
};

fn request(clock: &Clock, key: Option<String>, waiting: Vec<String>, body: Vec<u8>) -> Request {
    Request {
        contract: "payments".into(),
        version: 3,
        message: "charge".into(),
        key: key.map(Key::from),
        id: Some(MessageId::of_text("x")),
        deadline: clock.now().after(Duration::from_millis(1234)),
        waiting,
        trace: Some(Step::root(true).context),
        inside: true,
        kind: RequestKind::Ask,
        body,
    }
}

proptest! {
    #[test]
    fn calls_read_back(
        key in proptest::option::of(".{1,20}"),
        waiting in proptest::collection::vec(".{1,12}", 0..4),
        body: Vec<u8>,
    ) {
        let (_runtime, clock) = clock();
        let sent = request(&clock, key, waiting, body);
        let frame = Frame::of_request(sent.clone(), &clock);
        for (_, value) in &frame.headers {
            prop_assert!(value.bytes().all(|byte| byte.is_ascii_graphic()), "{value:?} cannot be a header");
        }
        let received = frame.into_request(&clock, ADDRESS).expect("a call");
        // Headers carry milliseconds, rounded up: the receiver never gives up before the sender.
        let later = received.deadline.since(sent.deadline);
        prop_assert!(received.deadline >= sent.deadline && later <= Duration::from_millis(2));
        prop_assert_eq!(Request { deadline: sent.deadline, ..received }, sent);
    }
}

#[test]
fn answers_read_back() {
    let answers = [
        Ok(Answer::Reply(b"1".to_vec())),
        Ok(Answer::Domain(b"2".to_vec())),
        Ok(Answer::Accepted),
        Err(CallError::DeadlineExceeded {
            capability: "payments".to_owned(),
            started: true,
        }),
        Err(CallError::TooLarge {
            capability: "payments".to_owned(),
            part: Part::Reply,
            limit: 7,
        }),
    ];
    for answer in answers {
        assert_eq!(
            Frame::of_answer(answer.clone()).into_answer("payments"),
            Ok(answer)
        );
    }
}

#[test]
fn a_foreign_frame_is_refused_with_the_header_that_is_wrong() {
    let (_runtime, clock) = clock();
    let good = Frame::of_request(
        request(&clock, Some("k".to_owned()), Vec::new(), Vec::new()),
        &clock,
    );
    for (name, value) in [
        (CONTRACT, "payments"),
        (DEADLINE, "soon"),
        (KIND, "shout"),
        (KEY, "%zz"),
    ] {
        let mut frame = good.clone();
        for header in frame.headers.iter_mut().filter(|(known, _)| *known == name) {
            header.1 = value.to_owned();
        }
        assert!(
            matches!(frame.into_request(&clock, ADDRESS), Err(FrameError::Invalid { name: found, .. }) if found == name)
        );
    }
}

#[test]
fn a_call_that_says_nothing_is_what_its_address_says() {
    let (runtime, clock) = clock();
    let _stopped = runtime.enter();
    let frame = || Frame {
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    let asked = frame().into_request(&clock, ADDRESS).expect("a call");
    assert_eq!((&*asked.message, asked.kind), ("charge", RequestKind::Ask));
    assert_eq!(asked.deadline, clock.now().after(Duration::from_secs(5)));
    let told = Address {
        is_answered: false,
        ..ADDRESS
    };
    let told = frame().into_request(&clock, told).expect("a call");
    assert_eq!(told.kind, RequestKind::Tell);
}

#[test]
fn another_version_of_the_contract_is_refused_and_an_absurd_deadline_brought_forward() {
    let (runtime, clock) = clock();
    let _stopped = runtime.enter();
    let with = |header, value: &str| Frame {
        headers: vec![(header, value.to_owned())],
        body: Vec::new(),
    };
    let refused = with(CONTRACT, "payments/4").into_request(&clock, ADDRESS);
    assert!(
        matches!(refused, Err(FrameError::Contract { .. })),
        "{refused:?}"
    );
    let far = with(DEADLINE, &u64::MAX.to_string()).into_request(&clock, ADDRESS);
    assert_eq!(far.expect("a call").deadline, clock.now().after(LATEST));
    let past = with(DEADLINE, "1").into_request(&clock, ADDRESS);
    assert_eq!(past.expect("a call").deadline, clock.now());
}

#[test]
fn answers_of_other_services_are_understood() {
    let answer = |headers: &[(&'static str, &str)], body: &str| {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let frame = Frame {
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        };
        frame.into_answer("payments").expect("an answer")
    };
    assert_eq!(answer(&[], "1"), Ok(Answer::Reply(b"1".to_vec())));
    let refusal = [(ERROR, "no"), (ERROR_CODE, "409")];
    assert_eq!(
        answer(&refusal, "\"no\""),
        Ok(Answer::Domain(b"\"no\"".to_vec()))
    );
    let full = answer(&[(ERROR_CODE, "429")], "");
    assert!(
        matches!(full, Err(CallError::Overloaded { .. })),
        "{full:?}"
    );
    let garbage = answer(&[(ERROR, "boom"), (ERROR_CODE, "what")], "{");
    assert!(matches!(garbage, Err(CallError::Panicked { ref reason, .. }) if reason == "boom"));
}

#[test]
fn a_message_that_is_another_than_its_address_says_is_refused() {
    let (_runtime, clock) = clock();
    let frame = Frame {
        headers: vec![(MESSAGE, "refund".to_owned())],
        body: Vec::new(),
    };
    let refused = frame.into_request(&clock, ADDRESS);
    assert!(
        matches!(refused, Err(FrameError::Invalid { name: MESSAGE, .. })),
        "{refused:?}"
    );
}

#[test]
fn bodies_in_another_format_are_refused_before_they_are_read() {
    let (_runtime, clock) = clock();
    let with = |format: &str| Frame {
        headers: vec![(CONTENT_TYPE, format.to_owned())],
        body: b"{}".to_vec(),
    };
    for format in ["application/json", "Application/JSON; charset=utf-8"] {
        let taken = with(format).into_request(&clock, ADDRESS);
        assert!(taken.is_ok(), "{format}: {taken:?}");
    }
    let refused = with("application/protobuf").into_request(&clock, ADDRESS);
    assert!(
        matches!(
            refused,
            Err(FrameError::Invalid {
                name: CONTENT_TYPE,
                ..
            })
        ),
        "{refused:?}"
    );
}
