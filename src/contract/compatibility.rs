//! Whether one description of a contract may take the place of another: additions may, whatever else is a break.

use serde_json::{Map, Value};

use super::Description;

/// How deep schemas are followed; types that contain themselves end here.
const DEPTH_MAX: usize = 24;
/// The keywords that narrow a value, and whether more of it is narrower.
const LOWER: [&str; 4] = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
const UPPER: [&str; 4] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];
/// The keywords that must stay as they are.
const FIXED: [&str; 4] = ["format", "pattern", "multipleOf", "uniqueItems"];

impl Description {
    /// What of a later description breaks those who know this one: each in words, with its place. Nothing, when all that is new are
    /// messages, events and fields that may be left out.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use skep::{Contract, Message};
    /// # #[derive(Serialize, Deserialize, JsonSchema, Message)]
    /// # #[message(reply = String)]
    /// # pub struct Greet { name: String }
    /// # skep::contract! { pub Greeting v1 { Greet } }
    /// let first = Greeting::describe();
    /// let mut later = first.clone();
    /// later.messages.clear();
    /// assert_eq!(first.broken_by(&later), ["message greet is gone"]);
    /// assert!(later.broken_by(&first).is_empty());
    /// ```
    #[must_use]
    pub fn broken_by(&self, later: &Self) -> Vec<String> {
        let mut breaks = Vec::new();
        if self.version != later.version {
            breaks.push(format!("version {} is {} now", self.version, later.version));
        }
        if self.key != later.key {
            let key = |key: &Option<String>| key.clone().unwrap_or_else(|| "nothing".to_owned());
            let (was, is) = (key(&self.key), key(&later.key));
            breaks.push(format!("it was keyed by {was}, and is by {is}"));
        }
        for message in &self.messages {
            let place = format!("message {}", message.name);
            let mut found = later.messages.iter();
            let Some(now) = found.find(|now| now.name == message.name) else {
                breaks.push(format!("{place} is gone"));
                continue;
            };
            let mut compare = |way, was, is, part: &str| {
                Compared { was, is, way }.compare_root(&format!("{place}, {part}"), &mut breaks);
            };
            compare(
                Way::In,
                message.request.as_value(),
                now.request.as_value(),
                "request",
            );
            compare(
                Way::Out,
                message.reply.as_value(),
                now.reply.as_value(),
                "reply",
            );
            match (&message.error, &now.error) {
                (Some(was), Some(is)) => compare(Way::Out, was.as_value(), is.as_value(), "error"),
                (None, Some(_)) => breaks.push(format!("{place} may be refused now")),
                (_, None) => {}
            }
        }
        for event in &self.events {
            let place = format!("event {}", event.name);
            match later.events.iter().find(|now| now.name == event.name) {
                Some(now) => Compared {
                    was: event.payload.as_value(),
                    is: now.payload.as_value(),
                    way: Way::Out,
                }
                .compare_root(&place, &mut breaks),
                None => breaks.push(format!("{place} is gone")),
            }
        }
        breaks
    }

    /// Why this description and another of the same contract do not get along, in words: neither is the other with additions. Empty when
    /// they do.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> Vec<String> {
        let breaks = self.broken_by(other);
        if breaks.is_empty() || other.broken_by(self).is_empty() {
            return Vec::new();
        }
        breaks
    }
}

/// Who writes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Those who know the earlier schema; it is read by the later one.
    In,
    /// Those who know the later schema; it is read by the earlier one.
    Out,
}

/// Two schemas of one value, as roots of their references.
#[derive(Clone, Copy)]
struct Compared<'s> {
    was: &'s Value,
    is: &'s Value,
    way: Way,
}

