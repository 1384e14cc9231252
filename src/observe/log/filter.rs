//! [`LogFilter`]: which records somebody wants to see.

use serde::{Deserialize, Serialize};

use super::record::LogRecord;
use crate::config::LogLevel;

/// Which records somebody wants to see. The default is all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter {
    /// Only what these capabilities logged; all if there are none.
    pub capabilities: Vec<String>,
    /// Nothing less serious than this.
    pub level: LogLevel,
    /// Only what belongs to traces whose id begins so.
    pub trace: Option<String>,
}

impl LogFilter {
    /// Whether it lets a record through.
    #[must_use]
    pub fn matches(&self, record: &LogRecord) -> bool {
        let by = |name: &String| record.capability.as_ref() == Some(name);
        let belongs = |wanted: &String| {
            let trace = record.trace.as_ref();
            trace.is_some_and(|trace| trace.starts_with(wanted.as_str()))
        };
        record.level <= self.level
            && (self.capabilities.is_empty() || self.capabilities.iter().any(by))
            && self.trace.as_ref().is_none_or(belongs)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self {
            capabilities: Vec::new(),
            level: LogLevel::Trace,
            trace: None,
        }
    }
}
