//! [`HumanFormat`]: a record as one line for people.

use std::fmt::Write;
use std::io::IsTerminal;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::record::LogRecord;
use crate::config::LogLevel;

/// Hex digits of a trace id that are shown.
const TRACE_DIGITS: usize = 8;

/// Writes a record as one line for people: local time, level, who, text, fields, the beginning of the trace's id.
///
/// Control characters in it are written as escapes: whoever makes a program log what he sent can neither fake a line nor
/// steer the terminal.
#[derive(Debug, Clone)]
pub struct HumanFormat {
    has_colour: bool,
    zone: TimeZone,
}

impl HumanFormat {
    /// With or without colour, in the time zone of this machine.
    #[must_use]
    pub fn new(has_colour: bool) -> Self {
        Self {
            has_colour,
            zone: TimeZone::system(),
        }
    }

    /// For a stream: coloured on a terminal, unless the environment says `NO_COLOR` or the terminal knows none.
    #[must_use]
    pub fn for_stream(stream: &impl IsTerminal) -> Self {
        let says = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self::new(stream.is_terminal() && !says("NO_COLOR") && !is_dumb)
    }

    /// In another time zone.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// The line, without its end.
    #[must_use]
    pub fn line(&self, record: &LogRecord) -> String {
        let mut line = String::with_capacity(128);
        let at = record.at.to_zoned(self.zone.clone());
        self.paint(&mut line, "2", &at.strftime("%H:%M:%S%.3f").to_string());
        let (name, colour) = level(record.level);
        line.push(' ');
        self.paint(&mut line, colour, name);
        line.push(' ');
        let (who, colour) = who(record);
        self.paint(&mut line, colour, &who);
        if !record.text.is_empty() {
            line.push(' ');
            line.push_str(&escaped(&record.text));
        }
        for (name, value) in &record.fields {
            line.push(' ');
            self.paint(&mut line, "2", &format!("{}=", escaped(name)));
            line.push_str(&field(value));
        }
        if let Some(trace) = &record.trace {
            let short: String = trace.chars().take(TRACE_DIGITS).collect();
            line.push(' ');
            self.paint(&mut line, "2", &format!("[{}]", escaped(&short)));
        }
        line
    }

    fn paint(&self, line: &mut String, colour: &str, text: &str) {
        if self.has_colour {
            let _ = write!(line, "\x1b[{colour}m{text}\x1b[0m");
        } else {
            line.push_str(text);
        }
    }
}

const fn level(level: LogLevel) -> (&'static str, &'static str) {
    match level {
        LogLevel::Off => ("  OFF", "2"),
        LogLevel::Error => ("ERROR", "1;31"),
        LogLevel::Warn => (" WARN", "33"),
        LogLevel::Info => (" INFO", "32"),
        LogLevel::Debug => ("DEBUG", "34"),
        LogLevel::Trace => ("TRACE", "35"),
    }
}

/// The capability with its key, else the part of the program.
fn who(record: &LogRecord) -> (String, &'static str) {
    match (&record.capability, &record.key) {
        (Some(capability), Some(key)) => {
            (format!("{}[{}]", escaped(capability), escaped(key)), "1")
        }
        (Some(capability), None) => (escaped(capability), "1"),
        (None, _) => (escaped(&record.target), "2"),
    }
}

/// A text in quotes when it would not be seen where it ends.
fn field(value: &Value) -> String {
    let Value::String(text) = value else {
        return escaped(&value.to_string());
    };
    let is_plain = !text.is_empty() && !text.contains([' ', '"', '=']);
    if is_plain {
        escaped(text)
    } else {
        format!("\"{}\"", escaped(&text.replace('"', "\\\"")))
    }
}

fn escaped(text: &str) -> String {
    if !text.contains(is_unsafe) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Controls, separators of lines, and marks that turn the direction of what follows.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