impl Compared<'_> {
    fn compare_root(self, place: &str, breaks: &mut Vec<String>) {
        self.compare(self.was, self.is, place, 0, breaks);
    }

    fn compare(self, was: &Value, is: &Value, place: &str, depth: usize, breaks: &mut Vec<String>) {
        let (was, is) = (resolved(self.was, was), resolved(self.is, is));
        if depth > DEPTH_MAX || bare(was) == bare(is) && was.get("$ref").is_none() && flat(was) {
            return;
        }
        let (writer, reader) = match self.way {
            Way::In => (was, is),
            Way::Out => (is, was),
        };
        if takes_anything(reader) {
            return;
        }
        if takes_anything(writer) {
            breaks.push(format!("{place} was or is anything, and the other is not"));
            return;
        }
        let before = breaks.len();
        types(writer, reader, place, breaks);
        if breaks.len() > before {
            return;
        }
        narrowed(writer, reader, place, breaks);
        self.fields(was, is, place, depth, breaks);
        self.parts(was, is, place, depth, breaks);
        self.choices(was, is, place, depth, breaks);
    }

    fn fields(self, was: &Value, is: &Value, place: &str, depth: usize, breaks: &mut Vec<String>) {
        let none = Map::new();
        let (before, after) = (object(was, &none), object(is, &none));
        for (name, schema) in before {
            let place = format!("{place}/{name}");
            match after.get(name) {
                Some(now) => self.compare(schema, now, &place, depth + 1, breaks),
                None => breaks.push(format!("{place} is gone")),
            }
        }
        let (writer, reader) = match self.way {
            Way::In => (was, is),
            Way::Out => (is, was),
        };
        let sure = required(writer);
        for name in required(reader).iter().filter(|name| !sure.contains(name)) {
            // One that is gone altogether has been told.
            let is_known = self.way == Way::In || after.contains_key(*name);
            if is_known {
                breaks.push(match self.way {
                    Way::In => format!("{place}/{name} is newly required"),
                    Way::Out => format!("{place}/{name} may be missing now"),
                });
            }
        }
    }

    /// What values are made of that have no names.
    fn parts(self, was: &Value, is: &Value, place: &str, depth: usize, breaks: &mut Vec<String>) {
        for keyword in ["items", "additionalProperties"] {
            if let (Some(was @ Value::Object(_)), Some(is @ Value::Object(_))) =
                (was.get(keyword), is.get(keyword))
            {
                self.compare(was, is, &format!("{place}/*"), depth + 1, breaks);
            }
        }
        let (was, is) = (list(was, "prefixItems"), list(is, "prefixItems"));
        if was.len() != is.len() {
            breaks.push(format!(
                "{place} has {} places instead of {}",
                is.len(),
                was.len()
            ));
        }
        for (index, (was, is)) in was.iter().zip(is).enumerate() {
            self.compare(was, is, &format!("{place}/{index}"), depth + 1, breaks);
        }
    }

    /// Everything that may be written is something that can be read.
    fn choices(self, was: &Value, is: &Value, place: &str, depth: usize, breaks: &mut Vec<String>) {
        let (was, is) = (choices(was), choices(is));
        let (written, read) = match self.way {
            Way::In => (&was, &is),
            Way::Out => (&is, &was),
        };
        if read.is_empty() {
            return;
        }
        if written.is_empty() {
            breaks.push(format!("{place} is one of a few on one side only"));
        }
        for choice in written {
            let is_read = read.iter().any(|other| {
                let (was, is) = match self.way {
                    Way::In => (choice, other),
                    Way::Out => (other, choice),
                };
                let mut found = Vec::new();
                self.compare(was, is, place, depth + 1, &mut found);
                found.is_empty()
            });
            if !is_read {
                let word = match self.way {
                    Way::In => "is not taken any more",
                    Way::Out => "is new, and whoever reads it does not know it",
                };
                breaks.push(format!("{place}: {} {word}", named(choice)));
            }
        }
    }
}

/// Follows references.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let mut schema = schema;
    for _ in 0..DEPTH_MAX {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return schema;
        };
        match reference
            .strip_prefix('#')
            .and_then(|path| root.pointer(path))
        {
            Some(found) => schema = found,
            None => return schema,
        }
    }
    schema
}

