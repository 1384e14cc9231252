//! [`example`]: a value that fits a schema, as a person might write it.
//!
//! The author's own examples go first (`#[schemars(example = …)]`); otherwise type, format, bounds and the field's name
//! decide. What does not fit in the end – a pattern cannot be guessed – is not shown.

use serde_json::{Map, Value, json};

/// How deep objects and references are followed.
const DEPTH_MAX: usize = 12;

/// Texts by what their name ends with or contains.
const TEXTS: &[(&str, &str)] = &[
    ("email", "ada@example.com"),
    ("phone", "+351 210 000 000"),
    ("url", "https://example.com/"),
    ("country", "PT"),
    ("currency", "EUR"),
    ("language", "en"),
    ("city", "Lisbon"),
    ("name", "Ada Lovelace"),
    ("guest", "Ada Lovelace"),
    ("greet", "Ada"),
    ("reference", "A-1001"),
    ("number", "1001"),
    ("subject", "Good news"),
    ("message", "Hello, Ada"),
    ("text", "Hello, Ada"),
];

/// Texts by format.
const FORMATS: &[(&str, &str)] = &[
    ("date", "2030-05-01"),
    ("date-time", "2030-05-01T12:00:00Z"),
    ("time", "12:00:00Z"),
    ("duration", "PT1H"),
    ("email", "ada@example.com"),
    ("hostname", "example.com"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "2001:db8::1"),
    ("uri", "https://example.com/"),
    ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
];

/// Whole numbers by what their name contains.
const NUMBERS: &[(&str, i64)] = &[
    ("year", 2026),
    ("amount", 12_000),
    ("price", 12_000),
    ("total", 12_000),
    ("rate", 12_000),
    ("deposit", 12_000),
    ("percent", 10),
    ("adults", 2),
    ("nights", 2),
];

/// A value that fits the schema; `None` when none is found.
pub(in crate::gateway) fn example(root: &Value) -> Option<Value> {
    let hint = root
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let value = Maker { root }.value(root, hint, 0)?;
    jsonschema::is_valid(root, &value).then_some(value)
}

/// A value for the field of this name, wherever the schema has one first.
pub(super) fn example_of_field(root: &Value, field: &str) -> Option<Value> {
    let own = root.pointer(&format!("/properties/{field}"));
    let definitions = root.get("$defs").and_then(Value::as_object);
    let others = definitions.into_iter().flat_map(Map::values);
    let mut found = own
        .into_iter()
        .chain(others.filter_map(|definition| definition.pointer(&format!("/properties/{field}"))));
    found.find_map(|schema| Maker { root }.value(schema, field, 0))
}

/// Makes values for the schemas under one root.
struct Maker<'s> {
    root: &'s Value,
}

impl Maker<'_> {
    fn value(&self, schema: &Value, hint: &str, depth: usize) -> Option<Value> {
        let words = match schema {
            Value::Object(words) if depth < DEPTH_MAX => words,
            Value::Bool(true) => return Some(json!({})),
            _ => return None,
        };
        if let Some(given) = given(words) {
            return Some(given);
        }
        let own = self.by_type(words, hint, depth);
        let mut parts: Vec<Value> = own.into_iter().collect();
        if let Some(target) = words.get("$ref").and_then(Value::as_str) {
            let name = target.rsplit('/').next().unwrap_or_default();
            let target = self.root.pointer(target.strip_prefix('#')?)?;
            parts.push(self.value(target, &format!("{name} {hint}"), depth + 1)?);
        }
        for part in list(words, "allOf") {
            parts.push(self.value(part, hint, depth + 1)?);
        }
        for word in ["oneOf", "anyOf"] {
            let mut branches = list(words, word).iter().filter(|branch| !is_null(branch));
            if let Some(branch) = branches.find_map(|branch| self.value(branch, hint, depth + 1)) {
                parts.push(branch);
            }
        }
        parts.into_iter().reduce(merged)
    }

    fn by_type(&self, words: &Map<String, Value>, hint: &str, depth: usize) -> Option<Value> {
        match type_of(words)? {
            "object" => self.object(words, depth),
            "array" => Some(self.array(words, hint, depth)),
            "string" => Some(text(words, hint).into()),
            "integer" => Some(integer(words, hint).into()),
            "number" => Some(number(words).into()),
            "boolean" => Some(false.into()),
            _ => Some(Value::Null),
        }
    }

    /// Required fields, and those whose default says something.
    fn object(&self, words: &Map<String, Value>, depth: usize) -> Option<Value> {
        let required: Vec<&str> = list(words, "required")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut made = Map::new();
        let Some(Value::Object(fields)) = words.get("properties") else {
            return Some(Value::Object(made));
        };
        for (name, schema) in fields {
            let default = schema.get("default").filter(|default| !default.is_null());
            if required.contains(&name.as_str()) {
                made.insert(name.clone(), self.value(schema, name, depth + 1)?);
            } else if let Some(default) = default {
                made.insert(name.clone(), default.clone());
            }
        }
        Some(Value::Object(made))
    }

    fn array(&self, words: &Map<String, Value>, hint: &str, depth: usize) -> Value {
        let prefix: Option<Vec<Value>> = list(words, "prefixItems")
            .iter()
            .map(|item| self.value(item, hint, depth + 1))
            .collect();
        let mut items = prefix.unwrap_or_default();
        let least = words.get("minItems").and_then(Value::as_u64).unwrap_or(1);
        let least = usize::try_from(least).unwrap_or(usize::MAX).clamp(1, 64);
        if let Some(item) = words.get("items").filter(|_| items.is_empty())
            && let Some(item) = self.value(item, hint, depth + 1)
        {
            items = vec![item; least];
        }
        items.into()
    }
}

