//! [`Member`]: what one process of an application says of itself, and what all of them say.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::control::{Survey, ask_all, ask_everybody};
use super::running::{Parts, Runtime};
use crate::actor::{HistogramReading, MeterReading};
use crate::delivery::DeadLetters;

/// What one process of an application says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The node that it is: the application's name where that is not split.
    pub node: String,
    /// A name that no other process has, and that is another after each start.
    pub instance: String,
    /// Its process number.
    pub pid: u32,
    /// Whether nothing was left to do: as [`Runtime::settled`], in this process.
    pub is_settled: bool,
    /// The processes that the application has, by its configuration: its nodes, `<node>-<number>` from the second replica on.
    #[serde(default)]
    pub expected: Vec<String>,
    /// The capabilities that the application has, whoever hosts them.
    #[serde(default)]
    pub known: Vec<String>,
    /// What it hosts.
    pub capabilities: Vec<Hosted>,
}

/// What a process says of a capability that it hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosted {
    /// The capability.
    pub capability: String,
    /// The major version of its contract.
    #[serde(default)]
    pub version: u32,
    /// The digest of its contract's shape.
    #[serde(default)]
    pub digest: String,
    /// Its actors in memory.
    pub num_actors: usize,
    /// Turns that ended, also of actors that are gone.
    pub num_turns: u64,
    /// Those of them that ran on their caller's thread.
    #[serde(default)]
    pub num_inline_turns: u64,
    /// How often an actor was made anew after a failure.
    pub num_restarts: u64,
    /// Messages that wait in mailboxes.
    pub num_queued: usize,
    /// Events and sends that wait for delivery.
    pub num_undelivered: u64,
    /// Letters that nobody could be given; `None` when the store cannot be read.
    pub num_dead_letters: Option<u64>,
    /// Why actors cannot work now, if so.
    pub down: Vec<String>,
    /// What turns of it took in this process; `None` when they are not timed there.
    #[serde(default)]
    pub duration: Option<HistogramReading>,
}

impl Parts {
    /// The capabilities of the application, wherever they run.
    fn names(&self) -> Vec<String> {
        let installed = self.installed.iter().map(|installed| &installed.info);
        let all = installed.chain(&self.elsewhere);
        all.map(|info| info.name.clone()).collect()
    }

    /// What this process says of itself; `None` when it ends.
    pub(super) async fn member(self: Arc<Self>) -> Option<Member> {
        let is_idle = match &self.network {
            Some(network) => Arc::clone(network).is_idle().await,
            None => true,
        };
        // Counting dead letters reads the store.
        let tasks = self.tasks.clone();
        tasks.blocking(move || report(&self, is_idle)).await
    }
}

impl Runtime {
    /// What the processes of this application say of themselves, this one first if it is one: those that answer within a second. Without
    /// `[nats]` it is this one alone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn colony(&self) -> Vec<Member> {
        let Some(parts) = self.parts() else {
            return Vec::new();
        };
        let own = match parts.is_member {
            true => Arc::clone(&parts).member().await,
            false => None,
        };
        let Some(network) = &parts.network else {
            return own.into_iter().collect();
        };
        let num = parts.num_processes;
        // An operator wants to see all, however many there are; a process that looks again and again wants to know soon.
        let said = match parts.is_member {
            true => ask_all::<Survey>(network, &(), Some(num)).await,
            false => ask_everybody::<Survey>(network, &(), num, |said| &said.instance).await,
        };
        let own_instance = network.identity().1.to_owned();
        let mut others: Vec<_> = said
            .into_iter()
            .filter(|other| other.instance != own_instance)
            .collect();
        others.sort_by(|a, b| {
            a.node
                .cmp(&b.node)
                .then_with(|| a.instance.cmp(&b.instance))
        });
        own.into_iter().chain(others).collect()
    }

    /// Whether nothing is left to do in any process of the application, and how much has been done until now.
    pub(super) async fn colony_is_settled(&self, parts: &Parts) -> Option<u64> {
        let members = self.colony().await;
        let is_complete = members.len() >= parts.num_processes;
        let is_settled = is_complete && members.iter().all(|member| member.is_settled);
        let capabilities = members.iter().flat_map(|member| &member.capabilities);
        let done = capabilities.map(|hosted| hosted.num_turns).sum();
        is_settled.then_some(done)
    }
}

fn report(parts: &Parts, is_idle: bool) -> Member {
    let hosted = parts.installed.iter().map(|installed| {
        let stats = installed.host.stats();
        let dead = DeadLetters::new(Arc::clone(&installed.services)).list();
        let meters = installed.services.meters.read(stats.capability);
        Hosted {
            capability: stats.capability.to_owned(),
            version: installed.info.version,
            digest: installed.info.digest.to_string(),
            num_actors: stats.num_actors,
            num_turns: stats.num_turns,
            num_inline_turns: stats.num_inline_turns,
            num_restarts: stats.num_restarts,
            num_queued: stats.num_queued,
            num_undelivered: stats.num_undelivered,
            num_dead_letters: dead.ok().map(|dead| dead.len() as u64),
            down: stats.down,
            duration: MeterReading::duration_of(&meters, stats.capability),
        }
    });
    let (node, instance) = match &parts.network {
        Some(network) => {
            let (node, instance) = network.identity();
            (node.to_owned(), instance.to_owned())
        }
        None => (parts.name.clone(), String::new()),
    };
    Member {
        node,
        instance,
        pid: std::process::id(),
        expected: parts.processes.clone(),
        known: parts.names(),
        capabilities: hosted.collect(),
        is_settled: is_idle && parts.is_settled(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_an_older_version_is_understood() {
        let said = r#"{"node": "tower", "instance": "x", "pid": 7, "is_settled": true, "capabilities": [{"capability": "bell",
            "num_actors": 1, "num_turns": 3, "num_restarts": 0, "num_queued": 0, "num_undelivered": 0, "num_dead_letters": 0, "down": []}]}"#;
        let member: Member = serde_json::from_str(said).expect("it is read");
        let bell = &member.capabilities[0];
        assert_eq!((bell.num_turns, &bell.duration), (3, &None));
    }
}
