//! [`Board`]: how every process is, for whoever waits for something.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::process::{ProcessId, Status};
use crate::call::Clock;

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum State {
    /// It runs, and has not said yet that it is ready.
    Starting,
    /// It does its work.
    Ready,
    /// It has ended by itself, and is started again after a while.
    Waiting,
    /// It finishes what it has accepted.
    Draining,
    /// It was drained, and stays so until somebody says otherwise.
    Drained,
}

/// A process that makes it useless to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fatal {
    pub(super) process: ProcessId,
    /// Its exit code, if it had one.
    pub(super) code: Option<i32>,
    pub(super) reason: String,
}

/// How every process is.
#[derive(Debug)]
pub(super) struct Board {
    clock: Clock,
    shown: Mutex<Shown>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Shown {
    processes: BTreeMap<ProcessId, Status>,
    fatal: Option<Fatal>,
}

impl State {
    /// The word for people.
    pub(in crate::cli) const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Draining => "draining",
            Self::Drained => "drained",
        }
    }
}

impl Board {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            shown: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Notes that a process is in another state, and what else has changed with that.
    pub(super) fn note(&self, id: &ProcessId, state: State, change: impl FnOnce(&mut Status)) {
        let since_ms = self.clock.wall_ms();
        let mut shown = self.shown.lock();
        let status = shown.processes.entry(id.clone()).or_insert_with(|| Status {
            node: id.node.clone(),
            replica: id.replica,
            pid: None,
            state,
            since_ms,
            restarts: 0,
            api: None,
            last_end: None,
        });
        status.state = state;
        status.since_ms = since_ms;
        change(status);
        drop(shown);
        self.changed.send_replace(());
    }

    pub(super) fn remove(&self, id: &ProcessId) {
        self.shown.lock().processes.remove(id);
        self.changed.send_replace(());
    }

    /// Notes that it is useless to go on; the first reason counts.
    pub(super) fn give_up(&self, fatal: Fatal) {
        self.shown.lock().fatal.get_or_insert(fatal);
        self.changed.send_replace(());
    }

    pub(super) fn list(&self) -> Vec<Status> {
        self.shown.lock().processes.values().cloned().collect()
    }

    /// Waits until the processes are as they should.
    ///
    /// # Errors
    ///
    /// Why it is useless to wait.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub(super) async fn until(
        &self,
        is_so: impl Fn(&BTreeMap<ProcessId, Status>) -> bool,
    ) -> Result<(), Fatal> {
        let mut changes = self.changed.subscribe();
        loop {
            {
                let shown = self.shown.lock();
                if let Some(fatal) = &shown.fatal {
                    return Err(fatal.clone());
                }
                if is_so(&shown.processes) {
                    return Ok(());
                }
            }
            // The sender is ours: it does not go away while we wait.
            let _ = changes.changed().await;
        }
    }

    /// Waits until none of these processes is left, whatever else is wrong.
    pub(super) async fn until_gone(&self, is_meant: impl Fn(&ProcessId) -> bool) {
        let mut changes = self.changed.subscribe();
        while self.shown.lock().processes.keys().any(&is_meant) {
            let _ = changes.changed().await;
        }
    }
}
