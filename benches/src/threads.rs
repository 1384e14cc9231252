//! On which threads callers and actors of a table run; every candidate is put up in the same way.

use std::future::Future;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use crate::peers::Peer;

/// Callers that work side by side in the tables with many of them.
pub const CALLERS: u64 = 8;

/// On which threads callers and actors run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Callers and actors are tasks of one thread.
    One,
    /// Callers are tasks of one thread, actors live on another.
    Apart,
    /// Callers and actors are tasks of a runtime with two threads that share its work.
    Two,
}

/// Starts a peer, lets `work` have it as a task among its actors' callers, and stops it.
pub fn play<P: Peer, W, F>(threads: Threads, work: W) -> F::Output
where
    W: FnOnce(P) -> F + Send + 'static,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    match threads {
        Threads::One => P::alone(async move { perform(Handle::current(), work).await }),
        Threads::Apart => {
            let home = runtime(Builder::new_multi_thread().worker_threads(1));
            let callers = runtime(&mut Builder::new_current_thread());
            let handle = home.handle().clone();
            as_task(&callers, perform(handle, work))
        }
        Threads::Two => {
            let home = runtime(Builder::new_multi_thread().worker_threads(2));
            let handle = home.handle().clone();
            as_task(&home, perform(handle, work))
        }
    }
}

/// Lets `work` run on one thread, as a task.
pub fn on_one_thread<F>(work: F) -> F::Output
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    as_task(&runtime(&mut Builder::new_current_thread()), work)
}

async fn perform<P: Peer, W, F>(home: Handle, work: W) -> F::Output
where
    W: FnOnce(P) -> F,
    F: Future,
{
    let peer = P::start(home).await;
    let done = work(peer.clone()).await;
    peer.stop().await;
    done
}

fn runtime(builder: &mut Builder) -> Runtime {
    builder
        .enable_all()
        .build()
        .expect("the system gives threads")
}

/// A caller is a task, as it is in an application: what blocks on the runtime from outside is treated differently.
fn as_task<F>(runtime: &Runtime, work: F) -> F::Output
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    runtime
        .block_on(spawn(runtime.handle(), work))
        .expect("the work of a round ends")
}

/// Spawns on a runtime of the benchmark.
pub fn spawn<F>(handle: &Handle, work: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    handle.spawn(work)
}

/// A thread with an actix system, which is left running when its caller drops what it returned.
pub(crate) async fn actix_thread() -> actix_rt::System {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let runner = actix_rt::System::new();
        let _ = sender.send(runner.block_on(async { actix_rt::System::current() }));
        runner.run().expect("actix runs");
    });
    receiver.await.expect("actix starts")
}
