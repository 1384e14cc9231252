//! What a collector gets, and what happens when there is none.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span as OtlpSpan;
use prost::Message;

use super::{Otlp, OtlpError};
use crate::call::{Key, Span, SpanId, SpanKind, TraceId, TurnOutcome};
use crate::config::Sources;
use crate::runtime::Runtime;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a collector was sent.
#[derive(Debug)]
struct Got {
    head: Vec<String>,
    request: ExportTraceServiceRequest,
}

impl Got {
    fn spans(&self) -> &[OtlpSpan] {
        &self.request.resource_spans[0].scope_spans[0].spans
    }
}

/// A collector that gives these answers, one after the other, then `200 OK`.
fn collector(listener: TcpListener, answers: &[&'static str]) -> Receiver<Got> {
    let (sender, got) = sync_channel(1024);
    let mut answers = answers.to_vec();
    answers.reverse();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            if serve(stream, &mut answers, &sender).is_none() {
                return;
            }
        }
    });
    got
}

/// One request of a connection after the other. `None` when nobody wants to know any more.
fn serve(
    stream: TcpStream,
    answers: &mut Vec<&'static str>,
    sender: &SyncSender<Got>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return Some(());
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_lowercase());
        }
        let length = head
            .iter()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer = answers.pop().unwrap_or("200 OK");
        let request = ExportTraceServiceRequest::decode(&*body).expect("a request of traces");
        sender.send(Got { head, request }).ok()?;
        let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
        reader.get_mut().write_all(answer.as_bytes()).ok()?;
    }
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}/v1/traces"))
}

fn runtime(settings: &[String]) -> Runtime {
    let sources = settings
        .iter()
        .fold(Sources::of("test"), |sources, setting| {
            sources.set(setting.clone())
        });
    Runtime::builder()
        .sources(sources)
        .start_blocking()
        .expect("a runtime")
}

fn sending_to(endpoint: &str) -> (Runtime, Otlp) {
    let runtime = runtime(&[format!("trace.otlp.endpoint={endpoint}")]);
    let otlp = Otlp::begin(&runtime, "hotel", "1.2.3")
        .expect("it begins")
        .expect("it is configured");
    (runtime, otlp)
}

fn span(number: u64) -> Span {
    Span {
        trace: TraceId::from_u128(0xabc),
        span: SpanId::from_u64(number),
        parent: Some(SpanId::from_u64(99)),
        kind: SpanKind::Call,
        capability: "payments".to_owned(),
        key: Some(Key::from("lisbon")),
        message: "charge".to_owned(),
        start: UNIX_EPOCH + Duration::from_secs(1000),
        duration: Duration::from_millis(5),
        queued: Some(Duration::from_micros(7)),
        is_inline: false,
        outcome: TurnOutcome::Panicked,
    }
}

fn next(got: &Receiver<Got>) -> Got {
    got.recv_timeout(PATIENCE).expect("a request arrives")
}

