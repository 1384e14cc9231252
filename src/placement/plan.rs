//! [`Plan`]: what a topology means before anything is started – who runs where, who talks to whom, and what that costs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::node::NodeName;
use super::part::Part;
use super::topology::Topology;
use crate::actor::Kind;

/// What a topology means: nodes, capabilities, and the edges of the call graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Whether there is more to it than one process.
    pub is_split: bool,
    /// The nodes, by name.
    pub nodes: Vec<PlannedNode>,
    /// The capabilities, in the order of the application.
    pub capabilities: Vec<Hosted>,
    /// Who calls and listens to whom: the calls of each capability, then the events.
    pub edges: Vec<Edge>,
}

/// One process, or several that are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedNode {
    /// Its name.
    pub name: NodeName,
    /// How many such processes there are.
    pub replicas: u16,
    /// Whether it opens the door to the API.
    pub gateway: bool,
    /// Where each replica keeps its state.
    pub folders: Vec<PathBuf>,
    /// What it hosts.
    pub hosts: Vec<String>,
}

/// A capability and its node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hosted {
    /// The contract's name.
    pub name: String,
    /// How many actors it has.
    pub kind: Kind,
    /// Whether its state is kept beyond the process.
    pub durable: bool,
    /// Where it runs.
    pub node: Option<NodeName>,
}

/// One edge of the call graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Who calls, or who emits.
    pub from: String,
    /// Who is called, or who listens.
    pub to: String,
    /// What goes along it.
    #[serde(flatten)]
    pub way: Way,
    /// Whether it leaves the process.
    pub is_remote: bool,
    /// What that changes; nothing for an edge within a process.
    pub changes: Vec<Change>,
}

/// What goes along an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Way {
    /// Asks, tells and durable sends.
    Call,
    /// An event.
    Event {
        /// Its name.
        event: String,
    },
}

/// What is different about an edge between two processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It takes longer.
    Latency,
    /// The other side can be away.
    CanBeAbsent,
    /// The connection can break between the work and its answer.
    OutcomeCanBeUnknown,
    /// Events are handed over through a stream on the server.
    ThroughStream,
}

impl Change {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 4] = [
        Self::Latency,
        Self::CanBeAbsent,
        Self::OutcomeCanBeUnknown,
        Self::ThroughStream,
    ];

    /// What it means, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Latency => {
                "takes some 60 us over NATS on one machine, and the network's time between two; in process it was well under 1 us"
            }
            Self::CanBeAbsent => {
                "can find nobody while that node is away: the call fails as not delivered, and can be sent again without harm"
            }
            Self::OutcomeCanBeUnknown => {
                "can lose its answer when a node or the connection ends half way: the call fails with its outcome unknown"
            }
            Self::ThroughStream => {
                "is kept in a JetStream stream until the listener has committed it, also while its node is away"
            }
        }
    }
}

/// What holds wherever a capability runs.
pub const STAYS: &[&str] = &[
    "one turn at a time for each actor, in the order in which one sender sends to one key",
    "events and durable sends arrive at least once and take effect once",
    "deadlines travel with calls; size limits, refusals and errors are the same",
];

impl Plan {
    /// The plan of a topology, whose nodes keep their state below `store`.
    #[must_use]
    pub fn of(topology: &Topology, parts: &[Part], store: &Path) -> Self {
        let nodes = topology.nodes().iter().map(|node| PlannedNode {
            name: node.name.clone(),
            replicas: node.replicas,
            gateway: node.gateway,
            folders: (1..=node.replicas)
                .map(|replica| topology.folder(store, &node.name, replica))
                .collect(),
            hosts: node.hosts.clone(),
        });
        let capabilities = parts.iter().map(|part| Hosted {
            name: part.name.clone(),
            kind: part.kind,
            durable: part.durable,
            node: topology.hosted_by(&part.name).cloned(),
        });
        let calls = parts.iter().flat_map(|part| calls(topology, part));
        let events = parts.iter().flat_map(|part| events(topology, part));
        Self {
            is_split: topology.is_split(),
            nodes: nodes.collect(),
            capabilities: capabilities.collect(),
            edges: calls.chain(events).collect(),
        }
    }

    /// What changes on at least one edge.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let occurs = |change: &Change| self.edges.iter().any(|edge| edge.changes.contains(change));
        Change::ALL.into_iter().filter(occurs).collect()
    }
}

fn calls(topology: &Topology, part: &Part) -> Vec<Edge> {
    let edge = |to: &String| {
        let changes = [
            Change::Latency,
            Change::CanBeAbsent,
            Change::OutcomeCanBeUnknown,
        ];
        edge(topology, (&part.name, to), Way::Call, &changes)
    };
    part.uses.iter().map(edge).collect()
}

fn events(topology: &Topology, part: &Part) -> Vec<Edge> {
    let edge = |(from, event): &(String, String)| {
        let way = Way::Event {
            event: event.clone(),
        };
        let changes = [Change::Latency, Change::ThroughStream];
        edge(topology, (from, &part.name), way, &changes)
    };
    part.listens.iter().map(edge).collect()
}

fn edge(topology: &Topology, ends: (&str, &str), way: Way, changes: &[Change]) -> Edge {
    let (from, to) = ends;
    let homes = (topology.hosted_by(from), topology.hosted_by(to));
    let is_remote = !matches!(homes, (Some(from), Some(to)) if from == to);
    Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        way,
        is_remote,
        changes: if is_remote {
            changes.to_vec()
        } else {
            Vec::new()
        },
    }
}
