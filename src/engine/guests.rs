//! Actors that are guests: they have something to do, and do it on the runtime in which skep was started.
//!
//! A turn that began on its caller's thread and has to wait goes on elsewhere. At home, that is another thread: it has to be woken, and
//! for the reply the caller's thread as well, which costs several times what a turn does. Where the caller is a task of a runtime
//! that is always driven, the actor goes on there, beside its callers, for as long as turns begin there. What it is asked
//! meanwhile waits in its mailbox as it would anywhere.
//!
//! That runtime is somebody else's. When it ends, its guests go home. When it leaves them waiting, because somebody blocks its
//! threads, they go home as well.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::ready::{Home, Runnable};

/// How long guests are left waiting at most.
const PATIENCE: Duration = Duration::from_millis(5);

thread_local! {
    static RUNS_GUEST: Cell<bool> = const { Cell::new(false) };
}

/// The guests of one runtime.
#[derive(Debug)]
pub(crate) struct Guests {
    /// Their queue.
    home: Arc<Home>,
    /// How many have had their turn: it moves on while the runtime serves.
    served: AtomicU64,
    /// Whether somebody looks after those that wait.
    is_watched: AtomicBool,
    watch: Notify,
    /// Read by whoever runs a guest.
    running: RwLock<()>,
}

impl Guests {
    /// Guests on `host`, looked after on `keeper`.
    pub(super) fn new(host: &Handle, keeper: &Handle) -> Arc<Self> {
        let guests = Arc::new(Self {
            home: Home::new(host.clone()),
            served: AtomicU64::new(0),
            is_watched: AtomicBool::new(false),
            watch: Notify::new(),
            running: RwLock::new(()),
        });
        for _ in 0..host.metrics().num_workers() {
            start(host, Arc::clone(&guests).serve());
        }
        start(keeper, Arc::clone(&guests).look_after());
        guests
    }

    /// The runtime whose guests they are.
    pub(super) fn host(&self) -> &Handle {
        self.home.handle()
    }

    /// Lets an actor do what it has to do; gives it back when there are no guests any more.
    pub(super) fn schedule(&self, actor: Arc<dyn Runnable>) -> Result<(), Arc<dyn Runnable>> {
        self.home.offer(actor)?;
        if !self.is_watched.load(Ordering::SeqCst) && !self.is_watched.swap(true, Ordering::SeqCst)
        {
            self.watch.notify_one();
        }
        Ok(())
    }

    /// Runs guests until there are none any more. Several do, so that guests run beside each other.
    fn serve(self: Arc<Self>) -> impl Future<Output = ()> + Send {
        // Made before the first poll: a runtime may end without one.
        let leaving = Leaving(self);
        async move {
            let guests = &leaving.0;
            let serving = Arc::clone(&guests.home).serve(0, |actor| {
                guests.served.fetch_add(1, Ordering::Relaxed);
                let _running = guests.running.read();
                let _here = Here::begin();
                actor.run();
            });
            serving.await;
        }
    }

    /// Sends guests home that nobody serves.
    async fn look_after(self: Arc<Self>) {
        while !self.home.is_closed() {
            self.watch.notified().await;
            let mut served = self.served.load(Ordering::Relaxed);
            loop {
                tokio::time::sleep(PATIENCE).await;
                let before = std::mem::replace(&mut served, self.served.load(Ordering::Relaxed));
                if served != before {
                    continue;
                }
                let waiting = self.home.take_all();
                if waiting.is_empty() {
                    break;
                }
                go_home(waiting);
            }
            self.is_watched.store(false, Ordering::SeqCst);
            // Who came before that was said has told nobody.
            if !self.home.is_idle() {
                self.is_watched.store(true, Ordering::SeqCst);
                self.watch.notify_one();
            }
        }
    }

    /// Takes no guests any more; those who wait go home.
    fn leave(&self) {
        go_home(self.home.close());
        self.watch.notify_one();
    }

    /// Takes no guests any more, and waits until none runs, except when one of them calls it.
    pub(super) fn end(&self) {
        self.leave();
        if !RUNS_GUEST.get() {
            drop(self.running.write());
        }
    }
}

/// A task of the guests ends with them, or with its runtime.
fn start(handle: &Handle, task: impl Future<Output = ()> + Send + 'static) {
    #[allow(
        clippy::disallowed_methods,
        reason = "ends when there are no guests any more"
    )]
    drop(handle.spawn(task));
}

