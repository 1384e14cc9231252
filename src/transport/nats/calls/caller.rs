//! [`Caller`]: sends calls to a capability of another process, and waits for what comes back.
//!
//! | what happens | what the caller does |
//! |---|---|
//! | nobody listens | it tries again, with growing pauses, until nine tenths of its time are over: the message was not delivered |
//! | no answer for a while | it asks whether somebody is at work on it, and waits on if so |
//! | nobody is at work on it any more | a message that may come twice is sent again under its id; of any other the outcome is unknown |
//! | no answer at the deadline | the outcome is unknown, unless the connection was down all the time |

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_nats::Message;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::actor::services::Tasks;
use crate::call::alarm::Alarm;
use crate::call::route::{Answer, GRACE, Remote, Request, RequestKind};
use crate::call::{CallError, Part, Tick};
use crate::transport::frame::{Frame, wall_deadline};
use crate::transport::nats::bundles::{Lane, Mailbag, Posted};
use crate::transport::nats::headers;
use crate::transport::nats::link::{Link, is_unheard};
use crate::transport::nats::replies::{Awaited, Heard};
use crate::transport::network::Far;
use crate::transport::packed::read_answer;

/// The first pause when nobody listens; each one after is twice as long.
const ABSENT_MIN: Duration = Duration::from_millis(10);
/// The longest pause when nobody listens.
const ABSENT_MAX: Duration = Duration::from_millis(500);
/// After nobody listened, a message that is only tried to be told is refused for so long; then it is tried again.
const ABSENT_FOR: Duration = Duration::from_secs(1);
/// The part of a call's time that is left to its caller when nobody was there: a turn that cannot reach another capability must still be able
/// to say so to its own caller, whose deadline is the same.
const RESERVE: u32 = 10;
/// After somebody did not know bundles, calls go one by one for so long; then it is tried again.
const ALONE_FOR: Duration = Duration::from_secs(60);
/// After this time without an answer is asked whether somebody is at work on it; each time after is twice as long.
const PROBE_AFTER: Duration = Duration::from_secs(1);
/// It is asked no more seldom than this.
const PROBE_MAX: Duration = Duration::from_secs(30);
/// Whoever is at work on it says so within this time.
const PROBE_WAIT: Duration = Duration::from_millis(500);
/// How long a message that nobody waits for may wait for whoever takes it.
const TOLD_FOR: Duration = Duration::from_secs(60 * 60);

/// Sends calls to one capability of another process.
#[derive(Clone)]
pub(crate) struct Caller(Arc<Inner>);

struct Inner {
    far: Far,
    link: Link,
    tasks: Tasks,
    window: Arc<Semaphore>,
    under_way: UnderWay,
    /// The way of calls in bundles. Others than skep do not know them.
    lane: Option<(Arc<Mailbag>, Lane)>,
    /// Until when whoever was not there is taken to be absent still, in nanoseconds of the clock.
    absent_until: AtomicU64,
    /// Until when no bundles are sent, in nanoseconds of the clock.
    alone_until: AtomicU64,
}

/// How many calls of a process are under way, to whomever.
pub(crate) type UnderWay = Arc<AtomicUsize>;

impl Caller {
    pub(crate) fn new(far: Far, link: Link, tasks: Tasks, under_way: UnderWay) -> Self {
        let window = Arc::new(Semaphore::new(far.window));
        let lane = if far.is_foreign {
            None
        } else {
            link.lane(far.capability)
        };
        Self(Arc::new(Inner {
            lane,
            far,
            link,
            tasks,
            window,
            under_way,
            absent_until: AtomicU64::new(0),
            alone_until: AtomicU64::new(0),
        }))
    }
}

