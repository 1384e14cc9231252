//! Reads what a tracing event says into a record's text and fields.

use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

use super::bounded::Bounded;
use super::layer::split;
use crate::call::TraceId;

/// Bytes of a record's text, and of all its fields together.
const BYTES_MAX: usize = 8 * 1024;

/// What a tracing event says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) fields: Map<String, Value>,
    /// The capability that the event names itself.
    pub(super) capability: Option<String>,
    /// The key of the actor that it names.
    pub(super) key: Option<String>,
    /// The message that it names.
    pub(super) message_name: Option<String>,
    /// The trace that it names: a door logs outside of turns.
    pub(super) trace: Option<String>,
    /// The target of a record that came from the `log` crate.
    pub(super) target: Option<String>,
    room: usize,
    has_text: bool,
}

impl Said {
    pub(super) fn by(event: &tracing::Event<'_>) -> Self {
        let mut said = Self {
            text: String::new(),
            fields: Map::new(),
            capability: None,
            key: None,
            message_name: None,
            trace: None,
            target: None,
            room: BYTES_MAX,
            has_text: false,
        };
        event.record(&mut said);
        if said.capability.is_some() && said.key.is_none() {
            said.key = said.named_key();
        }
        said
    }

    /// The key of the actor, where the event names the capability.
    fn named_key(&mut self) -> Option<String> {
        match self.fields.remove("key")? {
            Value::String(key) => Some(key),
            key => Some(key.to_string()),
        }
    }

    fn text_of(&mut self, field: &Field, value: &dyn fmt::Display) {
        match field.name() {
            // What is said comes first; a field of this name after it is the name of a message.
            "message" if self.has_text => self.message_name = Some(Bounded::of(value, BYTES_MAX)),
            "message" => {
                self.text = Bounded::of(value, BYTES_MAX);
                self.has_text = true;
            }
            "capability" => {
                let name = Bounded::of(value, BYTES_MAX);
                let (capability, key) = split(&name);
                self.capability = Some(capability.to_owned());
                self.key = key.map(str::to_owned);
            }
            "trace" => match Bounded::of(value, BYTES_MAX).parse::<TraceId>() {
                Ok(trace) => self.trace = Some(trace.to_string()),
                Err(_) => self.say("trace", value),
            },
            "log.target" => self.target = Some(Bounded::of(value, BYTES_MAX)),
            name if name.starts_with("log.") => {}
            name => self.say(name, value),
        }
    }

    fn say(&mut self, name: &str, value: &dyn fmt::Display) {
        let text = Bounded::of(value, self.room);
        self.room = self.room.saturating_sub(text.len());
        self.add(name, Value::String(text));
    }

    /// A raw identifier is named without its `r#`.
    fn add(&mut self, name: &str, value: Value) {
        if !name.starts_with("log.") {
            let name = name.strip_prefix("r#").unwrap_or(name);
            self.fields.insert(name.to_owned(), value);
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text_of(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text_of(field, &value);
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.text_of(field, &WithSources(error));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value.into());
    }
}

/// An error and what it came from.
struct WithSources<'a>(&'a (dyn Error + 'static));

impl fmt::Display for WithSources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
