//! Things delivered by the platform itself – events, durable sends, timers – as turns of the actor that gets them.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::spec::Spec;
use super::turn::{Job, Slot, Tenant, TurnEnd, broken, log_handled, lose};
use super::{commit, inbox};
use crate::actor::binder::{PeriodicRun, Runner};
use crate::actor::debts::{Debt, Landed, Onward};
use crate::actor::draft::{Draft, Sealing, storage};
use crate::actor::meter::{Meter, Meters, Named, Watch};
use crate::actor::services::Services;
use crate::actor::{Capability, Cx, Refusal, abort};
use crate::call::scope::{Scope, Scoped};
use crate::call::{CallError, Key, MessageId, SpanKind, TraceContext, TurnOutcome};

/// One thing to deliver to a capability.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) what: What,
    /// The actor it is for, when the sender knows.
    pub(crate) key: Option<Key>,
    /// Under which the receiver remembers it.
    pub(crate) id: MessageId,
    /// The turn that let it out.
    pub(crate) trace: Option<TraceContext>,
    /// JSON.
    pub(crate) body: Arc<str>,
    /// A row of the receiver's own tree that its turn deletes: the timer that fired.
    pub(crate) consumes: Option<Vec<u8>>,
    /// Who waits for what its turn lets out.
    pub(crate) onward: Onward,
    /// Where it comes from, if it is a letter: for those who carry it to another process.
    pub(crate) sent: Option<Sent>,
}

/// Where a letter comes from.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// The capability that let it out.
    pub(crate) from: &'static str,
    /// Letters of one lane keep their order. It is the key of the actor that let it out; empty when that has none.
    pub(crate) lane: Arc<str>,
    /// When the turn ran, in wall milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// Who gets this event directly, separated by commas.
    pub(crate) direct: Option<Arc<str>>,
}

/// What kind of thing is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// An event of a contract.
    Event { contract: String, name: String },
    /// A message to the capability itself.
    Message { name: String },
    /// The time has come to call an `#[every]` method.
    Every { handler: String },
}

/// Why a delivery did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// The receiver refused it in words of its domain.
    Refused(String),
    /// It does not fit the contract, or nobody handles it.
    Misfit(String),
    /// The platform failed.
    Failed(CallError),
}

impl Undelivered {
    /// Whether the receiver could not even try: it was down, stopping, elsewhere, or had no room for what it lets out.
    pub(crate) fn is_absence(&self) -> bool {
        use CallError::{Down, NotHosted, Overloaded, Stopping};
        matches!(
            self,
            Self::Failed(Down { .. } | NotHosted { .. } | Overloaded { .. } | Stopping { .. })
        )
    }

    /// Whether the receiver is going: what it did not take waits for the next start.
    pub(crate) fn is_stopping(&self) -> bool {
        matches!(self, Self::Failed(CallError::Stopping { .. }))
    }
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(reason) | Self::Misfit(reason) => f.write_str(reason),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// Ends when the receiver's turn is durable; if the receiver is not, when all that the turn let out is durable elsewhere, or
/// buried.
pub(crate) type Landing = BoxFuture<'static, Result<(), Undelivered>>;

/// A capability, as those who deliver to it see it.
pub(crate) trait Receiver: Send + Sync {
    /// Delivers one thing: waits for room, then for its turn to have run. The [`Landing`] that it ends with is the receiver's
    /// commit; the next thing of the same lane may be delivered before it.
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<Landing, Undelivered>>;
}

/// How the job that delivers a parcel tells its sender.
pub(super) type Ran =
    oneshot::Sender<Result<oneshot::Receiver<Result<(), CallError>>, Undelivered>>;

/// The delivery of one parcel as a job of its receiver.
pub(super) struct Delivering<A: Capability> {
    scope: Scope,
    label: Label,
    consumes: Option<Vec<u8>>,
    onward: Onward,
    /// An `#[every]` method must be called again.
    every: Option<&'static str>,
    todo: Mutex<Option<(Runner<A>, Ran)>>,
}

impl<A: Capability> Delivering<A> {
    pub(super) fn new(
        scope: Scope,
        label: Label,
        consumes: Option<Vec<u8>>,
        onward: Onward,
        todo: (Runner<A>, Ran),
    ) -> Self {
        Self {
            scope,
            label,
            consumes,
            onward,
            every: None,
            todo: Mutex::new(Some(todo)),
        }
    }

