//! `/log-levels`: how much single capabilities log, changed while they run.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::LogLevel;
use crate::gateway::bodies::Check;
use crate::gateway::problem::Problem;
use crate::gateway::streams::no_such_node;
use crate::gateway::timestamp::rfc3339;
use crate::observe::log::colony::{LevelsChange, NodeLevels};
use crate::observe::log::{LevelChange, LevelInForce, Logs};
use crate::runtime::Runtime;

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
    listed(&logs.levels())
}

fn listed(levels: &[LevelInForce]) -> Value {
    let (mut for_all, mut own) = (Value::Null, Vec::new());
    for in_force in levels {
        match &in_force.capability {
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
    let wanted = Wanted::read(body)?;
    let lasting = wanted.for_ms.map(Duration::from_millis);
    let change = logs.set_level(capability, wanted.level, lasting);
    Ok(told(&logs.levels(), change))
}

/// Takes back what was set.
pub(super) fn restore(logs: &Logs, capability: &str) -> Value {
    let change = logs.restore(capability);
    told(&logs.levels(), change)
}

fn told(levels: &[LevelInForce], change: LevelChange) -> Value {
    let for_all = levels.iter().find(|level| level.capability.is_none());
    let or_for_all = |level: Option<LogLevel>| level.or_else(|| Some(for_all?.level));
    json!({
        "level": or_for_all(change.level),
        "previous": or_for_all(change.previous),
        "until": change.until.map(rfc3339),
    })
}

impl Wanted {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(body)
            .map_err(|error| Problem::new(422, "invalid_body", error.to_string()))
    }
}

/// What is to be done to the level of a capability in several processes.
pub(super) enum Change<'a> {
    Nothing,
    Restore { capability: &'a str },
    Set { capability: &'a str, body: &'a [u8] },
}

/// The levels of all processes of the application, or of one node; changed first.
///
/// # Errors
///
/// Problems with status 404 and 422; nothing is changed then.
pub(super) async fn colony(
    runtime: &Runtime,
    node: Option<&str>,
    change: Change<'_>,
) -> Result<Value, Problem> {
    let change = match change {
        Change::Nothing => None,
        Change::Restore { capability } => Some(LevelsChange {
            capability: capability.to_owned(),
            level: None,
            for_ms: None,
        }),
        Change::Set { capability, body } => {
            let wanted = Wanted::read(body)?;
            let level = serde_json::to_value(wanted.level).unwrap_or_default();
            Some(LevelsChange {
                capability: capability.to_owned(),
                level: level.as_str().map(str::to_owned),
                for_ms: wanted.for_ms,
            })
        }
    };
    let nodes = crate::observe::log::colony::levels(runtime, node, change).await;
    let nodes = nodes.map_err(|unknown| no_such_node(&unknown))?;
    let nodes: Vec<Value> = nodes.into_iter().map(of_node).collect();
    Ok(json!({ "nodes": nodes }))
}

/// What one process says, with its node; else why it says nothing.
fn of_node(one: NodeLevels) -> Value {
    let mut shown = match one.said {
        Ok(said) => match said.change {
            Some(change) => told(&said.levels, change),
            None => listed(&said.levels),
        },
        Err(refused) => json!({ "refused": refused }),
    };
    shown["node"] = one.node.into();
    shown
}
