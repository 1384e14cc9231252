//! What runs here, as data: what `inspect`, the gateway and the operator's door show of a runtime.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::running::Runtime;
use crate::actor::binder::Binder;
use crate::actor::{Capability, Execution, Kind};
use crate::config::{CapabilitySettings, HumanDuration, Placement};
use crate::contract::{Contract, Description, Digest};

/// One capability of a runtime, as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilityInfo {
    /// The contract's name.
    pub name: String,
    /// The contract's major version.
    pub version: u32,
    /// How many actors it has.
    pub kind: Kind,
    /// What its key names, for a keyed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether its state is kept beyond the process, as configured.
    pub durable: bool,
    /// Where its turns run.
    pub execution: Execution,
    /// Where its calls run.
    pub placement: Placement,
    /// The node of the application that hosts it; none when this process does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The digest of the contract's shape.
    pub digest: Digest,
    /// The contracts that it calls or sends to.
    pub uses: Vec<String>,
    /// The events that it listens to, each as `contract.event`.
    pub listens: Vec<String>,
    /// How long a call may take when its caller does not say.
    pub deadline: HumanDuration,
    /// Messages that may wait in front of one of its actors.
    pub mailbox: u32,
    /// The largest message, reply or event, in bytes.
    pub message_size: u64,
    /// The contract: messages, replies, errors and events, with docs and JSON Schemas.
    pub contract: Description,
}

impl CapabilityInfo {
    pub(super) fn of<A: Capability>(
        binder: &Binder<A>,
        settings: &CapabilitySettings,
        placement: Placement,
    ) -> Self {
        let listens = binder
            .events
            .iter()
            .map(|binding| format!("{}.{}", binding.contract, binding.event));
        Self {
            kind: A::KIND,
            durable: A::DURABLE && settings.durability == crate::config::Durability::Local,
            execution: A::EXECUTION,
            placement,
            uses: binder.uses.iter().map(|name| (*name).to_owned()).collect(),
            listens: listens.collect(),
            ..Self::bare::<A::Contract>(settings)
        }
    }

    /// A capability of which nothing but the contract is known.
    pub(crate) fn bare<C: Contract>(settings: &CapabilitySettings) -> Self {
        Self {
            deadline: settings.deadline,
            mailbox: settings.mailbox,
            message_size: settings.message_size.get(),
            ..Self::foreign(C::describe())
        }
    }

    /// A capability of which nothing but the contract is known, and no settings.
    pub(super) fn foreign(contract: Description) -> Self {
        let settings = CapabilitySettings::default();
        Self {
            name: contract.name.clone(),
            version: contract.version,
            kind: match contract.key {
                Some(_) => Kind::Keyed,
                None => Kind::Singleton,
            },
            key: contract.key.clone(),
            durable: false,
            execution: Execution::Async,
            placement: Placement::Local,
            node: None,
            digest: contract.digest(),
            uses: Vec::new(),
            listens: Vec::new(),
            deadline: settings.deadline,
            mailbox: settings.mailbox,
            message_size: settings.message_size.get(),
            contract,
        }
    }

    /// How long a call may take when its caller does not say.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline.get()
    }
}

impl Runtime {
    /// The capabilities that run here, in the order in which they were given, then those of other processes; empty when the
    /// runtime has stopped.
    #[must_use]
    pub fn capabilities(&self) -> Vec<CapabilityInfo> {
        let Some(parts) = self.parts() else {
            return Vec::new();
        };
        let installed = parts.installed.iter().map(|installed| &installed.info);
        let here = installed.chain(&parts.fakes);
        here.chain(&parts.elsewhere).cloned().collect()
    }
}
