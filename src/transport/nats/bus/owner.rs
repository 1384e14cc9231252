//! One process that listens alone: letters arrive in the order of their stream, and anything that could have got lost or
//! overtaken on the way is noticed by the consumer's own count. Then its order is restored, and what arrived before is known.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::jetstream::Message;
use futures_util::StreamExt;

use super::api::ApiError;
use super::consumers::{Durable, Place};
use super::envelope::Incoming;
use super::intake::{Intake, Item};
use super::lanes::Lanes;
use super::ledger::{Arrival, Mark};
use crate::call::backoff;

const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// After so long without a letter it is looked whether one was lost: first, and when one seems to be.
const SOON: Duration = Duration::from_secs(1);
const NOW_AND_THEN: Duration = Duration::from_secs(10);
const ON_ITS_WAY: Duration = Duration::from_millis(200);
/// Letters that are asked for at a time.
const BATCH: usize = 256;

/// Listens until it is told to pause.
pub(super) async fn listen(intake: Arc<Intake>) {
    let lanes = Lanes::new(Arc::clone(&intake));
    let mut place = None;
    let mut failures = 0;
    while !intake.paused.is_cancelled() {
        let before = place.as_ref().map(|place: &Place| place.delivered);
        let ended = session(&intake, &lanes, &mut place).await;
        intake.is_open.store(false, Ordering::SeqCst);
        if let Err(error) = ended
            && failures % 32 == 1
        {
            tracing::warn!(capability = intake.capability(), stream = intake.durable.stream, %error, "events do not come in now");
        }
        let got_on = place.as_ref().map(|place| place.delivered) != before;
        failures = if got_on { 0 } else { failures + 1 };
        let jitter = intake.ground.random().fraction();
        let pause = backoff(failures, BACKOFF_MIN, BACKOFF_MAX, jitter);
        tokio::select! {
            () = intake.ground.pause_or_reconnect(pause) => {}
            () = intake.paused.cancelled() => {}
        }
    }
}

/// Takes letters in until something could have got lost, or until it is told to pause.
async fn session(
    intake: &Arc<Intake>,
    lanes: &Arc<Lanes>,
    place: &mut Option<Place>,
) -> Result<(), ApiError> {
    let (consumer, opened) = tokio::select! {
        opened = intake.durable.open(place.as_ref()) => opened?,
        () = intake.paused.cancelled() => return Ok(()),
    };
    let place = place.insert(opened);
    intake.is_open.store(true, Ordering::SeqCst);
    let pulling = consumer.stream().max_messages_per_batch(BATCH).messages();
    let mut messages = pulling
        .await
        .map_err(|error| ApiError::Away(error.to_string()))?;
    let mut lookout = Lookout::default();
    loop {
        let message = tokio::select! {
            biased;
            () = intake.paused.cancelled() => return Ok(()),
            () = intake.ground.pause_or_reconnect(lookout.pause()) => {
                if lookout.sees_a_loss(&intake.durable, place).await {
                    return Ok(());
                }
                continue;
            }
            message = messages.next() => message,
        };
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(ApiError::Away(error.to_string())),
            None => return Ok(()),
        };
        if take_in(intake, lanes, place, message).await.is_break() {
            return Ok(());
        }
    }
}

/// Looks whether the server has delivered what never arrived. A gap shows when something comes after it; where nothing does, only the
/// server's own count tells.
#[derive(Debug, Default)]
struct Lookout {
    num_looks: u32,
    /// The server had delivered this when it was asked last, and it had not arrived.
    missing: Option<u64>,
}

impl Lookout {
    /// How long it has to be quiet before the next look.
    const fn pause(&self) -> Duration {
        match (self.missing, self.num_looks) {
            (Some(_), _) => ON_ITS_WAY,
            (None, 0) => SOON,
            (None, _) => NOW_AND_THEN,
        }
    }

    async fn sees_a_loss(&mut self, durable: &Durable, place: &Place) -> bool {
        // A server that does not answer is seen by others.
        let Ok(info) = durable.info().await else {
            return false;
        };
        self.num_looks += 1;
        let Some(delivered) = info.and_then(|info| place.delivered_by(&info)) else {
            return true;
        };
        let was_missing = self
            .missing
            .is_some_and(|missing| missing > place.delivered);
        self.missing = (delivered > place.delivered).then_some(delivered);
        was_missing || delivered < place.delivered
    }
}

/// Takes one letter in; breaks when one before it is missing.
async fn take_in(
    intake: &Arc<Intake>,
    lanes: &Arc<Lanes>,
    place: &mut Place,
    message: Message,
) -> ControlFlow<()> {
    let (Ok(info), Some(ack)) = (message.info(), message.reply.as_ref()) else {
        return ControlFlow::Continue(());
    };
    if info.consumer_sequence != place.delivered + 1 {
        tracing::info!(
            stream = intake.durable.stream,
            got = info.consumer_sequence,
            after = place.delivered,
            "something was lost on the way from the nats-server, and is fetched again"
        );
        return ControlFlow::Break(());
    }
    place.delivered = info.consumer_sequence;
    let mark = Mark::of(&info);
    let arrival = intake.ledger.lock().arrives(mark, ack);
    match arrival {
        Arrival::Held => {}
        Arrival::Done => intake.acknowledge_again(ack.clone()),
        Arrival::New => {
            let letter = Incoming::read(intake.durable.kind, &message);
            if letter.is_direct_to(intake.capability()) {
                intake.ledger.lock().done(mark);
                intake.pass_over(ack.clone()).await;
            } else {
                lanes.push(Item { mark, letter });
            }
        }
    }
    ControlFlow::Continue(())
}
