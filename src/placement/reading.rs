//! Holds `[nodes]` and `[nats]` against the capabilities of the application, and finds every mistake.

use std::collections::BTreeMap;

use super::node::{Node, NodeName};
use super::part::Part;
use super::topology::Topology;
use crate::config::{
    Config, Fault, Finding, NatsSettings, NodeSettings, Origin, Problems, nearest,
};

/// What stands for whatever no other node hosts.
const REST: &str = "*";

pub(super) fn read(
    application: &str,
    config: &Config,
    parts: &[Part],
) -> Result<Topology, Problems> {
    let nats: NatsSettings = config.section("nats")?;
    let nodes: BTreeMap<String, NodeSettings> = config.section("nodes")?;
    let is_said = config
        .origin("nodes")
        .is_some_and(|origin| origin != Origin::Default);
    let is_split = !nodes.is_empty() || is_said;
    let mut reading = Reading {
        nodes: &nodes,
        parts,
        homes: BTreeMap::new(),
        found: nats.findings(),
    };
    if nats.is_used() && !cfg!(feature = "nats") {
        reading.refuse(
            &["nats", "servers"],
            "this program is built without the feature `nats`",
        );
    }
    if is_split {
        reading.servers(&nats);
        reading.names();
        reading.homes();
    }
    if !nodes.is_empty() {
        reading.strays();
    }
    let placed = reading.placed();
    match config.problems(reading.found) {
        Some(problems) => Err(problems),
        None if is_split => Ok(Topology::split(placed)),
        None => Ok(Topology::whole(application, parts)),
    }
}

/// What is read, and what was found so far.
struct Reading<'a> {
    nodes: &'a BTreeMap<String, NodeSettings>,
    parts: &'a [Part],
    /// Where each capability, and the rest, is hosted: by the first node that says so.
    homes: BTreeMap<&'a str, &'a str>,
    found: Vec<Finding>,
}

impl<'a> Reading<'a> {
    fn note(&mut self, path: &[&str], fault: Fault) {
        let path = path.iter().map(|&step| step.to_owned()).collect();
        self.found.push(Finding::new(path, fault));
    }

    fn refuse(&mut self, path: &[&str], reason: &str) {
        let fault = Fault::Refused {
            key: path.join("."),
            reason: reason.to_owned(),
        };
        self.note(path, fault);
    }

    fn servers(&mut self, nats: &NatsSettings) {
        if !nats.is_used() {
            self.note(&["nodes"], Fault::NoServers);
        }
    }

    fn names(&mut self) {
        if self.nodes.is_empty() {
            self.note(&["nodes"], Fault::NothingToHost { node: None });
        }
        for (name, node) in self.nodes {
            let reason = match name.parse::<NodeName>() {
                Ok(_) => self.replica_of(name),
                Err(error) => Some(error.to_string()),
            };
            if let Some(reason) = reason {
                let name = name.clone();
                self.note(&["nodes", &name.clone()], Fault::NodeName { name, reason });
            }
            if node.hosts.is_empty() && node.gateway != Some(true) {
                let fault = Fault::NothingToHost {
                    node: Some(name.clone()),
                };
                self.note(&["nodes", name], fault);
            }
        }
    }

    /// Why a name could be taken for a replica of another node.
    fn replica_of(&self, name: &str) -> Option<String> {
        let (node, number) = name.rsplit_once('-')?;
        let is_number = number.parse::<u16>().is_ok_and(|number| number >= 2);
        (is_number && self.nodes.contains_key(node))
            .then(|| format!("that is what replica {number} of node `{node}` is called"))
    }

    /// Finds out who hosts what, and who hosts it too.
    fn homes(&mut self) {
        for (node, settings) in self.nodes {
            for (index, name) in settings.hosts.iter().enumerate() {
                let index = index.to_string();
                let place = ["nodes", node, "hosts", &index];
                if name != REST && !self.parts.iter().any(|part| part.name == *name) {
                    let fault = self.unknown(node, name);
                    self.note(&place, fault);
                } else if let Some(first) = self.homes.get(name.as_str()) {
                    let fault = Fault::HostedTwice {
                        name: name.clone(),
                        first: (*first).to_owned(),
                        second: node.clone(),
                    };
                    self.note(&place, fault);
                } else {
                    self.homes.insert(name, node);
                }
            }
        }
    }

    fn unknown(&self, node: &str, name: &str) -> Fault {
        let known = self.parts.iter().map(|part| part.name.as_str());
        Fault::UnknownCapability {
            node: node.to_owned(),
            name: name.to_owned(),
            nearest: nearest(name, known.clone()).map(str::to_owned),
            known: known.map(str::to_owned).collect(),
        }
    }

    fn home_of(&self, capability: &str) -> Option<&'a str> {
        let own = self.homes.get(capability);
        own.or_else(|| self.homes.get(REST)).copied()
    }

    /// Capabilities that nobody hosts, and those that are to run more than once and must not.
    fn strays(&mut self) {
        for part in self.parts {
            let Some(home) = self.home_of(&part.name) else {
                let capability = part.name.clone();
                self.note(&["nodes"], Fault::HostedNowhere { capability });
                continue;
            };
            let replicas = self.nodes.get(home).map_or(1, |node| node.replicas);
            if let Some(kind) = part.why_one().filter(|_| replicas > 1) {
                let fault = Fault::NotReplicable {
                    node: home.to_owned(),
                    replicas,
                    capability: part.name.clone(),
                    kind,
                };
                self.note(&["nodes", home, "replicas"], fault);
            }
        }
    }

    /// The nodes with what they host; those whose names are wrong are left out.
    fn placed(&self) -> Vec<Node> {
        let says_true = |node: &NodeSettings| node.gateway == Some(true);
        let is_said = self.nodes.values().any(says_true);
        let nodes = self.nodes.iter().filter_map(|(name, settings)| {
            let parts = self.parts.iter().map(|part| part.name.as_str());
            let hosts = parts.filter(|part| self.home_of(part) == Some(name.as_str()));
            let hosts_rest = self.homes.get(REST) == Some(&name.as_str());
            Some(Node {
                name: name.parse().ok()?,
                hosts: hosts.map(str::to_owned).collect(),
                replicas: settings.replicas,
                gateway: settings.gateway.unwrap_or(hosts_rest && !is_said),
            })
        });
        nodes.collect()
    }
}
