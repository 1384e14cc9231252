//! [`Callee`]: takes the calls of other processes to one capability of this one, in the order in which they come.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use async_nats::{Message, Subject, Subscriber};
use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::{FutureExt, StreamExt};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::stats::Endpoints;
use crate::actor::services::Tasks;
use crate::call::route::Answer;
use crate::call::{CallError, Part, Tick};
use crate::transport::frame::{Address, Frame};
use crate::transport::nats::headers;
use crate::transport::nats::link::{Link, LinkError};
use crate::transport::nats::subjects::{CANCEL, POKE, PROBE, last_token};
use crate::transport::network::Near;

/// Calls to one capability that other processes may have under way here; the next one is refused at once.
const INTAKE: usize = 16_384;
/// How often is looked whether all calls are answered.
const LOOK: Duration = Duration::from_millis(2);

/// Takes the calls to one capability.
pub(crate) struct Callee {
    near: Near,
    link: Link,
    tasks: Tasks,
    at_work: Mutex<HashMap<String, AbortHandle>>,
    pub(super) received: AtomicU64,
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
            tasks: tasks.clone(),
            at_work: Mutex::default(),
            received: AtomicU64::new(0),
            is_leaving: CancellationToken::new(),
            has_left: CancellationToken::new(),
        });
        tasks.spawn(Arc::clone(&callee).answer_about(about));
        tasks.spawn(Arc::clone(&callee).take_all(calls));
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
        self.at_work.lock().len()
    }

    /// Takes no more calls: those that the server has given to this process already are still handled, others go elsewhere.
    /// Ends when all are answered.
    pub(crate) async fn leave(&self) {
        self.is_leaving.cancel();
        self.has_left.cancelled().await;
        while !self.at_work.lock().is_empty() {
            self.link.clock().sleep(LOOK).await;
        }
    }

    async fn take_all(self: Arc<Self>, mut calls: Subscriber) {
        loop {
            tokio::select! {
                biased;
                message = calls.next() => match message {
                    Some(message) => self.arrived(message),
                    None => break,
                },
                () = self.is_leaving.cancelled() => {
                    super::drain::drain(&self, &mut calls).await;
                    break;
                }
            }
        }
        self.has_left.cancel();
    }

    /// A message has come on the subject of the calls.
    pub(super) fn arrived(self: &Arc<Self>, message: Message) {
        self.received.fetch_add(1, Ordering::Relaxed);
        if last_token(&message.subject) != POKE {
            self.take(message);
        }
    }

    /// Brings a call into the mailbox, in the order of arrival; the rest happens beside the next.
    fn take(self: &Arc<Self>, message: Message) {
        let began = self.link.clock().now();
        let name = last_token(&message.subject).to_owned();
        let mut calling = match self.begin(&message, &name) {
            Ok(calling) => calling,
            Err(error) => std::future::ready(Err(error)).boxed(),
        };
        let mut cx = Context::from_waker(Waker::noop());
        let polled = calling.as_mut().poll(&mut cx);
        let rest = match polled {
            std::task::Poll::Ready(answer) => std::future::ready(answer).boxed(),
            std::task::Poll::Pending => calling,
        };
        let (abort, registration) = AbortHandle::new_pair();
        if let Some(reply) = &message.reply {
            self.at_work.lock().insert(reply.to_string(), abort);
        }
        let callee = Arc::clone(self);
        let work = Abortable::new(rest, registration);
        self.tasks.spawn(async move {
            let answer = work.await;
            if let Ok(answer) = answer {
                callee
                    .answered(&name, began, message.reply.as_ref(), answer)
                    .await;
            }
            if let Some(reply) = &message.reply {
                callee.at_work.lock().remove(reply.as_str());
            }
        });
    }

    fn begin(
        &self,
        message: &Message,
        name: &str,
    ) -> Result<BoxFuture<'static, Result<Answer, CallError>>, CallError> {
        let Near {
            capability,
            version,
            deadline,
            ..
        } = self.near;
        if self.at_work.lock().len() >= INTAKE {
            return Err(CallError::Overloaded {
                capability: capability.to_owned(),
            });
        }
        let address = Address {
            contract: capability,
            version,
            message: name,
            deadline,
            is_answered: message.reply.is_some(),
        };
        let clock = self.link.clock();
        let request = headers::frame(message)
            .into_request(clock, address)
            .map_err(|error| error.into_call_error(capability, Part::Message))?;
        if request.deadline <= clock.now() {
            return Err(CallError::DeadlineExceeded {
                capability: capability.to_owned(),
                started: false,
            });
        }
        Ok(self.near.remote.call(request))
    }

    async fn answered(
        &self,
        name: &str,
        began: Tick,
        reply: Option<&Subject>,
        answer: Result<Answer, CallError>,
    ) {
        let took = self.link.clock().now().since(began);
        self.endpoints.count(name, took, answer.as_ref().err());
        let Some(reply) = reply else {
            if let Err(error) = answer {
                tracing::warn!(capability = self.near.capability, message = name, %error, "a call that nobody waits for failed");
            }
            return;
        };
        let frame = Frame::of_answer(answer);
        let headers = headers::of(frame.headers);
        self.link
            .answer(reply.clone(), headers, Bytes::from(frame.body))
            .await;
    }

    /// Answers callers who ask about their calls: whether somebody is at work on it, or that nobody waits any more.
    async fn answer_about(self: Arc<Self>, mut about: Subscriber) {
        while let Some(message) = about.next().await {
            let Ok(call) = std::str::from_utf8(&message.payload) else {
                continue;
            };
            match last_token(&message.subject) {
                CANCEL => {
                    if let Some(abort) = self.at_work.lock().remove(call) {
                        abort.abort();
                    }
                }
                PROBE => {
                    let is_at_work = self.at_work.lock().contains_key(call);
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
