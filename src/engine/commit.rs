//! The end of a turn: one batch to the committer, and what must wait until it is durable (law 7).

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::oneshot;

use crate::actor::draft::{Draft, Sealed, storage};
use crate::actor::services::Services;
use crate::call::{CallError, Part};
use crate::contract::{Body, Oversize, encoded_size_within};
use crate::store::Batch;

/// Commits the running turn, then calls `done`: at once when nothing is written and no commit of this actor is under
/// way, else when the batch is durable. Waits only for room in the committer's queue.
pub(super) fn then(
    draft: Draft,
    done: impl FnOnce(Result<(), CallError>) + Send + 'static,
) -> impl Future<Output = ()> + Send {
    let sealed = draft.seal();
    async move {
        match sealed {
            Ok(Some(sealed)) => submit(draft, sealed, done).await,
            Ok(None) if draft.has_flying() => barrier(draft.services(), done).await,
            Ok(None) => done(Ok(())),
            Err(error) => done(Err(error)),
        }
    }
}

/// Commits the running turn and waits until it is durable.
pub(super) async fn landed(draft: Draft) {
    let (sender, receiver) = oneshot::channel();
    then(draft, move |result| drop(sender.send(result))).await;
    let _ = receiver.await;
}

async fn submit(draft: Draft, sealed: Sealed, done: impl FnOnce(Result<(), CallError>) + Send + 'static) {
    let services = Arc::clone(draft.services());
    let committer = services.committer.clone();
    let Sealed { batch, commit, news } = sealed;
    let finish = move |committed: Result<(), crate::store::CommitFailure>| match committed {
        Ok(()) => {
            draft.land(commit);
            if !news.is_empty() {
                services.post.committed(services.capability, news);
            }
            done(Ok(()));
        }
        Err(failure) => done(Err(tried(services.capability, &failure))),
    };
    committer.enqueue(batch, Box::new(finish)).await;
}

/// Waits until every batch that was submitted before is durable.
pub(super) async fn barrier_passed(services: &Arc<Services>) {
    let (sender, receiver) = oneshot::channel();
    barrier(services, move |result| drop(sender.send(result))).await;
    let _ = receiver.await;
}

async fn barrier(services: &Arc<Services>, done: impl FnOnce(Result<(), CallError>) + Send + 'static) {
    let services = Arc::clone(services);
    let committer = services.committer.clone();
    let batch = Batch::new(services.tree.clone());
    let finish = move |committed: Result<(), crate::store::CommitFailure>| {
        done(committed.map_err(|failure| tried(services.capability, &failure)));
    };
    committer.enqueue(batch, Box::new(finish)).await;
}

fn tried(capability: &str, failure: &crate::store::CommitFailure) -> CallError {
    CallError::Storage { capability: capability.to_owned(), reason: failure.to_string(), tried: true }
}

/// The refusal of a turn whose commit could not succeed anyway.
pub(super) fn refuse_when_failed<T>(draft: &Draft) -> Option<Result<T, CallError>> {
    let services = draft.services();
    let failure = services.committer.failure()?;
    Some(Err(storage(services.capability, &failure)))
}

/// Holds a reply or a domain error against the size limit.
pub(super) fn within_size<R: Body, E: Body>(draft: &Draft, outcome: &Result<R, E>) -> Result<(), CallError> {
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
        Err(Oversize::TooLarge { .. }) => Err(CallError::TooLarge { capability: capability.to_owned(), part, limit }),
        Err(Oversize::Unencodable { reason }) => {
            Err(CallError::Codec { capability: capability.to_owned(), part, reason })
        }
    }
}
