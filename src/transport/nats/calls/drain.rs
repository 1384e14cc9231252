//! Leaving a subject without losing what is on its way. The client library's own `drain` and `unsubscribe` lose messages as soon
//! as the network takes time: what the server sends before it knows is thrown away.
//!
//! Instead server and client are told after how many messages the subscription ends. Both count from its beginning, so that
//! they agree on the last one to the message. The number lies a little ahead of what has come, and pokes – messages that mean
//! nothing – fill up what is missing.

use std::time::Duration;

use super::intake::Intake;

/// How many more messages than were seen during a round trip may be on their way.
const SAFETY: u64 = 4;
/// At least so many messages are allowed to be on their way.
const LEAST_AHEAD: u64 = 256;
/// Pokes that are sent at a time; other members of the queue group get their share of them.
const POKES: u64 = 64;
/// After this time the connection is not what it seems, and there is nothing more to be done.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes what the server has sent, and no more.
pub(super) async fn drain(intake: &mut Intake) {
    let (clock, capability) = (
        intake.callee().link().clock().clone(),
        intake.callee().near().capability,
    );
    tokio::select! {
        () = counted(intake) => {}
        () = clock.sleep(PATIENCE) => {
            tracing::warn!(
                capability,
                "the server did not confirm in time that calls go elsewhere now"
            );
        }
    }
}

async fn counted(intake: &mut Intake) {
    let link = intake.callee().link().clone();
    let before = intake.num_received;
    let fenced = while_taking(intake, link.fence()).await;
    if !matches!(fenced, Some(Ok(()))) {
        return;
    }
    let ahead = (intake.num_received - before) * SAFETY + LEAST_AHEAD;
    let last = intake.num_received + ahead;
    if intake.calls.unsubscribe_after(last).await.is_err() {
        return;
    }
    let subject = link.subjects().poke(intake.callee().near().capability);
    loop {
        let poking = async {
            for _ in 0..POKES {
                link.publish(subject.clone()).await;
            }
            link.fence().await
        };
        if !matches!(while_taking(intake, poking).await, Some(Ok(()))) {
            return;
        }
    }
}

/// Does something while calls are taken; `None` when the subscription has ended.
async fn while_taking<T>(intake: &mut Intake, doing: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = intake.serve() => None,
        done = doing => Some(done),
    }
}
