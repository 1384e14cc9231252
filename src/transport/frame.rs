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
//! | `Skep-Kind` | call | `ask`; `tell`, which is answered when the message is queued; or `try`, when its turn begins |
//! | `Content-Type` | call | `application/json`, if it is said at all |
//! | `Skep-Answer` | answer | `reply`, `refusal`, `accepted` or `error` |
//! | `Nats-Service-Error` | answer | what went wrong, for people (ADR-32, which stock clients of NATS know) |
//! | `Nats-Service-Error-Code` | answer | the error's number, as HTTP counts; a refusal of the domain is 409 |
//!
//! What an error says besides is JSON in its body: `code`, `message`, `retryable`, `retry_after_ms` and, for skep itself, `details`.
//!
//! Others than skep send less: their subject says what is called, and an answer without `Skep-Answer` is a reply, or an error
//! if it has an error code.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::call::route::{Answer, Request, RequestKind};
use crate::call::{CallError, Clock, Delivery, Key, MessageId, Part, Tick};

/// What goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a call means that does not say it: its address says whom it is for, and the capability has a deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub(crate) contract: &'a str,
    pub(crate) version: u32,
    pub(crate) message: &'a str,
    pub(crate) deadline: Duration,
    /// Whether somebody waits for an answer.
    pub(crate) is_answered: bool,
}

/// The body of an error.
#[derive(Debug, Serialize, Deserialize)]
struct ErrorBody {
    code: String,
    message: String,
    retryable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<CallError>,
}

/// A frame that is no call or no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("header {name} is {value:?}, which is not {expected}")]
    Invalid {
        name: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("the error it carries is not readable: {0}")]
    Error(String),
    #[error("it is for {asked}, and here is {here}")]
    Contract { asked: String, here: String },
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
const CONTENT_TYPE: &str = "Content-Type";
const ANSWER: &str = "Skep-Answer";
const ERROR: &str = "Nats-Service-Error";
const ERROR_CODE: &str = "Nats-Service-Error-Code";

/// The headers that a frame can have: others are not ours.
pub(crate) const HEADERS: [&str; 13] = [
    CONTRACT,
    MESSAGE,
    KEY,
    DEADLINE,
    ID,
    WAITING,
    INSIDE,
    TRACE,
    KIND,
    CONTENT_TYPE,
    ANSWER,
    ERROR,
    ERROR_CODE,
];

/// The only format of bodies.
const JSON: &str = "application/json";
/// The number of a refusal of the domain.
const REFUSED: u16 = 409;
/// The latest deadline that anybody may ask for. Later ones are brought forward to it.
const LATEST: Duration = Duration::from_secs(24 * 60 * 60);
/// After which time it may be worth trying again.
const RETRY_AFTER_MS: u64 = 1000;

