//! Holds a tree against the schemas and reports every mistake in it.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::bytes::{self, ByteSize};
use super::duration::{self, HumanDuration};
use super::fault::Fault;
use super::monitoring::{self, Monitoring};
use super::namespace::{self, Namespace};
use super::place::Place;
use super::problem::Problem;
use super::range;
use super::schemas::DEFAULTS;
use super::server_url::{self, ServerUrl};
use super::shape::{INAPPLICABLE, ORDERED, Shape, kind_of, one_of};
use super::spelling::{dotted, nearest, variable};
use super::tree::{Node, Value};

/// Walks a tree along its schema.
pub(super) struct Checker<'a> {
    root: Shape<'a>,
    /// The prefix of the environment's variables, for the help of a missing key.
    prefix: &'a str,
    /// Whether the tree is all there is: only then a key can be missing, or two contradict.
    whole: bool,
    path: Vec<String>,
    found: Vec<Problem>,
}

impl<'a> Checker<'a> {
    /// Every mistake of one layer, taken by itself.
    pub(super) fn layer(node: &Node, root: Shape<'a>, prefix: &'a str) -> Vec<Problem> {
        Self::run(node, root, prefix, false)
    }

    /// Every mistake of all layers together, defaults filled in.
    pub(super) fn whole(node: &Node, root: Shape<'a>, prefix: &'a str) -> Vec<Problem> {
        Self::run(node, root, prefix, true)
    }

    fn run(node: &Node, root: Shape<'a>, prefix: &'a str, whole: bool) -> Vec<Problem> {
        let mut checker = Self {
            root,
            prefix,
            whole,
            path: Vec::new(),
            found: Vec::new(),
        };
        checker.node(node, root);
        checker.found
    }

    fn node(&mut self, node: &Node, shape: Shape<'_>) {
        let is_table = matches!(node.value, Value::Table(_));
        if matches!(node.value, Value::Unset) || (node.place.is_default() && !is_table) {
            return;
        }
        if let Some(words) = shape.choices() {
            return self.choice(node, shape, &words);
        }
        if !shape.accepts(kind_of(node)) {
            return self.wrong_type(node, shape, unit_hint(node, shape));
        }
        match &node.value {
            Value::Table(_) => self.table(node, shape.chosen_for(node)),
            _ if !shape.alternatives().is_empty() => self.any_of(node, &shape.alternatives()),
            Value::Array(items) => self.items(items, shape),
            Value::Leaf(leaf) => self.leaf(node, leaf, shape),
            Value::Unset => {}
        }
    }

    fn choice(&mut self, node: &Node, shape: Shape<'_>, words: &[&str]) {
        let Some(word) = node.as_str() else {
            return self.wrong_type(node, shape, None);
        };
        if !words.contains(&word) {
            let nearest = nearest(word, words.iter().copied()).filter(|_| node.cover.is_none());
            let fault = Fault::NotAChoice {
                key: dotted(&self.path),
                expected: one_of(words),
                found: node.described(),
                nearest: nearest.map(str::to_owned),
            };
            self.found.push(Problem::new(fault, node.place.clone()));
        }
    }

    fn wrong_type(&mut self, node: &Node, shape: Shape<'_>, hint: Option<String>) {
        let fault = Fault::WrongType {
            key: dotted(&self.path),
            expected: shape.expectation(),
            found: node.described(),
            hint: hint
                .filter(|_| node.cover.is_none())
                .or_else(|| quotes_hint(node, shape)),
        };
        self.found.push(Problem::new(fault, node.place.clone()));
    }

