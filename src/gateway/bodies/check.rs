//! [`Bodies`]: the compiled schemas of the messages and events that the doors take.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::Validator;
use parking_lot::Mutex;
use schemars::Schema;
use serde_json::Value;

use super::fields::Fields;
use super::violation::{self, Violation};

/// The checks of messages and events, by capability, side and name. Each is compiled when its first body comes: all of them
/// together would take longer than everything else that a process does until it is ready.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Bodies {
    checks: Mutex<BTreeMap<(String, Side, String), Arc<Check>>>,
}

/// A message and an event may have the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::gateway) enum Side {
    Message,
    Event,
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
    /// The check of a capability's message or event of this name, which has this schema.
    ///
    /// # Errors
    ///
    /// What is wrong with the schema; a derived one is always right.
    pub(in crate::gateway) fn check(
        &self,
        capability: &str,
        side: Side,
        name: &str,
        schema: &Schema,
    ) -> Result<Arc<Check>, String> {
        let place = (capability.to_owned(), side, name.to_owned());
        if let Some(check) = self.checks.lock().get(&place) {
            return Ok(Arc::clone(check));
        }
        let check = Check::of(schema).map_err(|reason| format!("{capability}.{name}: {reason}"))?;
        let check = Arc::new(check);
        self.checks.lock().insert(place, Arc::clone(&check));
        Ok(check)
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
