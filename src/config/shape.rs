//! What a schema says about one value: a reader of the part of JSON Schema that settings use.
//!
//! Understood: `type`, `enum`, `const`, `properties`, `additionalProperties`, `required`, `items`, `oneOf`/`anyOf`,
//! `$ref` into the document, bounds, and the `x-` keywords of this folder. The rest is the deserialiser's to refuse.

use serde_json::Value as Json;

use super::tree::{Node, Value};
use super::{bytes, duration, namespace, secret, server_url};

/// Marks an object that stands in the file as a table of its own, whether or not the user wrote it.
pub(super) const SECTION: &str = "x-section";
/// Names the section whose keys a section takes over where it does not set its own.
pub(super) const INHERITS: &str = "x-inherits";
/// Lists keys that exist for other capabilities but not for this one.
pub(super) const INAPPLICABLE: &str = "x-inapplicable";
/// Lists pairs of sibling keys of which the first may not be more than the second.
pub(super) const ORDERED: &str = "x-ordered";

/// A schema within its document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'a> {
    document: &'a Json,
    pub(super) schema: &'a Json,
}

impl<'a> Shape<'a> {
    pub(super) fn root(document: &'a Json) -> Self {
        Self {
            document,
            schema: document,
        }
    }

    fn with(self, schema: &'a Json) -> Self {
        let mut resolved = schema;
        while let Some(pointer) = resolved.get("$ref").and_then(Json::as_str) {
            match self.document.pointer(pointer.trim_start_matches('#')) {
                Some(target) => resolved = target,
                None => break,
            }
        }
        Self {
            document: self.document,
            schema: resolved,
        }
    }

