//! What a letter looks like on a stream: a subject, headers and the body as JSON.
//!
//! | header | meaning |
//! |---|---|
//! | `Nats-Msg-Id` | the letter's id, under which server and receivers know it again |
//! | `Skep-Contract` | the contract of whoever let it out |
//! | `Skep-Event`, `Skep-Message` | what it is |
//! | `Skep-Key` | percent-encoded: of a send the receiver's key, of an event the emitter's |
//! | `Skep-Lane` | percent-encoded: letters of one lane keep their order |
//! | `Skep-At` | when the turn ran that let it out, in milliseconds since 1970 |
//! | `traceparent` | the step of a trace that let it out (W3C Trace Context) |
//! | `Skep-Direct` | of an event: the capabilities that get it from the emitter's own process, separated by commas |
//!
//! All may be missing from what others than skep publish: then the subject says what it is, and its place in the stream is its id.

use std::sync::Arc;

use async_nats::HeaderMap;
use async_nats::jetstream::Message;
use bytes::Bytes;
use serde_json::value::RawValue;

use super::streams::Kind;
use crate::actor::debts::Onward;
use crate::actor::outgoing::{LetterBody, LetterKind};
use crate::call::{Key, MessageId};
use crate::engine::parcel::{Parcel, What};
use crate::transport::frame::{percent_decoded, percent_encoded};
use crate::transport::nats::subjects::{Subjects, key_of_token};

const ID: &str = "Nats-Msg-Id";
const CONTRACT: &str = "Skep-Contract";
const EVENT: &str = "Skep-Event";
const MESSAGE: &str = "Skep-Message";
const KEY: &str = "Skep-Key";
const LANE: &str = "Skep-Lane";
const AT: &str = "Skep-At";
const TRACE: &str = "traceparent";
const DIRECT: &str = "Skep-Direct";

/// What stands for the message in the subject of an event that is for one capability alone.
const EVENT_ALONE: &str = "@event";

/// A letter, ready to be published.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) kind: Kind,
    /// Whose stream it goes to.
    pub(super) capability: String,
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Outgoing {
    /// An event for all who listen; `None` for what is no letter or no event.
    pub(super) fn of_event(subjects: &Subjects, parcel: &Parcel) -> Option<Self> {
        let sent = parcel.sent.as_ref()?;
        let What::Event { contract, name } = &parcel.what else {
            return None;
        };
        let mut headers = headers(parcel)?;
        headers.insert(EVENT, name.as_str());
        if !sent.lane.is_empty() {
            headers.insert(KEY, percent_encoded(&sent.lane));
        }
        if let Some(direct) = &sent.direct {
            headers.insert(DIRECT, &**direct);
        }
        Some(Self {
            kind: Kind::Events,
            capability: contract.clone(),
            subject: subjects.event(contract, name, &sent.lane),
            headers,
            body: Bytes::copy_from_slice(parcel.body.as_bytes()),
        })
    }

    /// A send for one capability, or an event for it alone; `None` for what is neither.
    pub(super) fn of_send(subjects: &Subjects, target: &str, parcel: &Parcel) -> Option<Self> {
        let mut headers = headers(parcel)?;
        let subject = match &parcel.what {
            What::Message { name } => {
                headers.insert(MESSAGE, name.as_str());
                if let Some(key) = &parcel.key {
                    headers.insert(KEY, percent_encoded(key.as_str()));
                }
                subjects.send(target, name)
            }
            What::Event { name, .. } => {
                headers.insert(EVENT, name.as_str());
                subjects.send(target, EVENT_ALONE)
            }
            What::Every { .. } => return None,
        };
        Some(Self {
            kind: Kind::Sends,
            capability: target.to_owned(),
            subject,
            headers,
            body: Bytes::copy_from_slice(parcel.body.as_bytes()),
        })
    }
}

fn headers(parcel: &Parcel) -> Option<HeaderMap> {
    let sent = parcel.sent.as_ref()?;
    let from = match &parcel.what {
        What::Event { contract, .. } => contract.as_str(),
        _ => sent.from,
    };
    let mut headers = HeaderMap::new();
    headers.insert(ID, parcel.id.to_string());
    headers.insert(CONTRACT, from);
    headers.insert(LANE, percent_encoded(&sent.lane));
    headers.insert(AT, sent.at_ms.to_string());
    if let Some(trace) = parcel.trace {
        headers.insert(TRACE, trace.to_string());
    }
    Some(headers)
}

/// A letter that came in.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) parcel: Parcel,
    /// Who let it out, and in which lane.
    pub(super) lane: (String, String),
    at_ms: u64,
    direct: String,
    /// Why it cannot be delivered, if it is not readable.
    pub(super) fault: Option<String>,
}

