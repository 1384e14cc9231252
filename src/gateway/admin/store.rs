//! `/store`: whose files they are, and how large.

use serde_json::{Value, json};

use crate::config::StoreSettings;
use crate::gateway::problem::Problem;
use crate::runtime::Runtime;

/// What the durable store says of itself.
pub(super) fn show(runtime: &Runtime) -> Result<Value, Problem> {
    let Some(stats) = runtime.store_stats() else {
        return Err(Problem::not_found(
            "nothing here is durable, so there is no store",
        ));
    };
    let stats = stats.map_err(|error| Problem::later("storage", error.to_string()))?;
    let settings: Option<StoreSettings> = runtime.config().section("store").ok();
    let reading = runtime.store_reading();
    let capabilities = runtime.capabilities();
    let trees = capabilities.iter().filter(|info| info.durable);
    let trees: Vec<Value> = trees.map(|info| json!({ "name": info.name })).collect();
    Ok(json!({
        "engine": stats.engine,
        "path": settings.map(|settings| settings.path),
        "size_bytes": stats.size_bytes,
        "commits": stats.commits,
        "syncs": reading.as_ref().map(|reading| reading.syncs),
        "batches": reading.as_ref().map(|reading| reading.batches),
        "bytes": reading.as_ref().map(|reading| reading.bytes),
        "trees": trees,
    }))
}

/// Neither engine can, while it is open.
pub(super) fn compact() -> Problem {
    let detail = "a store is made smaller while nobody has it open: stop the application, and run the command again";
    Problem::new(409, "in_use", detail)
}
