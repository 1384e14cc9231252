//! `GET /timers`: what is due, and when.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::gateway::problem::Problem;
use crate::gateway::timestamp::rfc3339;
use crate::runtime::{Runtime, SetTimer};

/// Timers of one capability that are told of: there may be millions, and those that are due first matter.
const TOLD_MAX: usize = 1000;

/// The timers of one capability, or of all of them.
pub(super) fn list(runtime: &Runtime, capability: Option<&str>) -> Result<Value, Problem> {
    let timers = runtime.timers(capability, TOLD_MAX);
    let timers = timers.map_err(|error| Problem::later("storage", error.to_string()))?;
    let now = runtime.clock().wall();
    let shown: Vec<Value> = timers.iter().map(|timer| told(timer, now)).collect();
    Ok(json!({ "timers": shown }))
}

fn told(timer: &SetTimer, now: SystemTime) -> Value {
    let mut told = json!({
        "capability": timer.capability,
        "kind": if timer.is_periodic { "every" } else { "after" },
        "name": timer.name,
        "due": rfc3339(timer.due),
    });
    if let Some(key) = &timer.key {
        told["key"] = key.as_str().into();
    }
    if let Some(overdue) = now
        .duration_since(timer.due)
        .ok()
        .filter(|overdue| !overdue.is_zero())
    {
        told["overdue_ms"] = u64::try_from(overdue.as_millis())
            .unwrap_or(u64::MAX)
            .into();
    }
    told
}
