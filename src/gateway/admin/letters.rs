//! `/dead-letters`: what could not be delivered – looked at, delivered again, or dropped.

use serde_json::{Value, json};

use crate::delivery::{DeadLetter, DeadLetterError};
use crate::gateway::problem::Problem;
use crate::runtime::Runtime;

/// The dead letters of one capability, or of all of them.
pub(super) fn list(runtime: &Runtime, capability: Option<&str>) -> Result<Value, Problem> {
    let names = match capability {
        Some(name) => vec![name.to_owned()],
        None => runtime
            .stats()
            .iter()
            .map(|stats| stats.capability.to_owned())
            .collect(),
    };
    let mut letters: Vec<DeadLetter> = Vec::new();
    for name in names {
        letters.extend(
            runtime
                .dead_letters(&name)
                .map_err(|error| problem(&error))?,
        );
    }
    Ok(json!({ "dead_letters": letters }))
}

/// One dead letter.
pub(super) fn show(runtime: &Runtime, capability: &str, number: u64) -> Result<Value, Problem> {
    let letters = runtime
        .dead_letters(capability)
        .map_err(|error| problem(&error))?;
    let found = letters.into_iter().find(|letter| letter.number == number);
    found.map(|letter| json!(letter)).ok_or_else(|| {
        problem(&DeadLetterError::Unknown {
            capability: capability.to_owned(),
            number,
        })
    })
}

/// Delivers one again.
pub(super) async fn replay(
    runtime: &Runtime,
    capability: &str,
    number: u64,
) -> Result<Value, Problem> {
    let replayed = runtime.replay_dead_letter(capability, number).await;
    replayed.map_err(|error| problem(&error))?;
    Ok(json!({ "replayed": number }))
}

/// Forgets one.
pub(super) async fn drop(
    runtime: &Runtime,
    capability: &str,
    number: u64,
) -> Result<Value, Problem> {
    let dropped = runtime.drop_dead_letter(capability, number).await;
    dropped.map_err(|error| problem(&error))?;
    Ok(json!({ "dropped": number }))
}

fn problem(error: &DeadLetterError) -> Problem {
    match error {
        DeadLetterError::Store { .. } => Problem::new(503, "storage", error.to_string()),
        _ => Problem::not_found(error.to_string()),
    }
}
