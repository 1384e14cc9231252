//! From types to descriptions: JSON Schema (draft 2020-12) with the doc comments, and the digest of a contract's shape.

use super::{Body, Description, Event, EventDescription, Message, MessageDescription, Never};
use schemars::{Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::any::TypeId;
use std::fmt;

/// Words in a schema that explain and do not constrain.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$schema",
    "deprecated",
    "description",
    "examples",
    "title",
];
/// Words in a schema whose value maps names of the user's to schemas.
const NAMED_SCHEMAS: &[&str] = &[
    "$defs",
    "definitions",
    "dependentSchemas",
    "patternProperties",
    "properties",
];
/// Words in a schema whose value is an instance, not a schema.
const INSTANCES: &[&str] = &["const", "default", "enum", "required"];

impl MessageDescription {
    /// Describes message `M`; its doc comment is `doc` as well as the description of the request's schema.
    pub fn of<M: Message>() -> Self {
        let request = schema::<M>();
        let refuses = TypeId::of::<M::Error>() != TypeId::of::<Never>();
        Self {
            name: M::NAME.to_owned(),
            doc: doc_of(&request),
            idempotent: M::IDEMPOTENT,
            request,
            reply: schema::<M::Reply>(),
            error: refuses.then(schema::<M::Error>),
        }
    }
}

impl EventDescription {
    /// Describes event `E`; its doc comment is `doc` as well as the description of the payload's schema.
    pub fn of<E: Event>() -> Self {
        let payload = schema::<E>();
        Self {
            name: E::NAME.to_owned(),
            doc: doc_of(&payload),
            payload,
        }
    }
}

impl Description {
    /// The digest of the contract's shape: equal for two builds that mean the same bytes.
    ///
    /// Names, versions, types, and which fields are required count, the order of required fields and of variants too;
    /// docs, titles and examples do not, so that a mended doc comment changes nothing.
    pub fn digest(&self) -> Digest {
        let messages = self.messages.iter().map(|message| {
            object([
                ("name", Value::from(message.name.as_str())),
                ("idempotent", Value::from(message.idempotent)),
                ("request", shape(message.request.as_value())),
                ("reply", shape(message.reply.as_value())),
                (
                    "error",
                    message
                        .error
                        .as_ref()
                        .map_or(Value::Null, |error| shape(error.as_value())),
                ),
            ])
        });
        let events = self.events.iter().map(|event| {
            object([
                ("name", Value::from(event.name.as_str())),
                ("payload", shape(event.payload.as_value())),
            ])
        });
        let contract = object([
            ("name", Value::from(self.name.as_str())),
            ("version", Value::from(self.version)),
            ("key", Value::from(self.key.clone())),
            ("messages", messages.collect()),
            ("events", events.collect()),
        ]);
        let mut canonical = String::new();
        write_canonical(&contract, &mut canonical);
        Digest(Sha256::digest(canonical.as_bytes()).into())
    }
}

/// What a reader of `T` must accept. Messages, replies and events alike: a field that may be missing is optional.
fn schema<T: Body>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}

fn doc_of(schema: &Schema) -> String {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

/// A schema without its annotations.
fn shape(schema: &Value) -> Value {
    match schema {
        Value::Object(words) => {
            let constraints = words
                .iter()
                .filter(|(word, _)| !ANNOTATIONS.contains(&word.as_str()));
            let shaped =
                constraints.map(|(word, value)| (word.clone(), shape_of_word(word, value)));
            with_one_enum(shaped.collect())
        }
        Value::Array(schemas) => schemas.iter().map(shape).collect(),
        other => other.clone(),
    }
}

fn shape_of_word(word: &str, value: &Value) -> Value {
    match value {
        Value::Object(named) if NAMED_SCHEMAS.contains(&word) => {
            let shaped = named
                .iter()
                .map(|(name, schema)| (name.clone(), shape(schema)));
            shaped.collect::<Map<_, _>>().into()
        }
        instance if INSTANCES.contains(&word) => instance.clone(),
        schema => shape(schema),
    }
}

/// Plain variants stand together in one `enum`, documented ones apart as `const`: here they are all brought together, in
/// the order of their names, so that a doc comment on a variant changes nothing.
fn with_one_enum(mut schema: Map<String, Value>) -> Value {
    if let Some(names) = plain_variants(&schema) {
        return enum_of(names);
    }
    let is_alone = schema.len() == 1;
    let Some(Value::Array(variants)) = schema.get_mut("oneOf") else {
        return Value::Object(schema);
    };
    let mut names: Vec<Value> = Vec::new();
    variants.retain(|variant| {
        let plain = variant.as_object().and_then(plain_variants);
        names.extend(plain.iter().flatten().cloned());
        plain.is_none()
    });
    if is_alone && variants.is_empty() {
        return enum_of(names);
    }
    if !names.is_empty() {
        variants.insert(0, enum_of(names));
    }
    Value::Object(schema)
}

fn enum_of(mut names: Vec<Value>) -> Value {
    names.sort_by_key(ToString::to_string);
    object([("type", "string".into()), ("enum", names.into())])
}

/// The names in `{"type": "string", "enum": [..]}` or `{"type": "string", "const": ..}`, and nothing else.
fn plain_variants(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    if schema.len() != 2 || schema.get("type") != Some(&"string".into()) {
        return None;
    }
    match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(names)), _) => Some(names.clone()),
        (_, Some(name)) => Some(vec![name.clone()]),
        _ => None,
    }
}

/// JSON with sorted keys and no white space; the order of `serde_json`'s own maps depends on a feature of it.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            write_joined(out, ['{', '}'], sorted, |(key, entry), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(entry, out);
            });
        }
        Value::Array(items) => write_joined(out, ['[', ']'], items, write_canonical),
        plain => out.push_str(&plain.to_string()),
    }
}

fn write_joined<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write: fn(T, &mut String),
) {
    out.push(open);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// The SHA-256 of a contract's shape; shown and serialised as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
pub struct NoDigest;

impl Digest {
    /// The first 12 hexadecimal digits: enough for people and for subjects.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

impl std::str::FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        if text.len() != 64 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(NoDigest);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| NoDigest)?;
        }
        Ok(Self(bytes))
    }
}
