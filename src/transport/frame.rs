//! Frames: a call or an answer as text headers and a body, the same for every transport.
//!
//! | header | of | meaning |
//! |---|---|---|
//! | `Skep-Contract` | call | contract name, `/`, major version |
//! | `Skep-Message` | call | the message's name |
//! | `Skep-Key` | call | the key, percent-encoded |
//! | `Skep-Deadline` | call | when the reply is no longer wanted, milliseconds since 1970 |
//! | `Nats-Msg-Id` | call | the message's id, the same for every retry |
//! | `Skep-Waiting` | call | the actors that wait for this call, percent-encoded, outermost first, separated by commas |
//! | `Skep-Inside` | call | `1` when a turn sends it |
//! | `traceparent` | call | the step of a trace that sends it (W3C Trace Context) |
//! | `Skep-Kind` | call | `ask` or `tell` |
//! | `Skep-Answer` | answer | `reply`, `refusal`, `accepted` or `error` |

use crate::call::route::{Answer, Request, RequestKind};
use crate::call::{CallError, Clock, Key, MessageId, Part};

/// What goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// A frame that is no call or no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("header {0} is missing")]
    Missing(&'static str),
    #[error("header {name} is {value:?}, which is not {expected}")]
    Invalid {
        name: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("the error it carries is not readable: {0}")]
    Error(String),
}

const CONTRACT: &str = "Skep-Contract";
const MESSAGE: &str = "Skep-Message";
const KEY: &str = "Skep-Key";
const DEADLINE: &str = "Skep-Deadline";
const ID: &str = "Nats-Msg-Id";
const WAITING: &str = "Skep-Waiting";
const INSIDE: &str = "Skep-Inside";
const TRACE: &str = "traceparent";
const KIND: &str = "Skep-Kind";
const ANSWER: &str = "Skep-Answer";

impl Frame {
    fn get(&self, name: &'static str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    fn need(&self, name: &'static str) -> Result<&str, FrameError> {
        self.get(name).ok_or(FrameError::Missing(name))
    }

    /// A call as a frame.
    pub(crate) fn of_request(request: Request, clock: &Clock) -> Self {
        let left = request.deadline.since(clock.now());
        // Rounded up: the receiver must not give up before the sender does.
        let left_ms = u64::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let mut headers = vec![
            (
                CONTRACT,
                format!("{}/{}", request.contract, request.version),
            ),
            (MESSAGE, request.message),
            (
                DEADLINE,
                clock.wall_ms().saturating_add(left_ms).to_string(),
            ),
            (
                KIND,
                if request.kind == RequestKind::Ask {
                    "ask"
                } else {
                    "tell"
                }
                .to_owned(),
            ),
        ];
        if let Some(key) = &request.key {
            headers.push((KEY, percent_encoded(key.as_str())));
        }
        if let Some(id) = request.id {
            headers.push((ID, id.to_string()));
        }
        if !request.waiting.is_empty() {
            let names: Vec<_> = request
                .waiting
                .iter()
                .map(|name| percent_encoded(name))
                .collect();
            headers.push((WAITING, names.join(",")));
        }
        if let Some(trace) = request.trace {
            headers.push((TRACE, trace.to_string()));
        }
        if request.inside {
            headers.push((INSIDE, "1".to_owned()));
        }
        Self {
            headers,
            body: request.body,
        }
    }

