//! A contract as data: what `inspect`, the gateway and foreign clients read.

use schemars::Schema;
use serde::{Deserialize, Serialize};

/// A contract as data: serialise it, and a client in any language knows how to call the capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The contract's name.
    pub name: String,
    /// The major version.
    pub version: u32,
    /// What the key names, for a keyed contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The contract's doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The messages, in the order of the contract.
    pub messages: Vec<MessageDescription>,
    /// The events, in the order of the contract.
    pub events: Vec<EventDescription>,
}

/// One message of a contract as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageDescription {
    /// The name on the wire.
    pub name: String,
    /// The doc comment of the message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Whether it may be handled twice.
    pub idempotent: bool,
    /// JSON Schema of the message.
    pub request: Schema,
    /// JSON Schema of the reply.
    pub reply: Schema,
    /// JSON Schema of the domain error; `None` when the domain never refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Schema>,
}

/// One event of a contract as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventDescription {
    /// The name on the wire.
    pub name: String,
    /// The doc comment of the event.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// JSON Schema of the event.
    pub payload: Schema,
}