    /// One of the shapes has to fit; when none does, the mistakes of the first that takes the type count.
    fn any_of(&mut self, node: &Node, shapes: &[Shape<'_>]) {
        let Some(first) = shapes.first() else { return };
        let words: Option<Vec<Vec<&str>>> = shapes.iter().map(|shape| shape.choices()).collect();
        if let Some(words) = words {
            return self.choice(node, *first, &words.concat());
        }
        let fitting = shapes.iter().filter(|shape| shape.accepts(kind_of(node)));
        let candidates: Vec<&Shape<'_>> = fitting.chain([first]).collect();
        let before = self.found.len();
        let mut told = None;
        for shape in candidates {
            self.node(node, *shape);
            let mistakes = self.found.split_off(before);
            if mistakes.is_empty() {
                return;
            }
            told = told.or(Some(mistakes));
        }
        self.found.extend(told.into_iter().flatten());
    }

    fn items(&mut self, items: &[Node], shape: Shape<'_>) {
        let Some(shape) = shape.items() else { return };
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string());
            self.node(item, shape);
            self.path.pop();
        }
    }

    fn leaf(&mut self, node: &Node, leaf: &toml::Value, shape: Shape<'_>) {
        let unreadable = match (leaf, shape.format()) {
            (toml::Value::String(text), Some(duration::FORMAT)) => {
                text.parse::<HumanDuration>().err().map(|e| e.to_string())
            }
            (toml::Value::String(text), Some(bytes::FORMAT)) => {
                text.parse::<ByteSize>().err().map(|e| e.to_string())
            }
            _ => None,
        };
        if unreadable.is_some() {
            self.wrong_type(node, shape, unreadable);
        } else if let Some(reason) = malformed(leaf, shape) {
            let key = dotted(&self.path);
            let fault = Fault::Refused { key, reason };
            self.found.push(Problem::new(fault, node.place.clone()));
        } else if !range::within(shape, leaf) {
            let fault = Fault::OutOfRange {
                key: dotted(&self.path),
                expected: shape.expectation(),
                found: node.described(),
            };
            self.found.push(Problem::new(fault, node.place.clone()));
        }
    }

    fn table(&mut self, node: &Node, shape: Shape<'_>) {
        let mut entries: Vec<(&String, &Node)> = node.entries().into_iter().flatten().collect();
        // What others inherit comes first: a mistake in it is reported once, under its own name.
        entries.sort_by_key(|(key, _)| key.as_str() != DEFAULTS);
        for (key, entry) in entries {
            self.path.push(key.clone());
            match shape.children(key).as_slice() {
                [] => self.unknown(entry, key, shape),
                [only] => self.node(entry, *only),
                several => self.any_of(entry, several),
            }
            self.path.pop();
        }
        if self.whole {
            self.missing(node, shape);
            self.ordered(node, shape);
        }
    }

    fn unknown(&mut self, node: &Node, key: &str, shape: Shape<'_>) {
        let inapplicable = shape.strings(INAPPLICABLE).contains(&key);
        let known = if inapplicable {
            Vec::new()
        } else {
            shape.keys()
        };
        let nearest = nearest(key, known.iter().copied());
        let note = match (inapplicable, nearest) {
            (true, _) => Some(format!(
                "`{key}` means nothing for this kind of capability: remove it"
            )),
            (false, None) => self.elsewhere(key),
            (false, Some(_)) => None,
        };
        let fault = Fault::UnknownKey {
            key: dotted(&self.path),
            nearest: nearest.map(str::to_owned),
            known: known.into_iter().map(str::to_owned).collect(),
            note,
        };
        self.found.push(Problem::new(fault, node.place.clone()));
    }

    /// Where else the very same key exists.
    fn elsewhere(&self, key: &str) -> Option<String> {
        let paths = self.root.paths().into_iter();
        let same = paths
            .filter(|path| path.last().is_some_and(|last| last == key))
            .min_by_key(Vec::len)?;
        let (last, table) = same.split_last()?;
        match table {
            [] => Some(format!("[{last}] is a section of its own")),
            table => Some(format!("`{last}` is a key of [{}]", dotted(table))),
        }
    }

    fn missing(&mut self, node: &Node, shape: Shape<'_>) {
        for key in shape.required() {
            if node.get(key).is_some() {
                continue;
            }
            self.path.push(key.to_owned());
            let fault = Fault::Missing {
                key: dotted(&self.path),
                expected: shape
                    .child(key)
                    .map_or_else(|| "a value".to_owned(), Shape::expectation),
                variable: variable(self.prefix, &self.path),
            };
            self.path.pop();
            self.found.push(Problem::new(fault, node.place.clone()));
        }
    }

    fn ordered(&mut self, node: &Node, shape: Shape<'_>) {
        let pairs = shape.keyword(ORDERED).and_then(Json::as_array);
        for pair in pairs.into_iter().flatten() {
            if let (Some(low), Some(high)) = (pair[0].as_str(), pair[1].as_str()) {
                self.pair(node, shape, low, high);
            }
        }
    }

    fn pair(&mut self, node: &Node, shape: Shape<'_>, low: &str, high: &str) {
        let setting = |key: &str| Some((shape.child(key)?, node.get(key)?));
        let (Some((low_shape, low_node)), Some((high_shape, high_node))) =
            (setting(low), setting(high))
        else {
            return;
        };
        let (Value::Leaf(low_leaf), Value::Leaf(high_leaf)) = (&low_node.value, &high_node.value)
        else {
            return;
        };
        let order = range::compare((low_shape, low_leaf), (high_shape, high_leaf));
        let place: &Place = if high_node.place.is_default() {
            &low_node.place
        } else {
            &high_node.place
        };
        if order == Some(Ordering::Greater) && !place.is_default() {
            let fault = Fault::Contradiction {
                low: dotted(&[self.path.as_slice(), &[low.to_owned()]].concat()),
                low_value: low_node.shown(),
                high: dotted(&[self.path.as_slice(), &[high.to_owned()]].concat()),
                high_value: high_node.shown(),
            };
            self.found.push(Problem::new(fault, place.clone()));
        }
    }
}

/// Why a text does not have the form that its format asks for.
fn malformed(leaf: &toml::Value, shape: Shape<'_>) -> Option<String> {
    let text = leaf.as_str()?;
    match shape.format()? {
        server_url::FORMAT => text.parse::<ServerUrl>().err().map(|e| e.to_string()),
        monitoring::FORMAT => text.parse::<Monitoring>().err().map(|e| e.to_string()),
        namespace::FORMAT => text.parse::<Namespace>().err().map(|e| e.to_string()),
        _ => None,
    }
}

/// How to write a bare number as the duration or the size that is wanted.
fn unit_hint(node: &Node, shape: Shape<'_>) -> Option<String> {
    let number = match &node.value {
        Value::Leaf(toml::Value::Integer(number)) if *number >= 0 => number,
        _ => return None,
    };
    match shape.format()? {
        duration::FORMAT => Some(format!(
            "say \"{number}s\" or \"{number}ms\", with its unit and in quotes"
        )),
        bytes::FORMAT => Some(format!(
            "say \"{number}B\" or \"{number}KiB\", with its unit and in quotes"
        )),
        _ => None,
    }
}

/// Whether quotes are missing or too many. Quotes no value: it may be a secret.
fn quotes_hint(node: &Node, shape: Shape<'_>) -> Option<String> {
    let is_scalar = matches!(node.value, Value::Leaf(_));
    let unquoted = node
        .as_str()
        .and_then(|text| text.parse::<toml::Value>().ok());
    match unquoted.map(|value| kind_of(&Node::of_toml(value, &Place::Default))) {
        Some(kind) if kind != "string" && shape.accepts(kind) => {
            Some("write it without quotes".to_owned())
        }
        None if node.as_str().is_none() && is_scalar && shape.accepts("string") => {
            Some("put it in quotes".to_owned())
        }
        _ => None,
    }
}
