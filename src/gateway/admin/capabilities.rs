//! `GET /capabilities`: what runs here, what it has done and how long that took.

use serde_json::{Map, Value, json};

use crate::actor::{HistogramReading, MeterReading};
use crate::gateway::call::unknown;
use crate::gateway::problem::Problem;
use crate::runtime::{CapabilityInfo, Runtime};

/// Every capability with its counters.
pub(super) fn list(runtime: &Runtime) -> Value {
    let meters = runtime.meters();
    let stats = runtime.stats();
    let shelves = &runtime.inventory().capabilities;
    let shown = runtime.capabilities().into_iter().map(|info| {
        let mut entry = described(&info);
        entry.remove("contract");
        let own = stats.iter().find(|stats| stats.capability == info.name);
        let mut own = serde_json::to_value(own).unwrap_or_default();
        let shelf = shelves.iter().find(|shelf| shelf.capability == info.name);
        if let (Some(own), Some(shelf)) = (own.as_object_mut(), shelf) {
            own.insert("num_dead_letters".to_owned(), shelf.num_dead.into());
        }
        entry.insert("stats".to_owned(), own);
        entry.insert("latency".to_owned(), latency(&info.name, &meters));
        Value::Object(entry)
    });
    json!({ "capabilities": shown.collect::<Vec<_>>() })
}

/// One capability with its contract.
pub(super) fn show(runtime: &Runtime, name: &str) -> Result<Value, Problem> {
    let capabilities = runtime.capabilities();
    let found = capabilities.iter().find(|info| info.name == name);
    found
        .map(|info| Value::Object(described(info)))
        .ok_or_else(|| {
            unknown(
                "capability",
                name,
                capabilities.iter().map(|info| info.name.as_str()),
            )
        })
}

fn described(info: &CapabilityInfo) -> Map<String, Value> {
    let mut entry = match serde_json::to_value(info) {
        Ok(Value::Object(entry)) => entry,
        _ => Map::new(),
    };
    let emits = info.contract.events.iter().map(|event| event.name.as_str());
    entry.insert("emits".to_owned(), emits.collect());
    entry.insert("description".to_owned(), info.contract.doc.as_str().into());
    entry
}

/// Over all messages, events and periodic methods of a capability; null when none has been timed.
fn latency(capability: &str, meters: &[MeterReading]) -> Value {
    let mut whole: Option<HistogramReading> = None;
    for meter in meters.iter().filter(|meter| meter.capability == capability) {
        match &mut whole {
            None => whole = Some(meter.duration.clone()),
            Some(whole) => whole.add(&meter.duration),
        }
    }
    let us = |share| {
        let duration = whole.as_ref()?.quantile(share)?;
        Some(duration.as_secs_f64() * 1e6)
    };
    match (us(0.5), us(0.99)) {
        (Some(p50), Some(p99)) => json!({ "p50_us": p50, "p99_us": p99 }),
        _ => Value::Null,
    }
}
