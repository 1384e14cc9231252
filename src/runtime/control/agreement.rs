//! Whether the contracts that this process knows get along with those of the others: asked before it joins them, and once more when
//! it has joined.
//!
//! Of two that join at the same moment neither hears the other the first time, because who joins does not answer yet. The second time
//! at least one of them does, for both answer then. Who has settled stays; of those that have not, the one that began first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::asking::ask_all;
use super::verbs::{Contracts, ContractsAsked, ContractsSaid};
use crate::call::Clock;
use crate::contract::Description;
use crate::runtime::running::Parts;
use crate::transport::{Agreeing, Network};
use futures_util::FutureExt;

/// How many breaks of one contract are told.
const TOLD_MAX: usize = 5;
/// The pause before a younger one is looked for again that has to give way.
const AGAIN: Duration = Duration::from_millis(200);

/// How far this process has come with joining the others.
#[derive(Debug)]
pub(in crate::runtime) struct Standing {
    instance: String,
    since_ms: u64,
    is_settled: AtomicBool,
}

impl Standing {
    /// Of a process that begins to join.
    pub(in crate::runtime) fn new(instance: &str, clock: &Clock) -> Self {
        Self {
            instance: instance.to_owned(),
            since_ms: clock.wall_ms(),
            is_settled: AtomicBool::new(false),
        }
    }

    pub(super) fn instance(&self) -> &str {
        &self.instance
    }

    pub(super) fn joining_since_ms(&self) -> Option<u64> {
        let is_settled = self.is_settled.load(Ordering::SeqCst);
        (!is_settled).then_some(self.since_ms)
    }

    /// Whether somebody who does not get along with this process gives way to it.
    fn outranks(&self, other: &ContractsSaid) -> bool {
        let own = (self.since_ms, self.instance.as_str());
        other
            .joining_since_ms
            .is_some_and(|since_ms| own < (since_ms, other.instance.as_str()))
    }
}

/// Asks the others, when the network is there.
pub(in crate::runtime) fn agreeing(parts: &Parts) -> Agreeing {
    let own = Arc::new(parts.contracts());
    Arc::new(move |network| agree(network, Arc::clone(&own)).boxed())
}

/// Asks them again, when this process answers them.
pub(in crate::runtime) fn settling(parts: &Parts, standing: Arc<Standing>) -> Agreeing {
    let (own, clock) = (Arc::new(parts.contracts()), parts.directory.clock().clone());
    Arc::new(move |network| {
        settle(
            network,
            Arc::clone(&own),
            Arc::clone(&standing),
            clock.clone(),
        )
        .boxed()
    })
}

/// Ends with why this process must not join, if so.
async fn agree(network: Arc<dyn Network>, own: Arc<Vec<Description>>) -> Result<(), String> {
    let others = ask_all::<Contracts>(&network, &asked(&own), None).await;
    verdict(&own, &others)
}

/// Ends when this process may stay, or with why it must not.
async fn settle(
    network: Arc<dyn Network>,
    own: Arc<Vec<Description>>,
    standing: Arc<Standing>,
    clock: Clock,
) -> Result<(), String> {
    loop {
        // Nobody knows how many there are: whoever answers within the second is heard.
        let everybody = Some(usize::MAX);
        let others = ask_all::<Contracts>(&network, &asked(&own), everybody).await;
        let (younger, others): (Vec<_>, Vec<_>) = others
            .into_iter()
            .filter(|other| other.instance != standing.instance)
            .partition(|other| standing.outranks(other));
        verdict(&own, &others)?;
        if verdict(&own, &younger).is_ok() {
            standing.is_settled.store(true, Ordering::SeqCst);
            return Ok(());
        }
        clock.sleep(AGAIN).await;
    }
}

fn asked(own: &[Description]) -> ContractsAsked {
    let digests = own.iter();
    let digests = digests.map(|known| (known.name.clone(), known.digest().to_string()));
    ContractsAsked {
        digests: digests.collect(),
    }
}

/// Why a process cannot live together with these, if it cannot.
fn verdict(own: &[Description], others: &[ContractsSaid]) -> Result<(), String> {
    let conflicts: Vec<String> = others
        .iter()
        .flat_map(|other| conflicts(own, other))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(since_ms: u64, instance: &str) -> Standing {
        Standing {
            instance: instance.to_owned(),
            since_ms,
            is_settled: AtomicBool::new(false),
        }
    }

    fn said(of: &Standing) -> ContractsSaid {
        ContractsSaid {
            node: String::new(),
            contracts: Vec::new(),
            instance: of.instance.clone(),
            joining_since_ms: of.joining_since_ms(),
        }
    }

    #[test]
    fn of_two_that_join_at_a_time_the_younger_gives_way_and_never_both() {
        let all = [standing(1, "a"), standing(1, "b"), standing(2, "a2")];
        for (elder, younger) in [(0, 1), (0, 2), (1, 2)] {
            let (elder, younger) = (&all[elder], &all[younger]);
            assert!(elder.outranks(&said(younger)));
            assert!(!younger.outranks(&said(elder)));
        }
    }

    #[test]
    fn nobody_gives_way_once_it_has_settled() {
        let (elder, younger) = (standing(1, "a"), standing(2, "b"));
        younger.is_settled.store(true, Ordering::SeqCst);
        assert!(!elder.outranks(&said(&younger)));
    }
}