impl Remote for Caller {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        let inner = Arc::clone(&self.0);
        async move { Exchange::new(&inner, request).run().await }.boxed()
    }

    fn try_tell(&self, mut request: Request) -> Result<(), CallError> {
        let inner = Arc::clone(&self.0);
        if inner.far.is_foreign && inner.is_absent() {
            return Err(inner.not_hosted());
        }
        let full = || CallError::Overloaded {
            capability: inner.far.capability.to_owned(),
        };
        let Ok(permit) = Arc::clone(&inner.window).try_acquire_owned() else {
            return Err(full());
        };
        // It was accepted: it must not be lost to a deadline that nobody has set.
        request.deadline = inner.link.clock().now().after(TOLD_FOR);
        let capability = inner.far.capability;
        let told = Arc::clone(&inner);
        let mut telling = async move {
            if let Err(error) = Exchange::new(&told, request).run().await {
                tracing::error!(capability, %error, "a message that was told is lost");
            }
            drop(permit);
        }
        .boxed();
        // Sent before this returns, so that it comes before whatever is sent next.
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        if telling.as_mut().poll(&mut cx).is_pending() {
            inner.tasks.spawn(telling);
        }
        Ok(())
    }
}

impl Inner {
    /// Whether nobody listened a moment ago. Of our own capabilities it is known that they come back.
    fn is_absent(&self) -> bool {
        self.is_before(&self.absent_until)
    }

    fn absent(&self) {
        self.set(&self.absent_until, ABSENT_FOR);
    }

    fn is_before(&self, until: &AtomicU64) -> bool {
        let until = until.load(Ordering::Relaxed);
        until > 0 && self.link.clock().now() < Tick::from_nanos(until)
    }

    fn set(&self, until: &AtomicU64, ahead: Duration) {
        let tick = self.link.clock().now().after(ahead);
        until.store(tick.as_nanos(), Ordering::Relaxed);
    }

    fn not_hosted(&self) -> CallError {
        CallError::NotHosted {
            capability: self.far.capability.to_owned(),
        }
    }
}

/// One call under way.
struct Exchange<'c> {
    caller: &'c Inner,
    request: Request,
    /// Its deadline in milliseconds since 1970.
    deadline_ms: u64,
    /// When it is given up if nobody was heard until then.
    in_vain_from: Tick,
    /// Whether it may be sent again while an answer may still come.
    may_repeat: bool,
    /// What was sent and may be answered.
    sent: Vec<Awaited>,
    alarm: Alarm,
    /// Since which connection the link has been down, if it was down when the message was first sent.
    down_since: Option<u64>,
}

/// What came of waiting.
enum Waited {
    Answered(Said),
    /// This process has closed its connection.
    Closed,
    /// Nobody listens.
    Unheard,
    /// Nobody who knows bundles.
    NoBundles,
    /// Nothing came for a while.
    Silence,
    /// The deadline has passed.
    Late,
    /// Nobody is at work on it.
    Gone,
}

/// An answer, as it has come.
enum Said {
    Alone(Message),
    Bundled(Bytes),
}

impl<'c> Exchange<'c> {
    fn new(caller: &'c Inner, mut request: Request) -> Self {
        let far = &caller.far;
        let is_idempotent = far.idempotent.contains(&*request.message);
        let now = caller.link.clock().now();
        let left = request.deadline.since(now);
        if request.id.is_none() && far.remembers && !is_idempotent {
            request.id = Some(caller.link.fresh_id());
        }
        let may_repeat = is_idempotent || (far.remembers && request.id.is_some());
        caller.under_way.fetch_add(1, Ordering::SeqCst);
        Self {
            deadline_ms: wall_deadline(request.deadline, caller.link.clock()),
            in_vain_from: now.after(left - left / RESERVE),
            request,
            may_repeat,
            sent: Vec::with_capacity(1),
            alarm: Alarm::default(),
            down_since: caller.link.down_since(),
            caller,
        }
    }

