//! The timers that are set, as data.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::install::Installed;
use super::running::Runtime;
use crate::actor::layout;
use crate::actor::outgoing::{TimerBody, TimerKind};
use crate::call::Key;
use crate::store;

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTimer {
    /// Whose it is.
    pub capability: &'static str,
    /// Which of its actors set it, for a keyed one.
    pub key: Option<Key>,
    /// Whether it is set again when it was due: an `#[every]` method, and not a message.
    pub is_periodic: bool,
    /// The message that it sends, or the method that it calls.
    pub name: String,
    /// When it is due.
    pub due: SystemTime,
}

impl Runtime {
    /// The timers of a capability, or of all of them: those that are due first, so many of each capability at most. Reads
    /// the store: not to be called on an async executor.
    ///
    /// # Errors
    ///
    /// What the store says when it cannot be read.
    pub fn timers(
        &self,
        capability: Option<&str>,
        num_max: usize,
    ) -> Result<Vec<SetTimer>, store::Error> {
        let mut timers = Vec::new();
        for parts in self.all().filter_map(Self::parts) {
            for installed in &parts.installed {
                if capability.is_none_or(|name| name == installed.services.capability) {
                    read(installed, num_max, &mut timers)?;
                }
            }
        }
        timers.sort_by_key(|timer| timer.due);
        Ok(timers)
    }
}

fn read(
    installed: &Installed,
    num_max: usize,
    timers: &mut Vec<SetTimer>,
) -> Result<(), store::Error> {
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
            capability: services.capability,
            key: actor,
            is_periodic: body.kind == TimerKind::Every,
            name: body.name,
            due: UNIX_EPOCH + Duration::from_millis(due_ms),
        });
    }
    Ok(())
}