/// What the schema itself gives: an example, a constant, the first of a list.
fn given(words: &Map<String, Value>) -> Option<Value> {
    let first = |word: &str| list(words, word).first();
    let default = words.get("default").filter(|default| !default.is_null());
    first("examples")
        .or_else(|| words.get("const"))
        .or_else(|| first("enum"))
        .or(default)
        .cloned()
}

fn list<'s>(words: &'s Map<String, Value>, word: &str) -> &'s [Value] {
    words
        .get(word)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

fn type_of(words: &Map<String, Value>) -> Option<&str> {
    match words.get("type")? {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        one => one.as_str(),
    }
}

/// Fields of both; what is no object stays what it was first.
fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut fields), Value::Object(more)) => {
            fields.extend(more);
            Value::Object(fields)
        }
        (first, _) => first,
    }
}

fn by_name<T: Copy>(table: &[(&str, T)], hint: &str) -> Option<T> {
    let hint = hint.to_lowercase();
    // The field's own name says more than the name of its type, which stands before it.
    let known = |hint: &str| {
        table
            .iter()
            .find(|(word, _)| hint.contains(word))
            .map(|(_, value)| *value)
    };
    hint.rsplit(' ').find_map(known)
}

fn text(words: &Map<String, Value>, hint: &str) -> String {
    let format = words.get("format").and_then(Value::as_str);
    let formatted = format.and_then(|format| FORMATS.iter().find(|(known, _)| *known == format));
    if let Some((_, text)) = formatted {
        return (*text).to_owned();
    }
    let text = by_name(TEXTS, hint).unwrap_or("example");
    let bound = |word| {
        words
            .get(word)
            .and_then(Value::as_u64)
            .and_then(|bound| usize::try_from(bound).ok())
    };
    let most = bound("maxLength").unwrap_or(usize::MAX);
    let least = bound("minLength").unwrap_or(0).min(1024);
    let length = text.chars().count().clamp(least.min(most), most);
    text.chars().cycle().take(length).collect()
}

fn integer(words: &Map<String, Value>, hint: &str) -> i64 {
    let bound = |word| words.get(word).and_then(Value::as_i64);
    let least =
        bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| bound.saturating_add(1)));
    let most =
        bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| bound.saturating_sub(1)));
    let most = most.unwrap_or(i64::MAX);
    let usual = by_name(NUMBERS, hint).unwrap_or(1);
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let number = usual.clamp(least.unwrap_or(i64::MIN).min(most), most);
    number.saturating_add((step - number.rem_euclid(step)) % step)
}

fn number(words: &Map<String, Value>) -> f64 {
    let bound = |word| words.get(word).and_then(Value::as_f64);
    let most = bound("maximum").unwrap_or(f64::MAX);
    1.5_f64.max(bound("minimum").unwrap_or(f64::MIN)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_formats_and_bounds_decide() {
        let schema = json!({
            "type": "object",
            "required": ["name", "email", "day", "code", "count", "many", "kind", "tags"],
            "properties": {
                "name": { "type": "string" },
                "email": { "type": "string" },
                "day": { "type": "string", "format": "date" },
                "code": { "type": "string", "maxLength": 3 },
                "count": { "type": "integer", "minimum": 7 },
                "many": { "type": "integer", "multipleOf": 4 },
                "kind": { "enum": ["single", "double"] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "note": { "type": ["string", "null"], "default": null },
                "limit": { "type": "integer", "default": 20 },
            },
        });
        let made = example(&schema);
        let expected = json!({
            "name": "Ada Lovelace", "email": "ada@example.com", "day": "2030-05-01", "code": "exa",
            "count": 7, "many": 4, "kind": "single", "tags": ["example"], "limit": 20,
        });
        assert_eq!(made, Some(expected));
    }

    #[test]
    fn what_the_author_shows_goes_first() {
        let schema = json!({ "type": "string", "examples": ["B-000017"] });
        assert_eq!(example(&schema), Some("B-000017".into()));
    }

    #[test]
    fn what_cannot_be_guessed_is_not_shown() {
        assert_eq!(
            example(&json!({ "type": "string", "pattern": "^[A-Z]{9}$" })),
            None
        );
    }

    #[test]
    fn parts_of_a_whole_come_together_and_a_type_within_itself_ends() {
        let schema = json!({
            "title": "Folder", "type": "object", "required": ["folders"],
            "properties": { "folders": { "type": "array", "items": { "$ref": "#" } } },
            "allOf": [{ "$ref": "#/$defs/Named" }],
            "$defs": { "Named": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } } },
        });
        let made = example(&schema).expect("there is one");
        assert_eq!(made["name"], "Ada Lovelace");
        assert!(made["folders"].is_array());
    }
}
