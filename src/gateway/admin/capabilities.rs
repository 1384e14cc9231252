//! `GET /capabilities`: what runs here, what it has done and how long that took.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::actor::{HistogramReading, MeterReading};
use crate::engine::CapabilityStats;
use crate::gateway::call::unknown;
use crate::gateway::problem::Problem;
use crate::gateway::reading;
use crate::runtime::{CapabilityInfo, Hosted, Inventory, Member, Runtime};

/// Every capability with its counters. Where the application is split, also who runs it, and which processes there are.
///
/// # Errors
///
/// A problem with status 500 if the stores cannot be looked at.
pub(super) async fn list(runtime: &Runtime) -> Result<Value, Problem> {
    let counted = runtime.clone();
    let own = reading::aside(move || Own {
        meters: counted.meters(),
        stats: counted.stats(),
        inventory: counted.inventory(),
    });
    let own = own.await?;
    let members = match runtime.is_split() {
        true => runtime.colony().await,
        false => Vec::new(),
    };
    let shown = runtime.capabilities().into_iter().map(|info| {
        let mut entry = described(&info);
        entry.remove("contract");
        if runtime.is_split() {
            let hosts = hosts(&info.name, &members);
            let durations = hosts.iter().map(|(_, hosted)| hosted.duration.as_ref());
            entry.insert("latency".to_owned(), latency(whole(durations).as_ref()));
            entry.insert("stats".to_owned(), total(&hosts));
            let hosts = hosts.iter().map(|(member, hosted)| host(member, hosted));
            entry.insert("hosts".to_owned(), hosts.collect());
        } else {
            let duration = MeterReading::duration_of(&own.meters, &info.name);
            entry.insert("latency".to_owned(), latency(duration.as_ref()));
            entry.insert("stats".to_owned(), own.stats_of(&info.name));
        }
        Value::Object(entry)
    });
    let mut listed = json!({ "capabilities": shown.collect::<Vec<_>>() });
    if runtime.is_split() {
        // Who only calls, such as a command, is none of the application's processes.
        let processes = members.iter().filter(|member| {
            !member.capabilities.is_empty() || member.expected.contains(&member.node)
        });
        listed["processes"] = processes.map(process).collect();
        listed["missing"] = json!(missing(&members));
    }
    Ok(listed)
}

/// What is counted in this process.
struct Own {
    meters: Vec<MeterReading>,
    stats: Vec<CapabilityStats>,
    inventory: Arc<Inventory>,
}

impl Own {
    fn stats_of(&self, capability: &str) -> Value {
        let stats = self.stats.iter();
        let own = stats.clone().find(|stats| stats.capability == capability);
        let mut own = serde_json::to_value(own).unwrap_or_default();
        let mut shelves = self.inventory.capabilities.iter();
        let shelf = shelves.find(|shelf| shelf.capability == capability);
        if let (Some(own), Some(shelf)) = (own.as_object_mut(), shelf) {
            own.insert("num_dead_letters".to_owned(), shelf.num_dead.into());
        }
        own
    }
}

/// The processes that host a capability, and what each says of it.
fn hosts<'m>(capability: &str, members: &'m [Member]) -> Vec<(&'m Member, &'m Hosted)> {
    let hosted = members.iter().flat_map(|member| {
        let hosted = member.capabilities.iter();
        hosted.map(move |hosted| (member, hosted))
    });
    hosted
        .filter(|(_, hosted)| hosted.capability == capability)
        .collect()
}

fn host(member: &Member, hosted: &Hosted) -> Value {
    let mut told = serde_json::to_value(hosted).unwrap_or_default();
    if let Some(told) = told.as_object_mut() {
        told.remove("capability");
        told.remove("duration");
        told.insert("latency".to_owned(), latency(hosted.duration.as_ref()));
        told.insert("node".to_owned(), member.node.as_str().into());
        told.insert("instance".to_owned(), member.instance.as_str().into());
        told.insert("pid".to_owned(), member.pid.into());
    }
    told
}

/// What all processes that host a capability say, together; nothing when none answers.
fn total(hosts: &[(&Member, &Hosted)]) -> Value {
    if hosts.is_empty() {
        return json!({});
    }
    let all = || hosts.iter().map(|(_, hosted)| *hosted);
    let down = all().flat_map(|hosted| hosted.down.iter());
    json!({
        "num_actors": all().map(|hosted| hosted.num_actors).sum::<usize>(),
        "num_turns": all().map(|hosted| hosted.num_turns).sum::<u64>(),
        "num_inline_turns": all().map(|hosted| hosted.num_inline_turns).sum::<u64>(),
        "num_restarts": all().map(|hosted| hosted.num_restarts).sum::<u64>(),
        "num_queued": all().map(|hosted| hosted.num_queued).sum::<usize>(),
        "num_undelivered": all().map(|hosted| hosted.num_undelivered).sum::<u64>(),
        "num_dead_letters": all().map(|hosted| hosted.num_dead_letters).sum::<Option<u64>>(),
        "down": down.collect::<Vec<_>>(),
    })
}

fn process(member: &Member) -> Value {
    json!({
        "node": member.node,
        "instance": member.instance,
        "pid": member.pid,
        "is_settled": member.is_settled,
        "capabilities": member.capabilities.iter().map(|hosted| &hosted.capability).collect::<Vec<_>>(),
    })
}

/// The processes that the application should have, and that do not answer.
fn missing(members: &[Member]) -> BTreeSet<&str> {
    let expected = members.iter().flat_map(|member| &member.expected);
    let is_there = |name: &String| members.iter().any(|member| member.node == *name);
    expected
        .filter(|name| !is_there(name))
        .map(String::as_str)
        .collect()
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

/// What all processes that time a capability's turns say, together.
fn whole<'r>(
    durations: impl Iterator<Item = Option<&'r HistogramReading>>,
) -> Option<HistogramReading> {
    let durations = durations.flatten().cloned();
    durations.reduce(|mut whole, duration| {
        whole.add(&duration);
        whole
    })
}

/// Null when no turn has been timed.
fn latency(duration: Option<&HistogramReading>) -> Value {
    let us = |share| {
        let duration = duration?.quantile(share)?;
        Some(duration.as_secs_f64() * 1e6)
    };
    match (us(0.5), us(0.99)) {
        (Some(p50), Some(p99)) => json!({ "p50_us": p50, "p99_us": p99 }),
        _ => Value::Null,
    }
}
