//! Which keys exist: the sections that the parts of an application register, as one JSON Schema of the whole file.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value as Json, json};

use super::capability::CapabilitySettings;
use super::doors::{AdminSettings, GatewaySettings};
use super::nats::{NatsSettings, NodeSettings};
use super::observe::{LogLevel, LogSettings, MetricsSettings, TraceSettings};
use super::settings::{RuntimeSettings, StoreSettings};
use super::shape::{INAPPLICABLE, INHERITS, SECTION, Shape};

/// The section whose values every capability takes over where its own table is silent.
pub(super) const DEFAULTS: &str = "defaults";
/// The table of the capabilities' own tables.
pub(super) const CAPABILITIES: &str = "capabilities";
/// The table of the nodes' own tables.
pub(super) const NODES: &str = "nodes";
/// The table of the levels at which single capabilities log.
const LOG_LEVELS: &str = "log.capabilities";

/// The schema of a settings type, to be registered with [`Schemas::section`].
///
/// Give the type `#[serde(default)]`, so that every key has its default there, and each field a doc comment, which
/// is the manual. A key that no field reads is refused whether or not the type says `deny_unknown_fields`.
pub fn schema_of<T: JsonSchema>() -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>()
}

/// The known sections of the configuration; what is not in here is an unknown key.
#[derive(Debug, Clone)]
pub struct Schemas {
    document: Json,
}

impl Schemas {
    /// No section at all: every key is unknown.
    pub fn empty() -> Self {
        let document = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "skep configuration",
            "type": "object",
            "additionalProperties": false,
        });
        Self { document }
    }

    /// The platform's own sections: `runtime`, `store`, `gateway`, `admin`, `log`, `metrics`, `trace`, `nats`, `nodes`,
    /// `defaults`, and `capabilities`, still without any.
    pub fn platform() -> Self {
        Self::empty()
            .section("runtime", schema_of::<RuntimeSettings>())
            .section("store", schema_of::<StoreSettings>())
            .section("gateway", schema_of::<GatewaySettings>())
            .section("admin", schema_of::<AdminSettings>())
            .section("log", schema_of::<LogSettings>())
            .section("metrics", schema_of::<MetricsSettings>())
            .section("trace", schema_of::<TraceSettings>())
            .section("nats", schema_of::<NatsSettings>())
            .section(NODES, schema_of::<BTreeMap<String, NodeSettings>>())
            .section(DEFAULTS, schema_of::<CapabilitySettings>())
            .section(CAPABILITIES, Schema::default())
            .closed(LOG_LEVELS)
    }

    /// Keys of this table are refused, but for those that are registered.
    fn closed(mut self, path: &str) -> Self {
        let mut table = &mut self.document;
        for segment in path.split('.') {
            table = object(object(table, "properties"), segment);
        }
        table["additionalProperties"] = Json::Bool(false);
        self
    }

    /// Registers `[log.capabilities] <name>`.
    fn log_level(mut self, name: &str) -> Self {
        let levels = object(object(&mut self.document, "properties"), "log");
        let levels = object(object(levels, "properties"), "capabilities");
        object(levels, "properties")[name] = schema_of::<LogLevel>().to_value();
        self
    }

    /// Registers a section under a dotted path, such as `store` or `capabilities.payments.settings`.
    ///
    /// Registering a path twice joins the keys; the later one wins where both have the same key.
    #[must_use]
    pub fn section(mut self, path: &str, schema: Schema) -> Self {
        let mut schema = hoisted(&mut self.document, path, schema.to_value());
        schema.remove("$schema");
        schema.remove("title");
        let mut table = &mut self.document;
        for segment in path.split('.') {
            table = object(object(table, "properties"), segment);
            mark_section(table);
        }
        let properties = schema.remove("properties");
        if let (Some(Json::Object(properties)), Json::Object(known)) =
            (properties, object(table, "properties"))
        {
            known.extend(properties);
        }
        if let Json::Object(table) = table {
            table.extend(schema);
        }
        self
    }

    /// Registers the table `[capabilities.<name>]`, which takes over from `[defaults]` what it does not set.
    ///
    /// `inapplicable` names keys that mean nothing for this kind of capability, such as `instances` for a singleton;
    /// setting one here is a mistake, while a value in `[defaults]` simply passes it by.
    #[must_use]
    pub fn capability(self, name: &str, inapplicable: &[&str]) -> Self {
        let mut schema = schema_of::<CapabilitySettings>();
        if let Some(Json::Object(properties)) = schema.get_mut("properties") {
            properties.retain(|key, _| !inapplicable.contains(&key.as_str()));
        }
        schema.insert(INHERITS.to_owned(), DEFAULTS.into());
        schema.insert(INAPPLICABLE.to_owned(), inapplicable.into());
        self.section(&format!("{CAPABILITIES}.{name}"), schema)
            .log_level(name)
    }

    /// The JSON Schema of the whole file, with which editors complete and check it.
    pub const fn document(&self) -> &Json {
        &self.document
    }

    pub(super) fn shape(&self) -> Shape<'_> {
        Shape::root(&self.document)
    }
}

impl Default for Schemas {
    fn default() -> Self {
        Self::platform()
    }
}

/// The member of an object, made an empty object first if it is none.
fn object<'a>(parent: &'a mut Json, key: &str) -> &'a mut Json {
    let child = &mut parent[key];
    if !child.is_object() {
        *child = Json::Object(Map::new());
    }
    child
}

fn mark_section(table: &mut Json) {
    if let Json::Object(table) = table {
        table.entry("type").or_insert_with(|| "object".into());
        table
            .entry("additionalProperties")
            .or_insert(Json::Bool(false));
        table.insert(SECTION.to_owned(), Json::Bool(true));
    }
}

/// Moves the definitions of a recursive type to the document's root, under names that no other section uses, and
/// points its references there; one to the type itself points to its section.
fn hoisted(document: &mut Json, section: &str, mut schema: Json) -> Map<String, Json> {
    let definitions = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("$defs"));
    repoint(&mut schema, section);
    if let Some(Json::Object(mut definitions)) = definitions {
        let shared = object(document, "$defs");
        for (name, definition) in &mut definitions {
            repoint(definition, section);
            shared[format!("{section}.{name}")] = definition.take();
        }
    }
    match schema {
        Json::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn repoint(schema: &mut Json, section: &str) {
    match schema {
        Json::Object(members) => {
            if let Some(Json::String(target)) = members.get_mut("$ref") {
                *target = match target.strip_prefix("#/$defs/") {
                    Some(name) => format!("#/$defs/{section}.{name}"),
                    None => format!("#/properties/{}", section.replace('.', "/properties/")),
                };
            }
            members
                .values_mut()
                .for_each(|member| repoint(member, section));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| repoint(item, section)),
        _ => {}
    }
}
