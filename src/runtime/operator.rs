//! Finding out who is there, for an operator who knows no application: capabilities with their contracts, from those who host them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use super::capabilities::CapabilityInfo;
use super::cluster::idempotent;
use super::colony::Member;
use super::control::{Describe, Of, Survey, ask, ask_all};
use super::error::RuntimeError;
use crate::actor::Kind;
use crate::call::route::Directory;
use crate::config::CapabilitySettings;
use crate::contract::{Description, MessageDescription};
use crate::transport::{Far, Network, Service, Whom};

/// How long a process may take to describe a capability.
const DESCRIBE: std::time::Duration = std::time::Duration::from_secs(5);

/// What there is under a namespace.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) capabilities: Vec<CapabilityInfo>,
    pub(super) spread: BTreeMap<String, usize>,
    pub(super) processes: Vec<String>,
}

/// The one namespace that is meant.
///
/// # Errors
///
/// [`RuntimeError::NotJoined`] when none is there, or more than one.
pub(super) fn namespace(
    wanted: Option<&str>,
    services: &[Service],
    servers: &str,
) -> Result<String, RuntimeError> {
    let seen: BTreeSet<&str> = services
        .iter()
        .filter_map(|service| service.namespace.as_deref())
        .collect();
    let list = || seen.iter().copied().collect::<Vec<_>>().join(", ");
    let reason = match (wanted, seen.len()) {
        (Some(wanted), _) if seen.contains(wanted) => return Ok(wanted.to_owned()),
        (None, 1) => return Ok(list()),
        (Some(wanted), 0) => format!(
            "nobody is there: no capability is served at {servers}, neither under the namespace {wanted} nor under another"
        ),
        (None, 0) => format!("nobody is there: no capability is served at {servers}"),
        (Some(wanted), _) => format!(
            "nobody is there under the namespace {wanted} at {servers}; there are {}",
            list()
        ),
        (None, _) => format!(
            "several applications are at {servers}: say which with --namespace; there are {}",
            list()
        ),
    };
    Err(RuntimeError::NotJoined { reason })
}

/// Looks who is there, and puts ways to all of them into the directory.
pub(super) async fn look_around(
    network: &Arc<dyn Network>,
    directory: &Directory,
    services: &[Service],
    namespace: &str,
) -> Found {
    let members = ask_all::<Survey>(network, &(), None).await;
    let services = services
        .iter()
        .filter(|service| service.namespace.as_deref() == Some(namespace));
    let services: BTreeMap<&str, &Service> = services
        .map(|service| (service.name.as_str(), service))
        .collect();
    let known = members.iter().flat_map(|member| &member.known);
    let known = known.map(String::as_str);
    let names: BTreeSet<&str> = services.keys().copied().chain(known).collect();
    let described = names.into_iter().map(|name| {
        let service = services.get(name).copied();
        describe(network, name, &members, service)
    });
    let capabilities: Vec<CapabilityInfo> =
        join_all(described).await.into_iter().flatten().collect();
    for info in &capabilities {
        refer(network, directory, info);
    }
    let expected: BTreeSet<String> = members
        .iter()
        .flat_map(|member| member.expected.iter().cloned())
        .collect();
    Found {
        spread: spread(&members),
        processes: expected.into_iter().collect(),
        capabilities,
    }
}

/// How many processes host each capability.
fn spread(members: &[Member]) -> BTreeMap<String, usize> {
    let mut spread = BTreeMap::new();
    for hosted in members.iter().flat_map(|member| &member.capabilities) {
        *spread.entry(hosted.capability.clone()).or_default() += 1;
    }
    spread
}

/// What a capability is: as its host says, else as somebody who calls it does, else what a service of others tells of itself.
async fn describe(
    network: &Arc<dyn Network>,
    name: &str,
    members: &[Member],
    service: Option<&Service>,
) -> Option<CapabilityInfo> {
    let of = Of {
        capability: name.to_owned(),
    };
    let host = members
        .iter()
        .find(|member| hosts(member, name))
        .map(|member| member.node.clone());
    if host.is_some() {
        let whom = Whom::Host(name.to_owned());
        let said = ask::<Describe>(network, whom, &of, DESCRIBE).await;
        return said.ok().map(|info| CapabilityInfo { node: host, ..info });
    }
    let mut known = ask_all::<Describe>(network, &of, Some(1)).await;
    match (known.pop(), service) {
        (Some(info), _) => Some(CapabilityInfo {
            node: info.node.or_else(|| Some(FOREIGN.to_owned())),
            ..info
        }),
        (None, Some(service)) => Some(CapabilityInfo {
            node: Some(FOREIGN.to_owned()),
            kind: Kind::Stateless,
            ..CapabilityInfo::foreign(bare(service))
        }),
        (None, None) => None,
    }
}

/// What stands for the node of a service that is none of ours.
const FOREIGN: &str = "foreign";

fn hosts(member: &Member, name: &str) -> bool {
    let mut hosted = member.capabilities.iter();
    hosted.any(|hosted| hosted.capability == name)
}

/// A contract of which nothing but the names is known: anything may be said.
fn bare(service: &Service) -> Description {
    let messages = service.messages.iter().map(|name| MessageDescription {
        name: name.clone(),
        doc: String::new(),
        idempotent: false,
        request: true.into(),
        reply: true.into(),
        error: None,
    });
    Description {
        name: service.name.clone(),
        version: service.version,
        key: None,
        doc: service.about.clone(),
        messages: messages.collect(),
        events: Vec::new(),
    }
}

fn refer(network: &Arc<dyn Network>, directory: &Directory, info: &CapabilityInfo) {
    // Routes live as long as the program, and an operator's program knows one application.
    let name: &'static str = Box::leak(info.name.clone().into_boxed_str());
    let is_foreign = info.node.as_deref() == Some(FOREIGN);
    let caller = network.caller(Far {
        capability: name,
        remembers: info.durable,
        idempotent: idempotent(&info.contract),
        is_foreign,
        window: usize::try_from(info.mailbox).unwrap_or(usize::MAX),
    });
    let size = usize::try_from(info.message_size)
        .unwrap_or_else(|_| CapabilitySettings::default().message_size.to_usize());
    directory.refer(name, info.version, caller, info.deadline(), size);
}