fn takes_anything(schema: &Value) -> bool {
    *schema == Value::Bool(true) || bare(schema).is_empty()
}

/// A schema without what only people read, and without what others refer to.
fn bare(schema: &Value) -> Map<String, Value> {
    let words = [
        "title",
        "description",
        "examples",
        "default",
        "$schema",
        "$defs",
    ];
    let mut bare = schema.as_object().cloned().unwrap_or_default();
    bare.retain(|keyword, _| !words.contains(&keyword.as_str()));
    bare
}

/// Whether nothing in it is a schema itself, whose references may lead elsewhere.
fn flat(schema: &Value) -> bool {
    let nested = [
        "properties",
        "items",
        "oneOf",
        "anyOf",
        "allOf",
        "prefixItems",
        "additionalProperties",
    ];
    nested.iter().all(|keyword| schema.get(keyword).is_none())
}

fn object<'s>(schema: &'s Value, none: &'s Map<String, Value>) -> &'s Map<String, Value> {
    let fields = schema.get("properties").and_then(Value::as_object);
    fields.unwrap_or(none)
}

fn required(schema: &Value) -> Vec<&str> {
    list(schema, "required")
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

fn list<'s>(schema: &'s Value, keyword: &str) -> &'s [Value] {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// What a value may be one of: alternatives, and single values as schemas of their own.
fn choices(schema: &Value) -> Vec<Value> {
    let alternatives = ["oneOf", "anyOf", "allOf"].iter();
    let alternatives = alternatives.flat_map(|keyword| list(schema, keyword).iter().cloned());
    let single = list(schema, "enum").iter().chain(schema.get("const"));
    let single = single.map(|value| serde_json::json!({ "const": value }));
    match schema.as_object() {
        // The end of the way: the value itself.
        Some(only) if only.len() == 1 && only.contains_key("const") => Vec::new(),
        _ => alternatives.chain(single).collect(),
    }
}

fn named(choice: &Value) -> String {
    let fields = list(choice, "required")
        .first()
        .or_else(|| choice.get("const"));
    fields.map_or_else(|| "one of them".to_owned(), ToString::to_string)
}

/// Each type that may be written can be read; whole numbers are numbers.
fn types(writer: &Value, reader: &Value, place: &str, breaks: &mut Vec<String>) {
    let (written, read) = (type_names(writer), type_names(reader));
    let takes = |name: &str| read.contains(&name) || name == "integer" && read.contains(&"number");
    if !read.is_empty() && (written.is_empty() || !written.iter().all(|name| takes(name))) {
        let list = |names: &[&str]| names.join(" or ");
        breaks.push(format!(
            "{place} is written as {} and read as {}",
            list(&written),
            list(&read)
        ));
    }
    if let (Some(written), Some(read)) = (writer.get("const"), reader.get("const"))
        && written != read
    {
        breaks.push(format!(
            "{place} is written as {written} and read as {read}"
        ));
    }
}

fn type_names(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Everything that may be written is within the bounds of who reads it.
fn narrowed(writer: &Value, reader: &Value, place: &str, breaks: &mut Vec<String>) {
    let number = |schema: &Value, keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let mut differ = |keyword: &str| {
        breaks.push(format!(
            "{place}: {keyword} does not fit what the other side has"
        ));
    };
    for keyword in LOWER {
        if let Some(least) = number(reader, keyword)
            && number(writer, keyword).is_none_or(|written| written < least)
        {
            differ(keyword);
        }
    }
    for keyword in UPPER {
        if let Some(most) = number(reader, keyword)
            && number(writer, keyword).is_none_or(|written| written > most)
        {
            differ(keyword);
        }
    }
    for keyword in FIXED {
        if let Some(fixed) = reader.get(keyword)
            && writer.get(keyword) != Some(fixed)
        {
            differ(keyword);
        }
    }
}