impl Frame {
    fn get(&self, name: &'static str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A call of somebody who is no skep: nothing but a body, until when the reply is wanted, in wall milliseconds since 1970, and
    /// the key where there is one.
    #[cfg_attr(
        not(feature = "gateway"),
        expect(dead_code, reason = "only the check of contracts probes")
    )]
    pub(crate) fn bare(deadline_ms: u64, key: Option<&Key>, body: Vec<u8>) -> Self {
        let mut headers = vec![(DEADLINE, deadline_ms.to_string())];
        headers.extend(key.map(|key| (KEY, percent_encoded(key.as_str()))));
        Self { headers, body }
    }

    /// What an answer is, as HTTP counts: 200 for a reply, 409 for a refusal of the domain, else the number of the error.
    #[cfg_attr(
        not(feature = "gateway"),
        expect(dead_code, reason = "only the check of contracts probes")
    )]
    pub(crate) fn status(&self) -> u16 {
        match (self.get(ANSWER), self.get(ERROR_CODE)) {
            (Some("refusal"), _) => REFUSED,
            (_, Some(code)) => code.parse().unwrap_or(500),
            (_, None) => 200,
        }
    }

    /// A call as a frame.
    pub(crate) fn of_request(request: Request, clock: &Clock) -> Self {
        let deadline_ms = wall_deadline(request.deadline, clock);
        let mut headers = vec![
            (
                CONTRACT,
                format!("{}/{}", request.contract, request.version),
            ),
            (MESSAGE, request.message.into_owned()),
            (DEADLINE, deadline_ms.to_string()),
            (
                KIND,
                match request.kind {
                    RequestKind::Ask => "ask",
                    RequestKind::Tell => "tell",
                    RequestKind::Try => "try",
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
    ///
    /// # Errors
    ///
    /// [`FrameError`] when a header cannot be read, or it is for another version of the contract.
    pub(crate) fn into_request(
        self,
        clock: &Clock,
        address: Address<'_>,
    ) -> Result<Request, FrameError> {
        self.meant_for(address)?;
        self.is_json()?;
        let kind = match self.get(KIND) {
            Some("ask") => RequestKind::Ask,
            Some("tell") => RequestKind::Tell,
            Some("try") => RequestKind::Try,
            Some(other) => return Err(invalid(KIND, other, "`ask`, `tell` or `try`")),
            None if address.is_answered => RequestKind::Ask,
            None => RequestKind::Tell,
        };
        let decode = |name, value| {
            percent_decoded(value).ok_or_else(|| invalid(name, value, "percent-encoded"))
        };
        let key = self.get(KEY).map(|key| decode(KEY, key)).transpose()?;
        let waiting = self.get(WAITING).unwrap_or_default().split(',');
        let waiting = waiting.filter(|name| !name.is_empty());
        Ok(Request {
            contract: address.contract.to_owned().into(),
            version: address.version,
            message: address.message.to_owned().into(),
            key: key.map(Key::from),
            id: self.get(ID).map(MessageId::from),
            deadline: self.deadline(clock, address)?,
            waiting: waiting
                .map(|name| decode(WAITING, name))
                .collect::<Result<_, _>>()?,
            // As the standard asks for, what cannot be read is as if it were not there.
            trace: self.get(TRACE).and_then(|trace| trace.parse().ok()),
            inside: self.get(INSIDE) == Some("1"),
            kind,
            body: self.body,
        })
    }

    /// Refuses what is for another message than its address says, by which a server may have let it pass; for another contract, or
    /// another version of it.
    fn meant_for(&self, address: Address<'_>) -> Result<(), FrameError> {
        if let Some(message) = self.get(MESSAGE)
            && message != address.message
        {
            return Err(invalid(MESSAGE, message, "the message of its address"));
        }
        let Some(contract) = self.get(CONTRACT) else {
            return Ok(());
        };
        let Some((name, version)) = contract.rsplit_once('/') else {
            return Err(invalid(CONTRACT, contract, "`name/version`"));
        };
        let version = version
            .parse::<u32>()
            .map_err(|_| invalid(CONTRACT, contract, "`name/version`"))?;
        if name == address.contract && version == address.version {
            return Ok(());
        }
        let here = (address.contract, address.version);
        Err(FrameError::of_contract((name, version), here))
    }

    /// Refuses bodies in another format than ours, whatever is in them.
    fn is_json(&self) -> Result<(), FrameError> {
        let said = self.get(CONTENT_TYPE).unwrap_or(JSON);
        let format = said.split(';').next().unwrap_or_default().trim();
        if format.eq_ignore_ascii_case(JSON) {
            return Ok(());
        }
        Err(invalid(CONTENT_TYPE, said, "`application/json`"))
    }

    fn deadline(&self, clock: &Clock, address: Address<'_>) -> Result<Tick, FrameError> {
        let Some(deadline) = self.get(DEADLINE) else {
            return Ok(clock.now().after(address.deadline));
        };
        let deadline_ms: u64 = deadline
            .parse()
            .map_err(|_| invalid(DEADLINE, deadline, "milliseconds since 1970"))?;
        Ok(tick_of(deadline_ms, clock))
    }

    /// An answer as a frame.
    pub(crate) fn of_answer(answer: Result<Answer, CallError>) -> Self {
        let (kind, body) = match answer {
            Ok(Answer::Reply(body)) => ("reply", body),
            Ok(Answer::Accepted) => ("accepted", Vec::new()),
            Ok(Answer::Domain(body)) => {
                return Self {
                    headers: vec![
                        (ANSWER, "refusal".to_owned()),
                        (ERROR, "refused by the domain: the body says why".to_owned()),
                        (ERROR_CODE, REFUSED.to_string()),
                    ],
                    body,
                };
            }
            Err(error) => return Self::of_error(error),
        };
        Self {
            headers: vec![(ANSWER, kind.to_owned())],
            body,
        }
    }

    fn of_error(error: CallError) -> Self {
        let (message, status) = (error.to_string(), error.status());
        let one_line: String = message
            .chars()
            .map(|c| {
                if c.is_ascii() && !c.is_control() {
                    c
                } else {
                    ' '
                }
            })
            .collect();
        Self {
            headers: vec![
                (ANSWER, "error".to_owned()),
                (ERROR, one_line),
                (ERROR_CODE, status.to_string()),
            ],
            body: error_body(error),
        }
    }

    /// The answer that a frame carries.
    ///
    /// # Errors
    ///
    /// [`FrameError`] when it is none.
    pub(crate) fn into_answer(
        self,
        capability: &str,
    ) -> Result<Result<Answer, CallError>, FrameError> {
        let answer = match self.get(ANSWER) {
            Some("reply") => Ok(Answer::Reply(self.body)),
            Some("refusal") => Ok(Answer::Domain(self.body)),
            Some("accepted") => Ok(Answer::Accepted),
            Some("error") => Err(read_error(&self.body, capability)?),
            Some(other) => return Err(invalid(ANSWER, other, "a kind of answer")),
            None => return Ok(self.into_foreign_answer(capability)),
        };
        Ok(answer)
    }

    /// What a service says that knows of ADR-32 only.
    fn into_foreign_answer(self, capability: &str) -> Result<Answer, CallError> {
        let Some(code) = self.get(ERROR_CODE) else {
            return Ok(Answer::Reply(self.body));
        };
        let code = code.parse().unwrap_or(500);
        let is_json = serde_json::from_slice::<&RawValue>(&self.body).is_ok();
        if code == REFUSED && is_json {
            return Ok(Answer::Domain(self.body));
        }
        let reason = self.get(ERROR).unwrap_or("it says no more").to_owned();
        Err(foreign_error(capability, code, reason))
    }
}

/// A deadline in milliseconds since 1970. Rounded up: the receiver must not give up before the sender does.
pub(super) fn wall_deadline(deadline: Tick, clock: &Clock) -> u64 {
    let left = deadline.since(clock.now());
    let at = since_1970(clock).saturating_add(left);
    u64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// A deadline in milliseconds since 1970 as a moment of our clock, no later than anybody may ask for.
pub(super) fn tick_of(deadline_ms: u64, clock: &Clock) -> Tick {
    let left = Duration::from_millis(deadline_ms).saturating_sub(since_1970(clock));
    clock.now().after(left.min(LATEST))
}

fn since_1970(clock: &Clock) -> Duration {
    clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// What is said of an error in a body.
pub(super) fn error_body(error: CallError) -> Vec<u8> {
    let is_retryable = error.delivery() == Delivery::NotDelivered && error.status() == 503;
    let body = ErrorBody {
        code: error.code().to_owned(),
        message: error.to_string(),
        retryable: is_retryable,
        retry_after_ms: is_retryable.then_some(RETRY_AFTER_MS),
        details: Some(error),
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The error that a body says.
///
/// # Errors
///
/// [`FrameError::Error`] when it says none.
pub(super) fn read_error(body: &[u8], capability: &str) -> Result<CallError, FrameError> {
    let error: ErrorBody =
        serde_json::from_slice(body).map_err(|error| FrameError::Error(error.to_string()))?;
    let reason = error.message;
    let details = error.details;
    Ok(details.unwrap_or_else(|| foreign_error(capability, 500, reason)))
}

/// The error of a service that knows nothing of ours, by its number.
fn foreign_error(capability: &str, code: u16, reason: String) -> CallError {
    let capability = capability.to_owned();
    match code {
        400 | 422 => CallError::Codec {
            capability,
            part: Part::Message,
            reason,
        },
        404 => CallError::UnknownMessage {
            capability,
            message: reason,
        },
        429 => CallError::Overloaded { capability },
        503 => CallError::Down { capability, reason },
        504 => CallError::DeadlineExceeded {
            capability,
            started: true,
        },
        _ => CallError::Panicked { capability, reason },
    }
}

fn invalid(name: &'static str, value: &str, expected: &'static str) -> FrameError {
    FrameError::Invalid {
        name,
        value: value.chars().take(64).collect(),
        expected,
    }
}

impl FrameError {
    /// It is for another contract than the one that is here, or another version of it.
    pub(crate) fn of_contract(asked: (&str, u32), here: (&str, u32)) -> Self {
        let said = |(contract, version): (&str, u32)| format!("{contract}/{version}");
        Self::Contract {
            asked: said(asked),
            here: said(here),
        }
    }

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
mod tests;
