//! `/log-levels`: how much single capabilities log, changed while they run.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::LogLevel;
use crate::gateway::bodies::Check;
use crate::gateway::problem::Problem;
use crate::gateway::timestamp::rfc3339;
use crate::observe::log::{LevelChange, Logs};

/// What a level is set to.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct Wanted {
    /// From now on.
    level: LogLevel,
    /// For so long; without it until it is changed.
    #[serde(default)]
    #[schemars(range(min = 1))]
    for_ms: Option<u64>,
}

/// The check of what a level is set to.
pub(super) fn check() -> Result<Check, String> {
    Check::of(&crate::config::schema_of::<Wanted>())
}

/// Every level in force.
pub(super) fn list(logs: &Logs) -> Value {
    let (mut for_all, mut own) = (Value::Null, Vec::new());
    for in_force in logs.levels() {
        match in_force.capability {
            None => for_all = json!(in_force.level),
            Some(capability) => own.push(json!({
                "capability": capability,
                "level": in_force.level,
                "until": in_force.until.map(rfc3339),
            })),
        }
    }
    json!({ "default": for_all, "levels": own })
}

/// Sets one.
pub(super) fn set(logs: &Logs, capability: &str, body: &[u8]) -> Result<Value, Problem> {
    let wanted: Wanted = serde_json::from_slice(body)
        .map_err(|error| Problem::new(422, "invalid_body", error.to_string()))?;
    let lasting = wanted.for_ms.map(Duration::from_millis);
    Ok(told(
        logs,
        logs.set_level(capability, wanted.level, lasting),
    ))
}

/// Takes back what was set.
pub(super) fn restore(logs: &Logs, capability: &str) -> Value {
    told(logs, logs.restore(capability))
}

fn told(logs: &Logs, change: LevelChange) -> Value {
    let for_all = || {
        logs.levels()
            .into_iter()
            .find(|level| level.capability.is_none())
    };
    let or_for_all = |level: Option<LogLevel>| level.or_else(|| Some(for_all()?.level));
    json!({
        "level": or_for_all(change.level),
        "previous": or_for_all(change.previous),
        "until": change.until.map(rfc3339),
    })
}
