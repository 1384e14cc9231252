//! Where a capability is: the switchable [`Route`] behind every reference, and the ports that the floors above fill in.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Context;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use futures_util::future::BoxFuture;
use parking_lot::RwLock;

use super::cell::{CallCell, CallResult};
use super::current::Polled;
use super::guard::Guard;
use super::tracer::Tracer;
use super::{CallError, Clock, GuardReading, Key, MessageId, Tick, TraceContext};
use crate::contract::{Accepts, Contract, Description, Message};

/// The deadline of a call when nothing else is said (law 3).
const DEADLINE_DEFAULT: Duration = Duration::from_secs(5);
/// The size limit of one body when nothing else is said.
const MESSAGE_SIZE_DEFAULT: usize = 1000 * 1024;

/// How much later than its deadline a call through a transport may end: who handles it has a clock of its own, and says exactly
/// whether the turn had begun.
pub(crate) const GRACE: Duration = Duration::from_millis(50);

/// All capabilities that a process knows, by name.
pub(crate) struct Directory {
    clock: Clock,
    tracer: Arc<Tracer>,
    closed: Arc<AtomicBool>,
    routes: RwLock<BTreeMap<&'static str, Arc<Route>>>,
    /// The way to contracts that nobody in this program implements, where there is a network.
    abroad: OnceLock<Abroad>,
}

/// Makes the way to a contract that nobody in this program implements.
pub(crate) type Abroad = Box<dyn Fn(Stranger) -> Way + Send + Sync>;

/// The way to a contract that nobody in this program implements.
pub(crate) struct Way {
    pub(crate) remote: Arc<dyn Remote>,
    pub(crate) guard: Option<Arc<Guard>>,
}

/// A contract that nobody in this program implements.
pub(crate) struct Stranger {
    pub(crate) contract: &'static str,
    pub(crate) describe: fn() -> Description,
}

impl Directory {
    pub(crate) fn new(clock: Clock, tracer: Tracer) -> Self {
        Self {
            clock,
            tracer: Arc::new(tracer),
            closed: Arc::default(),
            routes: RwLock::default(),
            abroad: OnceLock::new(),
        }
    }