/// The numbers of all spans until `num` have come.
fn numbers(got: &Receiver<Got>, num: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < num {
        let got = next(got);
        let ids = got
            .spans()
            .iter()
            .map(|span| span.span_id.clone().try_into().expect("8 bytes"));
        numbers.extend(ids.map(u64::from_be_bytes));
    }
    numbers
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn a_span_arrives_with_all_that_it_says() {
    let (listener, endpoint) = listener();
    let got = collector(listener, &[]);
    let (runtime, otlp) = sending_to(&endpoint);
    runtime.record_span(span(7));
    runtime.record_span(Span {
        parent: None,
        key: None,
        queued: None,
        kind: SpanKind::Event,
        outcome: TurnOutcome::Ok,
        ..span(8)
    });
    let got = next(&got);
    assert_eq!(got.head[0], "post /v1/traces http/1.1");
    assert!(
        got.head
            .contains(&"content-type: application/x-protobuf".to_owned())
    );
    let resource = got.request.resource_spans[0]
        .resource
        .as_ref()
        .expect("a resource");
    let service: Vec<_> = resource
        .attributes
        .iter()
        .map(|a| (a.key.as_str(), a.value.clone().and_then(|v| v.value)))
        .collect();
    assert_eq!(
        service[0],
        ("service.name", Some(Value::StringValue("hotel".to_owned())))
    );
    assert_eq!(
        service[1],
        (
            "service.version",
            Some(Value::StringValue("1.2.3".to_owned()))
        )
    );
    let [first, second] = got.spans() else {
        panic!("two spans: {got:?}");
    };
    assert_eq!(first.trace_id, 0xabc_u128.to_be_bytes());
    assert_eq!(
        (&*first.span_id, &*first.parent_span_id),
        (&7_u64.to_be_bytes()[..], &99_u64.to_be_bytes()[..])
    );
    assert_eq!(
        (
            first.name.as_str(),
            first.kind,
            first.status.as_ref().expect("a status").code
        ),
        ("payments.charge", 2, 2)
    );
    assert_eq!(first.start_time_unix_nano, 1_000_000_000_000);
    assert_eq!(first.end_time_unix_nano, 1_000_005_000_000);
    let attributes: BTreeMap<_, _> = first
        .attributes
        .iter()
        .map(|a| {
            (
                a.key.as_str(),
                a.value.clone().and_then(|v| v.value).expect("a value"),
            )
        })
        .collect();
    let text = |text: &str| Value::StringValue(text.to_owned());
    let expected = BTreeMap::from([
        ("skep.capability", text("payments")),
        ("skep.inline", Value::BoolValue(false)),
        ("skep.key", text("lisbon")),
        ("skep.kind", text("call")),
        ("skep.message", text("charge")),
        ("skep.outcome", text("panicked")),
        ("skep.queued_us", Value::IntValue(7)),
    ]);
    assert_eq!(attributes, expected);
    assert!(second.parent_span_id.is_empty());
    assert_eq!(
        (second.kind, second.status.as_ref().expect("a status").code),
        (5, 1)
    );
    block_on(otlp.stop(PATIENCE));
    assert_eq!(otlp.num_dropped(), 0);
}

#[test]
fn headers_are_sent_and_are_no_ones_to_read() {
    let (listener, endpoint) = listener();
    let got = collector(listener, &[]);
    let runtime = runtime(&[
        format!("trace.otlp.endpoint={endpoint}"),
        "trace.otlp.headers={ x-key = \"hunter2\" }".to_owned(),
    ]);
    let otlp = Otlp::begin(&runtime, "hotel", "1")
        .expect("it begins")
        .expect("it is configured");
    runtime.record_span(span(1));
    assert!(next(&got).head.contains(&"x-key: hunter2".to_owned()));
    assert!(!format!("{otlp:?}").contains("hunter2"));
}

#[test]
fn many_spans_go_in_bounded_batches_in_order() {
    let (listener, endpoint) = listener();
    let got = collector(listener, &[]);
    let (runtime, _otlp) = sending_to(&endpoint);
    for number in 1..=1200 {
        runtime.record_span(span(number));
    }
    let mut seen = Vec::new();
    while seen.len() < 1200 {
        let got = next(&got);
        assert!(got.spans().len() <= 512, "{}", got.spans().len());
        seen.extend(got.spans().iter().map(|span| span.span_id.last().copied()));
    }
    let expected: Vec<_> = (1..=1200_u64)
        .map(|number| number.to_be_bytes().last().copied())
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_busy_collector_is_asked_again_and_one_that_refuses_is_not() {
    let (listener, endpoint) = listener();
    let answers = [
        "503 Service Unavailable",
        "429 Too Many Requests\r\nRetry-After: 0",
        "200 OK",
        "400 Bad Request",
    ];
    let got = collector(listener, &answers);
    let (runtime, otlp) = sending_to(&endpoint);
    runtime.record_span(span(1));
    assert_eq!(numbers(&got, 3), [1, 1, 1]);
    runtime.record_span(span(2));
    assert_eq!(numbers(&got, 1), [2]);
    runtime.record_span(span(3));
    assert_eq!(numbers(&got, 1), [3]);
    assert_eq!(otlp.num_dropped(), 1, "the one that was refused");
}

#[test]
fn spans_wait_for_a_collector_that_comes_back() {
    let (listener, endpoint) = listener();
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let (runtime, otlp) = sending_to(&endpoint);
    for number in 1..=3 {
        runtime.record_span(span(number));
    }
    let Ok(listener) = TcpListener::bind(address) else {
        // Somebody else has the port now.
        return;
    };
    let got = collector(listener, &[]);
    assert_eq!(numbers(&got, 3), [1, 2, 3]);
    assert_eq!(otlp.num_dropped(), 0);
}

#[test]
fn what_is_left_is_sent_at_the_end() {
    let (listener, endpoint) = listener();
    let got = collector(listener, &[]);
    let (runtime, otlp) = sending_to(&endpoint);
    for number in 1..=600 {
        runtime.record_span(span(number));
    }
    block_on(async {
        runtime.stop().await;
        otlp.stop(PATIENCE).await;
    });
    assert_eq!(numbers(&got, 600).len(), 600);
}

#[test]
fn the_end_waits_no_longer_than_it_may_for_a_collector_that_is_gone() {
    let (listener, endpoint) = listener();
    drop(listener);
    let (runtime, otlp) = sending_to(&endpoint);
    runtime.record_span(span(1));
    block_on(otlp.stop(Duration::from_millis(10)));
    assert_eq!(otlp.num_dropped(), 1);
    drop(runtime);
}

#[test]
fn an_answer_that_takes_too_long_is_not_waited_for() {
    let (silent, endpoint) = listener();
    let runtime = runtime(&[
        format!("trace.otlp.endpoint={endpoint}"),
        "trace.otlp.timeout=10ms".to_owned(),
    ]);
    let otlp = Otlp::begin(&runtime, "hotel", "1")
        .expect("it begins")
        .expect("it is configured");
    runtime.record_span(span(1));
    // Each attempt that is given up leaves its connection behind: a second one is the proof.
    let attempts: Vec<_> = silent.incoming().take(2).collect();
    assert_eq!(attempts.len(), 2);
    drop(otlp);
}

#[test]
fn an_address_that_is_none_is_refused_at_the_start() {
    for (endpoint, word) in [
        ("collector:4318", "http://"),
        ("https://collector/v1/traces", "TLS"),
        ("http://", "URL"),
        ("not a url", "URL"),
    ] {
        let runtime = runtime(&[format!("trace.otlp.endpoint={endpoint}")]);
        let error = Otlp::begin(&runtime, "hotel", "1").expect_err("refused");
        assert!(matches!(error, OtlpError::Endpoint { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(
        Otlp::begin(&runtime(&[]), "hotel", "1")
            .expect("nothing is wrong")
            .is_none()
    );
}

#[test]
fn times_before_1970_do_no_harm() {
    let early = Span {
        start: SystemTime::UNIX_EPOCH - Duration::from_secs(5),
        ..span(1)
    };
    let sender = super::encode::Sender {
        service: "hotel".to_owned(),
        version: "1".to_owned(),
    };
    let bytes = super::encode::request(&sender, &[std::sync::Arc::new(early)]);
    assert!(ExportTraceServiceRequest::decode(&*bytes).is_ok());
}
