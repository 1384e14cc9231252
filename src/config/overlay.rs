//! The layers around the file: the application's presets below it, environment variables and flags above; each a tree of one branch.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};

use super::completion::cover;
use super::fault::Fault;
use super::place::{Origin, Place, Spoken};
use super::problem::Problem;
use super::shape::{Shape, kind_of};
use super::sources::{Flag, Preset, Sources};
use super::spelling::{nearest, shouted, variable};
use super::tree::Node;

/// What the application presets, in its order.
pub(super) fn from_presets(
    sources: &Sources,
    shape: Shape<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let mut layers = Vec::new();
    for Preset { key, value } in &sources.presets {
        let origin = Origin::Preset {
            application: sources.application.clone(),
        };
        match from_pair(
            "preset",
            origin,
            key,
            value,
            format!("preset {key}="),
            shape,
        ) {
            Ok(layer) => layers.push(layer),
            Err(problem) => problems.push(*problem),
        }
    }
    layers
}

/// What the environment says, sorted by variable; a variable with the prefix that sets nothing is a problem.
pub(super) fn from_env(
    sources: &Sources,
    shape: Shape<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let prefix = format!("{}_", sources.prefix);
    let mut ours: Vec<(String, &OsString)> = Vec::new();
    for (name, value) in &sources.env {
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && !sources.ignores(&name) {
            ours.push((name.into_owned(), value));
        }
    }
    ours.sort();
    let mut layers = Vec::new();
    for (name, value) in ours {
        match from_variable(&name, &prefix, value, shape) {
            Ok(layer) => layers.push(layer),
            Err(problem) => problems.push(*problem),
        }
    }
    layers
}

fn from_variable(
    name: &str,
    prefix: &str,
    value: &OsString,
    shape: Shape<'_>,
) -> Result<Node, Box<Problem>> {
    let origin = Origin::Env {
        var: name.to_owned(),
    };
    let spoken = |text: &str| Spoken::new(origin.clone(), format!("{name}="), text);
    let refuse = |reason: &str, nearest: Option<String>| {
        let fault = Fault::UnknownVariable {
            variable: name.to_owned(),
            reason: reason.to_owned(),
            nearest,
        };
        Box::new(Problem::new(fault, Place::Spoken(Arc::new(spoken("")))))
    };
    let segments: Vec<&str> = name[prefix.len()..].split("__").collect();
    let Some(path) = key_path(shape, &segments) else {
        let paths = shape.paths();
        let known: Vec<String> = paths
            .iter()
            .map(|path| variable(prefix.trim_end_matches('_'), path))
            .collect();
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(refuse("sets no known key", nearest));
    };
    let text = value
        .to_str()
        .ok_or_else(|| refuse("has a value that is not UTF-8", None))?;
    Ok(layer(shape, &path, spoken(text)))
}

/// The keys that the parts of a variable's name stand for.
fn key_path(shape: Shape<'_>, segments: &[&str]) -> Option<Vec<String>> {
    let mut path = Vec::with_capacity(segments.len());
    let mut table = shape;
    for segment in segments {
        let named = table
            .keys()
            .into_iter()
            .find(|key| shouted(key) == segment.to_uppercase());
        let key = named.map_or_else(|| segment.to_lowercase(), str::to_owned);
        table = table.child(&key).filter(|_| !segment.is_empty())?;
        path.push(key);
    }
    Some(path)
}

/// What the flags say, in the order of the command line.
pub(super) fn from_flags(
    sources: &Sources,
    shape: Shape<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let mut layers = Vec::new();
    for flag in &sources.flags {
        match from_flag(flag, shape) {
            Ok(layer) => layers.push(layer),
            Err(problem) => problems.push(*problem),
        }
    }
    layers
}

fn from_flag(flag: &Flag, shape: Shape<'_>) -> Result<Node, Box<Problem>> {
    let (flag, key, value, lead) = match flag {
        Flag::Named { key, value, flag } => {
            (flag.as_str(), key.as_str(), value, format!("{flag} "))
        }
        Flag::Set { pair } => match pair.split_once('=') {
            Some((key, value)) => ("--set", key, &value.to_owned(), format!("--set {key}=")),
            None => {
                return Err(bad_flag(
                    "--set",
                    pair,
                    "it has no `=` between key and value",
                ));
            }
        },
    };
    let origin = Origin::Flag {
        flag: flag.to_owned(),
    };
    from_pair(flag, origin, key, value, lead, shape)
}

/// A key and its value; `said_by` is what an error about the key names.
fn from_pair(
    said_by: &str,
    origin: Origin,
    key: &str,
    value: &str,
    lead: String,
    shape: Shape<'_>,
) -> Result<Node, Box<Problem>> {
    let path =
        flag_path(key).ok_or_else(|| bad_flag(said_by, key, "this is not the path of a key"))?;
    Ok(layer(shape, &path, Spoken::new(origin, lead, value)))
}

fn bad_flag(flag: &str, text: &str, reason: &str) -> Box<Problem> {
    let fault = Fault::BadFlag {
        flag: flag.to_owned(),
        text: text.to_owned(),
        reason: reason.to_owned(),
    };
    let origin = Origin::Flag {
        flag: flag.to_owned(),
    };
    let spoken = Spoken::new(origin, format!("{flag} {text}"), "");
    Box::new(Problem::new(fault, Place::Spoken(Arc::new(spoken))))
}

/// The keys of a dotted path, as TOML reads them: a quoted key may contain a dot.
fn flag_path(key: &str) -> Option<Vec<String>> {
    let mut table: toml::Table = toml::from_str(&format!("{key} = 0")).ok()?;
    let mut path = Vec::new();
    loop {
        let mut entries = std::mem::take(&mut table).into_iter();
        let (key, value) = entries.next().filter(|_| entries.len() == 0)?;
        path.push(key);
        match value {
            toml::Value::Table(inner) => table = inner,
            _ => return Some(path),
        }
    }
}

/// One value as a tree with one branch.
fn layer(shape: Shape<'_>, path: &[String], spoken: Spoken) -> Node {
    let value = value_of(&spoken.text, shape.find(path));
    let place = Place::Spoken(Arc::new(spoken));
    let mut root = Node::of_toml(value, &place).under(path);
    cover(&mut root, &[shape], None);
    if let Place::Spoken(spoken) = &place {
        spoken.covered.get_or_init(|| root.cover_within());
    }
    root
}

/// The text as the value that the schema wants: a string where it takes one, else whatever TOML reads.
fn value_of(text: &str, shape: Option<Shape<'_>>) -> toml::Value {
    let plain = toml::Value::String(text.to_owned());
    let Ok(parsed) = text.trim().parse::<toml::Value>() else {
        return plain;
    };
    let Some(shape) = shape else {
        return parsed;
    };
    let kind = kind_of(&Node::of_toml(parsed.clone(), &Place::Default));
    if kind != "string" && shape.accepts(kind) || !shape.accepts("string") {
        return parsed;
    }
    plain
}

// === impl Spoken ===

impl Spoken {
    fn new(origin: Origin, lead: String, text: &str) -> Self {
        Self {
            origin,
            lead,
            text: text.to_owned(),
            covered: OnceLock::new(),
        }
    }
}
