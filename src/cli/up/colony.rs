//! [`Colony`]: all processes of an application, and what can be done with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::board::{Board, Fatal, State};
use super::keeper::{Keeper, Wish};
use super::launch::Launch;
use super::lines::Lines;
use super::order::{Done, Order};
use super::process::{ProcessId, Status};
use crate::call::Clock;
use crate::cli::exit::Exit;
use crate::config::nearest;
use crate::placement::{Node, Part, Topology};

/// How long an order waits for what it started to be ready.
const READY_WAIT: Duration = Duration::from_secs(60);
/// As many replicas as the configuration may say.
const REPLICAS_MAX: u16 = 1024;

/// Why the colony cannot go on.
#[derive(Debug)]
pub(in crate::cli) struct Ended {
    /// How to end.
    pub(in crate::cli) exit: Exit,
    /// The reason.
    pub(in crate::cli) reason: String,
}

/// All processes of an application.
#[derive(Debug)]
pub(in crate::cli) struct Colony {
    topology: Topology,
    parts: Vec<Part>,
    launch: Arc<Launch>,
    board: Arc<Board>,
    lines: Lines,
    clock: Clock,
    /// Where processes say that they are ready.
    store: PathBuf,
    drain_limit: Duration,
    orders: Semaphore,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    wishes: BTreeMap<ProcessId, watch::Sender<Wish>>,
    keepers: JoinSet<()>,
    /// How many there have been.
    count: usize,
}

impl Colony {
    /// A colony without processes; one that takes longer than `drain_limit` to drain is killed.
    pub(in crate::cli) fn new(
        (topology, parts): (Topology, Vec<Part>),
        launch: Launch,
        lines: Lines,
        clock: Clock,
        store: PathBuf,
        drain_limit: Duration,
    ) -> Arc<Self> {
        Arc::new(Self {
            topology,
            parts,
            launch: Arc::new(launch),
            board: Arc::new(Board::new(clock.clone())),
            lines,
            clock,
            store,
            drain_limit,
            orders: Semaphore::new(1),
            kept: Mutex::default(),
        })
    }

    /// Starts the nats-server and waits until it answers.
    pub(in crate::cli) async fn start_server(&self) -> Result<(), Ended> {
        let server = ProcessId::server();
        self.keep(&server);
        let is_ready = self.board.until(|all| is_in(all, &server, State::Ready));
        is_ready.await.map_err(Ended::of)
    }

    /// Starts every replica of every node, and waits until all are ready.
    pub(in crate::cli) async fn start_nodes(&self) -> Result<(), Ended> {
        for node in self.topology.nodes() {
            for replica in 1..=node.replicas {
                self.keep(&ProcessId::new(node.name.as_str(), replica));
            }
        }
        let is_ready = self
            .board
            .until(|all| all.values().all(|one| one.state == State::Ready));
        is_ready.await.map_err(Ended::of)
    }

    /// Ends when it is useless to go on.
    pub(in crate::cli) async fn failed(&self) -> Ended {
        match self.board.until(|_| false).await {
            Ok(()) => std::future::pending().await,
            Err(fatal) => Ended::of(fatal),
        }
    }

    /// How all are, for tests that wait.
    #[cfg(all(test, unix))]
    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// How all are.
    pub(in crate::cli) fn list(&self) -> Vec<Status> {
        self.board.list()
    }

    /// Drains all in order: the nodes with doors first, so that nothing new comes in; then the others; the nats-server last.
    pub(in crate::cli) async fn stop(&self) {
        let with_doors = self.topology.nodes().iter().filter(|node| node.gateway);
        let with_doors: BTreeSet<&str> = with_doors.map(|node| node.name.as_str()).collect();
        let stage = |id: &ProcessId| match () {
            () if id.is_server() => 2,
            () if with_doors.contains(id.node.as_str()) => 0,
            () => 1,
        };
        for number in 0..=2 {
            self.wish(Wish::End, |id| stage(id) == number);
            self.board.until_gone(|id| stage(id) == number).await;
        }
    }

    /// Kills all that is left, and waits until nothing is.
    pub(in crate::cli) async fn kill(&self) {
        self.wish(Wish::Kill, |_| true);
        self.board.until_gone(|_| true).await;
    }

