//! `log-level`: how much single capabilities log, while the process runs, or all processes of a split application do.

use clap::ArgMatches;
use hyper::Method;
use serde_json::{Value, json};

use super::tail::LEVELS;
use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::views::{LogLevel, LogLevels, Nodes};
use crate::cli::{arguments, output};
use crate::config::HumanDuration;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("log-level")
        .about("Makes a capability of the running process log more or less; alone it lists the levels")
        .arg(arguments::optional("capability", "CAPABILITY", "Whose"))
        .arg(
            arguments::optional("level", "LEVEL", "How much from now on")
                .value_parser(LEVELS.iter().chain(&["off"]).copied().collect::<Vec<_>>()),
        )
        .arg(arguments::duration("for", "Only for so long, then as before").requires("level"))
        .arg(
            arguments::flag("restore", "As it was before it was changed")
                .conflicts_with("level")
                .requires("capability"),
        )
        .arg(arguments::node())
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} log-level                              who logs how much\n  \
             {name} log-level payments debug --for 10m     look closer for a while\n  \
             {name} log-level payments --restore           enough\n\n\
             Nothing of it is kept beyond the process; [log.capabilities] of the configuration is. Of a split application it is about\n\
             all nodes that run, or the one of --node.\n\
             Ends with 1 when a node does not answer or refuses, 65 when there is no such capability or node, 69 when {name} is not\n\
             running."
        ))
}

/// What is asked for.
struct Asked<'a> {
    client: &'a Client,
    node: Option<&'a str>,
    as_json: bool,
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let node = arguments::text(&arguments, "node");
    let client = &Client::of_process_or_colony(&session, node).await?;
    let asked = Asked {
        client,
        node,
        as_json: arguments.get_flag("json"),
    };
    let capability = arguments::text(&arguments, "capability");
    let level = arguments::text(&arguments, "level");
    match (capability, level) {
        (Some(capability), Some(level)) => {
            let lasting = arguments.get_one::<HumanDuration>("for").copied();
            asked.set(capability, level, lasting).await
        }
        (Some(capability), None) if arguments.get_flag("restore") => {
            asked.restore(capability).await
        }
        (capability, _) => asked.list(capability).await,
    }
}

impl Asked<'_> {
    fn route(&self, segments: &[&str]) -> Route {
        Route::of(segments).with_some("node", self.node)
    }

    async fn set(
        &self,
        capability: &str,
        level: &str,
        lasting: Option<HumanDuration>,
    ) -> Result<Exit, Failure> {
        let lasting_ms =
            lasting.map(|lasting| u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX));
        let body = match lasting_ms {
            Some(ms) => json!({ "level": level, "for_ms": ms }),
            None => json!({ "level": level }),
        };
        let route = self.route(&["log-levels", capability]);
        let raw: Value = self.client.ask(Method::PUT, &route, Some(&body)).await?;
        self.changed(&raw, |set| {
            let before = set.previous.as_ref();
            let before = before.map_or_else(String::new, |level| format!(" instead of {level}"));
            let until = set.until.as_ref();
            let until = until.map_or_else(String::new, |until| format!(" until {until}"));
            format!("{capability} logs at {}{before}{until}", set.level)
        })
    }

    async fn restore(&self, capability: &str) -> Result<Exit, Failure> {
        let route = self.route(&["log-levels", capability]);
        let answer = self.client.order(Method::DELETE, &route, None).await?;
        let raw: Value = match answer.body.is_empty() {
            true => json!({}),
            false => self.client.read(&answer.body)?,
        };
        self.changed(&raw, |restored| match restored.level.as_str() {
            "" => format!("{capability} logs as before"),
            level => format!("{capability} logs at {level}, as before"),
        })
    }

    /// Tells what was changed, of each process where there are several.
    fn changed(&self, raw: &Value, words: impl Fn(&LogLevel) -> String) -> Result<Exit, Failure> {
        if self.as_json {
            output::json(raw)?;
            return self.ended(raw);
        }
        if !self.client.is_of_colony() {
            let changed: LogLevel = self.client.read(raw.to_string().as_bytes())?;
            output::line(&output::plain(&words(&changed)))?;
            return Ok(Exit::Success);
        }
        let changed: Nodes<LogLevel> = self.client.read(raw.to_string().as_bytes())?;
        for one in &changed.nodes {
            let words = one.refused.clone().unwrap_or_else(|| words(&one.said));
            output::line(&output::plain(&format!("{}: {words}", one.node)))?;
        }
        self.ended(raw)
    }

    /// With 1 when a process does not answer, or does not do it.
    fn ended(&self, raw: &Value) -> Result<Exit, Failure> {
        if !self.client.is_of_colony() {
            return Ok(Exit::Success);
        }
        let nodes: Nodes<Value> = self.client.read(raw.to_string().as_bytes())?;
        Ok(match nodes.nodes.iter().any(|one| one.refused.is_some()) {
            true => Exit::Findings,
            false => Exit::Success,
        })
    }

    async fn list(&self, capability: Option<&str>) -> Result<Exit, Failure> {
        let raw: Value = self.client.get(&self.route(&["log-levels"])).await?;
        if self.as_json {
            output::json(&raw)?;
            return self.ended(&raw);
        }
        if !self.client.is_of_colony() {
            let levels: LogLevels = self.client.read(raw.to_string().as_bytes())?;
            let heads = ["CAPABILITY", "LEVEL", "UNTIL"].map(Head::Text);
            let rows = own(&levels, capability);
            output::table(&heads, rows, &nothing_own(&levels, capability))?;
            return Ok(Exit::Success);
        }
        let nodes: Nodes<LogLevels> = self.client.read(raw.to_string().as_bytes())?;
        output::line(&spread(&nodes, capability))?;
        self.ended(&raw)
    }
}

