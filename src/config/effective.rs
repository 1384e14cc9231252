//! The effective value of every key and who said it, with secrets masked: as rows, a table, JSON, or a TOML file.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use super::place::{Cover, Origin};
use super::shape::Shape;
use super::spelling::dotted;
use super::tree::{Node, Value, on_one_line};

/// One key: its value and who said it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The path of the key, as `--set` takes it.
    pub key: String,
    /// The value, `"***"` for a secret, `None` for an optional key that nobody set.
    #[serde(serialize_with = "as_json")]
    pub value: Option<toml::Value>,
    /// Who said it.
    pub origin: Origin,
    /// Whether the value is masked, wholly or in part.
    pub secret: bool,
}

/// Every key with its effective value, sorted by key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Effective {
    rows: Vec<Row>,
}

impl Effective {
    /// Lists a tree whose defaults are filled in and whose secrets are covered.
    pub(super) fn of(tree: &Node, shape: Shape<'_>) -> Self {
        let mut rows = Vec::new();
        collect(tree, Some(shape), &mut Vec::new(), &mut rows);
        Self { rows }
    }

    /// The rows, sorted by key.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows as text in three aligned columns: key, value, origin.
    pub fn to_table(&self) -> String {
        let head = ["KEY".to_owned(), "VALUE".to_owned(), "FROM".to_owned()];
        let body = self.rows.iter().map(|row| {
            [
                row.key.clone(),
                on_one_line(&row.as_toml()),
                row.origin.to_string(),
            ]
        });
        let lines: Vec<[String; 3]> = std::iter::once(head).chain(body).collect();
        let width = |column: usize| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let (key_width, value_width) = (width(0), width(1));
        lines
            .iter()
            .map(|[key, value, origin]| {
                format!("{key:key_width$}  {value:value_width$}  {origin}\n")
            })
            .collect()
    }

    /// The rows as a JSON array of `{ key, value, origin, secret }`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// A file that says the same, each line with its origin; secrets and keys without a value stand in comments.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let comment = if row.secret || row.value.is_none() {
                "# "
            } else {
                ""
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{comment}{} = {} # {}",
                row.key,
                row.as_toml(),
                row.origin
            );
        }
        text
    }
}

// === impl Row ===

impl Row {
    /// The value as TOML writes it, `-` for none.
    fn as_toml(&self) -> String {
        self.value
            .as_ref()
            .map_or_else(|| "-".to_owned(), toml::Value::to_string)
    }
}

fn collect(node: &Node, shape: Option<Shape<'_>>, path: &mut Vec<String>, rows: &mut Vec<Row>) {
    let section = shape.is_some_and(Shape::is_section);
    match node
        .entries()
        .filter(|entries| section || !entries.is_empty())
    {
        Some(entries) => {
            let chosen = shape.map(|shape| shape.chosen_for(node));
            for (key, entry) in entries {
                path.push(key.clone());
                collect(entry, chosen.and_then(|shape| shape.child(key)), path, rows);
                path.pop();
            }
        }
        None if path.is_empty() => {}
        None => rows.push(Row {
            key: dotted(path),
            value: node.shown_value(),
            origin: node.place.origin(),
            secret: !matches!(node.value, Value::Unset)
                && node.cover_within() >= Some(Cover::Unknown),
        }),
    }
}

fn as_json<S: Serializer>(value: &Option<toml::Value>, serializer: S) -> Result<S::Ok, S::Error> {
    json_of(value.as_ref()).serialize(serializer)
}

/// A value as JSON: a date is its text, a number that JSON lacks is null.
fn json_of(value: Option<&toml::Value>) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        None => Json::Null,
        Some(toml::Value::String(text)) => Json::from(text.as_str()),
        Some(toml::Value::Integer(integer)) => Json::from(*integer),
        Some(toml::Value::Float(float)) => Json::from(*float),
        Some(toml::Value::Boolean(flag)) => Json::from(*flag),
        Some(toml::Value::Datetime(date)) => Json::from(date.to_string()),
        Some(toml::Value::Array(items)) => items.iter().map(|item| json_of(Some(item))).collect(),
        Some(toml::Value::Table(entries)) => Json::Object(
            entries
                .iter()
                .map(|(key, entry)| (key.clone(), json_of(Some(entry))))
                .collect(),
        ),
    }
}
