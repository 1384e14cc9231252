//! JSON Schemas in words: types in one line, fields with their docs, and an example that fits.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Deeper than this a type is not told, and an example is not filled.
const DEPTH_MAX: usize = 6;

/// One field of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, with a `?` when it may be left out.
    pub(super) name: String,
    /// Its type, in one line.
    pub(super) kind: String,
    /// The first line of its doc comment.
    pub(super) doc: String,
}

/// A schema's type in one line. A type with a name is told by its name.
pub(super) fn type_of(schema: &Value) -> String {
    type_within(schema, 0)
}

/// The type of a message, reply or event itself, which has its name in `title`.
pub(super) fn name_of(schema: &Value) -> String {
    let title = schema.get("title").and_then(Value::as_str);
    match title {
        Some(title) if is_named(schema) => title.to_owned(),
        _ => type_of(schema),
    }
}

/// Whether the type is more than a scalar, so that it is worth a name.
fn is_named(schema: &Value) -> bool {
    let is_object = schema.get("properties").is_some();
    is_object || schema.get("oneOf").is_some() || schema.get("enum").is_some()
}

fn type_within(schema: &Value, depth: usize) -> String {
    if depth > DEPTH_MAX {
        return "…".to_owned();
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.rsplit('/').next().unwrap_or(name).to_owned();
    }
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return joined(values.iter().map(Value::to_string));
    }
    for keyword in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema.get(keyword).and_then(Value::as_array) {
            return joined(choices.iter().map(|choice| type_within(choice, depth + 1)));
        }
    }
    match schema.get("type") {
        Some(Value::String(kind)) => of_kind(kind, schema, depth),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            joined(kinds.map(|kind| of_kind(kind, schema, depth)))
        }
        _ => "anything".to_owned(),
    }
}

fn of_kind(kind: &str, schema: &Value, depth: usize) -> String {
    match kind {
        "object" => object(schema, depth),
        "array" => match (schema.get("items"), tuple(schema)) {
            (_, Some(items)) => {
                let items = items.iter().map(|item| type_within(item, depth + 1));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            (Some(item), None) => format!("[{}…]", type_within(item, depth + 1)),
            (None, None) => "array".to_owned(),
        },
        "string" => match schema.get("format").and_then(Value::as_str) {
            Some(format) => format!("string ({format})"),
            None => "string".to_owned(),
        },
        kind => kind.to_owned(),
    }
}

fn tuple(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("prefixItems")?.as_array()
}

fn object(schema: &Value, depth: usize) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return match schema.get("additionalProperties") {
            Some(Value::Object(entry)) if !entry.is_empty() => {
                let entry = type_within(&Value::Object(entry.clone()), depth + 1);
                format!("{{*: {entry}}}")
            }
            _ => "{}".to_owned(),
        };
    };
    let entries = properties.iter().map(|(name, property)| {
        let mark = if is_required(schema, name) { "" } else { "?" };
        format!("{name}{mark}: {}", type_within(property, depth + 1))
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for part in parts {
        if !distinct.contains(&part) {
            distinct.push(part);
        }
    }
    distinct.join(" | ")
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|known| known == name))
}

/// The fields of an object; empty for whatever has none.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    properties
        .map(|(name, property)| Field {
            name: format!("{name}{}", if is_required(schema, name) { "" } else { "?" }),
            kind: type_of(property),
            doc: first_line(property.get("description").and_then(Value::as_str)),
        })
        .collect()
}

/// The first line of a doc comment.
pub(super) fn first_line(doc: Option<&str>) -> String {
    doc.and_then(|doc| doc.lines().next())
        .unwrap_or_default()
        .to_owned()
}

/// Adds the types with names that a schema speaks of, its own among them when `with_itself`.
pub(super) fn collect_types(schema: &Value, with_itself: bool, into: &mut BTreeMap<String, Value>) {
    if let Some(definitions) = schema.get("$defs").and_then(Value::as_object) {
        for (name, definition) in definitions {
            into.insert(name.clone(), definition.clone());
        }
    }
    if with_itself
        && is_named(schema)
        && let Some(title) = schema.get("title").and_then(Value::as_str)
    {
        into.insert(title.to_owned(), schema.clone());
    }
}

