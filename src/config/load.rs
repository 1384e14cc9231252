//! Brings the layers together: a configuration that exists is valid.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::capability::CapabilitySettings;
use super::check::Checker;
use super::completion::{cover, filled, inherited};
use super::effective::Effective;
use super::fault::Fault;
use super::place::{Origin, Place};
use super::problem::Problems;
use super::schemas::{CAPABILITIES, Schemas};
use super::shape::Shape;
use super::sources::Sources;
use super::spelling::dotted;
use super::tree::Node;
use super::{file, overlay};

/// A valid configuration: every key known, every value of its type and within its bounds, nothing missing.
///
/// ```
/// use skep::config::{Config, Schemas, Sources, StoreSettings};
///
/// let sources = Sources::of("hotel").env([("HOTEL_STORE__PATH", "/var/lib/hotel")]);
/// let config = Config::load(&sources, &Schemas::platform())?;
/// let store: StoreSettings = config.section("store")?;
/// assert_eq!(store.path.to_str(), Some("/var/lib/hotel"));
/// # Ok::<(), skep::config::Problems>(())
/// ```
#[derive(Clone)]
pub struct Config {
    schemas: Schemas,
    /// What the layers say, inherited keys included, defaults not: those are the settings types' own.
    said: Node,
    /// The same with every default.
    whole: Node,
}

impl Config {
    /// Reads all sources and holds them against the schemas.
    ///
    /// # Errors
    ///
    /// [`Problems`] with every mistake of every source, sorted by place. A file that cannot be read or parsed hides
    /// the mistakes that only the whole can have (missing keys, contradictions); all others are still reported.
    pub fn load(sources: &Sources, schemas: &Schemas) -> Result<Self, Problems> {
        let shape = schemas.shape();
        let mut problems = Vec::new();
        let (file, readable) = match &sources.file {
            None => (Node::table(Place::Default), true),
            Some(path) => match file::read(path, shape, &mut problems) {
                Some(root) => (root, true),
                None => (Node::table(Place::Default), false),
            },
        };
        let mut layers: Vec<Node> = overlay::from_presets(sources, shape, &mut problems);
        let num_presets = layers.len();
        layers.push(file);
        layers.extend(overlay::from_env(sources, shape, &mut problems));
        layers.extend(overlay::from_flags(sources, shape, &mut problems));
        let mut said = Node::table(Place::Default);
        for (index, mut layer) in layers.into_iter().enumerate() {
            problems.extend(Checker::layer(&layer, shape, &sources.prefix));
            if index < num_presets {
                layer.unplace_tables();
            }
            said.overlay(layer);
        }
        let said = inherited(&said, shape);
        let mut whole = filled(Some(said.clone()), shape).unwrap_or_else(|| said.clone());
        cover(&mut whole, &[shape], None);
        if readable {
            problems.extend(Checker::whole(&whole, shape, &sources.prefix));
        }
        match Problems::from_found(problems) {
            Some(problems) => Err(problems),
            None => Ok(Self {
                schemas: schemas.clone(),
                said,
                whole,
            }),
        }
    }

    /// A section as its settings type, such as `store` or `capabilities.payments.settings`.
    ///
    /// # Errors
    ///
    /// SK0211 when no such section is registered, or the type refuses a value for a reason its schema cannot state.
    pub fn section<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problems> {
        self.read(path, &[])
    }

    /// The settings of a capability: `[defaults]` below, `[capabilities.<name>]` above.
    ///
    /// # Errors
    ///
    /// SK0211 when no capability of this name is registered.
    pub fn capability(&self, name: &str) -> Result<CapabilitySettings, Problems> {
        self.read(&format!("{CAPABILITIES}.{name}"), &["settings"])
    }

    /// Every key with its effective value and its origin; secrets are masked.
    pub fn effective(&self) -> Effective {
        Effective::of(&self.whole, self.schemas.shape())
    }

    /// Who said a key; `None` when there is no such key.
    pub fn origin(&self, key: &str) -> Option<Origin> {
        let path: Vec<&str> = key.split('.').collect();
        self.whole.find(&path).map(|node| node.place.origin())
    }

    /// The JSON Schema of the whole file, with which editors complete and check it.
    pub const fn schema_document(&self) -> &serde_json::Value {
        self.schemas.document()
    }

    /// What is said at a path, defaults included; a number steps into an array.
    pub(super) fn node_at(&self, path: &[String]) -> Option<&Node> {
        path.iter()
            .try_fold(&self.whole, |node, step| node.step(step))
    }

    fn read<T: DeserializeOwned>(&self, section: &str, without: &[&str]) -> Result<T, Problems> {
        let path: Vec<&str> = section.split('.').collect();
        if !self
            .schemas
            .shape()
            .find(&path)
            .is_some_and(Shape::is_section)
        {
            let reason = "no part of this application registers such a section".to_owned();
            return Err(Problems::one(
                Fault::Refused {
                    key: section.to_owned(),
                    reason,
                },
                Place::Default,
            ));
        }
        let mut table = match self.said.find(&path).and_then(Node::to_toml) {
            Some(toml::Value::Table(table)) => table,
            _ => toml::Table::new(),
        };
        table.retain(|key, _| !without.contains(&key));
        serde_path_to_error::deserialize(toml::Value::Table(table))
            .map_err(|error| self.refused(&path, &error))
    }

    /// Points a deserialiser's error at the value that it met, without quoting what is secret.
    fn refused(
        &self,
        section: &[&str],
        error: &serde_path_to_error::Error<toml::de::Error>,
    ) -> Problems {
        let mut path: Vec<String> = section.iter().map(|&segment| segment.to_owned()).collect();
        path.extend(error.path().iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Enum { .. } | Segment::Unknown => None,
        }));
        let deepest = (0..=path.len())
            .rev()
            .find_map(|length| self.whole.find(&path[..length]));
        let node = deepest.unwrap_or(&self.whole);
        let reason = match node.cover_within() {
            None => error.inner().message().to_owned(),
            Some(_) => {
                "its reader does not take the value, which is a secret and not shown".to_owned()
            }
        };
        Problems::one(
            Fault::Refused {
                key: dotted(&path),
                reason,
            },
            node.place.clone(),
        )
    }
}

impl fmt::Debug for Config {
    /// Prints the effective values, in which secrets are masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("effective", &self.effective())
            .finish_non_exhaustive()
    }
}
