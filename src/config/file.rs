//! The file layer: TOML read into the tree, every value with its line and column.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::completion::cover;
use super::fault::Fault;
use super::place::{Cover, FileText, Place};
use super::problem::Problem;
use super::shape::Shape;
use super::tree::{Node, Value};

/// Reads the file into a tree; `None` when it cannot be read or is not TOML, with the reasons in `problems`.
pub(super) fn read(path: &Path, shape: Shape<'_>, problems: &mut Vec<Problem>) -> Option<Node> {
    let text = match std::fs::read(path) {
        Ok(bytes) => text_of(path, bytes),
        Err(error) => Err(unreadable(path, &error)),
    };
    let file = match text {
        Ok(text) => Arc::new(FileText::new(path.to_owned(), text)),
        Err(fault) => {
            problems.push(Problem::new(fault, Place::Default));
            return None;
        }
    };
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    let mut root = Reader {
        file: &file,
        problems,
        trusted: errors.is_empty(),
    }
    .root(&table);
    cover(&mut root, &[shape], None);
    let mut covered = Vec::new();
    collect_covers(&root, &mut covered);
    if !errors.is_empty() {
        cover_by_name(&file.text, shape, &mut covered);
    }
    file.covered.get_or_init(|| covered);
    report_syntax(&file, &errors, problems);
    errors.is_empty().then_some(root)
}

/// Reports the first fault of each line: the others on it mostly follow from that one.
fn report_syntax(file: &Arc<FileText>, errors: &[toml::de::Error], problems: &mut Vec<Problem>) {
    let place_of = |error: &toml::de::Error| error.span().unwrap_or_default();
    let mut faults: Vec<(Range<usize>, &str)> = errors
        .iter()
        .map(|error| (place_of(error), error.message()))
        .collect();
    faults.sort_by_key(|(span, _)| span.start);
    faults.dedup_by_key(|(span, _)| file.line_around(span.start));
    for (span, message) in faults {
        let line = file.line_around(span.start);
        let before = &file.text[line.start..span.start.clamp(line.start, line.end)];
        let fault = Fault::Syntax {
            message: message.to_owned(),
            in_value: before.contains('='),
        };
        problems.push(Problem::new(fault, Place::at(file, span)));
    }
}

fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        Fault::CannotRead {
            path: path.to_owned(),
            reason: format!("line {line} is not UTF-8"),
            hint: "save the file as UTF-8".to_owned(),
        }
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let (reason, hint) = match error.kind() {
        io::ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "check the path, or name no file at all",
        ),
        io::ErrorKind::IsADirectory => ("it is a directory".to_owned(), "name a file inside it"),
        io::ErrorKind::PermissionDenied => (
            "permission denied".to_owned(),
            "make it readable for this user",
        ),
        _ => (error.to_string(), "check the path"),
    };
    Fault::CannotRead {
        path: path.to_owned(),
        reason,
        hint: hint.to_owned(),
    }
}

/// Turns the parser's tree into ours.
struct Reader<'a> {
    file: &'a Arc<FileText>,
    problems: &'a mut Vec<Problem>,
    /// Whether the values are what the user wrote, and not what the parser made up to go on.
    trusted: bool,
}

impl Reader<'_> {
    fn root(&mut self, table: &Spanned<DeTable<'_>>) -> Node {
        let value = self.table(table.get_ref());
        Node::new(Place::at(self.file, 0..0), value)
    }

    fn table(&mut self, table: &DeTable<'_>) -> Value {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            entries.insert(key.get_ref().to_string(), self.node(key.span(), value));
        }
        Value::Table(entries)
    }

    fn node(&mut self, key: Range<usize>, value: &Spanned<DeValue<'_>>) -> Node {
        let place = Place::File {
            file: Arc::clone(self.file),
            key,
            value: value.span(),
        };
        let value = match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.node(item.span(), item))
                    .collect(),
            ),
            DeValue::String(text) => Value::Leaf(toml::Value::String(text.to_string())),
            DeValue::Boolean(flag) => Value::Leaf(toml::Value::Boolean(*flag)),
            DeValue::Datetime(date) => Value::Leaf(toml::Value::Datetime(*date)),
            DeValue::Float(float) => Value::Leaf(toml::Value::Float(
                float.as_str().parse().unwrap_or(f64::NAN),
            )),
            DeValue::Integer(integer) => {
                match i64::from_str_radix(integer.as_str(), integer.radix()) {
                    Ok(integer) => Value::Leaf(toml::Value::Integer(integer)),
                    Err(_) => self.too_long(&place),
                }
            }
        };
        Node::new(place, value)
    }

    fn too_long(&mut self, place: &Place) -> Value {
        if self.trusted {
            let fault = Fault::Syntax {
                message: "integers go from -9223372036854775808 to 9223372036854775807".to_owned(),
                in_value: false,
            };
            self.problems.push(Problem::new(fault, place.clone()));
        }
        Value::Unset
    }
}

/// The spans of all values that must not be quoted.
fn collect_covers(node: &Node, covered: &mut Vec<(Range<usize>, Cover)>) {
    match (&node.value, &node.place, node.cover) {
        (Value::Table(entries), ..) => entries
            .values()
            .for_each(|entry| collect_covers(entry, covered)),
        (Value::Array(items), ..) => items.iter().for_each(|item| collect_covers(item, covered)),
        (_, Place::File { value, .. }, Some(cover)) => covered.push((value.clone(), cover)),
        _ => {}
    }
}

/// Where the text is broken, the tree is not to be trusted: covers whatever follows the name of a secret on its line.
fn cover_by_name(text: &str, shape: Shape<'_>, covered: &mut Vec<(Range<usize>, Cover)>) {
    let paths = shape.paths();
    let secrets = paths
        .iter()
        .filter(|path| shape.find(path).is_some_and(Shape::is_secret));
    let names: Vec<&String> = secrets.filter_map(|path| path.last()).collect();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let name = names
            .iter()
            .filter_map(|name| Some(line.find(name.as_str())? + name.len()))
            .min();
        if let Some(end_of_name) = name {
            let value = line[end_of_name..].find(|c: char| c != '=' && !c.is_whitespace());
            let value = end_of_name + value.unwrap_or(line.len() - end_of_name);
            covered.push((
                start + value..start + line.trim_end().len().max(value),
                Cover::Secret,
            ));
        }
        start += line.len();
    }
}
