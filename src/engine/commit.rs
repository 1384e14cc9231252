//! The end of a turn: one batch to the committer, and what must wait until it is durable (law 7).

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::actor::draft::{Draft, Sealed, Sealing, Sheet, storage};
use crate::actor::services::Services;
use crate::call::{CallError, Part};
use crate::contract::{Body, SizeError, encoded_size_within};
use crate::store::{Batch, CommitFailure, Committer, Done, Full, State};

/// Waits for room in the committer's queue; `None` when nothing has to be waited for.
pub(crate) type WaitsForRoom = Option<BoxFuture<'static, ()>>;

/// Commits the running turn, then calls `done`: at once when nothing is written and no commit of this actor is under
/// way, else when the batch is durable.
///
/// What it returns is boxed, and mostly nothing: it is a part of every turn's future, which must be small.
#[must_use = "a commit that finds no room is made only if it is awaited"]
pub(super) fn then(
    draft: &Draft,
    done: impl FnOnce(&Services, Result<(), Box<CallError>>) + Send + 'static,
) -> WaitsForRoom {
    match seal(draft) {
        Ok(sealing) => send(draft, sealing, done),
        Err(error) => {
            done(draft.services(), Err(error));
            None
        }
    }
}

/// Ends the running turn. One that cannot be committed is rolled back.
#[inline]
pub(crate) fn seal(draft: &Draft) -> Result<Sealing, Box<CallError>> {
    if draft.is_blank() {
        return Ok(Sealing::Nothing);
    }
    seal_written(draft)
}

#[inline(never)]
fn seal_written(draft: &Draft) -> Result<Sealing, Box<CallError>> {
    draft.seal().map_err(|error| {
        draft.drop_turn();
        Box::new(error)
    })
}

/// As [`then`], for a turn that is sealed.
#[must_use = "a commit that finds no room is made only if it is awaited"]
pub(crate) fn send(
    draft: &Draft,
    sealing: Sealing,
    done: impl FnOnce(&Services, Result<(), Box<CallError>>) + Send + 'static,
) -> WaitsForRoom {
    match sealing {
        Sealing::Nothing => {
            done(draft.services(), Ok(()));
            None
        }
        Sealing::Barrier => barrier(draft.services(), done),
        Sealing::Batch(sealed) => submit(draft.sheet().clone(), *sealed, done),
    }
}

/// Commits the running turn and waits until it is durable.
pub(super) async fn landed(draft: &Draft) -> Result<(), CallError> {
    if draft.is_blank() {
        return Ok(());
    }
    let capability = draft.services().capability;
    let (sender, receiver) = oneshot::channel();
    let room = then(draft, move |_, result| drop(sender.send(result)));
    if let Some(room) = room {
        room.await;
    }
    let landed = receiver
        .await
        .map_err(|_| storage(capability, &"the commit ended without a word"))?;
    landed.map_err(CallError::from)
}

fn submit(
    sheet: Sheet,
    sealed: Sealed,
    done: impl FnOnce(&Services, Result<(), Box<CallError>>) + Send + 'static,
) -> WaitsForRoom {
    let services = Arc::clone(sheet.services());
    let committer = services.committer.clone();
    let Sealed {
        batch,
        commit,
        news,
        shelved,
    } = sealed;
    let finish = move |committed: Result<(), CommitFailure>| match committed {
        Ok(()) => {
            sheet.land(commit);
            if let Some(shelved) = shelved {
                shelved.landed();
            }
            if !news.is_empty() {
                services.post.committed(services.capability, news);
            }
            done(&services, Ok(()));
        }
        Err(failure) => {
            if let Some(shelved) = shelved {
                shelved.lost();
            }
            let error = tried(services.capability, &failure);
            done(&services, Err(Box::new(error)));
        }
    };
    queue(committer, batch, Box::new(finish))
}

/// Waits until every batch that was submitted before is durable.
pub(super) async fn barrier_passed(services: &Arc<Services>) {
    let (sender, receiver) = oneshot::channel();
    if let Some(room) = barrier(services, move |_, result| drop(sender.send(result))) {
        room.await;
    }
    let _ = receiver.await;
}

fn barrier(
    services: &Arc<Services>,
    done: impl FnOnce(&Services, Result<(), Box<CallError>>) + Send + 'static,
) -> WaitsForRoom {
    let services = Arc::clone(services);
    let committer = services.committer.clone();
    let batch = Batch::new(services.tree.clone());
    let finish = move |committed: Result<(), CommitFailure>| {
        let committed = committed.map_err(|failure| Box::new(tried(services.capability, &failure)));
        done(&services, committed);
    };
    queue(committer, batch, Box::new(finish))
}

fn queue(committer: Committer, batch: Batch, done: Done) -> WaitsForRoom {
    let Err(Full { batch, done }) = committer.try_submit(batch, done) else {
        return None;
    };
    Some(Box::pin(
        async move { enqueue(&committer, batch, done).await },
    ))
}

/// Queues a batch; waits for room without blocking the thread.
pub(crate) async fn enqueue(committer: &Committer, batch: Batch, done: Done) {
    let mut refused = committer.try_submit(batch, done);
    while let Err(Full { batch, done }) = refused {
        let (wake, room) = oneshot::channel();
        committer.when_room(Box::new(move || {
            let _ = wake.send(());
        }));
        let _ = room.await;
        refused = committer.try_submit(batch, done);
    }
}

fn tried(capability: &str, failure: &CommitFailure) -> CallError {
    CallError::Storage {
        capability: capability.to_owned(),
        reason: failure.to_string(),
        tried: true,
    }
}

/// The refusal of a turn whose commit could not succeed anyway.
pub(super) fn refuse_when_failed<T>(draft: &Draft) -> Option<Result<T, Box<CallError>>> {
    let services = draft.services();
    match services.committer.state() {
        State::Running => None,
        State::Stopped => Some(Err(Box::new(storage(
            services.capability,
            &"the store is closed",
        )))),
        State::Failed(stop) => Some(Err(Box::new(storage(services.capability, stop.reason())))),
    }
}

/// Holds a reply or a domain error against the size limit.
#[inline]
pub(super) fn within_size<R: Body, E: Body>(
    draft: &Draft,
    outcome: &Result<R, E>,
) -> Result<(), Box<CallError>> {
    let services = draft.services();
    let limit = services.limits.message_size;
    match outcome {
        Ok(reply) => body_within_size(services.capability, Part::Reply, reply, limit),
        Err(refusal) => body_within_size(services.capability, Part::Reply, refusal, limit),
    }
}

/// Holds one body against the size limit, which counts its JSON whether or not it is ever encoded.
#[inline]
fn body_within_size(
    capability: &str,
    part: Part,
    body: &impl Serialize,
    limit: usize,
) -> Result<(), Box<CallError>> {
    encoded_size_within(body, limit).map_err(|error| unfit(capability, part, limit, error))
}

#[cold]
fn unfit(capability: &str, part: Part, limit: usize, error: SizeError) -> Box<CallError> {
    let capability = capability.to_owned();
    Box::new(match error {
        SizeError::Oversize { .. } => CallError::TooLarge {
            capability,
            part,
            limit,
        },
        SizeError::Encode(error) => CallError::Codec {
            capability,
            part,
            reason: error.to_string(),
        },
    })
}
