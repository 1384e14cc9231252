//! [`document`]: the whole document, put together.

use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::components::{Components, Side};
use super::operations::{MessageSchemas, capability_events, event, message};
use super::{answers, probes};
use crate::gateway::{Exposed, Exposure};

/// What a person reads first.
const ABOUT: &str = include_str!("about.md");

/// An OpenAPI 3.1 document, to be serialised. Capabilities, messages and events stand in the order of the contracts.
#[derive(Debug, serde::Serialize)]
pub struct Document {
    openapi: &'static str,
    info: Value,
    servers: Value,
    tags: Vec<Value>,
    paths: Paths,
    components: Value,
}

/// Paths in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Paths(Vec<(String, Value)>);

impl Paths {
    pub(super) fn add(&mut self, path: String, item: Value) {
        self.0.push((path, item));
    }
}

impl Serialize for Paths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, item)| (path, item)))
    }
}

/// Documents what is exposed, for an application of this name and version.
#[must_use]
pub fn document(exposure: &Exposure, application: &str, version: &str) -> Document {
    let mut components = Components::of_the_platform();
    let mut paths = Paths::default();
    let shown = schemas(exposure, &mut components);
    for (exposed, schemas) in exposure.iter().zip(shown) {
        add_capability(exposed, schemas, &mut paths);
    }
    probes::add(&mut paths);
    Document {
        openapi: "3.1.0",
        info: json!({ "title": application, "version": version, "description": ABOUT }),
        servers: json!([{ "url": "/", "description": "The process that serves this document." }]),
        tags: tags(exposure),
        paths,
        components: answers::components(&components.into_schemas()),
    }
}

/// What one capability shows, as references into the components.
struct CapabilitySchemas {
    messages: Vec<MessageSchemas>,
    events: Vec<Value>,
}

/// What is answered first, so that it has the plain names, then what is asked.
fn schemas(exposure: &Exposure, components: &mut Components) -> Vec<CapabilitySchemas> {
    let mut shown: Vec<_> = exposure
        .iter()
        .map(|exposed| answered(exposed, components))
        .collect();
    for (exposed, schemas) in exposure.iter().zip(&mut shown) {
        let capability = &exposed.info().name;
        for (message, schemas) in exposed.messages().zip(&mut schemas.messages) {
            let request = crate::gateway::closed(&message.request);
            schemas.request = components.add(request, capability, Side::Asked);
        }
    }
    shown
}

fn answered(exposed: &Exposed, components: &mut Components) -> CapabilitySchemas {
    let capability = &exposed.info().name;
    let mut add = |schema: &schemars::Schema| {
        components.add(schema.as_value().clone(), capability, Side::Answered)
    };
    CapabilitySchemas {
        messages: exposed
            .messages()
            .map(|message| MessageSchemas {
                request: Value::Null,
                reply: add(&message.reply),
                error: message.error.as_ref().map(&mut add),
            })
            .collect(),
        events: exposed.events().map(|event| add(&event.payload)).collect(),
    }
}

fn add_capability(exposed: &Exposed, schemas: CapabilitySchemas, paths: &mut Paths) {
    for (described, schemas) in exposed.messages().zip(&schemas.messages) {
        let (path, item) = message(exposed.info(), described, schemas);
        paths.add(path, item);
    }
    if schemas.events.is_empty() {
        return;
    }
    let (path, item) = capability_events(exposed);
    paths.add(path, item);
    for (described, payload) in exposed.events().zip(schemas.events) {
        let (path, item) = event(exposed.info(), described, &payload);
        paths.add(path, item);
    }
}

fn tags(exposure: &Exposure) -> Vec<Value> {
    let capabilities = exposure.iter().map(|exposed| {
        let info = exposed.info();
        json!({ "name": info.name, "description": info.contract.doc })
    });
    capabilities.chain([probes::tag()]).collect()
}