fn go_home(guests: impl IntoIterator<Item = Arc<dyn Runnable>>) {
    for guest in guests {
        guest.go_home();
    }
}

/// Ends with the task that serves, also when its runtime drops it.
struct Leaving(Arc<Guests>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Marks a thread while it runs a guest.
struct Here;

impl Here {
    fn begin() -> Self {
        RUNS_GUEST.set(true);
        Self
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        RUNS_GUEST.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::thread;

    use parking_lot::Mutex;
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    /// Only ends a test that hangs.
    const LIMIT: Duration = Duration::from_secs(60);

    /// What became of an actor.
    #[derive(Debug, PartialEq, Eq)]
    enum Came {
        Ran { thread: String },
        Home,
    }

    struct Actor {
        came: SyncSender<Came>,
        /// What it waits for when it runs.
        until: Mutex<Option<Receiver<()>>>,
    }

    impl Runnable for Actor {
        fn run(self: Arc<Self>) {
            let thread = thread::current().name().unwrap_or_default().to_owned();
            self.came.send(Came::Ran { thread }).expect("the test");
            if let Some(until) = self.until.lock().take() {
                until.recv().expect("the test lets it go on");
                self.came.send(Came::Home).expect("the test");
            }
        }

        fn go_home(self: Arc<Self>) {
            self.came.send(Came::Home).expect("the test");
        }
    }

    fn actor(until: Option<Receiver<()>>) -> (Arc<Actor>, Receiver<Came>) {
        let (sender, came) = sync_channel(9);
        let until = Mutex::new(until);
        (
            Arc::new(Actor {
                came: sender,
                until,
            }),
            came,
        )
    }

    fn runtime(name: &str) -> Runtime {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name(name).enable_time();
        builder.build().expect("a runtime")
    }

    fn ran_on(thread: &str) -> Result<Came, std::sync::mpsc::RecvTimeoutError> {
        let thread = thread.to_owned();
        Ok(Came::Ran { thread })
    }

    #[test]
    fn guests_run_where_their_host_is() {
        let (host, keeper) = (runtime("host"), runtime("keeper"));
        let guests = Guests::new(host.handle(), keeper.handle());
        let (guest, came) = actor(None);
        for _ in 0..3 {
            assert!(guests.schedule(Arc::clone(&guest) as _).is_ok());
            assert_eq!(came.recv_timeout(LIMIT), ran_on("host"));
        }
        guests.end();
    }

    #[test]
    fn guests_whose_host_blocks_its_threads_go_home() {
        let (host, keeper) = (runtime("host"), runtime("keeper"));
        let guests = Guests::new(host.handle(), keeper.handle());
        let (release, until) = sync_channel(1);
        let (blocker, blocks) = actor(Some(until));
        assert!(guests.schedule(blocker).is_ok());
        assert_eq!(blocks.recv_timeout(LIMIT), ran_on("host"));
        for _ in 0..2 {
            let (guest, came) = actor(None);
            assert!(guests.schedule(guest).is_ok());
            assert_eq!(came.recv_timeout(LIMIT), Ok(Came::Home));
        }
        release.send(()).expect("it waits");
        guests.end();
    }

    #[test]
    fn a_host_that_has_ended_takes_no_guests() {
        let (host, keeper) = (runtime("host"), runtime("keeper"));
        let guests = Guests::new(host.handle(), keeper.handle());
        drop(host);
        let (guest, _came) = actor(None);
        assert!(guests.schedule(guest).is_err());
    }

    #[test]
    fn who_ends_it_waits_for_the_guest_that_runs_and_sends_the_others_home() {
        let (host, keeper) = (runtime("host"), runtime("keeper"));
        let guests = Guests::new(host.handle(), keeper.handle());
        let (release, until) = sync_channel(1);
        let (runs, ran) = actor(Some(until));
        assert!(guests.schedule(runs).is_ok());
        assert_eq!(ran.recv_timeout(LIMIT), ran_on("host"));
        let (waits, waited) = actor(None);
        assert!(guests.schedule(waits).is_ok());
        let (sender, ended) = sync_channel(1);
        let ends = thread::spawn(move || {
            guests.end();
            sender.send(()).expect("the test");
        });
        assert_eq!(waited.recv_timeout(LIMIT), Ok(Came::Home));
        let too_early = ended.recv_timeout(Duration::from_millis(100));
        assert!(too_early.is_err(), "one still runs");
        release.send(()).expect("it waits");
        assert_eq!(ended.recv_timeout(LIMIT), Ok(()));
        ends.join().expect("no panic");
    }
}
