//! Runtimes on which a turn may begin as if it were at home.
//!
//! What a turn waits for – timers, sockets – belongs to the tokio runtime that is the thread's current one when it is made, and must
//! outlive the caller. So the home's runtime is entered before a turn is run on its caller's thread. Entering costs as much as a
//! small turn; it is left out where the caller is a task of a runtime that lives as long as the home.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::task;

use super::guests::Guests;

/// The homes' own runtimes, and the one in which skep was started.
#[derive(Debug)]
pub(super) struct Neighbourhood {
    /// Tells those of one process apart.
    number: u64,
    /// Always driven while skep runs.
    driven: Vec<Id>,
    /// Runs tasks only while somebody blocks on it; nothing else is there than what its owner waits for.
    idling: Option<Id>,
    /// Actors may go on where skep was started.
    guests: Option<Arc<Guests>>,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The last task that was found to belong to a neighbourhood.
    static LAST: Cell<Option<Found>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy)]
struct Found {
    task: task::Id,
    neighbourhood: u64,
    is_driven: bool,
    has_guests: bool,
}

/// Whether a runtime runs its tasks whatever its owner does.
pub(super) fn is_driven(runtime: &Handle) -> bool {
    runtime.runtime_flavor() != RuntimeFlavor::CurrentThread
}

impl Neighbourhood {
    /// `homes` are the runtimes of homes; `starter` is the one in which skep was started, if there is one.
    pub(super) fn new<'h>(
        homes: impl Iterator<Item = &'h Handle>,
        starter: Option<&'h Handle>,
        guests: Option<&Arc<Guests>>,
    ) -> Self {
        let driven = homes.chain(starter.filter(|handle| is_driven(handle)));
        Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            driven: driven.map(Handle::id).collect(),
            guests: guests.cloned(),
            idling: starter.filter(|handle| !is_driven(handle)).map(Handle::id),
        }
    }

    /// Whether the thread's current task belongs to one of the runtimes. One that is not always driven counts only for turns that
    /// never wait.
    #[inline]
    pub(super) fn is_here(&self, never_waits: bool) -> bool {
        self.found()
            .is_some_and(|found| found.is_driven || never_waits)
    }

    /// Whether the thread's current task belongs to the runtime that has guests.
    pub(super) fn is_guest_here(&self) -> bool {
        self.guests.is_some() && self.found().is_some_and(|found| found.has_guests)
    }

    pub(super) fn guests(&self) -> Option<&Arc<Guests>> {
        self.guests.as_ref()
    }

    #[inline]
    fn found(&self) -> Option<Found> {
        let task = task::try_id()?;
        let found = LAST
            .get()
            .filter(|last| last.task == task && last.neighbourhood == self.number);
        found.or_else(|| self.look(task))
    }

    #[cold]
    fn look(&self, task: task::Id) -> Option<Found> {
        let runtime = Handle::try_current().ok()?.id();
        let is_driven = self.driven.contains(&runtime);
        let found = Found {
            task,
            neighbourhood: self.number,
            is_driven,
            has_guests: self
                .guests
                .as_ref()
                .is_some_and(|guests| guests.host().id() == runtime),
        };
        (is_driven || self.idling == Some(runtime)).then(|| {
            LAST.set(Some(found));
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime")
    }

    #[test]
    fn tasks_of_its_runtimes_are_at_home_and_others_are_not() {
        let (home, starter, strange) = (runtime(), runtime(), runtime());
        let neighbourhood =
            Neighbourhood::new([home.handle()].into_iter(), Some(starter.handle()), None);
        let neighbourhood: &'static Neighbourhood = Box::leak(Box::new(neighbourhood));
        let is_at_home = |runtime: &tokio::runtime::Runtime| {
            let asked = runtime
                .spawn(async move { (neighbourhood.is_here(false), neighbourhood.is_here(false)) });
            runtime.block_on(asked).expect("no panic")
        };
        assert_eq!(is_at_home(&home), (true, true));
        assert_eq!(is_at_home(&starter), (true, true));
        assert_eq!(is_at_home(&strange), (false, false));
        assert!(!neighbourhood.is_here(true), "a thread without a task");
    }

    #[test]
    fn a_runtime_that_is_not_always_driven_is_good_enough_only_for_what_never_waits() {
        let home = runtime();
        let starter = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let neighbourhood =
            Neighbourhood::new([home.handle()].into_iter(), Some(starter.handle()), None);
        let asked = async move { (neighbourhood.is_here(false), neighbourhood.is_here(true)) };
        let asked = starter.spawn(asked);
        let found = starter.block_on(asked).expect("no panic");
        assert_eq!(found, (false, true));
    }
}
