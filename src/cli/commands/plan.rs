//! `plan`: who will run where, who talks to whom, and what changes – before anything is started.

use std::fmt::Write as _;

use clap::ArgMatches;
use serde_json::json;

use crate::actor::Kind;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{Head, columns};
use crate::cli::session::Session;
use crate::cli::{arguments, output};
use crate::config::StoreSettings;
use crate::placement::{Change, Edge, Hosted, Plan, PlannedNode, STAYS, Way};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("plan")
        .about("Tells who will run where, and what changes by that; starts nothing")
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} plan                     one process, as without a file\n  \
             {name} plan -c split.toml       what the file splits\n  \
             {name} plan -c split.toml --json | jq '.edges[] | select(.is_remote)'\n\n\
             Ends with 78 when the configuration is wrong; every mistake is told."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let config = session.config()?;
    let (topology, parts) = session.topology(&config)?;
    let store: StoreSettings = config
        .section("store")
        .map_err(|problems| Failure::new(Exit::Config, problems.to_string()))?;
    let plan = Plan::of(&topology, &parts, &store.path);
    if arguments.get_flag("json") {
        let mut shown = json!(plan);
        shown["changes"] = plan
            .changes()
            .into_iter()
            .map(|change| json!({ "change": change, "meaning": change.words() }))
            .collect();
        shown["stays"] = json!(STAYS);
        output::json(&shown)?;
    } else {
        output::line(told(&plan).trim_end())?;
    }
    Ok(Exit::Success)
}

fn told(plan: &Plan) -> String {
    let mut text = format!("{}\n\n{}\n", nodes(plan), capabilities(plan));
    if !plan.edges.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}\n", edges(plan));
    }
    let _ = write!(text, "\n{}", meaning(plan));
    if !plan.nodes.iter().any(|node| node.gateway) {
        text.push_str(
            "\nNo node opens the door to the API: say `gateway = true` in one if there shall be one.\n",
        );
    }
    text
}

fn nodes(plan: &Plan) -> String {
    let heads = [
        Head::Text("NODE"),
        Head::Number("REPLICAS"),
        Head::Text("API"),
        Head::Text("STATE IN"),
        Head::Text("HOSTS"),
    ];
    let row = |node: &PlannedNode| {
        vec![
            node.name.to_string(),
            node.replicas.to_string(),
            if node.gateway { "yes" } else { "" }.to_owned(),
            folders(node),
            node.hosts.join(", "),
        ]
    };
    columns(&heads, plan.nodes.iter().map(row).collect())
}

/// The folder of the only replica, or those of the first and the last.
fn folders(node: &PlannedNode) -> String {
    match node.folders.as_slice() {
        [] => String::new(),
        [only] => only.display().to_string(),
        [first, second] => format!("{}, {}", first.display(), second.display()),
        [first, .., last] => format!("{} … {}", first.display(), last.display()),
    }
}

fn capabilities(plan: &Plan) -> String {
    let heads = [
        Head::Text("CAPABILITY"),
        Head::Text("KIND"),
        Head::Text("STATE"),
        Head::Text("NODE"),
    ];
    let row = |one: &Hosted| {
        let node = one.node.as_ref().map(ToString::to_string);
        vec![
            one.name.clone(),
            kind(one.kind).to_owned(),
            if one.durable { "durable" } else { "memory" }.to_owned(),
            node.unwrap_or_default(),
        ]
    };
    columns(&heads, plan.capabilities.iter().map(row).collect())
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Singleton => "singleton",
        Kind::Keyed => "keyed",
        Kind::Stateless => "stateless",
    }
}

fn edges(plan: &Plan) -> String {
    let heads = [
        Head::Text("FROM"),
        Head::Text("TO"),
        Head::Text("BY"),
        Head::Text("WAY"),
    ];
    let row = |edge: &Edge| {
        let by = match &edge.way {
            Way::Call => "calls".to_owned(),
            Way::Event { event } => format!("event {event}"),
        };
        vec![edge.from.clone(), edge.to.clone(), by, way(plan, edge)]
    };
    columns(&heads, plan.edges.iter().map(row).collect())
}

/// `in process`, or from which node to which.
fn way(plan: &Plan, edge: &Edge) -> String {
    if !edge.is_remote {
        return "in process".to_owned();
    }
    let home = |name: &str| {
        let found = plan.capabilities.iter().find(|one| one.name == name);
        let node = found.and_then(|one| one.node.as_ref());
        node.map_or_else(|| "elsewhere".to_owned(), ToString::to_string)
    };
    format!("NATS: {} -> {}", home(&edge.from), home(&edge.to))
}

fn meaning(plan: &Plan) -> String {
    let changes = plan.changes();
    if changes.is_empty() {
        let one = if plan.is_split {
            "No call and no event leaves its process: nothing changes.\n"
        } else {
            "One process hosts everything: no call and no event leaves it.\n"
        };
        return one.to_owned();
    }
    let remote = plan.edges.iter().filter(|edge| edge.is_remote).count();
    let mut text = format!(
        "{remote} of {} edges leave their process. What goes over NATS\n",
        plan.edges.len()
    );
    for change in changes {
        let of = match change {
            Change::CanBeAbsent | Change::OutcomeCanBeUnknown => "a call  ",
            Change::ThroughStream => "an event",
            Change::Latency => "        ",
        };
        let _ = writeln!(text, "  {of} {}", change.words());
    }
    text.push_str("What stays\n");
    for stays in STAYS {
        let _ = writeln!(text, "           {stays}");
    }
    text
}
