//! Whether the contracts that this process knows get along with those of the others: asked before it joins them.

use std::sync::Arc;

use super::asking::ask_all;
use super::verbs::{Contracts, ContractsAsked, ContractsSaid};
use crate::contract::Description;
use crate::runtime::running::Parts;
use crate::transport::{Agreeing, Network};
use futures_util::FutureExt;

/// How many breaks of one contract are told.
const TOLD_MAX: usize = 5;

/// Asks the others, when the network is there.
pub(in crate::runtime) fn agreeing(parts: &Parts) -> Agreeing {
    let own = Arc::new(parts.contracts());
    Arc::new(move |network| agree(network, Arc::clone(&own)).boxed())
}

/// Ends with why this process must not join, if so.
async fn agree(network: Arc<dyn Network>, own: Arc<Vec<Description>>) -> Result<(), String> {
    let digests = own.iter();
    let digests = digests.map(|known| (known.name.clone(), known.digest().to_string()));
    let asked = ContractsAsked {
        digests: digests.collect(),
    };
    let others = ask_all::<Contracts>(&network, &asked, None).await;
    let conflicts: Vec<String> = others
        .iter()
        .flat_map(|other| conflicts(&own, other))
        .collect();
    match conflicts.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{}\nadd what is new as optional, give the contract a new version, or bring all nodes to the same one",
            conflicts.join("\n")
        )),
    }
}

fn conflicts(own: &[Description], other: &ContractsSaid) -> Vec<String> {
    let known = other.contracts.iter().filter_map(|theirs| {
        let own = own.iter().find(|own| own.name == theirs.name)?;
        Some((own, theirs))
    });
    known
        .filter_map(|(own, theirs)| {
            let breaks = theirs.conflicts_with(own);
            if breaks.is_empty() {
                return None;
            }
            let told = breaks.iter().take(TOLD_MAX).cloned().collect::<Vec<_>>();
            Some(format!(
                "the contract of {} does not fit the one of the node {}: {}",
                own.name,
                other.node,
                told.join("; ")
            ))
        })
        .collect()
}

impl Parts {
    /// Every contract that this process knows.
    pub(super) fn contracts(&self) -> Vec<Description> {
        let installed = self.installed.iter().map(|installed| &installed.info);
        let known = installed.chain(&self.elsewhere);
        let known = known.map(|info| info.contract.clone());
        known.chain(self.strangers.iter().cloned()).collect()
    }
}
