//! [`closed`]: a contract's schema as the OpenAPI document shows it. A contract ignores fields that it does not know, so that
//! old nodes understand new ones; a person who mistypes a field wants to be told. What the doors themselves do about it is in
//! `bodies/fields.rs`: there a body is at hand, and each unknown field can be named.

use std::collections::BTreeSet;

use schemars::Schema;
use serde_json::{Map, Value};

/// Words whose schemas judge the same value as the schema in which they stand.
const IN_PLACE: &[&str] = &["allOf", "anyOf", "oneOf"];
/// The same for words with one schema; what they see, `unevaluatedProperties` sees.
const CONDITIONS: &[&str] = &["else", "if", "then"];
/// Words that map names to schemas of a part of the value.
const NAMED_PARTS: &[&str] = &["patternProperties", "properties"];
/// Words with a schema of a part of the value.
const PARTS: &[&str] = &[
    "additionalProperties",
    "contains",
    "items",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Where schemars keeps what a schema refers to.
const DEFINITIONS: &str = "#/$defs/";
/// Ends the name of a definition that is one of several parts of an object, and so cannot be closed by itself.
const OPEN: &str = ".open";

/// The schema with every object closed: a field that the contract does not name is a violation.
///
/// Maps stay maps. An object that is put together of several schemas (a flattened struct, a tagged enum) is closed as a
/// whole, with `unevaluatedProperties`; its parts are then definitions of their own, `Name.open`. An object without any
/// field takes none; a schema by hand that means "any object" says `"additionalProperties": true`.
#[must_use]
pub fn closed(schema: &Schema) -> Value {
    let mut closing = Closing::default();
    let mut root = closing.close(schema.as_value());
    let Some(definitions) = schema.get("$defs").and_then(Value::as_object) else {
        return root;
    };
    let mut all: Map<String, Value> = Map::new();
    for (name, definition) in definitions {
        all.insert(name.clone(), closing.close(definition));
    }
    // Opening a definition may ask for another one.
    while let Some(name) = closing.wanted.pop_first() {
        if let (false, Some(definition)) = (closing.opened.contains(&name), definitions.get(&name))
        {
            all.insert(format!("{name}{OPEN}"), closing.open(definition));
        }
        closing.opened.insert(name);
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("$defs".to_owned(), Value::Object(all));
    }
    root
}

/// Which definitions are needed as parts of a whole.
#[derive(Default)]
struct Closing {
    wanted: BTreeSet<String>,
    opened: BTreeSet<String>,
}

impl Closing {
    /// A schema that judges its value alone.
    fn close(&mut self, schema: &Value) -> Value {
        let Some(words) = schema.as_object() else {
            return schema.clone();
        };
        let is_whole = is_put_together(words);
        let mut made = self.rebuilt(words, is_whole);
        if !is_object(words) || says_what_else(words) {
            return Value::Object(made);
        }
        if is_whole {
            made.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
        } else if !has_branches(words) {
            made.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        Value::Object(made)
    }

    /// A schema that judges its value together with others: its own fields are not all there are.
    fn open(&mut self, schema: &Value) -> Value {
        match schema.as_object() {
            Some(words) => Value::Object(self.rebuilt(words, true)),
            None => schema.clone(),
        }
    }

    fn rebuilt(&mut self, words: &Map<String, Value>, is_part: bool) -> Map<String, Value> {
        let made = words
            .iter()
            .filter(|(word, _)| *word != "$defs")
            .map(|(word, value)| (word.clone(), self.word(word, value, is_part)));
        made.collect()
    }

    fn word(&mut self, word: &str, value: &Value, is_part: bool) -> Value {
        match (word, value) {
            ("$ref", Value::String(target)) if is_part => self.opened_target(target).into(),
            (_, Value::Array(branches)) if IN_PLACE.contains(&word) => {
                let branches = branches.iter().map(|branch| {
                    if is_part {
                        self.open(branch)
                    } else {
                        self.close(branch)
                    }
                });
                branches.collect()
            }
            (_, condition) if CONDITIONS.contains(&word) => self.open(condition),
            ("prefixItems", Value::Array(items)) => {
                items.iter().map(|item| self.close(item)).collect()
            }
            (_, Value::Object(named)) if NAMED_PARTS.contains(&word) => {
                let parts = named
                    .iter()
                    .map(|(name, part)| (name.clone(), self.close(part)));
                Value::Object(parts.collect())
            }
            (_, part) if PARTS.contains(&word) => self.close(part),
            (_, other) => other.clone(),
        }
    }

    fn opened_target(&mut self, target: &str) -> String {
        let Some(name) = target.strip_prefix(DEFINITIONS) else {
            return target.to_owned();
        };
        self.wanted.insert(name.to_owned());
        format!("{target}{OPEN}")
    }
}

/// Whether several schemas describe the fields of one object: its own and those of a reference or branch, or several of
/// `allOf`.
fn is_put_together(words: &Map<String, Value>) -> bool {
    let num_all_of = words
        .get("allOf")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let applied = IN_PLACE.iter().chain(&["$ref", "if"]);
    let num_applied = applied.filter(|word| words.contains_key(**word)).count();
    num_all_of > 1 || num_applied > 1 || num_applied == 1 && words.contains_key("properties")
}

fn has_branches(words: &Map<String, Value>) -> bool {
    let mut applied = IN_PLACE.iter().chain(&["$ref", "if"]);
    applied.any(|word| words.contains_key(*word))
}

fn is_object(words: &Map<String, Value>) -> bool {
    let object = Value::from("object");
    let typed = match words.get("type") {
        Some(Value::Array(types)) => types.contains(&object),
        Some(one) => *one == object,
        None => false,
    };
    typed || words.contains_key("properties") || is_put_together(words)
}

fn says_what_else(words: &Map<String, Value>) -> bool {
    words.contains_key("additionalProperties") || words.contains_key("unevaluatedProperties")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::{JsonSchema, schema_for};
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Stay {
        nights: u32,
        party: Option<Party>,
        notes: BTreeMap<String, String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Party {
        adults: u16,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Booking {
        reference: String,
        #[serde(flatten)]
        stay: Stay,
        #[serde(flatten)]
        ending: Ending,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "ending", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only the shape matters")]
    enum Ending {
        Open,
        Cancelled(Party),
    }

    #[derive(Deserialize, JsonSchema)]
    struct Nothing {}

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Folder {
        name: String,
        folders: Vec<Folder>,
    }

    fn accepts<T: JsonSchema>(value: &Value) -> bool {
        jsonschema::is_valid(&closed(&schema_for!(T)), value)
    }

    #[test]
    fn an_unknown_field_is_refused_at_every_depth() {
        let good = json!({"nights": 1, "party": {"adults": 2}, "notes": {"any": "name"}});
        assert!(accepts::<Stay>(&good));
        for at in ["", "/party"] {
            let mut bad = good.clone();
            let place = bad.pointer_mut(at).and_then(Value::as_object_mut).unwrap();
            place.insert("adlts".to_owned(), json!(2));
            assert!(!accepts::<Stay>(&bad), "{bad}");
        }
        assert!(accepts::<Stay>(
            &json!({"nights": 1, "party": null, "notes": {}})
        ));
    }

    #[test]
    fn a_message_without_fields_takes_none() {
        assert!(accepts::<Nothing>(&json!({})));
        assert!(!accepts::<Nothing>(&json!({"surprise": 1})));
    }

    #[test]
    fn what_is_put_together_is_closed_as_a_whole() {
        let open = json!({"reference": "r", "nights": 1, "notes": {}, "ending": "open"});
        let cancelled =
            json!({"reference": "r", "nights": 1, "notes": {}, "ending": "cancelled", "adults": 1});
        for good in [&open, &cancelled] {
            assert!(accepts::<Booking>(good), "{good}");
            let mut bad = good.clone();
            bad["nihgts"] = json!(2);
            assert!(!accepts::<Booking>(&bad), "{bad}");
        }
    }

    #[test]
    fn a_tagged_variant_has_the_tag_and_the_fields_of_its_struct() {
        assert!(accepts::<Ending>(
            &json!({"ending": "cancelled", "adults": 1})
        ));
        assert!(!accepts::<Ending>(
            &json!({"ending": "cancelled", "adults": 1, "x": 1})
        ));
        assert!(!accepts::<Ending>(&json!({"ending": "open", "adults": 1})));
    }

    #[test]
    fn a_type_within_itself_is_closed_at_every_depth() {
        assert!(accepts::<Folder>(
            &json!({"name": "a", "folders": [{"name": "b", "folders": []}]})
        ));
        assert!(!accepts::<Folder>(
            &json!({"name": "a", "folders": [{"name": "b", "folders": [], "x": 1}]})
        ));
    }
}
