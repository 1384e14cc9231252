//! The timers that are set, as data.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::control::{self, PATIENCE, Timers, TimersAsked, ask};
use super::install::Installed;
use super::running::Runtime;
use crate::actor::layout;
use crate::actor::outgoing::{TimerBody, TimerKind};
use crate::call::Key;
use crate::store;

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTimer {
    /// Whose it is.
    pub capability: String,
    /// Which of its actors set it, for a keyed one.
    pub key: Option<Key>,
    /// Whether it is set again when it was due: an `#[every]` method, and not a message.
    pub is_periodic: bool,
    /// The message that it sends, or the method that it calls.
    pub name: String,
    /// When it is due.
    pub due: SystemTime,
}

/// Why timers cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimersError {
    /// No process of the application hosts the capability.
    #[error("no capability {capability} runs here")]
    NotHosted {
        /// The capability.
        capability: String,
    },
    /// The store cannot be read, or the process that hosts the capability does not answer.
    #[error("the timers of {capability} cannot be read: {reason}")]
    Unreachable {
        /// The capability.
        capability: String,
        /// What was found instead.
        reason: String,
    },
}

impl Runtime {
    /// The timers of a capability, wherever in the application it runs: those that are due first, so many at most.
    ///
    /// # Errors
    ///
    /// [`TimersError`] when no process hosts the capability or answers for it, or its store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn timers(
        &self,
        capability: &str,
        num_max: usize,
    ) -> Result<Vec<SetTimer>, TimersError> {
        let unreachable = |reason: String| TimersError::Unreachable {
            capability: capability.to_owned(),
            reason,
        };
        let parts = self.host(capability).parts();
        let parts = parts.ok_or_else(|| unreachable("the runtime has stopped".to_owned()))?;
        let mut timers = Vec::new();
        let (hosts, network) = (parts.hosts_of(capability).await, &parts.network);
        let (Some(network), false) = (network, hosts.is_empty()) else {
            return match parts.find(capability) {
                Some(_) => control::timers(&parts, capability, num_max)
                    .await
                    .map_err(unreachable),
                None => Err(TimersError::NotHosted {
                    capability: capability.to_owned(),
                }),
            };
        };
        let asked = TimersAsked {
            capability: capability.to_owned(),
            num_max,
        };
        for host in hosts {
            let said = ask::<Timers>(network, host, &asked, PATIENCE).await;
            let said = said.map_err(|unanswered| unreachable(unanswered.to_string()))?;
            timers.extend(said.map_err(unreachable)?);
        }
        timers.sort_by_key(|timer| timer.due);
        timers.truncate(num_max);
        Ok(timers)
    }
}

/// Reads the timers of a capability of this process, those that are due first.
pub(super) fn read(installed: &Installed, num_max: usize) -> Result<Vec<SetTimer>, store::Error> {
    let mut timers = Vec::new();
    let services = &installed.services;
    let rows = services
        .store
        .scan(services.tree.as_str(), &[layout::TIMERS], None);
    for row in rows.take(num_max) {
        let (key, value) = row?;
        let (Some((due_ms, actor, _)), Ok(body)) = (
            layout::parse_timer(&key),
            serde_json::from_slice::<TimerBody>(&value),
        ) else {
            continue;
        };
        timers.push(SetTimer {
            capability: services.capability.to_owned(),
            key: actor,
            is_periodic: body.kind == TimerKind::Every,
            name: body.name,
            due: UNIX_EPOCH + Duration::from_millis(due_ms),
        });
    }
    Ok(timers)
}
