//! [`Topology`]: which node hosts which capability.

use std::path::{Path, PathBuf};

use super::node::{Node, NodeName};
use super::part::Part;
use super::reading::read;
use crate::config::{Config, Problems};

/// Which node hosts which capability: each is in exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    nodes: Vec<Node>,
    is_split: bool,
}

impl Topology {
    /// Reads `[nodes]` and `[nats]` and holds them against the capabilities of the application. Without `[nodes]` one node hosts
    /// all.
    ///
    /// # Errors
    ///
    /// [`Problems`] with every mistake at once, each at its place: capabilities hosted nowhere or twice, unknown ones, replicas of
    /// what must be one, names that no node can have, nodes with nothing to do, no server, credentials that contradict each other.
    pub fn read(application: &str, config: &Config, parts: &[Part]) -> Result<Self, Problems> {
        read(application, config, parts)
    }

    /// One node that hosts all.
    pub(super) fn whole(application: &str, parts: &[Part]) -> Self {
        let node = Node {
            name: NodeName::of_application(application),
            hosts: parts.iter().map(|part| part.name.clone()).collect(),
            replicas: 1,
            gateway: true,
        };
        Self {
            nodes: vec![node],
            is_split: false,
        }
    }

    /// The nodes of a file, each capability in one of them.
    pub(super) const fn split(nodes: Vec<Node>) -> Self {
        Self {
            nodes,
            is_split: true,
        }
    }

    /// Whether the configuration has `[nodes]`, so that one process is not all.
    #[must_use]
    pub const fn is_split(&self) -> bool {
        self.is_split
    }

    /// The nodes, by name.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What the processes are called, the replicas of all nodes: `front`, `reports`, `reports-2`.
    #[must_use]
    pub fn processes(&self) -> Vec<String> {
        let nodes = self.nodes.iter();
        nodes
            .flat_map(|node| (1..=node.replicas).map(|replica| node.name.process(replica)))
            .collect()
    }

    /// The node of this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    /// The node that is probably meant by a misspelt name.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&NodeName> {
        let names = self.nodes.iter().map(|node| node.name.as_str());
        let nearest = crate::config::nearest(name, names)?;
        self.node(nearest).map(|node| &node.name)
    }

    /// The node that hosts a capability; `None` when the application has no such capability.
    #[must_use]
    pub fn hosted_by(&self, capability: &str) -> Option<&NodeName> {
        let hosts = |node: &&Node| node.hosts.iter().any(|hosted| hosted == capability);
        self.nodes.iter().find(hosts).map(|node| &node.name)
    }

    /// What a node hosts, in the order of the application; nothing when there is no such node.
    #[must_use]
    pub fn hosts(&self, node: &str) -> Vec<&str> {
        let hosted = self.node(node).map(|node| node.hosts.as_slice());
        hosted
            .unwrap_or_default()
            .iter()
            .map(String::as_str)
            .collect()
    }

    /// Where the process of one replica keeps its state, below `store.path`: `<node>`, `<node>-2`. An application that is not
    /// split keeps it in `store.path` itself.
    #[must_use]
    pub fn folder(&self, store: &Path, node: &NodeName, replica: u16) -> PathBuf {
        if self.is_split {
            store.join(node.process(replica))
        } else {
            store.to_owned()
        }
    }
}
