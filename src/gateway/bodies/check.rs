//! [`Bodies`]: the compiled schema of every message and event that a door takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::Validator;
use schemars::Schema;
use serde_json::Value;

use super::fields::Fields;
use super::violation::{self, Violation};
use crate::gateway::exposure::Exposure;

/// The checks of all messages and events of an [`Exposure`], by capability and name.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Bodies {
    messages: BTreeMap<(String, String), Arc<Check>>,
    events: BTreeMap<(String, String), Arc<Check>>,
}

/// One compiled schema.
#[derive(Debug)]
pub(in crate::gateway) struct Check {
    schema: Value,
    validator: Validator,
    /// What an empty body stands for, where it may stand for something.
    pub(in crate::gateway) empty: Option<&'static str>,
}

impl Bodies {
    /// Compiles what is exposed.
    ///
    /// # Errors
    ///
    /// What is wrong with a schema; a derived one never is.
    pub(in crate::gateway) fn of(exposure: &Exposure) -> Result<Self, String> {
        let mut bodies = Self::default();
        for exposed in exposure {
            let name = |part: &str| (exposed.info().name.clone(), part.to_owned());
            for message in exposed.messages() {
                let check = Check::of(&message.request).map_err(|reason| {
                    format!("{}.{}: {reason}", exposed.info().name, message.name)
                })?;
                bodies.messages.insert(name(&message.name), Arc::new(check));
            }
            for event in exposed.events() {
                let check = Check::of(&event.payload).map_err(|reason| {
                    format!("{}.{}: {reason}", exposed.info().name, event.name)
                })?;
                bodies.events.insert(name(&event.name), Arc::new(check));
            }
        }
        Ok(bodies)
    }

    /// The check of a message.
    pub(in crate::gateway) fn message(
        &self,
        capability: &str,
        message: &str,
    ) -> Option<Arc<Check>> {
        let name = (capability.to_owned(), message.to_owned());
        self.messages.get(&name).cloned()
    }

    /// The check of an event.
    pub(in crate::gateway) fn event(&self, capability: &str, event: &str) -> Option<Arc<Check>> {
        let name = (capability.to_owned(), event.to_owned());
        self.events.get(&name).cloned()
    }
}

impl Check {
    pub(in crate::gateway) fn of(schema: &Schema) -> Result<Self, String> {
        let schema = schema.as_value().clone();
        let validator = jsonschema::draft202012::options()
            .build(&schema)
            .map_err(|error| format!("its schema cannot be used: {error}"))?;
        let empty = ["{}", "null"].into_iter().find(|text| {
            serde_json::from_str(text).is_ok_and(|body: Value| validator.is_valid(&body))
        });
        Ok(Self {
            schema,
            validator,
            empty,
        })
    }

    /// Everything that is wrong with a body, in the order of the pointers; fields that the schema does not know included.
    pub(in crate::gateway) fn violations(&self, body: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        if !self.validator.is_valid(body) {
            for error in self.validator.iter_errors(body) {
                violation::explain(&error, &mut found);
            }
        }
        Fields::of(&self.schema).unknown(body, &mut found);
        Violation::sorted(found)
    }
}
