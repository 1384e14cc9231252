//! Leaving a subject without losing what is on its way. The client library's own `drain` and `unsubscribe` lose messages as soon
//! as the network takes time: what the server sends before it knows is thrown away.
//!
//! Instead server and client are told after how many messages the subscription ends. Both count from its beginning, so that
//! they agree on the last one to the message. The number lies a little ahead of what has come, and pokes – messages that mean
//! nothing – fill up what is missing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::Subscriber;
use futures_util::StreamExt;

use std::sync::Arc;

use super::callee::Callee;

/// How many more messages than were seen during a round trip may be on their way.
const SAFETY: u64 = 4;
/// At least so many messages are allowed to be on their way.
const LEAST_AHEAD: u64 = 256;
/// Pokes that are sent at a time; other members of the queue group get their share of them.
const POKES: u64 = 64;
/// After this time the connection is not what it seems, and there is nothing more to be done.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes what the server has sent, and no more.
pub(super) async fn drain(callee: &Arc<Callee>, calls: &mut Subscriber) {
    let clock = callee.link().clock().clone();
    tokio::select! {
        () = counted(callee, calls) => {}
        () = clock.sleep(PATIENCE) => {
            tracing::warn!(
                capability = callee.near().capability,
                "the server did not confirm in time that calls go elsewhere now"
            );
        }
    }
}

async fn counted(callee: &Arc<Callee>, calls: &mut Subscriber) {
    let link = callee.link().clone();
    let before = callee.received.load(Ordering::Relaxed);
    let fenced = while_taking(callee, calls, link.fence()).await;
    if !matches!(fenced, Some(Ok(()))) {
        return;
    }
    let received = callee.received.load(Ordering::Relaxed);
    let ahead = (received - before) * SAFETY + LEAST_AHEAD;
    if calls.unsubscribe_after(received + ahead).await.is_err() {
        return;
    }
    let subject = link.subjects().poke(callee.near().capability);
    loop {
        let poking = async {
            for _ in 0..POKES {
                link.publish(subject.clone()).await;
            }
            link.fence().await
        };
        if !matches!(while_taking(callee, calls, poking).await, Some(Ok(()))) {
            return;
        }
    }
}

/// Does something while calls are taken; `None` when the subscription has ended.
async fn while_taking<T>(
    callee: &Arc<Callee>,
    calls: &mut Subscriber,
    doing: impl Future<Output = T>,
) -> Option<T> {
    let mut doing = std::pin::pin!(doing);
    loop {
        tokio::select! {
            biased;
            message = calls.next() => callee.arrived(message?),
            done = &mut doing => return Some(done),
        }
    }
}