    pub(super) fn keyword(self, name: &str) -> Option<&'a Json> {
        self.schema.get(name)
    }

    pub(super) fn strings(self, name: &str) -> Vec<&'a str> {
        let items = self.keyword(name).and_then(Json::as_array);
        items
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect()
    }

    pub(super) fn format(self) -> Option<&'a str> {
        self.keyword("format")?.as_str()
    }

    pub(super) fn is_section(self) -> bool {
        self.keyword(SECTION).is_some()
    }

    pub(super) fn is_secret(self) -> bool {
        self.keyword(secret::KEYWORD).is_some()
            || self.alternatives().into_iter().any(Shape::is_secret)
    }

    /// The ways to write the value, without "not at all"; empty when there is but one.
    pub(super) fn alternatives(self) -> Vec<Self> {
        let listed = self
            .keyword("oneOf")
            .or_else(|| self.keyword("anyOf"))
            .and_then(Json::as_array);
        let shapes = listed.into_iter().flatten().map(|schema| self.with(schema));
        shapes.filter(|shape| shape.kinds() != ["null"]).collect()
    }

    /// The types it allows, as JSON Schema names them; empty means any.
    pub(super) fn kinds(self) -> Vec<&'a str> {
        match self.keyword("type") {
            Some(Json::String(kind)) => vec![kind],
            Some(Json::Array(_)) => self.strings("type"),
            _ => Vec::new(),
        }
    }

    /// Whether a value of this type could be right.
    pub(super) fn accepts(self, kind: &str) -> bool {
        let alternatives = self.alternatives();
        if !alternatives.is_empty() {
            return alternatives.into_iter().any(|shape| shape.accepts(kind));
        }
        let kinds = self.kinds();
        kinds.is_empty()
            || kinds.contains(&kind)
            || (kind == "integer" && kinds.contains(&"number"))
    }

    /// The words it allows, when it allows nothing else.
    pub(super) fn choices(self) -> Option<Vec<&'a str>> {
        if let Some(word) = self.keyword("const") {
            return word.as_str().map(|word| vec![word]);
        }
        if self.keyword("enum").is_some() {
            return Some(self.strings("enum"));
        }
        let alternatives = self.alternatives();
        let each: Option<Vec<Vec<&str>>> = alternatives.into_iter().map(Shape::choices).collect();
        each.map(|words| words.concat())
            .filter(|words| !words.is_empty())
    }

    /// The keys it has, in the order of the alphabet.
    pub(super) fn properties(self) -> Vec<(&'a str, Self)> {
        let listed = self.keyword("properties").and_then(Json::as_object);
        listed
            .into_iter()
            .flatten()
            .map(|(key, schema)| (key.as_str(), self.with(schema)))
            .collect()
    }

    /// The schema of a key: a named one, or what any other key must be.
    pub(super) fn child(self, key: &str) -> Option<Self> {
        self.children(key).into_iter().next()
    }

    /// Every schema that a key may have, one for each alternative that knows the key.
    pub(super) fn children(self, key: &str) -> Vec<Self> {
        let named = self
            .keyword("properties")
            .and_then(|properties| properties.get(key));
        if let Some(own) = named
            .map(|schema| self.with(schema))
            .or_else(|| self.free_keys())
        {
            return vec![own];
        }
        self.alternatives()
            .into_iter()
            .flat_map(|shape| shape.children(key))
            .collect()
    }

    /// The names of its keys, those of every alternative included.
    pub(super) fn keys(self) -> Vec<&'a str> {
        let mut keys: Vec<&str> = self.properties().into_iter().map(|(key, _)| key).collect();
        keys.extend(self.alternatives().into_iter().flat_map(Shape::keys));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The path of every key in it, tables included, down to a depth that no written file reaches.
    pub(super) fn paths(self) -> Vec<Vec<String>> {
        const DEPTH_MAX: usize = 8;
        let mut paths = Vec::new();
        self.collect_paths(&mut Vec::new(), DEPTH_MAX, &mut paths);
        paths
    }

    fn collect_paths(self, path: &mut Vec<String>, depth: usize, paths: &mut Vec<Vec<String>>) {
        for key in self.keys() {
            path.push(key.to_owned());
            paths.push(path.clone());
            if let Some(child) = self.child(key).filter(|_| depth > 1) {
                child.collect_paths(path, depth - 1, paths);
            }
            path.pop();
        }
    }

    /// What a key that is not named must be; `None` when only named keys may stand here.
    pub(super) fn free_keys(self) -> Option<Self> {
        match self.keyword("additionalProperties") {
            Some(Json::Bool(false)) => None,
            Some(schema) => Some(self.with(schema)),
            None if self.keyword("properties").is_some() || !self.alternatives().is_empty() => None,
            None if self.kinds().is_empty() || self.kinds().contains(&"object") => {
                Some(self.with(&Json::Null))
            }
            None => None,
        }
    }

    pub(super) fn items(self) -> Option<Self> {
        self.keyword("items").map(|schema| self.with(schema))
    }

    /// Every schema that the items of an array may have, one for each alternative that is an array.
    pub(super) fn every_items(self) -> Vec<Self> {
        match (
            self.items(),
            self.kinds().is_empty() && self.alternatives().is_empty(),
        ) {
            (Some(items), _) => vec![items],
            (None, true) => vec![self.with(&Json::Null)],
            (None, false) => self
                .alternatives()
                .into_iter()
                .flat_map(Shape::every_items)
                .collect(),
        }
    }

    /// The schema at a path of keys.
    pub(super) fn find<S: AsRef<str>>(self, path: &[S]) -> Option<Self> {
        path.iter()
            .try_fold(self, |shape, key| shape.child(key.as_ref()))
    }

    /// The alternative that fits a table, by its tag or else by its keys; itself, with the keys of all alternatives,
    /// when none fits or there are none to choose from.
    pub(super) fn chosen_for(self, node: &Node) -> Self {
        let alternatives = self.alternatives();
        let tables: Vec<Self> = alternatives
            .into_iter()
            .filter(|shape| shape.accepts("object"))
            .collect();
        match tables.as_slice() {
            [only] => *only,
            several => several
                .iter()
                .find(|shape| shape.fits(node))
                .copied()
                .unwrap_or(self),
        }
    }

    fn fits(self, node: &Node) -> bool {
        let word = |key: &str| node.get(key).and_then(Node::as_str);
        let properties = self.properties().into_iter();
        let mut tags = properties
            .filter_map(|(key, shape)| Some((key, shape.keyword("const")?.as_str())))
            .peekable();
        match tags.peek() {
            Some(_) => tags.all(|(key, tag)| word(key) == tag),
            None => self
                .required()
                .into_iter()
                .all(|key| node.get(key).is_some()),
        }
    }

    /// The keys without which a table is not right, whichever of its alternatives it is.
    pub(super) fn required(self) -> Vec<&'a str> {
        let mut required = self.strings("required");
        let each: Vec<Vec<&str>> = self
            .alternatives()
            .into_iter()
            .map(Shape::required)
            .collect();
        if let Some((first, others)) = each.split_first() {
            required.extend(
                first
                    .iter()
                    .filter(|key| others.iter().all(|other| other.contains(key))),
            );
        }
        required
    }

    /// The value in words: `a duration such as "5s"`, `an integer from 1 to 1000`.
    pub(super) fn expectation(self) -> String {
        if let Some(words) = self.choices() {
            return one_of(&words);
        }
        let alternatives = self.alternatives();
        if !alternatives.is_empty() {
            let each: Vec<String> = alternatives.into_iter().map(Shape::expectation).collect();
            return each.join(" or ");
        }
        let kinds: Vec<&str> = self
            .kinds()
            .into_iter()
            .filter(|kind| *kind != "null")
            .collect();
        match kinds.as_slice() {
            [] => "a value".to_owned(),
            kinds => kinds
                .iter()
                .map(|kind| self.kind_in_words(kind))
                .collect::<Vec<_>>()
                .join(" or "),
        }
    }

    fn kind_in_words(self, kind: &str) -> String {
        let bounds = super::range::bounds_in_words(self);
        match (kind, self.format()) {
            ("string", Some(duration::FORMAT)) => format!("a duration{bounds}, such as \"5s\""),
            ("string", Some(bytes::FORMAT)) => format!("a byte size{bounds}, such as \"64KiB\""),
            ("string", Some(server_url::FORMAT)) => {
                "the address of a nats-server, such as \"nats://127.0.0.1:4222\"".to_owned()
            }
            ("string", Some(namespace::FORMAT)) => "a namespace, such as \"hotel\"".to_owned(),
            ("string", _) => format!("a string{bounds}"),
            ("integer", _) => format!("an integer{bounds}"),
            ("number", _) => format!("a number{bounds}"),
            ("boolean", _) => "true or false".to_owned(),
            ("array", _) => match self.items() {
                Some(items) => format!("an array, each item {}", items.expectation()),
                None => "an array".to_owned(),
            },
            _ => "a table".to_owned(),
        }
    }
}

/// The words as a choice: `one of "a", "b"`.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

/// The type of a value as JSON Schema names it.
pub(super) fn kind_of(node: &Node) -> &'static str {
    match &node.value {
        Value::Unset => "null",
        Value::Array(_) => "array",
        Value::Table(_) => "object",
        Value::Leaf(leaf) => match leaf {
            toml::Value::Integer(_) => "integer",
            toml::Value::Float(_) => "number",
            toml::Value::Boolean(_) => "boolean",
            toml::Value::Datetime(_) => "datetime",
            _ => "string",
        },
    }
}
