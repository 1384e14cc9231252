//! Where records are written: the standard error stream, or what a test reads.

use std::io::{IsTerminal, Write};

use parking_lot::Mutex;

use super::human::HumanFormat;
use super::record::LogRecord;
use crate::config::LogFormat;

/// Writes records, one line each.
pub(super) struct Output {
    /// For people; JSON when there is none.
    human: Option<HumanFormat>,
    to: Mutex<Box<dyn Write + Send>>,
}

impl Output {
    /// The standard error stream.
    pub(super) fn stderr(format: LogFormat) -> Self {
        let stderr = std::io::stderr();
        let is_human = match format {
            LogFormat::Auto => stderr.is_terminal(),
            LogFormat::Human => true,
            LogFormat::Json => false,
        };
        let human = is_human.then(|| HumanFormat::for_stream(&stderr));
        Self::to(human, stderr)
    }

    pub(super) fn to(human: Option<HumanFormat>, to: impl Write + Send + 'static) -> Self {
        Self {
            human,
            to: Mutex::new(Box::new(to)),
        }
    }

    /// A stream that is closed or broken loses the line; there is nobody left to tell.
    pub(super) fn write(&self, record: &LogRecord) {
        let mut line = match &self.human {
            Some(human) => human.line(record),
            None => serde_json::to_string(record).unwrap_or_default(),
        };
        line.push('\n');
        let mut to = self.to.lock();
        let _ = to.write_all(line.as_bytes());
        let _ = to.flush();
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}
