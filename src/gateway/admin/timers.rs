//! `GET /timers`: what is due, and when.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::gateway::problem::Problem;
use crate::gateway::timestamp::rfc3339;
use crate::runtime::{Runtime, SetTimer, TimersError};

/// Timers of one capability that are told of: there may be millions, and those that are due first matter.
const TOLD_MAX: usize = 1000;

/// The timers of one capability, or of all of them; of those that cannot be reached, the names.
///
/// # Errors
///
/// A problem with status 503.
pub(super) async fn list(runtime: &Runtime, capability: Option<&str>) -> Result<Value, Problem> {
    let names = match capability {
        Some(name) => vec![name.to_owned()],
        None => {
            let all = runtime.capabilities().into_iter();
            all.map(|info| info.name).collect()
        }
    };
    let mut timers: Vec<SetTimer> = Vec::new();
    let mut unreachable = Vec::new();
    for name in names {
        match runtime.timers(&name, TOLD_MAX).await {
            Ok(found) => timers.extend(found),
            // What a test plays itself, or a service of others, has none.
            Err(TimersError::NotHosted { .. }) => {}
            Err(_) if capability.is_none() => unreachable.push(name),
            Err(error) => return Err(Problem::later("unreachable", error.to_string())),
        }
    }
    timers.sort_by_key(|timer| timer.due);
    let now = runtime.clock().wall();
    let shown: Vec<Value> = timers.iter().map(|timer| told(timer, now)).collect();
    let mut listed = json!({ "timers": shown });
    if !unreachable.is_empty() {
        listed["unreachable"] = json!(unreachable);
    }
    Ok(listed)
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