    pub(super) fn every(
        scope: Scope,
        label: Label,
        consumes: Option<Vec<u8>>,
        run: PeriodicRun<A>,
        ran: Ran,
    ) -> Self {
        let runner: Runner<A> = Box::new(move |actor: &mut A, cx: &mut Cx<A>| run(actor, cx));
        Self {
            scope,
            label,
            consumes,
            onward: Onward::Unwatched,
            every: Some(label.name),
            todo: Mutex::new(Some((runner, ran))),
        }
    }
}

impl<A: Capability> Scoped for Delivering<A> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn message(&self) -> &str {
        self.label.name
    }
}

/// What kind of thing a job delivers, and with what it is counted and timed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    pub(super) kind: SpanKind,
    pub(super) name: &'static str,
    pub(super) metered: Metered,
}

/// Which of its capability's meters is the right one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Metered {
    Message(usize),
    Event(usize),
    Periodic(usize),
}

impl Metered {
    pub(super) fn of(self, meters: &Meters) -> &Meter {
        match self {
            Self::Message(index) => &meters.messages[index],
            Self::Event(index) => &meters.events[index],
            Self::Periodic(index) => &meters.periodics[index],
        }
    }
}

impl<A: Capability> Job<A> for Delivering<A> {
    fn begin(
        self: Arc<Self>,
        tenant: Box<Tenant<A>>,
        slot: &mut Slot<A>,
    ) -> Result<(), Box<Tenant<A>>> {
        let Some((runner, ran)) = self.todo.lock().take() else {
            return Err(tenant);
        };
        slot.set(delivery_turn(tenant, self, runner, ran));
        Ok(())
    }

    fn scoped(self: Arc<Self>) -> Arc<dyn Scoped> {
        self
    }

    fn refuse(&self, error: CallError) {
        if let Some((_, ran)) = self.todo.lock().take() {
            let _ = ran.send(Err(Undelivered::Failed(error)));
        }
    }
}

async fn delivery_turn<A: Capability>(
    mut tenant: Box<Tenant<A>>,
    job: Arc<Delivering<A>>,
    runner: Runner<A>,
    ran: Ran,
) -> TurnEnd<A> {
    let known = match prepare(&tenant, &job) {
        Ok(known) => known,
        Err(error) => {
            let _ = ran.send(Err(Undelivered::Failed(error)));
            return TurnEnd::Back(tenant);
        }
    };
    let watched = Watched::begin(tenant.cx.draft().services(), &job);
    let Tenant { actor, cx, .. } = &mut *tenant;
    let handled = if known {
        Ok(Ok(()))
    } else {
        AssertUnwindSafe(async { runner(actor, cx).await })
            .catch_unwind()
            .await
    };
    if let Ok(outcome) = &handled {
        log_handled(job.label.name, outcome.is_err());
    }
    match handled {
        Ok(Ok(())) => {
            let concluded = conclude(&tenant, &job, known);
            commit_and_tell(tenant.cx.draft(), concluded, &job.onward, ran, watched).await;
            TurnEnd::Back(tenant)
        }
        Ok(Err(refusal)) => {
            undo(&tenant, &job, &refusal);
            let undone = commit::landed(tenant.cx.draft()).await;
            watched.end(TurnOutcome::Refused);
            let _ = ran.send(Err(match undone {
                Ok(()) => Undelivered::Refused(refusal.to_string()),
                Err(error) => Undelivered::Failed(error),
            }));
            TurnEnd::Back(tenant)
        }
        Err(unwound) => {
            tenant.cx.draft().drop_turn();
            let error = abort::reason(unwound, tenant.cx.draft().services().capability);
            watched.end(broken(&error));
            lose(tenant, &error);
            let _ = ran.send(Err(Undelivered::Failed(error.clone())));
            TurnEnd::Lost(Box::new(error))
        }
    }
}

/// A delivery's turn that is counted and timed.
struct Watched<A: Capability> {
    services: Arc<Services>,
    job: Arc<Delivering<A>>,
    watch: Watch,
}

impl<A: Capability> Watched<A> {
    fn begin(services: &Arc<Services>, job: &Arc<Delivering<A>>) -> Self {
        let meter = job.label.metered.of(&services.meters);
        Self {
            watch: services.meters.begin(meter, &job.scope, &services.clock),
            services: Arc::clone(services),
            job: Arc::clone(job),
        }
    }

    fn end(self, outcome: TurnOutcome) {
        let (services, label, scope) = (&self.services, self.job.label, &self.job.scope);
        let meter = label.metered.of(&services.meters);
        let clock = &services.clock;
        if let Some(timed) = self
            .watch
            .end(&services.meters, meter, scope, clock, outcome)
        {
            let named = Named {
                kind: label.kind,
                message: label.name,
            };
            timed.record(services.directory.tracer(), clock, scope, &named);
        }
    }
}