/// The levels of one process that are not those of all, and then that of all others.
fn own(levels: &LogLevels, capability: Option<&str>) -> Vec<Vec<String>> {
    let wanted = |one: &&LogLevel| capability.is_none_or(|name| name == one.capability);
    let row = |one: &LogLevel| {
        vec![
            one.capability.clone(),
            one.level.clone(),
            one.until.clone().unwrap_or_default(),
        ]
    };
    let mut rows: Vec<_> = levels.levels.iter().filter(wanted).map(row).collect();
    if !rows.is_empty() && capability.is_none() {
        rows.push(for_all("all others", levels));
    }
    rows
}

fn for_all(who: &str, levels: &LogLevels) -> Vec<String> {
    vec![who.to_owned(), levels.default.clone(), String::new()]
}

fn nothing_own(levels: &LogLevels, capability: Option<&str>) -> String {
    let default = &levels.default;
    match capability {
        Some(capability) => {
            format!("{capability} has no level of its own; all others log at {default}")
        }
        None => format!("everything logs at {default}"),
    }
}

/// The levels of all processes.
fn spread(nodes: &Nodes<LogLevels>, capability: Option<&str>) -> String {
    let heads = ["NODE", "CAPABILITY", "LEVEL", "UNTIL"].map(Head::Text);
    let (mut rows, mut silent) = (Vec::new(), String::new());
    for one in &nodes.nodes {
        if let Some(refused) = &one.refused {
            silent.push('\n');
            silent.push_str(&output::plain(&format!("{}: {refused}", one.node)));
            continue;
        }
        let mut own = own(&one.said, capability);
        if own.is_empty() {
            own.push(for_all(capability.unwrap_or("all"), &one.said));
        }
        rows.extend(own.into_iter().map(|mut row| {
            row.insert(0, one.node.clone());
            row
        }));
    }
    format!("{}{}", output::columns(&heads, rows), silent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_of_every_node_are_a_table_and_who_is_silent_is_told() {
        let text = r#"{"nodes":[
            {"node":"front","default":"info","levels":[]},
            {"node":"mail","default":"info","levels":[{"capability":"notifications","level":"debug","until":"2026-01-02T03:04:05Z"}]},
            {"node":"reports","refused":"no log of it answers"}]}"#;
        let nodes: Nodes<LogLevels> = serde_json::from_str(text).expect("an answer");
        insta::assert_snapshot!(spread(&nodes, None), @r"
        NODE   CAPABILITY     LEVEL  UNTIL
        front  all            info
        mail   notifications  debug  2026-01-02T03:04:05Z
        mail   all others     info
        reports: no log of it answers
        ");
        insta::assert_snapshot!(spread(&nodes, Some("payments")), @r"
        NODE   CAPABILITY  LEVEL  UNTIL
        front  payments    info
        mail   payments    info
        reports: no log of it answers
        ");
    }
}
