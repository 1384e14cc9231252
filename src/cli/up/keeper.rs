//! [`Keeper`]: keeps one process going, until it is wished otherwise.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, ChildStdin};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::board::{Board, Fatal, State};
use super::launch::Launch;
use super::lines::{Lines, Stream};
use super::process::ProcessId;
use crate::call::Clock;
use crate::cli::exit::Exit;
use crate::cli::leash::Ready;

/// How often a starting process is looked at, whether it has said that it is ready.
const LOOK: Duration = Duration::from_millis(20);
/// How long the last lines of an ended process are waited for: somebody else may hold its streams.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What is wished of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// It runs.
    Run,
    /// It is drained, and stays so.
    Rest,
    /// It is drained and forgotten.
    End,
    /// It is killed and forgotten.
    Kill,
}

/// Keeps one process going.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) id: ProcessId,
    /// Which of the processes it is, for its colour.
    pub(super) number: usize,
    pub(super) launch: Arc<Launch>,
    pub(super) board: Arc<Board>,
    pub(super) lines: Lines,
    pub(super) clock: Clock,
    pub(super) wish: watch::Receiver<Wish>,
    pub(super) backoff: Backoff,
    pub(super) ready_file: PathBuf,
    /// How long a drain may take before the process is killed.
    pub(super) drain_limit: Duration,
    /// Whether it has ever been ready, so that it can run.
    pub(super) is_proven: bool,
}

/// A run of the process that ended by itself.
struct Failed {
    code: Option<i32>,
    how: String,
    /// How long it was ready; `None` when it never was.
    ready_for: Option<Duration>,
}

/// A process that runs.
struct Running {
    child: Child,
    /// Dropped, the process drains.
    leash: Option<ChildStdin>,
    ready_since: Option<Duration>,
    /// When its drain has taken too long.
    limit: Option<Duration>,
}

impl Keeper {
    /// Keeps the process as it is wished, until it is to be forgotten.
    pub(super) async fn keep(mut self) {
        loop {
            let wish = *self.wish.borrow_and_update();
            match wish {
                Wish::Run => {}
                Wish::Rest => {
                    self.board.note(&self.id, State::Drained, |status| {
                        status.pid = None;
                        status.api = None;
                    });
                    if self.wish.changed().await.is_err() {
                        break;
                    }
                    continue;
                }
                Wish::End | Wish::Kill => break,
            }
            if let Some(failed) = self.run().await
                && !self.recover(failed).await
            {
                break;
            }
        }
        let _ = std::fs::remove_file(&self.ready_file);
        self.board.remove(&self.id);
    }

    /// Waits before the next start; false when there shall be none.
    async fn recover(&mut self, failed: Failed) -> bool {
        if self.is_useless(&failed) {
            let reason = failed.how.clone();
            self.board.give_up(Fatal {
                process: self.id.clone(),
                code: failed.code,
                reason,
            });
            return false;
        }
        let wait = self.backoff.after(failed.ready_for.unwrap_or_default());
        let Failed { how, .. } = failed;
        let ms = wait.as_millis();
        let text = format!(
            "{} ended by itself ({how}); it is started again in {ms} ms",
            self.id
        );
        self.lines.note(&text).await;
        self.board.note(&self.id, State::Waiting, |status| {
            status.pid = None;
            status.api = None;
            status.restarts += 1;
            status.last_end = Some(how);
        });
        tokio::select! {
            () = self.clock.sleep(wait) => true,
            changed = self.wish.changed() => changed.is_ok(),
        }
    }

