//! Calls and answers as bytes, for who knows skep on both sides: what [frames](super::frame) say in headers of text that anybody reads
//! is here in its place, and neither made into text nor read from it.
//!
//! Numbers are in network order; a text has its length before it, in four bytes.
//!
//! | bytes | of a call |
//! |---|---|
//! | 1 | what is waited for: 0 the reply, 1 room in the mailbox, 2 the beginning of the turn |
//! | 1 | what follows and what is so: [`KEY`], [`ID`], [`TRACE`], [`IS_SAMPLED`], [`IS_INSIDE`] |
//! | 4 | the major version of the contract |
//! | 8 | when the reply is no longer wanted, milliseconds since 1970 |
//! | text | the message's name |
//! | text | the key, if there is one |
//! | 16 | the message's id, if it has one |
//! | 16, 8 | the step of a trace that sends it, if there is one: trace and span |
//! | 2, texts | how many actors wait for this call, and which, outermost first |
//! | the rest | the body |
//!
//! | bytes | of an answer |
//! |---|---|
//! | 1 | 0 a reply, 1 a refusal of the domain, 2 the acceptance of a message, 3 an error |
//! | the rest | the reply or the refusal; of an error what a frame has in its body |

use std::borrow::Cow;

use super::frame::{self, FrameError};
use crate::call::route::{Answer, Request, RequestKind};
use crate::call::{CallError, Clock, Key, MessageId, SpanId, TraceContext, TraceId};

const KEY: u8 = 1;
const ID: u8 = 1 << 1;
const TRACE: u8 = 1 << 2;
const IS_SAMPLED: u8 = 1 << 3;
const IS_INSIDE: u8 = 1 << 4;
/// Whoever sets others says something that is not known here.
const KNOWN: u8 = KEY | ID | TRACE | IS_SAMPLED | IS_INSIDE;

/// It cannot be read: it was cut, or is of a newer kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be read, or is of a newer kind")]
pub(crate) struct Garbled;

/// Bytes that a call takes, its body included; a few more at most.
pub(crate) fn size_of(request: &Request) -> usize {
    let text = |text: &str| 4 + text.len();
    let key = request.key.as_ref().map_or(0, |key| text(key.as_str()));
    let waiting = request.waiting.iter().map(|name| text(name));
    1 + 1
        + 4
        + 8
        + text(&request.message)
        + key
        + 16
        + 24
        + 2
        + waiting.sum::<usize>()
        + request.body.len()
}

/// Puts a call at the end of `bytes`; `deadline_ms` is its deadline as [`frame::wall_deadline`] says it.
pub(crate) fn put_request(bytes: &mut Vec<u8>, request: &Request, deadline_ms: u64) {
    let flag = |is_so: bool, flag: u8| if is_so { flag } else { 0 };
    let is_sampled = request.trace.is_some_and(|trace| trace.is_sampled);
    bytes.push(match request.kind {
        RequestKind::Ask => 0,
        RequestKind::Tell => 1,
        RequestKind::Try => 2,
    });
    bytes.push(
        flag(request.key.is_some(), KEY)
            | flag(request.id.is_some(), ID)
            | flag(request.trace.is_some(), TRACE)
            | flag(is_sampled, IS_SAMPLED)
            | flag(request.inside, IS_INSIDE),
    );
    bytes.extend_from_slice(&request.version.to_be_bytes());
    bytes.extend_from_slice(&deadline_ms.to_be_bytes());
    put_text(bytes, &request.message);
    if let Some(key) = &request.key {
        put_text(bytes, key.as_str());
    }
    if let Some(id) = request.id {
        bytes.extend_from_slice(&id.to_bytes());
    }
    if let Some(trace) = request.trace {
        bytes.extend_from_slice(&trace.trace.to_bytes());
        bytes.extend_from_slice(&trace.span.to_bytes());
    }
    // Calls do not go so deep; what waits beyond that is not looked for.
    let num_waiting = u16::try_from(request.waiting.len()).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&num_waiting.to_be_bytes());
    for name in request.waiting.iter().take(num_waiting.into()) {
        put_text(bytes, name);
    }
    bytes.extend_from_slice(&request.body);
}