impl Incoming {
    /// Reads what came. What is not readable is kept, with the reason.
    pub(super) fn read(kind: Kind, message: &Message) -> Self {
        let mut reader = Reader {
            headers: message.headers.as_ref(),
            fault: None,
        };
        let mut tokens = message.subject.split('.').skip(4);
        let mut token = || tokens.next().unwrap_or_default();
        let (owner, named, key) = (token(), token(), token());
        let from = reader
            .get(CONTRACT)
            .map(|contract| contract.split('/').next().unwrap_or_default());
        let (what, from, key, lane) = match kind {
            Kind::Events => {
                let what = What::Event {
                    contract: owner.to_owned(),
                    name: named.to_owned(),
                };
                let lane = key_of_token(key).unwrap_or_default();
                (what, owner, None, lane)
            }
            Kind::Sends if named == EVENT_ALONE => {
                let what = What::Event {
                    contract: reader.need(CONTRACT, from).to_owned(),
                    name: reader.need(EVENT, reader.get(EVENT)).to_owned(),
                };
                (what, from.unwrap_or_default(), None, String::new())
            }
            Kind::Sends => {
                let what = What::Message {
                    name: named.to_owned(),
                };
                let key = reader.text(KEY).map(Key::from);
                (what, from.unwrap_or_default(), key, String::new())
            }
        };
        let lane = (from.to_owned(), reader.text(LANE).unwrap_or(lane));
        let parcel = Parcel {
            what,
            key,
            id: reader.id(message),
            trace: reader.get(TRACE).and_then(|trace| trace.parse().ok()),
            body: Arc::from(String::from_utf8_lossy(&message.payload)),
            consumes: None,
            onward: Onward::Watched,
            sent: None,
        };
        Self {
            parcel,
            lane,
            at_ms: reader.get(AT).and_then(|at| at.parse().ok()).unwrap_or(0),
            direct: reader.get(DIRECT).unwrap_or_default().to_owned(),
            fault: reader.fault,
        }
    }

    /// Whether the emitter's own process delivers it to this capability.
    pub(super) fn is_direct_to(&self, capability: &str) -> bool {
        self.direct.split(',').any(|direct| direct == capability)
    }

    pub(super) fn letter_kind(&self) -> LetterKind {
        match self.parcel.what {
            What::Event { .. } => LetterKind::Event,
            What::Message { .. } | What::Every { .. } => LetterKind::Send,
        }
    }

    /// Its event's or message's name.
    pub(super) fn name(&self) -> &str {
        match &self.parcel.what {
            What::Event { name, .. } | What::Message { name } => name,
            What::Every { handler } => handler,
        }
    }

    /// As it lies among the dead letters. A body that is no JSON is kept as a text.
    pub(super) fn to_letter(&self) -> LetterBody {
        let body = RawValue::from_string(self.parcel.body.to_string());
        let body = body.or_else(|_| serde_json::value::to_raw_value(&*self.parcel.body));
        let contract = match &self.parcel.what {
            What::Event { contract, .. } => Some(contract.clone()),
            _ => None,
        };
        LetterBody {
            id: self.parcel.id,
            kind: self.letter_kind(),
            name: self.name().to_owned(),
            key: self.parcel.key.clone(),
            at_ms: self.at_ms,
            trace: self.parcel.trace,
            contract,
            direct: String::new(),
            body: body.unwrap_or_default(),
        }
    }
}

/// Reads headers, and notes the first that cannot be read.
struct Reader<'m> {
    headers: Option<&'m HeaderMap>,
    fault: Option<String>,
}

impl<'m> Reader<'m> {
    fn get(&self, name: &str) -> Option<&'m str> {
        Some(self.headers?.get(name)?.as_str())
    }

    fn need(&mut self, name: &str, value: Option<&'m str>) -> &'m str {
        value.unwrap_or_else(|| {
            self.fault
                .get_or_insert_with(|| format!("header {name} is missing"));
            ""
        })
    }

    /// A header that is percent-encoded.
    fn text(&mut self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let text = percent_decoded(value);
        if text.is_none() {
            self.fault.get_or_insert_with(|| {
                format!("header {name} is {value:?}, which is not percent-encoded")
            });
        }
        text
    }

    /// Its id, or its place in the stream: that is the same each time it comes.
    fn id(&self, message: &Message) -> MessageId {
        if let Some(id) = self.get(ID) {
            return MessageId::from(id);
        }
        message.info().map_or_else(
            |_| MessageId::of_text(&message.subject),
            |info| {
                let published = info.published.unix_timestamp_nanos();
                let (stream, sequence) = (info.stream, info.stream_sequence);
                MessageId::of_text(&format!("{stream}/{sequence}/{published}"))
            },
        )
    }
}