    /// From now on, routes to contracts that nobody here implements lead this way.
    pub(crate) fn lead_abroad(&self, abroad: Abroad) {
        // There is one network, and it is there before the first route.
        let _ = self.abroad.set(abroad);
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Makes the route to a contract that this program does not know, and puts a transport at its end.
    pub(crate) fn refer(
        &self,
        contract: &'static str,
        version: u32,
        remote: Arc<dyn Remote>,
        deadline: Duration,
        message_size: usize,
    ) {
        let by_name = Some(Arc::new(Arc::clone(&remote)));
        let route = self.vacant(
            contract,
            version,
            Target::Remote(remote),
            by_name,
            OnceLock::new(),
        );
        route.set_limits(deadline, message_size);
        self.routes.write().insert(contract, Arc::new(route));
    }

    fn vacant(
        &self,
        contract: &'static str,
        version: u32,
        target: Target,
        by_name: Option<Arc<Arc<dyn Remote>>>,
        guard: OnceLock<Arc<Guard>>,
    ) -> Route {
        Route {
            contract,
            version,
            clock: self.clock.clone(),
            tracer: Arc::clone(&self.tracer),
            failures: Default::default(),
            closed: Arc::clone(&self.closed),
            deadline_ns: AtomicU64::new(nanos(DEADLINE_DEFAULT)),
            message_size: AtomicUsize::new(MESSAGE_SIZE_DEFAULT),
            target: ArcSwap::from_pointee(target),
            doors: OnceLock::new(),
            leads_to_doors: AtomicBool::new(false),
            by_name: ArcSwapOption::new(by_name),
            guard,
        }
    }

    /// The route to a contract; nobody stands at its end until a host or a transport is put there.
    pub(crate) fn route<C: Contract>(&self) -> Arc<Route> {
        if let Some(route) = self.routes.read().get(C::NAME) {
            return Arc::clone(route);
        }
        let abroad = self.abroad.get().map(|abroad| {
            abroad(Stranger {
                contract: C::NAME,
                describe: C::describe,
            })
        });
        let (by_name, target, guard) = match abroad {
            Some(way) => (
                Some(Arc::new(Arc::clone(&way.remote))),
                Target::Remote(way.remote),
                way.guard.map(OnceLock::from).unwrap_or_default(),
            ),
            None => (None, Target::Vacant, OnceLock::new()),
        };
        let mut routes = self.routes.write();
        let route = routes.entry(C::NAME).or_insert_with(move || {
            Arc::new(self.vacant(C::NAME, C::VERSION, target, by_name, guard))
        });
        Arc::clone(route)
    }

    /// The route to a contract that only its name is known of.
    pub(crate) fn named(&self, contract: &str) -> Option<Arc<Route>> {
        self.routes.read().get(contract).cloned()
    }

    /// What the guards of all routes tell of themselves, by the name of their capability.
    pub(crate) fn guards(&self) -> Vec<GuardReading> {
        let routes = self.routes.read();
        let guards = routes.values().filter_map(|route| route.guard());
        guards.map(|guard| guard.reading()).collect()
    }

    /// Whether calls from outside turns are refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Refuses all calls that do not come from inside a turn: the application is stopping.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// The way to one capability. References hold it; what stands at its end can change while they do.
pub(crate) struct Route {
    pub(crate) contract: &'static str,
    pub(crate) version: u32,
    pub(crate) clock: Clock,
    pub(crate) tracer: Arc<Tracer>,
    /// Calls that failed, by their code.
    failures: [AtomicU64; CallError::CODES.len()],
    closed: Arc<AtomicBool>,
    deadline_ns: AtomicU64,
    message_size: AtomicUsize,
    target: ArcSwap<Target>,
    /// The doors that it led to first, and mostly still does: found without telling anybody that somebody looks.
    doors: OnceLock<Doors>,
    /// Whether it leads there now.
    leads_to_doors: AtomicBool,
    /// Where calls enter whose message is known by its name only.
    by_name: ArcSwapOption<Arc<dyn Remote>>,
    /// What stands before it, whatever stands at its end.
    guard: OnceLock<Arc<Guard>>,
}

/// What stands at the end of a route.
pub(crate) enum Target {
    /// Nobody.
    Vacant,
    /// Nobody any more: the runtime has stopped.
    Closed,
    /// Actors of this process: a door for each message, in the order of the contract's slots.
    Local(Doors),
    /// Another process, or one that is treated as such.
    Remote(Arc<dyn Remote>),
}

/// A door for each message of a contract, in the order of its slots.
pub(crate) type Doors = Arc<[LocalDoor]>;

/// A `Box<dyn Door<M>>` whose `M` is known to whoever has the contract.
pub(crate) type LocalDoor = Box<dyn Any + Send + Sync>;

/// Where one kind of message enters a capability that runs here.
pub(crate) trait Door<M: Message>: Send + Sync {
    /// Offers a call. With `poll` the caller is ready to run the turn at once, on its own thread.
    fn offer(&self, cell: &Arc<CallCell<M>>, poll: Option<&mut Context<'_>>) -> Offer;

    /// Runs the turn of a call at once, on the caller's thread, if nothing stands in the way of that: then it takes the message.
    fn run(
        &self,
        message: &mut Option<M>,
        polled: &Polled,
        kind: RequestKind,
        cx: &mut Context<'_>,
    ) -> Run<M>;
}

/// What became of a call whose caller would run its turn at once.
pub(crate) enum Run<M: Message> {
    /// The turn is over.
    Over(CallResult<M>),
    /// The turn goes on elsewhere, or its commit does: the result will be in the cell.
    GoesOn(Arc<CallCell<M>>),
    /// The turn could not begin here: the call has to be offered.
    Not,
}

/// What became of an offered call.
pub(crate) enum Offer {
    /// The result is in the cell, or will be.
    Taken,
    /// There is no room: it stands in line.
    Full(Room),
    /// It will not be handled.
    Refused(CallError),
    /// The capability is in another process.
    Elsewhere(Arc<dyn Remote>),
}

/// The place of a call in the line before a full mailbox. Ends when the call is queued; an error when it never will be.
/// Dropped, it leaves the line.
pub(crate) type Room = Pin<Box<dyn Future<Output = Result<(), CallError>> + Send>>;

/// One call as it crosses a process boundary, its body encoded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) contract: Cow<'static, str>,
    pub(crate) version: u32,
    pub(crate) message: Cow<'static, str>,
    pub(crate) key: Option<Key>,
    pub(crate) id: Option<MessageId>,
    /// Until when the reply is wanted.
    pub(crate) deadline: Tick,
    /// The actors that wait for this call, outermost first.
    pub(crate) waiting: Vec<String>,
    /// The step of a trace that sends it.
    pub(crate) trace: Option<TraceContext>,
    /// Whether a turn sends it: turns may finish what they have begun while the application stops.
    pub(crate) inside: bool,
    /// What happens besides handling it.
    pub(crate) kind: RequestKind,
    pub(crate) body: Vec<u8>,
}

/// What the sender of a [`Request`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// The reply.
    Ask,
    /// Room in the mailbox, until the deadline.
    Tell,
    /// Nothing: whoever sends it has counted the message among those that may wait in the mailbox, until it is told that its turn
    /// has begun.
    Try,
}

/// What comes back across a process boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The encoded reply.
    Reply(Vec<u8>),
    /// The encoded domain error.
    Domain(Vec<u8>),
    /// The message has its place in the mailbox.
    Accepted,
}

