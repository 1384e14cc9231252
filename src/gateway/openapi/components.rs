//! [`Components`]: each type once, under one name, however many contracts speak of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::answers;

/// Where schemars keeps what a schema refers to.
const DEFINITIONS: &str = "#/$defs/";
/// Where OpenAPI keeps it.
const SCHEMAS: &str = "#/components/schemas/";
/// Words whose value is an instance: what looks like a reference there is none.
const INSTANCES: &[&str] = &["const", "default", "enum", "examples"];

/// On which side of a call a type stands. What is asked is closed, what is answered may grow, so that one type may need
/// two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Asked,
    Answered,
}

/// The schemas of the document, and what each of them means.
#[derive(Debug, Default)]
pub(super) struct Components {
    schemas: BTreeMap<String, Value>,
    /// What a name stands for, with everything it refers to: two types of one name are the same if this is.
    meanings: BTreeMap<String, String>,
}

impl Components {
    /// With the platform's own schemas, whose names no contract can take.
    pub(super) fn of_the_platform() -> Self {
        let mut components = Self::default();
        for (name, schema) in answers::schemas() {
            components
                .meanings
                .insert(name.to_owned(), schema.to_string());
            components.schemas.insert(name.to_owned(), schema);
        }
        components
    }

    pub(super) fn into_schemas(self) -> BTreeMap<String, Value> {
        self.schemas
    }

    /// Takes a schema apart: its definitions become components, and so does itself if it describes an object or a choice.
    /// Returns what to write where it is used.
    pub(super) fn add(&mut self, mut root: Value, capability: &str, side: Side) -> Value {
        let Some(words) = root.as_object_mut() else {
            return root;
        };
        words.remove("$schema");
        let definitions = match words.remove("$defs") {
            Some(Value::Object(definitions)) => definitions,
            _ => Map::new(),
        };
        let mut all: BTreeMap<&str, &Value> = definitions
            .iter()
            .map(|(name, schema)| (name.as_str(), schema))
            .collect();
        let title = root.get("title").and_then(Value::as_str).map(plain_name);
        let title = title.filter(|_| has_a_name(&root));
        // A definition of the root's own name is the root, seen from within.
        let root_name = title.unwrap_or_else(|| String::from("."));
        all.insert(&root_name, &root);
        let names: BTreeMap<&str, String> = all
            .keys()
            .filter(|name| **name != ".")
            .map(|name| {
                (
                    *name,
                    self.name(name, &meaning(name, &all), capability, side),
                )
            })
            .collect();
        for (name, component) in &names {
            let schema = pointing(all[name], &names, &root_name);
            self.schemas.insert(component.clone(), schema);
        }
        match names.get(root_name.as_str()) {
            Some(component) => reference(component),
            None => pointing(&root, &names, &root_name),
        }
    }

    /// The name under which a type of this meaning is known, or becomes known.
    fn name(&mut self, name: &str, meaning: &str, capability: &str, side: Side) -> String {
        let name = plain_name(name);
        let sided = match side {
            Side::Asked => format!("{name}Input"),
            Side::Answered => name.clone(),
        };
        let plain = [name, sided.clone(), format!("{capability}.{sided}")];
        let numbered = (2..).map(|number| format!("{capability}.{sided}.{number}"));
        for candidate in plain.into_iter().chain(numbered) {
            let known = self.meanings.get(&candidate);
            if known.is_none_or(|known| known == meaning) {
                self.meanings.insert(candidate.clone(), meaning.to_owned());
                return candidate;
            }
        }
        unreachable!("there is always another number")
    }
}

/// A reference to a component.
pub(super) fn reference(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{SCHEMAS}{name}") })
}

/// Whether a root is worth a name of its own: a number or a list of something is not.
fn has_a_name(root: &Value) -> bool {
    let branches = ["properties", "oneOf", "anyOf", "allOf", "$ref", "enum"];
    let is_object = root.get("type").is_some_and(|kind| kind == "object");
    is_object || branches.iter().any(|word| root.get(word).is_some())
}

/// With the characters alone that OpenAPI allows in the name of a component.
fn plain_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}

/// A definition and all that it refers to, as text.
fn meaning(name: &str, all: &BTreeMap<&str, &Value>) -> String {
    let mut seen = BTreeSet::from([name]);
    let mut next = vec![name];
    while let Some(schema) = next.pop().and_then(|name| all.get(name)) {
        each_reference(schema, &mut |target| {
            let known = target
                .strip_prefix(DEFINITIONS)
                .and_then(|name| all.get_key_value(name));
            if let Some((name, _)) = known
                && seen.insert(name)
            {
                next.push(name);
            }
        });
    }
    let parts: BTreeMap<&str, &Value> = seen
        .into_iter()
        .filter_map(|name| all.get_key_value(name))
        .map(|(name, schema)| (*name, *schema))
        .collect();
    serde_json::json!(parts).to_string()
}

