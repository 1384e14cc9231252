//! [`Fields`]: which fields a schema knows at each place of a body.
//!
//! JSON Schema takes fields that it does not name, and so does serde; a caller who misspells an optional field would never
//! learn of it. Closing the schemas themselves (`unevaluatedProperties`) would be wrong for an alternative that fails for
//! another reason: then all its fields count as unknown. So the body is walked beside its schema.

use serde_json::{Map, Value};

use super::violation::{Violation, below};

/// References and alternatives that are followed at one place of a body; schemas that refer to themselves end here.
const DEPTH_MAX: usize = 64;

/// The fields of one schema.
pub(super) struct Fields<'s> {
    root: &'s Value,
}

/// What the schemas for one place say.
#[derive(Default)]
struct Place<'s> {
    schemas: Vec<&'s Map<String, Value>>,
    /// Whether any object would do, in one of the alternatives.
    is_open: bool,
}

impl<'s> Fields<'s> {
    pub(super) const fn of(root: &'s Value) -> Self {
        Self { root }
    }

    /// The fields of a body that its schema does not know.
    pub(super) fn unknown(&self, body: &Value, found: &mut Vec<Violation>) {
        self.walk(&[self.root], body, "", found);
    }

    fn walk(
        &self,
        schemas: &[&'s Value],
        value: &Value,
        pointer: &str,
        found: &mut Vec<Violation>,
    ) {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            return;
        }
        let mut place = Place::default();
        let mut says = false;
        for schema in schemas {
            says |= self.gather(schema, value, 0, &mut place);
        }
        match value {
            Value::Object(fields) => {
                let is_closed = says && !place.is_open && !place.takes_others();
                for (name, field) in fields {
                    let pointer = below(pointer, name);
                    let known = place.field(name);
                    if known.is_empty() && is_closed {
                        found.push(Violation::unknown_field(pointer, name, place.names()));
                    } else {
                        self.walk(&known, field, &pointer, found);
                    }
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.walk(&place.item(at), item, &format!("{pointer}/{at}"), found);
                }
            }
            _ => {}
        }
    }

    /// Collects what a schema says about a value, references and fitting alternatives included; whether it says which
    /// fields an object has.
    fn gather(
        &self,
        schema: &'s Value,
        value: &Value,
        depth: usize,
        place: &mut Place<'s>,
    ) -> bool {
        let Value::Object(words) = schema else {
            return false;
        };
        if depth == DEPTH_MAX {
            place.is_open = true;
            return true;
        }
        place.schemas.push(words);
        let mut says = words.contains_key("properties")
            || words.contains_key("patternProperties")
            || words.contains_key("additionalProperties")
            || is_type(words, "object");
        if let Some(target) = self.target(words) {
            says |= self.gather(target, value, depth + 1, place);
        }
        for part in list(words, "allOf") {
            says |= self.gather(part, value, depth + 1, place);
        }
        for word in ["anyOf", "oneOf"] {
            for alternative in self.fitting(list(words, word), value, depth) {
                let alternative_says = self.gather(alternative, value, depth + 1, place);
                place.is_open |= !alternative_says;
                says = true;
            }
        }
        says
    }

