//! [`Intake`]: one task that takes the calls to a capability in the order in which they come, and sends their answers.
//!
//! It takes all that has come, then all that is done, and then sends: so that answers that are ready at about the same time share
//! a message.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use async_nats::{Message, Subject, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use tokio::task::yield_now;

use super::answers::{Answers, To};
use super::callee::Callee;
use super::name::CallName;
use crate::actor::abort;
use crate::call::route::{Answer, Request};
use crate::call::{CallError, Part, Tick};
use crate::transport::frame::{Address, FrameError};
use crate::transport::nats::bundles::{MANY, Range, entries};
use crate::transport::nats::headers;
use crate::transport::nats::subjects::{BUNDLE, POKE, last_token};
use crate::transport::network::Near;
use crate::transport::packed::read_request;

/// Calls to one capability that other processes may have under way here; the next one is refused at once.
const INTAKE: usize = 16_384;
/// Messages that are taken before somebody else gets the thread.
const TURN: usize = 64;

/// Takes the calls to one capability.
pub(super) struct Intake {
    callee: Arc<Callee>,
    pub(super) calls: Subscriber,
    has_ended: bool,
    /// Messages of the server that have come.
    pub(super) num_received: u64,
    working: FuturesUnordered<Working>,
    answers: Answers,
}

/// A call that is under way.
struct Working {
    capability: &'static str,
    /// Until it is over.
    call: Option<Call>,
    work: Abortable<BoxFuture<'static, Answered>>,
}

/// What has to be known of a call to answer it.
struct Call {
    /// Which of the capability's endpoints it came to; `None` when it has none of that name.
    endpoint: Option<usize>,
    began: Tick,
    /// `None` when nobody waits for an answer.
    to: Option<To>,
    name: Option<CallName>,
}

type Answered = Result<Answer, CallError>;

impl Intake {
    pub(super) fn new(callee: Arc<Callee>, calls: Subscriber) -> Self {
        Self {
            answers: Answers::new(callee.link().clone()),
            callee,
            calls,
            has_ended: false,
            num_received: 0,
            working: FuturesUnordered::new(),
        }
    }

    pub(super) const fn callee(&self) -> &Arc<Callee> {
        &self.callee
    }

    /// Takes calls until this process leaves the others, and answers all that it has taken.
    pub(super) async fn run(mut self) {
        let callee = Arc::clone(&self.callee);
        tokio::select! {
            biased;
            () = self.serve() => {}
            () = callee.is_leaving.cancelled() => super::drain::drain(&mut self).await,
        }
        callee.has_left.cancel();
        self.has_ended = true;
        self.answer_rest().await;
    }

    /// Takes calls and answers them until no more come.
    ///
    /// # Cancel safety
    ///
    /// What has come and is not answered yet is as it was.
    pub(super) async fn serve(&mut self) {
        while !self.has_ended {
            poll_fn(|cx| self.poll_step(cx)).await;
            self.gather().await;
            self.send().await;
        }
    }

    /// Lets others of this thread go first as long as more answers come meanwhile, up to what lies in one message. Without other
    /// calls under way there is nothing to come.
    async fn gather(&mut self) {
        let mut num_before = 0;
        while !self.working.is_empty() && (num_before + 1..MANY).contains(&self.answers.len()) {
            num_before = self.answers.len();
            yield_now().await;
            poll_fn(|cx| {
                let _ = self.poll_step(cx);
                Poll::Ready(())
            })
            .await;
        }
    }

    async fn answer_rest(&mut self) {
        loop {
            self.send().await;
            let Some(done) = self.working.next().await else {
                return;
            };
            self.done(done);
        }
    }

    /// Takes what has come and what is done; ready when there is something to send, or no more calls come.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut num_taken = 0;
        while num_taken < TURN && !self.has_ended {
            match self.calls.poll_next_unpin(cx) {
                Poll::Ready(Some(message)) => self.arrived(message),
                Poll::Ready(None) => self.has_ended = true,
                Poll::Pending => break,
            }
            num_taken += 1;
        }
        if num_taken == TURN {
            cx.waker().wake_by_ref();
        }
        while let Poll::Ready(Some(done)) = self.working.poll_next_unpin(cx) {
            self.done(done);
        }
        if self.has_ended || !self.answers.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    async fn send(&mut self) {
        self.answers.send(&self.callee.num_open).await;
    }

    /// A message has come on the subject of the calls.
    fn arrived(&mut self, message: Message) {
        self.num_received += 1;
        match last_token(&message.subject) {
            POKE => {}
            BUNDLE => self.take_bundle(message),
            name => {
                let name = name.to_owned();
                self.take_alone(&name, message);
            }
        }
    }

    fn take_alone(&mut self, message_name: &str, message: Message) {
        let Near {
            capability,
            version,
            deadline,
            ..
        } = self.callee.near();
        let address = Address {
            contract: capability,
            version: *version,
            message: message_name,
            deadline: *deadline,
            is_answered: message.reply.is_some(),
        };
        let clock = self.callee.link().clock();
        let request = headers::frame(&message).into_request(clock, address);
        let name = message.reply.as_ref().map(CallName::of);
        let to = message.reply.map(To::Alone);
        let endpoint = self.callee.endpoints().of(message_name);
        self.take(endpoint, request, to, name);
    }

