//! [`Callee`]: the calls of other processes to one capability of this one that are under way here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::Subscriber;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::AbortHandle;
use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::intake::Intake;
use super::name::CallName;
use super::stats::Endpoints;
use crate::actor::services::Tasks;
use crate::transport::nats::link::{Link, LinkError};
use crate::transport::nats::subjects::{CANCEL, PROBE, last_token};
use crate::transport::network::Near;

/// How often is looked whether all calls are answered.
const LOOK: Duration = Duration::from_millis(2);

/// Takes the calls to one capability.
pub(crate) struct Callee {
    near: Near,
    link: Link,
    /// Calls that are taken and not answered.
    pub(super) num_open: AtomicUsize,
    pub(super) at_work: Mutex<HashMap<CallName, AbortHandle>>,
    pub(super) is_leaving: CancellationToken,
    pub(super) has_left: CancellationToken,
    endpoints: Endpoints,
}

impl Callee {
    /// Takes calls from now on: when this returns, the server knows.
    ///
    /// # Errors
    ///
    /// [`LinkError`] when the server does not allow it, or does not answer.
    pub(crate) async fn open(
        near: Near,
        link: &Link,
        tasks: &Tasks,
    ) -> Result<Arc<Self>, LinkError> {
        let subjects = link.subjects();
        let about = link.listen(subjects.about(near.capability)).await?;
        let calls = link.serve(subjects.calls(near.capability)).await?;
        let callee = Arc::new(Self {
            endpoints: Endpoints::new(&near.messages),
            near,
            link: link.clone(),
            num_open: AtomicUsize::new(0),
            at_work: Mutex::default(),
            is_leaving: CancellationToken::new(),
            has_left: CancellationToken::new(),
        });
        tasks.spawn(Arc::clone(&callee).answer_about(about));
        tasks.spawn(Intake::new(Arc::clone(&callee), calls).run());
        Ok(callee)
    }

    pub(crate) const fn near(&self) -> &Near {
        &self.near
    }

    pub(super) const fn link(&self) -> &Link {
        &self.link
    }

    pub(crate) const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// How many calls of others are under way.
    pub(crate) fn num_at_work(&self) -> usize {
        self.num_open.load(Ordering::SeqCst)
    }

    /// Takes no more calls: those that the server has given to this process already are still handled, others go elsewhere.
    /// Ends when all are answered.
    pub(crate) async fn leave(&self) {
        self.is_leaving.cancel();
        self.has_left.cancelled().await;
        while self.num_at_work() > 0 {
            self.link.clock().sleep(LOOK).await;
        }
    }

    /// Answers callers who ask about their calls: whether somebody is at work on it, or that nobody waits any more.
    async fn answer_about(self: Arc<Self>, mut about: Subscriber) {
        while let Some(message) = about.next().await {
            let name = CallName::parse(&message.payload);
            match last_token(&message.subject) {
                CANCEL => {
                    if let Some(abort) = self.at_work.lock().remove(&name) {
                        abort.abort();
                    }
                }
                PROBE => {
                    let is_at_work = self.at_work.lock().contains_key(&name);
                    if let Some(reply) = message.reply.filter(|_| is_at_work) {
                        self.link
                            .answer(reply, Default::default(), Bytes::new())
                            .await;
                    }
                }
                _ => {}
            }
        }
    }
}
