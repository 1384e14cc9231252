//! Several processes that listen together: each letter goes to one of them, in no order. Nobody takes more than it has room for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::Consumer;
use async_nats::jetstream::consumer::pull::Config;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::api::ApiError;
use super::envelope::Incoming;
use super::intake::{AT_A_TIME, Delivered, Intake, Item};
use super::ledger::{Arrival, Mark};
use crate::call::backoff;

const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// How long the server may wait for something to come.
const EXPIRES: Duration = Duration::from_secs(5);

/// Listens until it is told to pause.
pub(super) async fn listen(intake: Arc<Intake>) {
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut failures = 0;
    while !intake.paused.is_cancelled() {
        let ended = session(&intake, &room).await;
        intake.is_open.store(false, Ordering::SeqCst);
        let Err(error) = ended else {
            failures = 0;
            continue;
        };
        if failures % 32 == 1 {
            tracing::warn!(capability = intake.capability(), stream = intake.durable.stream, %error, "events do not come in now");
        }
        let jitter = intake.ground.random().fraction();
        let pause = backoff(failures, BACKOFF_MIN, BACKOFF_MAX, jitter);
        failures += 1;
        tokio::select! {
            () = intake.ground.pause_or_reconnect(pause) => {}
            () = intake.paused.cancelled() => {}
        }
    }
}

/// Takes letters in until the connection is made anew, or until it is told to pause.
async fn session(intake: &Arc<Intake>, room: &Arc<Semaphore>) -> Result<(), ApiError> {
    let consumer = intake.durable.open_shared().await?;
    intake.is_open.store(true, Ordering::SeqCst);
    let mut reconnected = std::pin::pin!(intake.ground.api().reconnected());
    loop {
        tokio::select! {
            biased;
            () = intake.paused.cancelled() => return Ok(()),
            () = &mut reconnected => return Ok(()),
            pulled = pull(intake, room, &consumer) => pulled?,
        }
    }
}

/// Fetches as many letters as there is room for.
async fn pull(
    intake: &Arc<Intake>,
    room: &Arc<Semaphore>,
    consumer: &Consumer<Config>,
) -> Result<(), ApiError> {
    let away = |error: &dyn std::fmt::Display| ApiError::Away(error.to_string());
    let mut permits = Vec::new();
    let first = Arc::clone(room).acquire_owned().await;
    permits.extend(first);
    while let Ok(more) = Arc::clone(room).try_acquire_owned() {
        permits.push(more);
    }
    let pulling = consumer
        .batch()
        .max_messages(permits.len())
        .expires(EXPIRES);
    let mut messages = pulling.messages().await.map_err(|error| away(&error))?;
    while let Some(message) = messages.next().await {
        let message = message.map_err(|error| away(&error))?;
        take_in(intake, permits.pop(), message).await;
    }
    Ok(())
}

async fn take_in(intake: &Arc<Intake>, permit: Option<OwnedSemaphorePermit>, message: Message) {
    let (Ok(info), Some(ack)) = (message.info(), message.reply.as_ref()) else {
        return;
    };
    let mark = Mark::of(&info);
    let mut letter = Incoming::read(intake.durable.kind, &message);
    if intake.durable.goes_after.is_some() {
        // To each process it is a message of its own: what their turns do because of it is not the same.
        letter.parcel.id = letter.parcel.id.handled_by(&intake.durable.name);
    }
    if letter.is_direct_to(intake.capability()) {
        return intake.pass_over(ack.clone()).await;
    }
    if intake.ledger.lock().arrives_shared(mark, ack) == Arrival::Held {
        return;
    }
    let taking = Arc::clone(intake);
    intake.spawn(async move {
        let item = Item { mark, letter };
        if taking.deliver(&item).await == Delivered::Left {
            taking.give_back(&item).await;
        }
        drop(permit);
    });
}