    /// Takes all calls of a bundle; none of one that cannot be read: its sender is told, and sends them one by one.
    fn take_bundle(&mut self, message: Message) {
        let Some(reply) = message.reply else {
            return;
        };
        let Near {
            capability,
            version,
            ..
        } = *self.callee.near();
        let clock = self.callee.link().clock();
        let read = |packed: &[u8]| read_request(packed, capability.into(), clock);
        let (Some(inbox), Ok(calls)) = (inbox_of(&reply), entries(&message.payload, read)) else {
            self.callee.num_open.fetch_add(1, Ordering::SeqCst);
            let error = CallError::UnknownMessage {
                capability: capability.to_owned(),
                message: BUNDLE.to_owned(),
            };
            return self.answers.put(To::Alone(reply), Err(error));
        };
        for (number, request) in calls {
            let to = To::Bundled(inbox.clone(), number);
            let name = CallName::bundled(inbox.clone(), number);
            let endpoint = self.callee.endpoints().of(&request.message);
            let request = match request.version {
                asked if asked == version => Ok(request),
                asked => Err(FrameError::of_contract(
                    (capability, asked),
                    (capability, version),
                )),
            };
            self.take(endpoint, request, Some(to), Some(name));
        }
    }

    /// Brings a call into the mailbox, in the order of arrival.
    fn take(
        &mut self,
        endpoint: Option<usize>,
        request: Result<Request, FrameError>,
        to: Option<To>,
        name: Option<CallName>,
    ) {
        let callee = &self.callee;
        callee.num_open.fetch_add(1, Ordering::SeqCst);
        let work = self.begin(request);
        let mut call = Call {
            endpoint,
            began: callee.link().clock().now(),
            to,
            name: None,
        };
        let mut work = match work {
            Ok(work) => work,
            Err(error) => return self.answer(call, Err(error)),
        };
        // The first poll brings it into the mailbox. What is done by then needs nothing of what follows.
        let mut cx = Context::from_waker(Waker::noop());
        let capability = callee.near().capability;
        match guarded(capability, || work.as_mut().poll(&mut cx)) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(answer)) => return self.answer(call, answer),
            Err(error) => return self.answer(call, Err(error)),
        }
        let (abort, registration) = AbortHandle::new_pair();
        if let Some(name) = &name {
            callee.at_work.lock().insert(name.clone(), abort);
        }
        call.name = name;
        self.working.push(Working {
            capability,
            call: Some(call),
            work: Abortable::new(work, registration),
        });
    }

    fn begin(
        &self,
        request: Result<Request, FrameError>,
    ) -> Result<BoxFuture<'static, Answered>, CallError> {
        let Near {
            capability, remote, ..
        } = self.callee.near();
        if self.callee.num_at_work() > INTAKE {
            return Err(CallError::Overloaded {
                capability: (*capability).to_owned(),
            });
        }
        let request = request.map_err(|error| error.into_call_error(capability, Part::Message))?;
        if request.deadline <= self.callee.link().clock().now() {
            return Err(CallError::DeadlineExceeded {
                capability: (*capability).to_owned(),
                started: false,
            });
        }
        guarded(capability, || remote.call(request))
    }

    /// A call is over; one that nobody waits for any more has no answer.
    fn done(&mut self, (call, answer): Done) {
        if let Some(name) = &call.name {
            self.callee.at_work.lock().remove(name);
        }
        match answer {
            Some(answer) => self.answer(call, answer),
            None => self.closed(1),
        }
    }

    fn answer(&mut self, call: Call, answer: Answered) {
        let callee = &self.callee;
        let took = callee.link().clock().now().since(call.began);
        let error = answer.as_ref().err();
        let endpoint = call
            .endpoint
            .and_then(|index| callee.endpoints().get(index));
        if let Some((_, endpoint)) = endpoint {
            endpoint.count(took, error);
        }
        let Some(to) = call.to else {
            if let Err(error) = answer {
                let message = endpoint.map_or("unknown", |(name, _)| name);
                tracing::warn!(capability = callee.near().capability, message, %error, "a call that nobody waits for failed");
            }
            return self.closed(1);
        };
        self.answers.put(to, answer);
    }

    fn closed(&self, num_calls: usize) {
        self.callee.num_open.fetch_sub(num_calls, Ordering::SeqCst);
    }
}

/// A call that is over, with what came of it unless nobody waits for it any more.
type Done = (Call, Option<Answered>);

impl Future for Working {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done> {
        let capability = self.capability;
        let answer = match guarded(capability, || Pin::new(&mut self.work).poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => answer.ok(),
            Err(error) => Some(Err(error)),
        };
        match self.call.take() {
            Some(call) => Poll::Ready((call, answer)),
            None => Poll::Pending,
        }
    }
}

/// Does what may panic: how messages and replies are read and written is their authors' matter, and other calls must not suffer.
fn guarded<T>(capability: &str, what: impl FnOnce() -> T) -> Result<T, CallError> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|unwound| abort::reason(unwound, capability))
}

/// The inbox of the process that has sent a bundle.
fn inbox_of(reply: &Subject) -> Option<Bytes> {
    let (inbox, token) = reply.as_str().rsplit_once('.')?;
    Range::parse(token)?;
    Some(Bytes::copy_from_slice(inbox.as_bytes()))
}