/// The far end of a transport, as the callers of one capability see it.
pub(crate) trait Remote: Send + Sync {
    /// Sends a request and waits for what its kind wants, until its deadline or a [`GRACE`] later.
    ///
    /// The first poll sends it, so that calls polled in order are sent in order. Dropping the future does not stop a
    /// turn that has begun; one that has not will not.
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>>;

    /// Sends without waiting for anything.
    fn try_tell(&self, request: Request) -> Result<(), CallError>;
}

impl Route {
    /// Puts somebody else at the end of the route.
    pub(crate) fn lead_to(&self, target: Target) {
        if matches!(target, Target::Vacant | Target::Closed) {
            self.by_name.store(None);
        }
        let leads_to_doors = match &target {
            Target::Local(doors) => {
                Arc::ptr_eq(self.doors.get_or_init(|| Arc::clone(doors)), doors)
            }
            _ => false,
        };
        self.leads_to_doors.store(false, Ordering::Release);
        self.target.store(Arc::new(target));
        self.leads_to_doors.store(leads_to_doors, Ordering::Release);
    }

    /// Says where calls enter whose message is known by its name only.
    pub(crate) fn serve_by_name(&self, remote: Arc<dyn Remote>) {
        self.by_name.store(Some(Arc::new(remote)));
    }

    /// Where calls enter whose message is known by its name only.
    pub(crate) fn by_name(&self) -> Option<Arc<dyn Remote>> {
        self.by_name.load().as_deref().cloned()
    }

    /// Counts a call that failed.
    pub(crate) fn count_failure(&self, error: &CallError) {
        let index = CallError::CODES
            .iter()
            .position(|code| *code == error.code());
        if let Some(failures) = index.and_then(|index| self.failures.get(index)) {
            failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many calls failed, by the code of the error.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let counts = self
            .failures
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        CallError::CODES.into_iter().zip(counts)
    }

    /// Puts a guard before it, once and for all.
    pub(crate) fn guard_with(&self, guard: Arc<Guard>) {
        // Whoever leads a route to its capability is the only one to do so.
        let _ = self.guard.set(guard);
    }

    /// What stands before it, if anything does.
    #[inline]
    pub(crate) fn guard(&self) -> Option<&Arc<Guard>> {
        self.guard.get()
    }

    pub(crate) fn set_limits(&self, deadline: Duration, message_size: usize) {
        self.deadline_ns.store(nanos(deadline), Ordering::Relaxed);
        self.message_size.store(message_size, Ordering::Relaxed);
    }

    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_nanos(self.deadline_ns())
    }

    /// How long a call may take of which nothing else is said.
    #[inline]
    pub(crate) fn deadline_ns(&self) -> u64 {
        self.deadline_ns.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn message_size(&self) -> usize {
        self.message_size.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Runs the turn of a call at once, if the capability is in this process and nothing stands in the way of that.
    #[inline]
    pub(crate) fn run<C: Accepts<M>, M: Message>(
        &self,
        message: &mut Option<M>,
        polled: &Polled,
        kind: RequestKind,
        cx: &mut Context<'_>,
    ) -> Run<M> {
        if self.leads_to_doors.load(Ordering::Acquire)
            && let Some(door) = self.doors.get().and_then(|doors| doors.get(C::SLOT))
            && let Some(door) = door.downcast_ref::<Box<dyn Door<M>>>()
        {
            return door.run(message, polled, kind, cx);
        }
        Run::Not
    }

    /// Offers a call to whoever stands at the end now.
    pub(crate) fn offer<C: Accepts<M>, M: Message>(
        &self,
        cell: &Arc<CallCell<M>>,
        poll: Option<&mut Context<'_>>,
    ) -> Offer {
        // The guard stays inside this function: it must not be held over an await.
        match &**self.target.load() {
            Target::Vacant => Offer::Refused(CallError::NotHosted {
                capability: self.contract.to_owned(),
            }),
            Target::Closed => Offer::Refused(CallError::Stopping {
                capability: self.contract.to_owned(),
            }),
            Target::Remote(remote) => Offer::Elsewhere(Arc::clone(remote)),
            Target::Local(doors) => match doors
                .get(C::SLOT)
                .and_then(|door| door.downcast_ref::<Box<dyn Door<M>>>())
            {
                Some(door) => door.offer(cell, poll),
                None => Offer::Refused(CallError::UnknownMessage {
                    capability: self.contract.to_owned(),
                    message: M::NAME.to_owned(),
                }),
            },
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