    async fn run(mut self) -> Result<Answer, CallError> {
        let mut absent = ABSENT_MIN;
        let mut patience = PROBE_AFTER;
        self.send().await?;
        loop {
            let waited = match self.wait(patience).await {
                Waited::Silence => {
                    patience = (patience * 2).min(PROBE_MAX);
                    self.probe().await
                }
                waited => waited,
            };
            match waited {
                Waited::Answered(said) => match self.read(said) {
                    // It was not begun. Another replica may take it, or whoever is there next.
                    Err(CallError::Stopping { .. }) => {
                        self.pause(absent).await?;
                        absent = (absent * 2).min(ABSENT_MAX);
                        self.send().await?;
                    }
                    answer => return answer,
                },
                // It was not begun, and is not sent again by a process that ends.
                Waited::Unheard | Waited::NoBundles if self.caller.link.is_closed() => {
                    return Err(self.stopping());
                }
                _ if self.caller.link.is_closed() => return Err(self.lost()),
                Waited::Late => return Err(self.late()),
                Waited::Silence => {}
                Waited::Gone if self.may_repeat => self.send().await?,
                Waited::Closed | Waited::Gone => return Err(self.lost()),
                Waited::NoBundles => {
                    self.caller.set(&self.caller.alone_until, ALONE_FOR);
                    self.send().await?;
                }
                Waited::Unheard => {
                    self.pause(absent).await?;
                    absent = (absent * 2).min(ABSENT_MAX);
                    self.send().await?;
                }
            }
        }
    }

    /// Sends it; that may wait for room in the connection.
    async fn send(&mut self) -> Result<(), CallError> {
        let Inner {
            far, link, lane, ..
        } = self.caller;
        if link.is_closed() {
            return Err(self.stopping());
        }
        let lane = lane.as_ref();
        let lane = lane.filter(|_| !self.caller.is_before(&self.caller.alone_until));
        let sending = async {
            match lane {
                Some((mailbag, lane)) => {
                    let call = Posted {
                        request: &self.request,
                        deadline_ms: self.deadline_ms,
                    };
                    Ok(mailbag.put(lane, call).await)
                }
                None => {
                    let subject = link.subjects().call(far.capability, &self.request.message);
                    let frame = Frame::of_request(self.request.clone(), link.clock());
                    link.send(subject, headers::of(frame.headers), frame.body.into())
                        .await
                }
            }
        };
        let mut sending = std::pin::pin!(tokio::task::unconstrained(sending));
        // Mostly there is room, and no time to be kept.
        let sent = match sending.as_mut().now_or_never() {
            Some(sent) => sent,
            None => tokio::select! {
                biased;
                sent = sending => sent,
                () = link.clock().sleep_until(self.request.deadline) => return Err(self.late()),
            },
        };
        match sent {
            Ok(awaited) => {
                self.sent.push(awaited);
                Ok(())
            }
            Err(_) => Err(self.stopping()),
        }
    }

    /// Waits for the first answer to anything that was sent.
    async fn wait(&mut self, patience: Duration) -> Waited {
        let clock = self.caller.link.clock();
        // The callee has a clock of its own, and says exactly whether the turn had begun.
        let late = self.request.deadline.after(GRACE);
        let silent = clock.now().after(patience);
        // What it was set to before has passed, or is to come later.
        self.alarm.put_away(clock);
        let mut alarm = poll_fn(|cx| self.alarm.poll(clock, late.min(silent), cx));
        tokio::select! {
            biased;
            waited = first_answer(&mut self.sent) => waited,
            () = &mut alarm => if silent < late {
                Waited::Silence
            } else {
                Waited::Late
            },
        }
    }

