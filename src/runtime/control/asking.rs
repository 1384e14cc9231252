//! Asks other processes of the colony.

use std::sync::Arc;
use std::time::Duration;

use super::verbs::{Hosts, Of, Verb};
use crate::runtime::running::Parts;
use crate::transport::{Network, Unanswered, Whom};

/// How long the process that hosts a capability may take to answer.
pub(in crate::runtime) const PATIENCE: Duration = Duration::from_secs(10);

/// Asks one process.
pub(in crate::runtime) async fn ask<V: Verb>(
    network: &Arc<dyn Network>,
    whom: Whom,
    asked: &V::Asked,
    patience: Duration,
) -> Result<V::Said, Unanswered> {
    let body = serde_json::to_vec(asked).map_err(|error| Unanswered::Garbled(error.to_string()))?;
    let said = Arc::clone(network)
        .ask(whom, V::NAME, body, patience)
        .await?;
    serde_json::from_slice(&said).map_err(|error| Unanswered::Garbled(error.to_string()))
}

/// Asks every process, and gathers what they say: until so many have answered, or for a second.
pub(in crate::runtime) async fn ask_all<V: Verb>(
    network: &Arc<dyn Network>,
    asked: &V::Asked,
    expected: Option<usize>,
) -> Vec<V::Said> {
    let body = serde_json::to_vec(asked).unwrap_or_default();
    let said = Arc::clone(network).ask_all(V::NAME, body, expected).await;
    let read = said.iter().map(|said| serde_json::from_slice(said));
    read.filter_map(Result::ok).collect()
}

/// Asks every process, those too of which the configuration does not know, such as replicas that were added: until no more say
/// anything for a while, and longer when fewer have answered than there should be. `who` tells them apart.
pub(in crate::runtime) async fn ask_everybody<V: Verb>(
    network: &Arc<dyn Network>,
    asked: &V::Asked,
    num_expected: usize,
    who: impl Fn(&V::Said) -> &str,
) -> Vec<V::Said> {
    let mut said = ask_all::<V>(network, asked, None).await;
    if said.len() < num_expected {
        let again = ask_all::<V>(network, asked, Some(num_expected)).await;
        for late in again {
            if said.iter().all(|said| who(said) != who(&late)) {
                said.push(late);
            }
        }
    }
    said
}

impl Parts {
    /// The processes to ask about a capability that this one does not host alone; empty when this one is all there is.
    pub(in crate::runtime) async fn hosts_of(&self, capability: &str) -> Vec<Whom> {
        let Some(network) = &self.network else {
            return Vec::new();
        };
        let is_here = self.find(capability).is_some();
        let is_there = self.elsewhere.iter().any(|info| info.name == capability);
        match self.num_hosts(capability) {
            0 | 1 if is_here => Vec::new(),
            0 | 1 if is_there => vec![Whom::Host(capability.to_owned())],
            num_hosts if is_here || is_there => processes(network, capability, num_hosts).await,
            _ => Vec::new(),
        }
    }

    /// How many processes host a capability, by the configuration.
    pub(in crate::runtime) fn num_hosts(&self, capability: &str) -> usize {
        self.spread.get(capability).copied().unwrap_or_default()
    }
}

/// The processes that host a capability now.
pub(super) async fn processes(
    network: &Arc<dyn Network>,
    capability: &str,
    expected: usize,
) -> Vec<Whom> {
    let of = Of {
        capability: capability.to_owned(),
    };
    let hosts = ask_all::<Hosts>(network, &of, Some(expected)).await;
    hosts
        .into_iter()
        .map(|host| Whom::Process(host.instance))
        .collect()
}
