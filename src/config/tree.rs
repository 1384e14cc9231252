//! The tree of values in which every node knows where it was said.

use std::collections::BTreeMap;

use super::place::{Cover, Place};

/// One value and the place where it was said.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    /// Whether it may be shown.
    pub(super) cover: Option<Cover>,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Known key, no value: the default of an optional setting.
    Unset,
    Leaf(toml::Value),
    Array(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

// === impl Node ===

impl Node {
    pub(super) const fn new(place: Place, value: Value) -> Self {
        Self {
            place,
            cover: None,
            value,
        }
    }

    pub(super) const fn table(place: Place) -> Self {
        Self::new(place, Value::Table(BTreeMap::new()))
    }

    /// The same value at every depth of one place, as an inline value of an environment variable is.
    pub(super) fn of_toml(value: toml::Value, place: &Place) -> Self {
        let value = match value {
            toml::Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| Self::of_toml(item, place))
                    .collect(),
            ),
            toml::Value::Table(entries) => {
                let nodes = entries
                    .into_iter()
                    .map(|(key, entry)| (key, Self::of_toml(entry, place)));
                Value::Table(nodes.collect())
            }
            leaf => Value::Leaf(leaf),
        };
        Self::new(place.clone(), value)
    }

    /// A default as the schema states it.
    pub(super) fn of_default(default: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match default {
            Json::Null => Value::Unset,
            Json::Array(items) => Value::Array(items.iter().map(Self::of_default).collect()),
            Json::Object(entries) => {
                let nodes = entries
                    .iter()
                    .map(|(key, entry)| (key.clone(), Self::of_default(entry)));
                Value::Table(nodes.collect())
            }
            // A number beyond TOML's 64 bits cannot be said in a file; its digits are shown instead.
            scalar => Value::Leaf(
                toml::Value::try_from(scalar)
                    .unwrap_or_else(|_| toml::Value::String(scalar.to_string())),
            ),
        };
        Self::new(Place::Default, value)
    }

    pub(super) const fn entries(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.get(key)
    }

    /// The entry of a table, or the item of an array by its number.
    pub(super) fn step(&self, step: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(entries) => entries.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            Value::Unset | Value::Leaf(_) => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Leaf(leaf) => leaf.as_str(),
            _ => None,
        }
    }

    /// The node at a path, if every step of it is there.
    pub(super) fn find<S: AsRef<str>>(&self, path: &[S]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |node, key| node.get(key.as_ref()))
    }

    /// Wraps the node in one table for each key of the path.
    pub(super) fn under<S: AsRef<str>>(self, path: &[S]) -> Self {
        path.iter().rev().fold(self, |node, key| {
            let place = node.place.clone();
            Self::new(
                place,
                Value::Table(BTreeMap::from([(key.as_ref().to_owned(), node)])),
            )
        })
    }

    /// Lays another layer over this one: tables are joined key by key, everything else is replaced.
    pub(super) fn overlay(&mut self, above: Self) {
        match (&mut self.value, above.value) {
            (Value::Table(below), Value::Table(entries)) => {
                if self.place.is_default() {
                    self.place = above.place;
                }
                for (key, node) in entries {
                    match below.get_mut(&key) {
                        Some(old) => old.overlay(node),
                        None => drop(below.insert(key, node)),
                    }
                }
            }
            (_, value) => {
                *self = Self {
                    place: above.place,
                    cover: above.cover,
                    value,
                }
            }
        }
    }

    /// Forgets where the tables were said, so that the next layer that says one is the place of what it lacks.
    pub(super) fn unplace_tables(&mut self) {
        if let Value::Table(entries) = &mut self.value {
            self.place = Place::Default;
            entries.values_mut().for_each(Self::unplace_tables);
        }
    }

    /// Puts a node at a path, making the tables above it where they are missing.
    pub(super) fn replace(&mut self, path: &[String], node: Self) {
        let Some((key, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        if let Value::Table(entries) = &mut self.value {
            let child = entries
                .entry(key.clone())
                .or_insert_with(|| Self::table(Place::Default));
            child.replace(rest, node);
        }
    }

    /// The bare value, without places; `None` when it is not set.
    pub(super) fn to_toml(&self) -> Option<toml::Value> {
        Some(match &self.value {
            Value::Unset => return None,
            Value::Leaf(leaf) => leaf.clone(),
            Value::Array(items) => {
                toml::Value::Array(items.iter().filter_map(Self::to_toml).collect())
            }
            Value::Table(entries) => {
                let set = entries
                    .iter()
                    .filter_map(|(key, node)| Some((key.clone(), node.to_toml()?)));
                toml::Value::Table(set.collect())
            }
        })
    }

    /// The strongest cover of the node and everything below it.
    pub(super) fn cover_within(&self) -> Option<Cover> {
        let below = match &self.value {
            Value::Unset | Value::Leaf(_) => None,
            Value::Array(items) => items.iter().filter_map(Self::cover_within).max(),
            Value::Table(entries) => entries.values().filter_map(Self::cover_within).max(),
        };
        self.cover.max(below)
    }

    /// The value as a listing shows it, what is covered as its cover; `None` when it is not set.
    pub(super) fn shown_value(&self) -> Option<toml::Value> {
        match (&self.value, self.cover) {
            (Value::Unset, _) => None,
            (_, Some(cover)) => Some(toml::Value::String(cover.text().to_owned())),
            (Value::Leaf(leaf), None) => Some(leaf.clone()),
            (Value::Array(items), None) => Some(toml::Value::Array(
                items.iter().filter_map(Self::shown_value).collect(),
            )),
            (Value::Table(entries), None) => {
                let shown = entries
                    .iter()
                    .filter_map(|(key, node)| Some((key.clone(), node.shown_value()?)));
                Some(toml::Value::Table(shown.collect()))
            }
        }
    }

    /// The value as one word of an error message.
    pub(super) fn shown(&self) -> String {
        self.shown_value().map_or_else(
            || "nothing".to_owned(),
            |value| on_one_line(&value.to_string()),
        )
    }

    /// What the value is, in the words of an error message; a covered one gives away its type only.
    pub(super) fn described(&self) -> String {
        let shown = |kind: &str, text: String| match self.cover {
            None => format!("the {kind} {}", on_one_line(&text)),
            Some(_) => format!("a hidden {kind}"),
        };
        match &self.value {
            Value::Unset => "nothing".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Leaf(leaf) => shown(kind_name(leaf), leaf.to_string()),
        }
    }
}

/// The type of a scalar as TOML calls it.
fn kind_name(leaf: &toml::Value) -> &'static str {
    match leaf {
        toml::Value::String(_) => "string",
        toml::Value::Integer(_) => "integer",
        toml::Value::Float(_) => "float",
        toml::Value::Boolean(_) => "boolean",
        toml::Value::Datetime(_) => "date",
        toml::Value::Array(_) => "array",
        toml::Value::Table(_) => "table",
    }
}

/// A value as TOML writes it, made fit for a sentence or a table: one line, and not a long one.
pub(super) fn on_one_line(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    let line = text.replace('\n', "\\n");
    match line.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