    /// The alternatives that a value may be meant to be: at best whole ones, else unfinished ones, else all.
    fn fitting(&self, alternatives: &'s [Value], value: &Value, depth: usize) -> Vec<&'s Value> {
        for is_whole in [true, false] {
            let fitting: Vec<_> = alternatives
                .iter()
                .filter(|alternative| self.fits(alternative, value, is_whole, depth + 1))
                .collect();
            if !fitting.is_empty() {
                return fitting;
            }
        }
        alternatives.iter().collect()
    }

    /// Whether a value looks like what a schema describes: types, tags and, if it must be whole, required fields.
    fn fits(&self, schema: &'s Value, value: &Value, is_whole: bool, depth: usize) -> bool {
        let Value::Object(words) = schema else {
            return schema != &Value::Bool(false);
        };
        if depth >= DEPTH_MAX {
            return true;
        }
        let fits = |schema| self.fits(schema, value, is_whole, depth + 1);
        let is_named = words.get("const").is_none_or(|name| name == value)
            && words
                .get("enum")
                .and_then(Value::as_array)
                .is_none_or(|names| names.contains(value));
        let alternatives = |word| {
            let alternatives = list(words, word);
            alternatives.is_empty() || alternatives.iter().any(fits)
        };
        is_named
            && is_of_type(words, value)
            && (!is_whole || has_required(words, value))
            && self.target(words).is_none_or(fits)
            && list(words, "allOf").iter().all(fits)
            && alternatives("anyOf")
            && alternatives("oneOf")
            && self.fields_fit(words, value, is_whole, depth)
    }

    fn fields_fit(
        &self,
        words: &'s Map<String, Value>,
        value: &Value,
        is_whole: bool,
        depth: usize,
    ) -> bool {
        let (Some(fields), Some(properties)) = (value.as_object(), object(words, "properties"))
        else {
            return true;
        };
        properties.iter().all(|(name, schema)| {
            fields
                .get(name)
                .is_none_or(|field| self.fits(schema, field, is_whole, depth + 1))
        })
    }

    fn target(&self, words: &Map<String, Value>) -> Option<&'s Value> {
        let reference = words.get("$ref")?.as_str()?;
        self.root.pointer(reference.strip_prefix('#')?)
    }
}

impl<'s> Place<'s> {
    /// The schemas of a field; none when it is not known.
    fn field(&self, name: &str) -> Vec<&'s Value> {
        let named = |words: &&'s Map<String, Value>| object(words, "properties")?.get(name);
        let named: Vec<_> = self.schemas.iter().filter_map(named).collect();
        if !named.is_empty() {
            return named;
        }
        let others = self
            .schemas
            .iter()
            .filter_map(|words| words.get("additionalProperties"));
        others
            .filter(|other| *other != &Value::Bool(false))
            .collect()
    }

    fn item(&self, at: usize) -> Vec<&'s Value> {
        let of = |words: &&'s Map<String, Value>| {
            list(words, "prefixItems")
                .get(at)
                .or_else(|| words.get("items"))
        };
        self.schemas.iter().filter_map(of).collect()
    }

    /// Whether names may be free.
    fn takes_others(&self) -> bool {
        self.schemas.iter().any(|words| {
            let others = words.get("additionalProperties");
            others.is_some_and(|others| others != &Value::Bool(false))
                || words.contains_key("patternProperties")
                || words
                    .get("unevaluatedProperties")
                    .is_some_and(|others| others != &Value::Bool(false))
        })
    }

    fn names(&self) -> impl Iterator<Item = &'s str> {
        let properties = self
            .schemas
            .iter()
            .filter_map(|words| object(words, "properties"));
        let mut names: Vec<&'s str> = properties.flat_map(Map::keys).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }
}

fn list<'s>(words: &'s Map<String, Value>, word: &str) -> &'s [Value] {
    words
        .get(word)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn object<'s>(words: &'s Map<String, Value>, word: &str) -> Option<&'s Map<String, Value>> {
    words.get(word).and_then(Value::as_object)
}

fn is_type(words: &Map<String, Value>, name: &str) -> bool {
    match words.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn is_of_type(words: &Map<String, Value>, value: &Value) -> bool {
    if !words.contains_key("type") {
        return true;
    }
    match value {
        Value::Null => is_type(words, "null"),
        Value::Bool(_) => is_type(words, "boolean"),
        Value::String(_) => is_type(words, "string"),
        Value::Array(_) => is_type(words, "array"),
        Value::Object(_) => is_type(words, "object"),
        Value::Number(number) => {
            let is_whole = number.is_i64()
                || number.is_u64()
                || number.as_f64().is_some_and(|n| n.fract() == 0.0);
            is_type(words, "number") || (is_whole && is_type(words, "integer"))
        }
    }
}

fn has_required(words: &Map<String, Value>, value: &Value) -> bool {
    let Some(fields) = value.as_object() else {
        return true;
    };
    let mut required = list(words, "required").iter().filter_map(Value::as_str);
    required.all(|name| fields.contains_key(name))
}
