//! `/dead-letters`: what could not be delivered – looked at, delivered again, or dropped.

use serde_json::{Value, json};

use crate::delivery::{DeadLetter, DeadLetterError};
use crate::gateway::problem::Problem;
use crate::runtime::Runtime;

/// The dead letters of one capability, or of all of them; of those that cannot be reached, the names.
///
/// # Errors
///
/// Problems with status 404 and 503.
pub(super) async fn list(runtime: &Runtime, capability: Option<&str>) -> Result<Value, Problem> {
    if let Some(name) = capability {
        let letters = runtime.dead_letters(name).await;
        let letters = letters.map_err(|error| problem(&error))?;
        return Ok(json!({ "dead_letters": letters }));
    }
    let mut letters: Vec<DeadLetter> = Vec::new();
    let mut unreachable: Vec<String> = Vec::new();
    for info in runtime.capabilities() {
        match runtime.dead_letters(&info.name).await {
            Ok(found) => letters.extend(found),
            // What a test plays itself, or a service of others, has none.
            Err(DeadLetterError::NotHosted { .. }) => {}
            Err(DeadLetterError::Unreachable { .. }) => unreachable.push(info.name),
            Err(error) => return Err(problem(&error)),
        }
    }
    let mut listed = json!({ "dead_letters": letters });
    if !unreachable.is_empty() {
        listed["unreachable"] = json!(unreachable);
    }
    Ok(listed)
}

/// One dead letter.
///
/// # Errors
///
/// Problems with status 404 and 503.
pub(super) async fn show(
    runtime: &Runtime,
    capability: &str,
    number: u64,
) -> Result<Value, Problem> {
    let letters = runtime.dead_letters(capability).await;
    let letters = letters.map_err(|error| problem(&error))?;
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
        DeadLetterError::Unreachable { .. } => Problem::later("unreachable", error.to_string()),
        DeadLetterError::Ambiguous { .. } => Problem::new(409, "ambiguous", error.to_string()),
        _ => Problem::not_found(error.to_string()),
    }
}
