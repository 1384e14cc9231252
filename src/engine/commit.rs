//! The end of a turn: one batch to the committer, and what must wait until it is durable (law 7).

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::oneshot;

use crate::actor::draft::{Draft, Sealed, storage};
use crate::actor::services::Services;
use crate::call::{CallError, Part};
use crate::contract::{Body, SizeError, encoded_size_within};
use crate::store::{Batch, CommitFailure, Committer, Done, Full, State};

/// Commits the running turn, then calls `done`: at once when nothing is written and no commit of this actor is under
/// way, else when the batch is durable. Waits only for room in the committer's queue.
pub(super) fn then(
    draft: Draft,
    done: impl FnOnce(Result<(), CallError>) + Send + 'static,
) -> impl Future<Output = ()> + Send {
    let sealed = seal(&draft);
    async move {
        match sealed {
            Ok(sealed) => send(draft, sealed, done).await,
            Err(error) => done(Err(error)),
        }
    }
}

/// Makes a batch of the running turn, if it left anything. A turn that cannot be committed is rolled back.
pub(super) fn seal(draft: &Draft) -> Result<Option<Sealed>, CallError> {
    draft.seal().inspect_err(|_| draft.drop_turn())
}

/// As [`then`], for a turn that is sealed.
pub(super) async fn send(
    draft: Draft,
    sealed: Option<Sealed>,
    done: impl FnOnce(Result<(), CallError>) + Send + 'static,
) {
    match sealed {
        Some(sealed) => submit(draft, sealed, done).await,
        None if draft.has_flying() => barrier(draft.services(), done).await,
        None => done(Ok(())),
    }
}

/// Commits the running turn and waits until it is durable.
pub(super) async fn landed(draft: Draft) -> Result<(), CallError> {
    let capability = draft.services().capability;
    let (sender, receiver) = oneshot::channel();
    then(draft, move |result| drop(sender.send(result))).await;
    receiver
        .await
        .unwrap_or_else(|_| Err(storage(capability, &"the commit ended without a word")))
}

async fn submit(
    draft: Draft,
    sealed: Sealed,
    done: impl FnOnce(Result<(), CallError>) + Send + 'static,
) {
    let services = Arc::clone(draft.services());
    let committer = services.committer.clone();
    let Sealed {
        batch,
        commit,
        news,
        tapped,
    } = sealed;
    let finish = move |committed: Result<(), CommitFailure>| match committed {
        Ok(()) => {
            draft.land(commit);
            for event in tapped {
                services.taps.show(event);
            }
            if !news.is_empty() {
                services.post.committed(services.capability, news);
            }
            done(Ok(()));
        }
        Err(failure) => done(Err(tried(services.capability, &failure))),
    };
    enqueue(&committer, batch, Box::new(finish)).await;
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

/// Waits until every batch that was submitted before is durable.
pub(super) async fn barrier_passed(services: &Arc<Services>) {
    let (sender, receiver) = oneshot::channel();
    barrier(services, move |result| drop(sender.send(result))).await;
    let _ = receiver.await;
}

async fn barrier(
    services: &Arc<Services>,
    done: impl FnOnce(Result<(), CallError>) + Send + 'static,
) {
    let services = Arc::clone(services);
    let committer = services.committer.clone();
    let batch = Batch::new(services.tree.clone());
    let finish = move |committed: Result<(), CommitFailure>| {
        done(committed.map_err(|failure| tried(services.capability, &failure)));
    };
    enqueue(&committer, batch, Box::new(finish)).await;
}

fn tried(capability: &str, failure: &CommitFailure) -> CallError {
    CallError::Storage {
        capability: capability.to_owned(),
        reason: failure.to_string(),
        tried: true,
    }
}

/// The refusal of a turn whose commit could not succeed anyway.
pub(super) fn refuse_when_failed<T>(draft: &Draft) -> Option<Result<T, CallError>> {
    let services = draft.services();
    match services.committer.state() {
        State::Running => None,
        State::Stopped => Some(Err(storage(services.capability, &"the store is closed"))),
        State::Failed(stop) => Some(Err(storage(services.capability, stop.reason()))),
    }
}

/// Holds a reply or a domain error against the size limit.
pub(super) fn within_size<R: Body, E: Body>(
    draft: &Draft,
    outcome: &Result<R, E>,
) -> Result<(), CallError> {
    let services = draft.services();
    let limit = services.limits.message_size;
    match outcome {
        Ok(reply) => body_within_size(services.capability, Part::Reply, reply, limit),
        Err(refusal) => body_within_size(services.capability, Part::Reply, refusal, limit),
    }
}

/// Holds one body against the size limit, which counts its JSON whether or not it is ever encoded.
pub(super) fn body_within_size(
    capability: &str,
    part: Part,
    body: &impl Serialize,
    limit: usize,
) -> Result<(), CallError> {
    match encoded_size_within(body, limit) {
        Ok(()) => Ok(()),
        Err(SizeError::Oversize { .. }) => Err(CallError::TooLarge {
            capability: capability.to_owned(),
            part,
            limit,
        }),
        Err(SizeError::Encode(error)) => Err(CallError::Codec {
            capability: capability.to_owned(),
            part,
            reason: error.to_string(),
        }),
    }
}