/// The call to `contract` that is written here. Of its version only what was asked for is known.
///
/// # Errors
///
/// [`Garbled`] when it cannot be read.
pub(crate) fn read_request(
    mut bytes: &[u8],
    contract: Cow<'static, str>,
    clock: &Clock,
) -> Result<Request, Garbled> {
    let rest = &mut bytes;
    let [kind, flags] = array(rest)?;
    let kind = match kind {
        0 => RequestKind::Ask,
        1 => RequestKind::Tell,
        2 => RequestKind::Try,
        _ => return Err(Garbled),
    };
    if flags & !KNOWN != 0 {
        return Err(Garbled);
    }
    let is = |flag: u8| flags & flag != 0;
    let version = u32::from_be_bytes(array(rest)?);
    let deadline = frame::tick_of(u64::from_be_bytes(array(rest)?), clock);
    let message = text(rest)?.to_owned();
    let key = is(KEY).then(|| text(rest)).transpose()?.map(Key::from);
    let id = is(ID).then(|| array(rest)).transpose()?;
    let trace = is(TRACE).then(|| trace(rest, is(IS_SAMPLED))).transpose()?;
    let num_waiting = u16::from_be_bytes(array(rest)?);
    let waiting = (0..num_waiting).map(|_| text(rest).map(str::to_owned));
    Ok(Request {
        contract,
        version,
        message: message.into(),
        key,
        id: id.map(MessageId::from_bytes),
        deadline,
        waiting: waiting.collect::<Result<_, _>>()?,
        trace,
        inside: is(IS_INSIDE),
        kind,
        body: rest.to_vec(),
    })
}

/// An answer that is to be written.
pub(crate) struct PackedAnswer {
    kind: u8,
    body: Vec<u8>,
}

impl PackedAnswer {
    pub(crate) fn of(answer: Result<Answer, CallError>) -> Self {
        let (kind, body) = match answer {
            Ok(Answer::Reply(body)) => (0, body),
            Ok(Answer::Domain(body)) => (1, body),
            Ok(Answer::Accepted) => (2, Vec::new()),
            Err(error) => (3, frame::error_body(error)),
        };
        Self { kind, body }
    }

    /// Bytes that it takes.
    pub(crate) const fn size(&self) -> usize {
        1 + self.body.len()
    }

    /// Puts it at the end of `bytes`.
    pub(crate) fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.kind);
        bytes.extend_from_slice(&self.body);
    }
}

/// The answer that is written here.
///
/// # Errors
///
/// [`FrameError`] when it is an error that cannot be read.
pub(crate) fn read_answer(
    bytes: &[u8],
    capability: &str,
) -> Result<Result<Answer, CallError>, FrameError> {
    let newer = || FrameError::Error(Garbled.to_string());
    let (kind, body) = bytes.split_first().ok_or_else(newer)?;
    Ok(match kind {
        0 => Ok(Answer::Reply(body.to_vec())),
        1 => Ok(Answer::Domain(body.to_vec())),
        2 => Ok(Answer::Accepted),
        3 => Err(frame::read_error(body, capability)?),
        _ => return Err(newer()),
    })
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Names and keys are short; no message has room for one that is longer than this can say.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Garbled> {
    let (array, after) = rest.split_first_chunk().ok_or(Garbled)?;
    *rest = after;
    Ok(*array)
}

fn text<'b>(rest: &mut &'b [u8]) -> Result<&'b str, Garbled> {
    let length = u32::from_be_bytes(array(rest)?);
    let length = usize::try_from(length).map_err(|_| Garbled)?;
    let (text, after) = rest.split_at_checked(length).ok_or(Garbled)?;
    *rest = after;
    std::str::from_utf8(text).map_err(|_| Garbled)
}

fn trace(rest: &mut &[u8], is_sampled: bool) -> Result<TraceContext, Garbled> {
    Ok(TraceContext {
        trace: TraceId::from_u128(u128::from_be_bytes(array(rest)?)),
        span: SpanId::from_u64(u64::from_be_bytes(array(rest)?)),
        is_sampled,
    })
}

#[cfg(test)]
mod tests;
