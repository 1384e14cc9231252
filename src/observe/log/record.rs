//! [`LogRecord`]: one line of the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::LogLevel;

/// One line of the log, as it is kept, sent and written. Texts in it are cut at 8 KiB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// When it was logged.
    pub at: Timestamp,
    /// How serious it is; never "off".
    pub level: LogLevel,
    /// The part of the program that logged it, usually a module path.
    pub target: String,
    /// The capability that it is about: the one whose turn logged it, or that the platform names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// The key of the actor whose turn logged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The message or event that the turn handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_name: Option<String>,
    /// The trace of the turn, or the one that the record names, in 32 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The span of the turn, in 16 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// What was said.
    pub text: String,
    /// What was said beside the text.
    #[serde(default)]
    pub fields: Map<String, Value>,
}