    /// The call that a frame carries.
    pub(crate) fn into_request(self, clock: &Clock) -> Result<Request, FrameError> {
        let invalid = |name, value: &str, expected| FrameError::Invalid {
            name,
            value: value.to_owned(),
            expected,
        };
        let contract = self.need(CONTRACT)?;
        let (name, version) = contract
            .rsplit_once('/')
            .and_then(|(name, version)| Some((name.to_owned(), version.parse().ok()?)))
            .ok_or_else(|| invalid(CONTRACT, contract, "`name/version`"))?;
        let deadline = self.need(DEADLINE)?;
        let deadline_ms: u64 = deadline
            .parse()
            .map_err(|_| invalid(DEADLINE, deadline, "milliseconds since 1970"))?;
        let left = std::time::Duration::from_millis(deadline_ms.saturating_sub(clock.wall_ms()));
        let kind = match self.need(KIND)? {
            "ask" => RequestKind::Ask,
            "tell" => RequestKind::Tell,
            other => return Err(invalid(KIND, other, "`ask` or `tell`")),
        };
        let key = self
            .get(KEY)
            .map(|key| percent_decoded(key).ok_or_else(|| invalid(KEY, key, "percent-encoded")));
        let waiting = self
            .get(WAITING)
            .unwrap_or_default()
            .split(',')
            .filter(|name| !name.is_empty());
        let waiting = waiting.map(|name| {
            percent_decoded(name).ok_or_else(|| invalid(WAITING, name, "percent-encoded"))
        });
        Ok(Request {
            contract: name,
            version,
            message: self.need(MESSAGE)?.to_owned(),
            key: key.transpose()?.map(Key::from),
            id: self.get(ID).map(MessageId::from),
            deadline: clock.now().after(left),
            waiting: waiting.collect::<Result<_, _>>()?,
            // As the standard asks for, what cannot be read is as if it were not there.
            trace: self.get(TRACE).and_then(|trace| trace.parse().ok()),
            inside: self.get(INSIDE) == Some("1"),
            kind,
            body: self.body,
        })
    }

    /// An answer as a frame.
    pub(crate) fn of_answer(answer: Result<Answer, CallError>) -> Self {
        let (kind, body) = match answer {
            Ok(Answer::Reply(body)) => ("reply", body),
            Ok(Answer::Domain(body)) => ("refusal", body),
            Ok(Answer::Accepted) => ("accepted", Vec::new()),
            Err(error) => ("error", serde_json::to_vec(&error).unwrap_or_default()),
        };
        Self {
            headers: vec![(ANSWER, kind.to_owned())],
            body,
        }
    }

    /// The answer that a frame carries.
    pub(crate) fn into_answer(self) -> Result<Result<Answer, CallError>, FrameError> {
        let answer = match self.need(ANSWER)? {
            "reply" => Ok(Answer::Reply(self.body)),
            "refusal" => Ok(Answer::Domain(self.body)),
            "accepted" => Ok(Answer::Accepted),
            "error" => {
                let error = serde_json::from_slice(&self.body);
                Err(error.map_err(|error| FrameError::Error(error.to_string()))?)
            }
            other => {
                let (name, value) = (ANSWER, other.to_owned());
                return Err(FrameError::Invalid {
                    name,
                    value,
                    expected: "a kind of answer",
                });
            }
        };
        Ok(answer)
    }
}

impl FrameError {
    /// The caller's error when this part of the exchange was not readable.
    pub(crate) fn into_call_error(self, capability: &str, part: Part) -> CallError {
        CallError::Codec {
            capability: capability.to_owned(),
            part,
            reason: self.to_string(),
        }
    }
}

/// Header values are visible ASCII: everything else, and what has a meaning in them, is percent-encoded (RFC 3986 §2.1).
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    fn request(clock: &Clock, key: Option<String>, waiting: Vec<String>, body: Vec<u8>) -> Request {
        Request {
            contract: "payments".to_owned(),
            version: 3,
            message: "charge".to_owned(),
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
            let received = frame.into_request(&clock).expect("a call");
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
            assert_eq!(Frame::of_answer(answer.clone()).into_answer(), Ok(answer));
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
                matches!(frame.into_request(&clock), Err(FrameError::Invalid { name: found, .. }) if found == name)
            );
        }
        let empty = Frame {
            headers: Vec::new(),
            body: Vec::new(),
        };
        assert_eq!(
            empty.clone().into_request(&clock),
            Err(FrameError::Missing(CONTRACT))
        );
        assert_eq!(empty.into_answer(), Err(FrameError::Missing(ANSWER)));
    }
}
