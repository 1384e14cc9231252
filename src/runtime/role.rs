//! [`Role`]: which part of the application a process is, and what its configuration is then.

use std::path::PathBuf;

use super::builder::Builder;
use super::error::RuntimeError;
use crate::config::{Config, Sources, StoreSettings};
use crate::placement::Topology;

/// Which part of the application a process is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// All of it. Refused where the configuration splits it.
    #[default]
    Whole,
    /// One node of it.
    Node {
        /// The node's name in the configuration.
        name: String,
        /// Which of the node's processes, from 1.
        replica: u16,
    },
    /// None of it, of whatever application: looks on at those that are there.
    Operator,
    /// Hosts nothing and calls what others host; all of it where the configuration does not split it.
    Client,
}

/// What a process is to do, read from the configuration.
pub(super) struct Part {
    pub(super) config: Config,
    pub(super) topology: Topology,
    /// `store.path` as the configuration says it: where the stores of all nodes are.
    pub(super) root: PathBuf,
    /// What it is called among the others: the node and its number, or the application.
    pub(super) name: String,
    /// Whether it is none of the nodes.
    pub(super) is_client: bool,
    /// Whether it finds out on the network what there is.
    pub(super) is_operator: bool,
    /// The capabilities that it hosts.
    pub(super) hosts: Vec<String>,
}

impl Part {
    /// Whether this process hosts it.
    pub(super) fn hosts(&self, capability: &str) -> bool {
        self.hosts.iter().any(|hosted| hosted == capability)
    }
}

impl Builder {
    /// Reads the configuration as it is for this process.
    pub(super) fn part(&self) -> Result<Part, RuntimeError> {
        let none = Sources::of(&self.application);
        let sources = self.sources.as_ref().unwrap_or(&none);
        let config = Config::load(sources, &self.schemas())?;
        let topology = self.topology(&config)?;
        let root = config.section::<StoreSettings>("store")?.path;
        let whole = |config, topology: &Topology| Part {
            config,
            root: root.clone(),
            name: self.application.clone(),
            is_client: false,
            is_operator: false,
            hosts: self.names(),
            topology: topology.clone(),
        };
        let guest = |config, name: &str, is_client| Part {
            name: name.to_owned(),
            hosts: Vec::new(),
            is_client,
            is_operator: !is_client,
            ..whole(config, &topology)
        };
        match &self.role {
            Role::Whole if topology.is_split() => Err(RuntimeError::Split {
                nodes: nodes(&topology),
            }),
            Role::Client if topology.is_split() => Ok(guest(config, "client", true)),
            Role::Operator => Ok(guest(config, "operator", false)),
            Role::Whole | Role::Client => Ok(whole(config, &topology)),
            Role::Node { .. } if !topology.is_split() => Err(RuntimeError::NotSplit),
            Role::Node { name, replica } => {
                self.node_part(sources, topology, root, (name, *replica))
            }
        }
    }

    /// One node: its state is in a folder of its own, and not each has the API's door.
    fn node_part(
        &self,
        sources: &Sources,
        topology: Topology,
        root: PathBuf,
        (name, replica): (&str, u16),
    ) -> Result<Part, RuntimeError> {
        let Some(node) = topology.node(name) else {
            let nearest = topology.nearest(name);
            return Err(RuntimeError::NoSuchNode {
                name: name.to_owned(),
                nodes: nodes(&topology),
                hint: nearest.map_or_else(String::new, |nearest| {
                    format!("; did you mean `{nearest}`?")
                }),
            });
        };
        let folder = topology.folder(&root, &node.name, replica);
        let origin = format!("node {name}");
        let folder = folder.display().to_string();
        let mut sources = sources.clone().flag("store.path", folder, &origin);
        if !node.gateway {
            sources = sources.flag("gateway.enabled", "false", &origin);
        }
        Ok(Part {
            config: Config::load(&sources, &self.schemas())?,
            root,
            name: node.name.process(replica),
            is_client: false,
            is_operator: false,
            hosts: node.hosts.clone(),
            topology,
        })
    }

    fn names(&self) -> Vec<String> {
        let capabilities = self.capabilities.iter();
        capabilities
            .map(|capability| capability.name().to_owned())
            .collect()
    }
}

/// The nodes' names, for people.
fn nodes(topology: &Topology) -> String {
    let names = topology.nodes().iter().map(|node| node.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}