/// A value that fits the schema's shape, to begin with.
pub(super) fn example(schema: &Value) -> Value {
    example_within(schema, schema, 0)
}

fn example_within(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(pointer.trim_start_matches('#'));
        return target.map_or(Value::Null, |target| {
            example_within(target, root, depth + 1)
        });
    }
    let given = [
        schema.get("examples").and_then(|examples| examples.get(0)),
        schema.get("const"),
        schema.get("default").filter(|default| !default.is_null()),
        schema.get("enum").and_then(|values| values.get(0)),
    ];
    if let Some(given) = given.into_iter().flatten().next() {
        return given.clone();
    }
    for keyword in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema.get(keyword).and_then(|choices| choices.get(0)) {
            return example_within(first, root, depth + 1);
        }
    }
    match kind_of(schema) {
        "object" => example_object(schema, root, depth),
        "array" => {
            let items = tuple(schema).map(Vec::as_slice).unwrap_or_default();
            let items = items.iter().chain(schema.get("items"));
            items
                .map(|item| example_within(item, root, depth + 1))
                .collect()
        }
        "integer" => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
        "number" => json!(0.0),
        "boolean" => json!(false),
        "string" => json!(text_like(schema)),
        _ => Value::Null,
    }
}

fn kind_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    }
}

/// What must be there of an object.
fn example_object(schema: &Value, root: &Value, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let entries = properties
        .into_iter()
        .flatten()
        .filter(|(name, _)| is_required(schema, name))
        .map(|(name, property)| (name.clone(), example_within(property, root, depth + 1)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn text_like(schema: &Value) -> &'static str {
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-08-31",
        Some("date-time") => "2026-08-31T12:00:00Z",
        Some("time") => "12:00:00",
        Some("uuid") => "00000000-0000-0000-0000-000000000000",
        Some("human-duration") => "5s",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest() -> Value {
        json!({
            "title": "Reserve", "type": "object", "required": ["guest", "nights", "when"],
            "properties": {
                "guest": {"$ref": "#/$defs/Guest"},
                "nights": {"type": "integer", "minimum": 1, "description": "How often.\nMore."},
                "when": {"type": "string", "format": "date"},
                "note": {"type": ["string", "null"]},
                "extras": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "number"}}},
                "room": {"oneOf": [{"const": "A"}, {"enum": ["B", "C"]}]}
            },
            "$defs": {"Guest": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}
        })
    }

    #[test]
    fn fields_are_told_with_type_and_doc() {
        let told: Vec<String> = fields(&guest())
            .iter()
            .map(|field| format!("{}: {} {}", field.name, field.kind, field.doc))
            .collect();
        assert_eq!(
            told,
            [
                "extras?: {*: [number…]} ",
                "guest: Guest ",
                "nights: integer How often.",
                "note?: string | null ",
                "room?: \"A\" | \"B\" | \"C\" ",
                "when: string (date) ",
            ]
        );
        assert_eq!(name_of(&guest()), "Reserve");
        assert_eq!(
            name_of(&json!({"title": "String", "type": "string"})),
            "string"
        );
    }

    #[test]
    fn an_example_has_what_is_required_and_fits_its_own_schema() {
        let example = example(&guest());
        assert_eq!(
            example,
            json!({"guest": {"name": "…"}, "nights": 1, "when": "2026-08-31"})
        );
        let validator = jsonschema::validator_for(&guest()).expect("a schema");
        assert!(validator.is_valid(&example));
    }

    #[test]
    fn a_type_within_itself_comes_to_an_end() {
        let tree = json!({"$ref": "#/$defs/Tree", "$defs": {"Tree": {"type": "object", "required": ["left"],
            "properties": {"left": {"$ref": "#/$defs/Tree"}}}}});
        assert_eq!(type_of(&tree), "Tree");
        assert!(example(&tree).is_object());
    }
}