fn each_reference<'v>(schema: &'v Value, visit: &mut impl FnMut(&'v str)) {
    match schema {
        Value::Object(words) => {
            for (word, value) in words {
                match value {
                    Value::String(target) if word == "$ref" => visit(target),
                    _ if INSTANCES.contains(&word.as_str()) => {}
                    _ => each_reference(value, visit),
                }
            }
        }
        Value::Array(schemas) => schemas
            .iter()
            .for_each(|schema| each_reference(schema, visit)),
        _ => {}
    }
}

/// The schema with references to components.
fn pointing(schema: &Value, names: &BTreeMap<&str, String>, root: &str) -> Value {
    let target_of = |target: &str| {
        let name = match target.strip_prefix(DEFINITIONS) {
            Some(name) => names.get(name),
            None if target == "#" => names.get(root),
            None => None,
        };
        name.map_or_else(|| target.to_owned(), |name| format!("{SCHEMAS}{name}"))
    };
    match schema {
        Value::Object(words) => {
            let pointed = words.iter().map(|(word, value)| {
                let value = match value {
                    Value::String(target) if word == "$ref" => target_of(target).into(),
                    _ if INSTANCES.contains(&word.as_str()) => value.clone(),
                    _ => pointing(value, names, root),
                };
                (word.clone(), value)
            });
            Value::Object(pointed.collect())
        }
        Value::Array(schemas) => schemas
            .iter()
            .map(|schema| pointing(schema, names, root))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn root(of: &Value) -> Value {
        json!({ "title": "Ask", "type": "object", "properties": { "part": { "$ref": "#/$defs/Part" } }, "$defs": { "Part": of } })
    }

    fn part_of(components: &Components, at: &Value) -> String {
        let name = at["$ref"].as_str().unwrap().trim_start_matches(SCHEMAS);
        let part = &components.schemas[name]["properties"]["part"]["$ref"];
        part.as_str()
            .unwrap()
            .trim_start_matches(SCHEMAS)
            .to_owned()
    }

    #[test]
    fn one_content_is_one_component_however_often_it_is_spoken_of() {
        let mut components = Components::default();
        let schema = root(&json!({ "type": "string" }));
        let first = components.add(schema.clone(), "search", Side::Answered);
        assert_eq!(components.add(schema, "payments", Side::Asked), first);
        assert_eq!(components.schemas.len(), 2);
    }

    #[test]
    fn one_name_for_two_contents_gets_the_name_of_the_capability() {
        let mut components = Components::default();
        let mut add = |of: Value, capability| components.add(root(&of), capability, Side::Answered);
        let first = add(json!({ "type": "string" }), "search");
        let second = add(json!({ "type": "integer" }), "payments");
        let third = add(json!({ "type": "boolean" }), "payments");
        let parts = [first, second, third].map(|at| part_of(&components, &at));
        assert_eq!(parts, ["Part", "payments.Part", "payments.Part.2"]);
    }

    #[test]
    fn two_types_that_differ_only_in_what_they_refer_to_are_two() {
        let mut components = Components::default();
        components.add(root(&json!({ "type": "string" })), "a", Side::Answered);
        let at = components.add(root(&json!({ "type": "integer" })), "b", Side::Answered);
        assert_eq!(at, reference("b.Ask"));
    }

    #[test]
    fn a_type_that_is_closed_where_it_is_asked_has_an_input() {
        let mut components = Components::default();
        components.add(root(&json!({ "type": "object" })), "a", Side::Answered);
        let closed = root(&json!({ "type": "object", "additionalProperties": false }));
        let at = components.add(closed, "a", Side::Asked);
        assert_eq!(at, reference("AskInput"));
        assert_eq!(part_of(&components, &at), "PartInput");
    }

    #[test]
    fn a_type_within_itself_points_to_its_component() {
        let mut components = Components::default();
        let folder = json!({ "title": "Folder", "type": "object", "properties": { "in": { "type": "array", "items": { "$ref": "#" } } } });
        let at = components.add(folder, "a", Side::Answered);
        assert_eq!(
            components.schemas["Folder"]["properties"]["in"]["items"],
            at
        );
    }

    #[test]
    fn a_contract_cannot_take_the_name_of_the_platform_s_own() {
        let mut components = Components::of_the_platform();
        let problem = json!({ "title": "Problem", "type": "object" });
        let at = components.add(problem, "repairs", Side::Answered);
        assert_eq!(at, reference("repairs.Problem"));
    }
}