    /// Asks whether somebody is at work on what was sent. Who waits for an answer meanwhile gets it.
    async fn probe(&mut self) -> Waited {
        let (link, far) = (&self.caller.link, &self.caller.far);
        if far.is_foreign || self.request.kind == RequestKind::Tell || link.down_since().is_some() {
            return Waited::Silence;
        }
        let mut probes = Vec::with_capacity(self.sent.len());
        for awaited in &self.sent {
            let subject = link.subjects().probe(far.capability);
            let call = Bytes::from(awaited.subject());
            match link.send(subject, Default::default(), call).await {
                Ok(probe) => probes.push(probe),
                Err(_) => return Waited::Silence,
            }
        }
        let late = link.clock().sleep_until(self.request.deadline.after(GRACE));
        tokio::select! {
            biased;
            waited = first_answer(&mut self.sent) => waited,
            at_work = first_answer(&mut probes) => match at_work {
                Waited::Answered(_) => Waited::Silence,
                _ => Waited::Gone,
            },
            () = late => Waited::Late,
            () = link.clock().sleep(PROBE_WAIT) => match link.down_since() {
                Some(_) => Waited::Silence,
                None => Waited::Gone,
            },
        }
    }

    fn stopping(&self) -> CallError {
        CallError::Stopping {
            capability: self.caller.far.capability.to_owned(),
        }
    }

    fn lost(&self) -> CallError {
        CallError::Lost {
            capability: self.caller.far.capability.to_owned(),
        }
    }

    /// Nobody listens: a pause before it is tried again.
    async fn pause(&self, pause: Duration) -> Result<(), CallError> {
        let clock = self.caller.link.clock();
        self.caller.absent();
        if clock.now().after(pause) >= self.in_vain_from {
            clock.sleep_until(self.in_vain_from).await;
            self.caller.absent();
            return Err(self.caller.not_hosted());
        }
        clock.sleep(pause).await;
        Ok(())
    }

    fn read(&mut self, said: Said) -> Result<Answer, CallError> {
        let capability = self.caller.far.capability;
        // Whatever else was sent is answered the same, and nobody has to be told.
        self.sent.clear();
        self.caller.absent_until.store(0, Ordering::Relaxed);
        let answer = match said {
            Said::Alone(message) => headers::frame(&message).into_answer(capability),
            Said::Bundled(packed) => read_answer(&packed, capability),
        };
        answer.map_err(|error| error.into_call_error(capability, Part::Reply))?
    }

    /// The deadline has passed. What still lies in a connection that has been down all the time will expire on its way.
    fn late(&self) -> CallError {
        let down_since = self.down_since;
        let is_unsent = self.sent.is_empty()
            || (down_since.is_some() && down_since == self.caller.link.down_since());
        CallError::DeadlineExceeded {
            capability: self.caller.far.capability.to_owned(),
            started: !is_unsent,
        }
    }
}

impl Drop for Exchange<'_> {
    /// Nobody waits any more: what has not begun need not.
    fn drop(&mut self) {
        self.alarm.put_away(self.caller.link.clock());
        self.caller.under_way.fetch_sub(1, Ordering::SeqCst);
        if self.request.kind == RequestKind::Ask {
            for awaited in &self.sent {
                self.caller
                    .link
                    .cancel(self.caller.far.capability, awaited.subject());
            }
        }
    }
}

/// The first answer to any of these. What nobody hears, or takes, is taken out; that is said when none is left.
fn first_answer(sent: &mut Vec<Awaited>) -> impl Future<Output = Waited> + '_ {
    let mut none = Waited::Closed;
    poll_fn(move |cx| {
        let mut index = 0;
        while let Some(awaited) = sent.get_mut(index) {
            let Poll::Ready(heard) = awaited.poll_heard(cx) else {
                index += 1;
                continue;
            };
            drop(sent.swap_remove(index));
            match heard {
                Some(Heard::Alone(message)) if !is_unheard(&message) => {
                    return Poll::Ready(Waited::Answered(Said::Alone(message)));
                }
                Some(Heard::Bundled(packed)) => {
                    return Poll::Ready(Waited::Answered(Said::Bundled(packed)));
                }
                Some(Heard::NoBundles) => none = Waited::NoBundles,
                Some(Heard::Alone(_) | Heard::Nobody) => none = Waited::Unheard,
                None => none = Waited::Closed,
            }
        }
        if sent.is_empty() {
            Poll::Ready(std::mem::replace(&mut none, Waited::Closed))
        } else {
            Poll::Pending
        }
    })
}