    /// Runs the process once; `None` when it ended as it was wished.
    async fn run(&mut self) -> Option<Failed> {
        let _ = std::fs::remove_file(&self.ready_file);
        let mut child = match self.launch.start(&self.id, &self.ready_file) {
            Ok(child) => child,
            Err(error) => {
                return Some(Failed {
                    code: None,
                    how: format!("it cannot be started: {error}"),
                    ready_for: None,
                });
            }
        };
        let mut printing = self.follow(&mut child);
        let pid = child.id();
        self.board
            .note(&self.id, State::Starting, |status| status.pid = pid);
        let mut running = Running {
            leash: child.stdin.take(),
            child,
            ready_since: None,
            limit: None,
        };
        let ended = self.attend(&mut running).await;
        tokio::select! {
            () = async { while printing.join_next().await.is_some() {} } => {}
            () = self.clock.sleep(LAST_LINES) => {}
        }
        // Without its leash it was wished to end.
        running.leash.as_ref()?;
        let ready_for = running.ready_since;
        Some(Failed {
            code: ended.as_ref().ok().and_then(ExitStatus::code),
            how: ended.map_or_else(|error| error.to_string(), |status| status.to_string()),
            ready_for: ready_for.map(|since| self.clock.precise().saturating_sub(since)),
        })
    }

    fn follow(&self, child: &mut Child) -> JoinSet<()> {
        let mut printing = JoinSet::new();
        let (name, number) = (self.id.to_string(), self.number);
        if let Some(out) = child.stdout.take() {
            let lines = self.lines.clone();
            printing.spawn(lines.follow(out, Stream::Out, name.clone(), number));
        }
        if let Some(err) = child.stderr.take() {
            let lines = self.lines.clone();
            printing.spawn(lines.follow(err, Stream::Err, name, number));
        }
        printing
    }

    /// Waits for the process to end, and does meanwhile what is wished of it.
    async fn attend(&mut self, running: &mut Running) -> std::io::Result<ExitStatus> {
        let clock = self.clock.clone();
        loop {
            let is_starting = running.ready_since.is_none() && running.limit.is_none();
            let left = running
                .limit
                .map(|limit| limit.saturating_sub(clock.precise()));
            tokio::select! {
                ended = running.child.wait() => return ended,
                () = clock.sleep(LOOK), if is_starting => self.look(running),
                wished = self.wish.changed() => {
                    let wish = wished.map_or(Wish::Kill, |()| *self.wish.borrow_and_update());
                    self.obey(wish, running);
                    if wish == Wish::Kill {
                        return running.child.wait().await;
                    }
                }
                () = clock.sleep(left.unwrap_or_default()), if left.is_some() => {
                    let text = format!("{} is killed: it did not finish in time", self.id);
                    self.lines.note(&text).await;
                    self.obey(Wish::Kill, running);
                    return running.child.wait().await;
                }
            }
        }
    }

    /// Looks whether it has said that it is ready.
    fn look(&mut self, running: &mut Running) {
        let Some(ready) = Ready::read(&self.ready_file) else {
            return;
        };
        running.ready_since = Some(self.clock.precise());
        self.is_proven = true;
        self.board.note(&self.id, State::Ready, |status| {
            status.pid = Some(ready.pid);
            status.api = ready.api;
        });
    }

    fn obey(&self, wish: Wish, running: &mut Running) {
        match wish {
            // A drain that has begun is finished; then it is started anew.
            Wish::Run => {}
            Wish::Rest | Wish::End => {
                if running.leash.take().is_some() {
                    running.limit = Some(self.clock.precise() + self.drain_limit);
                    self.board.note(&self.id, State::Draining, |_| ());
                }
            }
            Wish::Kill => {
                running.leash = None;
                // It may have ended at this moment, which is what is wanted.
                let _ = running.child.start_kill();
            }
        }
    }

    /// Whether starting it again can come to nothing: its command line or configuration is wrong, there never was a nats-server, or
    /// that has never let it in.
    fn is_useless(&self, failed: &Failed) -> bool {
        let is_refused = |exit: Exit| failed.code == Some(i32::from(exit.code()));
        is_refused(Exit::Config)
            || is_refused(Exit::Usage)
            || (!self.is_proven && (self.id.is_server() || is_refused(Exit::NoPermission)))
    }
}