/// Whether the parcel was handled before; an error when the turn could not commit anyway.
fn prepare<A: Capability>(tenant: &Tenant<A>, job: &Delivering<A>) -> Result<bool, CallError> {
    let draft = tenant.cx.draft();
    if let Some(Err(error)) = commit::refuse_when_failed::<()>(draft) {
        return Err(*error);
    }
    // A timer is its own record: when its row is gone, it has fired or was taken back.
    if let Some(row) = &job.consumes {
        let waits = draft
            .get(row)
            .map_err(|error| storage(draft.services().capability, &error))?;
        return Ok(waits.is_none());
    }
    job.scope
        .id
        .map_or(Ok(false), |id| inbox::is_known(draft, id))
}

/// Adds to the turn's writes what the delivery itself leaves behind.
fn conclude<A: Capability>(
    tenant: &Tenant<A>,
    job: &Delivering<A>,
    known: bool,
) -> Result<(), CallError> {
    let draft = tenant.cx.draft();
    if known {
        return Ok(());
    }
    if let Some(handler) = job.every {
        Spec::set_next(&tenant.cx, handler);
    }
    match (&job.consumes, job.scope.id) {
        (Some(row), _) => draft.delete(row.clone()),
        (None, Some(id)) => inbox::remember_delivery(draft, id)?,
        (None, None) => {}
    }
    Ok(())
}

/// Rolls a refused turn back. An `#[every]` method that fails is called again after its period all the same.
fn undo<A: Capability>(tenant: &Tenant<A>, job: &Delivering<A>, refusal: &Refusal) {
    let draft = tenant.cx.draft();
    draft.drop_turn();
    if let Some(handler) = job.every {
        tracing::warn!(capability = draft.services().capability, handler, %refusal, "a periodic turn failed");
        Spec::set_next(&tenant.cx, handler);
        if let Some(row) = &job.consumes {
            draft.delete(row.clone());
        }
    }
}

/// Commits the turn and tells the sender that it ran; the commit's end is told later.
async fn commit_and_tell<A: Capability>(
    draft: &Draft,
    concluded: Result<(), CallError>,
    onward: &Onward,
    ran: Ran,
    watched: Watched<A>,
) {
    let sealing = concluded
        .inspect_err(|_| draft.drop_turn())
        .and_then(|()| commit::seal(draft).map_err(|error| *error));
    let sealing = match sealing {
        Ok(sealing) => sealing,
        Err(error) => {
            watched.end(TurnOutcome::Failed);
            let _ = ran.send(Err(Undelivered::Failed(error)));
            return;
        }
    };
    let (landed, landing) = oneshot::channel();
    let telling = Telling::of(draft, &sealing, onward, landed);
    let _ = ran.send(Ok(landing));
    let room = commit::send(draft, sealing, move |_, committed| {
        watched.end(match committed {
            Ok(()) => TurnOutcome::Ok,
            Err(_) => TurnOutcome::Failed,
        });
        telling.committed(committed.map_err(CallError::from));
    });
    if let Some(room) = room {
        room.await;
    }
}

/// Who tells the sender that its delivery has landed.
enum Telling {
    /// The turn's commit.
    Now(Landed),
    /// The last of what the turn let out, unless the commit fails.
    Later(Arc<Debt>),
}

impl Telling {
    /// Notes what the rows of the turn are owed to, before anybody can deliver them.
    fn of(draft: &Draft, sealing: &Sealing, onward: &Onward, landed: Landed) -> Self {
        let services = draft.services();
        let Sealing::Batch(sealed) = sealing else {
            return Self::Now(landed);
        };
        let lanes = &sealed.news.lanes;
        if services.remembers || lanes.is_empty() {
            return Self::Now(landed);
        }
        let rows = lanes.iter().map(|posted| posted.sequence);
        match onward {
            Onward::Unwatched => Self::Now(landed),
            Onward::Watched => Self::Later(services.debts.incur(rows, landed)),
            Onward::Owed(debt) => {
                services.debts.add(rows, debt);
                Self::Now(landed)
            }
        }
    }

    fn committed(self, committed: Result<(), CallError>) {
        match (self, committed) {
            (Self::Now(landed), committed) => drop(landed.send(committed)),
            (Self::Later(_), Ok(())) => {}
            (Self::Later(debt), Err(error)) => debt.fail(error),
        }
    }
}
