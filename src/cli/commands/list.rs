//! `list`: the capabilities that run.

use clap::ArgMatches;
use serde_json::Value;

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::views::{Capabilities, Capability, Member, Stats};
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("list")
        .about("Lists the capabilities that run, and how they are")
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} list\n  \
             {name} list --json | jq -r '.capabilities[].name'\n  \
             {name} list --data /var/lib/{name}   the one whose state is there\n\n\
             Where the application is split, there is a line for each process that hosts a capability.\n\
             Ends with 1 when a capability is down or a node does not answer, 69 when {name} is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::find(&session).await?;
    let answer: Value = client.get(&Route::of(&["capabilities"])).await?;
    let list: Capabilities = client.read(answer.to_string().as_bytes())?;
    if arguments.get_flag("json") {
        output::json(&answer)?;
    } else {
        output::line(&match &list.processes {
            Some(processes) => spread(&list, processes),
            None => listed(&list.capabilities),
        })?;
    }
    let is_down = list
        .capabilities
        .iter()
        .any(|one| !one.stats.down.is_empty());
    Ok(if is_down || !list.missing.is_empty() {
        Exit::Findings
    } else {
        Exit::Success
    })
}

/// Who runs where: a line for each process that hosts a capability, and what is missing.
fn spread(list: &Capabilities, processes: &[Member]) -> String {
    let heads = [
        Head::Text("CAPABILITY"),
        Head::Text("KIND"),
        Head::Text("STATE"),
        Head::Text("NODE"),
        Head::Number("PID"),
        Head::Number("TURNS"),
        Head::Number("QUEUED"),
        Head::Number("UNDELIVERED"),
        Head::Text("HEALTH"),
    ];
    let mut rows: Vec<Vec<String>> = list.capabilities.iter().flat_map(places).collect();
    let idle = processes.iter().filter(|one| one.capabilities.is_empty());
    rows.extend(idle.map(|one| {
        let mut row = vec![String::from("-"); 3];
        row.extend([one.node.clone(), one.pid.to_string()]);
        row.resize(heads.len() - 1, String::new());
        row.push("ok".to_owned());
        row
    }));
    let mut text = output::columns(&heads, rows);
    for node in &list.missing {
        text.push_str(&format!("\n{node} does not answer"));
    }
    text
}

/// The lines of one capability.
fn places(one: &Capability) -> Vec<Vec<String>> {
    let line = |node: &str, pid: String, stats: Option<&Stats>, health: String| {
        let count = |number: fn(&Stats) -> u64| {
            stats.map_or_else(String::new, |stats| number(stats).to_string())
        };
        vec![
            format!("{} v{}", one.name, one.version),
            kind(one),
            if one.durable { "durable" } else { "memory" }.to_owned(),
            node.to_owned(),
            pid,
            count(|stats| stats.num_turns),
            count(|stats| stats.num_queued),
            count(|stats| stats.num_undelivered),
            health,
        ]
    };
    if one.hosts.is_empty() {
        let node = one.node.as_deref().unwrap_or("?");
        let health = match node {
            "foreign" => "not asked",
            _ => "does not answer",
        };
        return vec![line(node, String::new(), None, health.to_owned())];
    }
    let hosts = one.hosts.iter();
    hosts
        .map(|host| {
            let health = health(&host.stats.down);
            line(&host.node, host.pid.to_string(), Some(&host.stats), health)
        })
        .collect()
}

fn listed(capabilities: &[Capability]) -> String {
    let heads = [
        Head::Text("CAPABILITY"),
        Head::Text("KIND"),
        Head::Text("STATE"),
        Head::Number("ACTORS"),
        Head::Number("TURNS"),
        Head::Number("QUEUED"),
        Head::Text("HEALTH"),
    ];
    let row = |one: &Capability| {
        vec![
            format!("{} v{}", one.name, one.version),
            kind(one),
            if one.durable { "durable" } else { "memory" }.to_owned(),
            one.stats.num_actors.to_string(),
            one.stats.num_turns.to_string(),
            one.stats.num_queued.to_string(),
            health(&one.stats.down),
        ]
    };
    if capabilities.is_empty() {
        return "no capability runs".to_owned();
    }
    output::columns(&heads, capabilities.iter().map(row).collect())
}

/// How many actors it has: `keyed by hotel`.
pub(super) fn kind(capability: &Capability) -> String {
    match &capability.key {
        Some(key) => format!("{} by {key}", capability.kind),
        None => capability.kind.clone(),
    }
}

fn health(down: &[String]) -> String {
    match down {
        [] => "ok".to_owned(),
        reasons => format!("down: {}", reasons.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_is_a_line() {
        let text = r#"{"capabilities":[
            {"name":"search","version":1,"kind":"stateless","durable":false,"stats":{"num_actors":2,"num_turns":1200}},
            {"name":"reservations","version":2,"kind":"keyed","key":"hotel","durable":true,"future":{},
             "stats":{"num_actors":1,"num_turns":7,"num_queued":3,"down":["lisbon: it\npanicked"]}}]}"#;
        let list: Capabilities = serde_json::from_str(text).expect("an answer");
        insta::assert_snapshot!(listed(&list.capabilities), @r#"
        CAPABILITY       KIND            STATE    ACTORS  TURNS  QUEUED  HEALTH
        search v1        stateless       memory        2   1200       0  ok
        reservations v2  keyed by hotel  durable       1      7       3  down: lisbon: it panicked
        "#);
    }
}