    /// Does what is ordered.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub(super) async fn obey(&self, order: Order) -> Result<Done, String> {
        if order == Order::Look {
            return Ok(self.done(String::new(), true));
        }
        // One after the other: what the one starts, the other may stop. It is never closed.
        let _turn = self.orders.acquire().await;
        match order {
            Order::Look => Ok(self.done(String::new(), true)),
            Order::Scale {
                capability,
                replicas,
            } => self.scale(&capability, replicas).await,
            Order::Drain { node, undo: false } => self.drain(&node).await,
            Order::Drain { node, undo: true } => self.resume(&node).await,
        }
    }

    async fn scale(&self, capability: &str, replicas: u16) -> Result<Done, String> {
        let node = self.scalable(capability)?;
        if !(1..=REPLICAS_MAX).contains(&replicas) {
            return Err(format!(
                "{replicas} replicas cannot be: say 1 to {REPLICAS_MAX}; `drain {}` stops them all",
                node.name
            ));
        }
        let name = node.name.as_str();
        let of_node = |id: &ProcessId| id.node == name;
        if !self
            .ids(|id, wish| of_node(id) && wish == Wish::Rest)
            .is_empty()
        {
            return Err(format!(
                "node {name} is drained: `drain {name} --undo` brings it back"
            ));
        }
        // A replica that an earlier order has ended is gone before it is started anew.
        let ending = self.ids(|id, wish| of_node(id) && wish == Wish::End);
        self.board.until_gone(|id| ending.contains(id)).await;
        for replica in 1..=replicas {
            self.keep(&ProcessId::new(name, replica));
        }
        self.wish(Wish::End, |id| of_node(id) && id.replica > replicas);
        let is_so = |all: &BTreeMap<ProcessId, Status>| {
            let states = all.iter().filter(|(id, _)| of_node(id));
            let ready = states.clone().filter(|(_, one)| one.state == State::Ready);
            states.count() == usize::from(replicas) && ready.count() == usize::from(replicas)
        };
        let is_complete = self.comes_to_be(is_so).await;
        let others = node.hosts.iter().filter(|other| *other != capability);
        let others: Vec<&str> = others.map(String::as_str).collect();
        let with = match others.as_slice() {
            [] => String::new(),
            others => format!(" (with {}, which it hosts too)", others.join(", ")),
        };
        let told = format!("node {name} has {replicas} replicas{with}");
        Ok(self.done(told, is_complete))
    }

    /// The node of a capability that may run more than once.
    fn scalable(&self, capability: &str) -> Result<&Node, String> {
        let names = self.parts.iter().map(|part| part.name.as_str());
        let node = self.topology.hosted_by(capability);
        let Some(node) = node.and_then(|name| self.topology.node(name.as_str())) else {
            let meant = nearest(capability, names.clone());
            let meant = meant.map_or_else(String::new, |one| format!(": did you mean `{one}`?"));
            let known: Vec<&str> = names.collect();
            return Err(format!(
                "there is no capability `{capability}`{meant}; there are: {}",
                known.join(", ")
            ));
        };
        let here = self
            .parts
            .iter()
            .filter(|part| node.hosts.contains(&part.name));
        let stuck = here.filter_map(|part| Some((part, part.why_one()?)));
        // Of several reasons the capability's own is the best.
        let stuck = stuck.min_by_key(|(part, _)| part.name != capability);
        match stuck {
            None => Ok(node),
            Some((part, why)) if part.name == capability => {
                Err(format!("`{capability}` cannot have replicas: it is {why}"))
            }
            Some((part, why)) => Err(format!(
                "`{capability}` cannot have replicas where it is: node {} hosts `{}` too, which is {why}; let a node of its own host it",
                node.name, part.name
            )),
        }
    }

    async fn drain(&self, name: &str) -> Result<Done, String> {
        let meant = self.meant(name)?;
        self.wish_unless_ending(Wish::Rest, &meant);
        let is_so = |all: &BTreeMap<ProcessId, Status>| {
            meant
                .iter()
                .all(|id| all.get(id).is_none_or(|one| one.state == State::Drained))
        };
        let is_complete = self.comes_to_be(is_so).await;
        Ok(self.done(
            format!("{name} is drained; `drain {name} --undo` brings it back"),
            is_complete,
        ))
    }

    async fn resume(&self, name: &str) -> Result<Done, String> {
        let meant = self.meant(name)?;
        self.wish_unless_ending(Wish::Run, &meant);
        let is_so =
            |all: &BTreeMap<ProcessId, Status>| meant.iter().all(|id| is_in(all, id, State::Ready));
        let is_complete = self.comes_to_be(is_so).await;
        Ok(self.done(format!("{name} is back"), is_complete))
    }

    /// The processes of a node, or the one of this name.
    fn meant(&self, name: &str) -> Result<BTreeSet<ProcessId>, String> {
        let running = self.ids(|id, wish| !id.is_server() && wish != Wish::End);
        let nodes = || running.iter();
        let mut meant: BTreeSet<ProcessId> =
            nodes().filter(|id| id.node == name).cloned().collect();
        if meant.is_empty() {
            meant = nodes()
                .filter(|id| id.to_string() == name)
                .cloned()
                .collect();
        }
        if !meant.is_empty() {
            return Ok(meant);
        }
        let known: BTreeSet<&str> = nodes().map(|id| id.node.as_str()).collect();
        let near = nearest(name, known.iter().copied());
        let near = near.map_or_else(String::new, |one| format!(": did you mean `{one}`?"));
        let known: Vec<&str> = known.into_iter().collect();
        Err(format!(
            "there is no node `{name}`{near}; there are: {}",
            known.join(", ")
        ))
    }

    /// Waits until it is so; false when it takes too long.
    async fn comes_to_be(&self, is_so: impl Fn(&BTreeMap<ProcessId, Status>) -> bool) -> bool {
        tokio::select! {
            done = self.board.until(is_so) => done.is_ok(),
            () = self.clock.sleep(READY_WAIT.max(self.drain_limit)) => false,
        }
    }

    fn done(&self, told: String, is_complete: bool) -> Done {
        Done {
            told,
            is_complete,
            processes: self.list(),
        }
    }

    /// Keeps a process from now on, if it is not kept already.
    fn keep(&self, id: &ProcessId) {
        let mut kept = self.kept.lock();
        let is_kept = |wish: &watch::Sender<Wish>| matches!(*wish.borrow(), Wish::Run | Wish::Rest);
        if kept.wishes.get(id).is_some_and(is_kept) {
            return;
        }
        let (sender, wish) = watch::channel(Wish::Run);
        self.board.note(id, State::Starting, |_| ());
        let keeper = Keeper {
            id: id.clone(),
            number: kept.count,
            launch: Arc::clone(&self.launch),
            board: Arc::clone(&self.board),
            lines: self.lines.clone(),
            clock: self.clock.clone(),
            wish,
            backoff: Backoff::seeded(self.clock.wall_ms().wrapping_add(kept.count as u64)),
            ready_file: self.store.join(format!("up.{id}.ready")),
            drain_limit: self.drain_limit,
            is_proven: false,
        };
        kept.count += 1;
        kept.wishes.insert(id.clone(), sender);
        kept.keepers.spawn(keeper.keep());
        // Those that have ended are let go of.
        while kept.keepers.try_join_next().is_some() {}
    }

    fn wish(&self, wish: Wish, is_meant: impl Fn(&ProcessId) -> bool) {
        let kept = self.kept.lock();
        for (_, sender) in kept.wishes.iter().filter(|(id, _)| is_meant(id)) {
            // One that has ended already wants nothing more.
            let _ = sender.send(wish);
        }
    }

    /// What is drained for good is not brought back by an order that came too late.
    fn wish_unless_ending(&self, wish: Wish, meant: &BTreeSet<ProcessId>) {
        let kept = self.kept.lock();
        for (_, sender) in kept.wishes.iter().filter(|(id, _)| meant.contains(id)) {
            sender.send_if_modified(|old| {
                let may_change = matches!(*old, Wish::Run | Wish::Rest) && *old != wish;
                if may_change {
                    *old = wish;
                }
                may_change
            });
        }
    }

    fn ids(&self, is_meant: impl Fn(&ProcessId, Wish) -> bool) -> BTreeSet<ProcessId> {
        let kept = self.kept.lock();
        let all = kept.wishes.iter();
        let meant = all.filter(|(id, wish)| is_meant(id, *wish.borrow()));
        meant.map(|(id, _)| id.clone()).collect()
    }
}

fn is_in(all: &BTreeMap<ProcessId, Status>, id: &ProcessId, state: State) -> bool {
    all.get(id).is_some_and(|one| one.state == state)
}

impl Ended {
    fn of(fatal: Fatal) -> Self {
        let Fatal {
            process,
            code,
            reason,
        } = fatal;
        let refused = |exit: Exit| code == Some(i32::from(exit.code()));
        let (exit, why) = match () {
            () if refused(Exit::Config) => (
                Exit::Config,
                "it does not accept its configuration; its lines above say why",
            ),
            () if refused(Exit::Usage) => (
                Exit::Software,
                "it does not understand its command line; its lines above say why",
            ),
            () if refused(Exit::NoPermission) => (
                Exit::NoPermission,
                "the nats-server does not let it do what it has to; its lines above say why",
            ),
            () => (Exit::Unavailable, "its lines above say why"),
        };
        Self {
            exit,
            reason: format!("{process} cannot run ({reason}): {why}"),
        }
    }
}
