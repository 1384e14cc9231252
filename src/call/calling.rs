//! A call under way: the futures behind `ask` and `tell`, written out as a state machine so that the common case, a turn
//! that ends at once, costs one allocation and no timer.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Sleep;

use super::cell::{CallCell, CallResult};
use super::route::{Answer, Offer, Request, RequestKind, Room, Route};
use super::scope::{self, Scope, Scoped};
use super::tracer::Step;
use super::{AskError, CallError, Key, MessageId, Part, Span, SpanKind, Tick, TurnOutcome};
use crate::contract::{Accepts, Message, Outcome, SizeError, encoded_size_within};

/// What a caller may say about one call.
#[derive(Debug, Default)]
pub(crate) struct Options {
    deadline: Option<Duration>,
    id: Option<MessageId>,
}

/// A question under way; see [`Ref::ask`](super::Ref::ask). Await it.
#[must_use = "nothing is asked unless it is awaited"]
pub struct Ask<'r, C, M: Message> {
    calling: Calling<'r, C, M>,
}

/// A message under way; see [`Ref::tell`](super::Ref::tell). Await it.
#[must_use = "nothing is sent unless it is awaited"]
pub struct Tell<'r, C, M: Message> {
    calling: Calling<'r, C, M>,
}

struct Calling<'r, C, M: Message> {
    route: &'r Arc<Route>,
    key: Option<&'r Key>,
    options: Options,
    /// Until when to wait; set when the call is first polled.
    until: Tick,
    timer: Option<Pin<Box<Sleep>>>,
    stage: Stage<M>,
    contract: PhantomData<fn() -> C>,
}

enum Stage<M: Message> {
    New(M),
    Offering(Arc<CallCell<M>>),
    WaitingForRoom(Arc<CallCell<M>>, Room),
    WaitingForReply(Arc<CallCell<M>>),
    Elsewhere(
        Arc<CallCell<M>>,
        BoxFuture<'static, Result<Answer, CallError>>,
    ),
    Over,
}

impl<'r, C, M: Message> Ask<'r, C, M> {
    pub(crate) fn new(route: &'r Arc<Route>, key: Option<&'r Key>, message: M) -> Self {
        Self {
            calling: Calling::new(route, key, message),
        }
    }

    /// How long this call may take instead of the capability's default. Inside a turn it can only shorten what is left.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.calling.options.deadline = Some(deadline);
        self
    }

    /// Makes retries of this message recognisable: a durable capability answers the same id with the first reply,
    /// within its inbox's retention (default 24 h). See [`MessageId`] for how texts are read.
    pub fn id(mut self, id: impl Into<MessageId>) -> Self {
        self.calling.options.id = Some(id.into());
        self
    }
}

impl<'r, C, M: Message> Tell<'r, C, M> {
    pub(crate) fn new(route: &'r Arc<Route>, key: Option<&'r Key>, message: M) -> Self {
        Self {
            calling: Calling::new(route, key, message),
        }
    }

    /// How long to wait for room instead of the capability's default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.calling.options.deadline = Some(deadline);
        self
    }

    /// As [`Ask::id`].
    pub fn id(mut self, id: impl Into<MessageId>) -> Self {
        self.calling.options.id = Some(id.into());
        self
    }
}

impl<C: Accepts<M>, M: Message> Future for Ask<'_, C, M> {
    type Output = Result<M::Reply, AskError<M::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match ready!(self.calling.poll(cx, RequestKind::Ask)) {
            Ok(Some(Ok(reply))) => Ok(reply),
            Ok(Some(Err(refusal))) => Err(AskError::Domain(refusal)),
            Ok(None) => Err(AskError::Call(self.calling.misanswered())),
            Err(error) => Err(AskError::Call(error)),
        };
        Poll::Ready(result)
    }
}

impl<C: Accepts<M>, M: Message> Future for Tell<'_, C, M> {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.calling.poll(cx, RequestKind::Tell).map_ok(|_| ())
    }
}

// Nothing in here is ever pinned in place: messages are moved, the other parts are boxed.
impl<C, M: Message> Unpin for Calling<'_, C, M> {}

impl<C, M: Message> Drop for Calling<'_, C, M> {
    /// Nobody waits any more: a turn that has not begun will not.
    fn drop(&mut self) {
        if let Stage::WaitingForReply(cell) = &self.stage {
            let _ = cell.expire();
        }
    }
}

impl<'r, C, M: Message> Calling<'r, C, M> {
    fn new(route: &'r Arc<Route>, key: Option<&'r Key>, message: M) -> Self {
        Self {
            route,
            key,
            options: Options::default(),
            until: Tick::from_nanos(0),
            timer: None,
            stage: Stage::New(message),
            contract: PhantomData,
        }
    }

    fn misanswered(&self) -> CallError {
        CallError::Codec {
            capability: self.route.contract.to_owned(),
            part: Part::Reply,
            reason: "an answer without a reply came to an ask".to_owned(),
        }
    }

    /// Goes on with the call; `None` instead of an outcome is the acceptance of a tell.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        kind: RequestKind,
    ) -> Poll<Result<Option<Outcome<M>>, CallError>>
    where
        C: Accepts<M>,
    {
        let polled = self.advance(cx, kind);
        if let Poll::Ready(Err(error)) = &polled {
            self.route.count_failure(error);
        }
        polled
    }

    fn advance(
        &mut self,
        cx: &mut Context<'_>,
        kind: RequestKind,
    ) -> Poll<Result<Option<Outcome<M>>, CallError>>
    where
        C: Accepts<M>,
    {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::New(message) => {
                    // Turns that run inside the caller's poll must not starve the caller's neighbours.
                    let Poll::Ready(coop) = tokio::task::coop::poll_proceed(cx) else {
                        self.stage = Stage::New(message);
                        return Poll::Pending;
                    };
                    coop.made_progress();
                    let reply_wanted = kind == RequestKind::Ask;
                    let (cell, until) =
                        envelope(self.route, self.key, message, &self.options, reply_wanted)
                            .map_err(|(_, error)| error)?;
                    self.until = until;
                    self.stage = Stage::Offering(cell);
                }
                Stage::Offering(cell) => {
                    if let Some(accepted) = self.offer(cell, cx, kind)? {
                        return Poll::Ready(Ok(accepted));
                    }
                }
                Stage::WaitingForRoom(cell, room) => {
                    ready!(self.wait_for_room(cell, room, cx))?;
                    if kind == RequestKind::Tell {
                        self.stage = Stage::Over;
                        return Poll::Ready(Ok(None));
                    }
                }
                Stage::WaitingForReply(cell) => {
                    let result = ready!(self.wait_for_reply(cell, cx));
                    return Poll::Ready(result.map(Some).map_err(|error| *error));
                }
                Stage::Elsewhere(cell, answer) => return self.wait_for_answer(cell, answer, cx),
                Stage::Over => return Poll::Pending,
            }
        }
    }

    /// Offers the call and moves to the stage that follows; `Some` when a tell is thereby done.
    fn offer(
        &mut self,
        cell: Arc<CallCell<M>>,
        cx: &mut Context<'_>,
        kind: RequestKind,
    ) -> Result<Option<Option<Outcome<M>>>, CallError>
    where
        C: Accepts<M>,
    {
        let poll = (kind == RequestKind::Ask).then_some(cx);
        match self.route.offer::<C, M>(&cell, poll) {
            Offer::Taken if kind == RequestKind::Tell => return Ok(Some(None)),
            Offer::Taken => self.stage = Stage::WaitingForReply(cell),
            Offer::Full(room) => self.stage = Stage::WaitingForRoom(cell, room),
            Offer::Refused(error) => return Err(error),
            Offer::Elsewhere(remote) => {
                if cell.scope().recorded().is_some() {
                    cell.scope().queued(self.route.clock.precise());
                }
                let request = encode(self.route, &cell, kind)?;
                self.stage = Stage::Elsewhere(
                    cell,
                    remote.call(Request {
                        deadline: self.until,
                        ..request
                    }),
                );
            }
        }
        Ok(None)
    }

    fn wait_for_room(
        &mut self,
        cell: Arc<CallCell<M>>,
        mut room: Room,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), CallError>> {
        if let Poll::Ready(queued) = room.as_mut().poll(cx) {
            self.stage = Stage::WaitingForReply(cell);
            return Poll::Ready(queued);
        }
        if !self.timed_out(cx) {
            self.stage = Stage::WaitingForRoom(cell, room);
            return Poll::Pending;
        }
        drop(room);
        // It may have moved up at the last moment, and its turn may even have begun.
        match cell.take_back() {
            Some(_) => Poll::Ready(Err(CallError::Overloaded {
                capability: cell.scope().name(),
            })),
            None => {
                self.stage = Stage::WaitingForReply(cell);
                Poll::Ready(Ok(()))
            }
        }
    }

    fn wait_for_reply(
        &mut self,
        cell: Arc<CallCell<M>>,
        cx: &mut Context<'_>,
    ) -> Poll<CallResult<M>> {
        if let Poll::Ready(result) = cell.poll(cx) {
            return Poll::Ready(result);
        }
        if self.timed_out(cx) {
            return Poll::Ready(Err(Box::new(cell.expire())));
        }
        self.stage = Stage::WaitingForReply(cell);
        Poll::Pending
    }

    fn wait_for_answer(
        &mut self,
        cell: Arc<CallCell<M>>,
        mut answer: BoxFuture<'static, Result<Answer, CallError>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Outcome<M>>, CallError>> {
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            self.record(&*cell, &answer);
            return Poll::Ready(
                answer.and_then(|answer| decode::<M>(self.route.contract, &answer)),
            );
        }
        self.stage = Stage::Elsewhere(cell, answer);
        Poll::Pending
    }

    /// Leaves the caller's view of a call through a transport, if its trace is recorded.
    fn record(&self, cell: &CallCell<M>, answer: &Result<Answer, CallError>) {
        let scope = cell.scope();
        let (Some(step), Some(began)) = (scope.recorded(), scope.queued_at()) else {
            return;
        };
        let clock = &self.route.clock;
        let duration = clock.precise().saturating_sub(began);
        self.route.tracer.record(Span {
            trace: step.context.trace,
            span: step.context.span,
            parent: step.parent,
            kind: SpanKind::Client,
            capability: scope.contract.to_owned(),
            key: scope.key.clone(),
            message: M::NAME.to_owned(),
            start: clock.wall() - duration,
            duration,
            queued: None,
            is_inline: false,
            outcome: match answer {
                Ok(Answer::Domain(_)) => TurnOutcome::Refused,
                Ok(_) => TurnOutcome::Ok,
                Err(_) => TurnOutcome::Failed,
            },
        });
    }

    fn timed_out(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(self.route.clock.sleep_until(self.until)));
        timer.as_mut().poll(cx).is_ready()
    }
}

/// A message in its cell, and until when its sender waits.
type Enveloped<M> = (Arc<CallCell<M>>, Tick);

/// Puts a message into its cell, with the circumstances of the caller; also says until when the caller waits.
pub(crate) fn envelope<M: Message>(
    route: &Route,
    key: Option<&Key>,
    message: M,
    options: &Options,
    reply_wanted: bool,
) -> Result<Enveloped<M>, (M, CallError)> {
    let caller = scope::current();
    if caller.is_none() && route.is_closed() {
        return Err((
            message,
            CallError::Stopping {
                capability: route.contract.to_owned(),
            },
        ));
    }
    if let Some(key) = key.filter(|key| !key.is_valid()) {
        return Err((message, invalid_key(route.contract, key)));
    }
    if let Err(error) = within_size(route, &message) {
        return Err((message, error));
    }
    let now = route.clock.now();
    let own = now.after(options.deadline.unwrap_or_else(|| route.deadline()));
    let until = caller
        .as_ref()
        .map_or(own, |caller| own.min(caller.scope().deadline));
    if reply_wanted && until <= now {
        let capability = route.contract.to_owned();
        let error = CallError::DeadlineExceeded {
            capability,
            started: false,
        };
        return Err((message, error));
    }
    // A message that was accepted without a caller waiting for it must not expire: that would lose it silently.
    let deadline = if reply_wanted { until } else { Tick::NEVER };
    let mut scope = Scope::new(route.contract, key.cloned(), deadline);
    scope.id = options
        .id
        .or_else(|| caller.as_ref().and_then(|caller| caller.scope().next_id()));
    let cause = caller.as_ref().map(|caller| caller.scope());
    if let Some(cause) = cause.and_then(|cause| cause.recorded()) {
        scope.set_step(Step::after(cause.context));
    } else if cause.is_none() && route.tracer.begins() {
        scope.set_step(Step::root(true));
    } else if let Some(cause) = cause.filter(|_| !reply_wanted) {
        // Nobody waits, so the way back to the cause is lost with this call.
        scope.set_step(Step::after(cause.step().context));
    }
    if reply_wanted {
        scope.caller = caller;
    }
    Ok((Arc::new(CallCell::new(message, scope)), until))
}

/// Holds a message against the size limit, which counts its JSON whether or not it is ever encoded.
fn within_size<M: Message>(route: &Route, message: &M) -> Result<(), CallError> {
    let limit = route.message_size();
    let capability = || route.contract.to_owned();
    match encoded_size_within(message, limit) {
        Ok(()) => Ok(()),
        Err(SizeError::Oversize { .. }) => Err(CallError::TooLarge {
            capability: capability(),
            part: Part::Message,
            limit,
        }),
        Err(SizeError::Encode(error)) => Err(CallError::Codec {
            capability: capability(),
            part: Part::Message,
            reason: error.to_string(),
        }),
    }
}

pub(crate) fn invalid_key(contract: &str, key: &Key) -> CallError {
    CallError::InvalidKey {
        capability: contract.to_owned(),
        key: key.as_str().chars().take(64).collect(),
        reason: format!("a key has 1 to {} bytes", Key::MAX_BYTES),
    }
}

/// Encodes a call for another process.
pub(crate) fn encode<M: Message>(
    route: &Route,
    cell: &CallCell<M>,
    kind: RequestKind,
) -> Result<Request, CallError> {
    let scope = cell.scope();
    let body = cell
        .peek(serde_json::to_vec)
        .unwrap_or_else(|| Ok(Vec::new()))
        .map_err(|error| CallError::Codec {
            capability: route.contract.to_owned(),
            part: Part::Message,
            reason: error.to_string(),
        })?;
    Ok(Request {
        contract: route.contract.to_owned(),
        version: route.version,
        message: M::NAME.to_owned(),
        key: scope.key.clone(),
        id: scope.id,
        deadline: scope.deadline,
        waiting: scope.waiting(),
        trace: Some(scope.step().context),
        inside: scope::inside_turn(),
        kind,
        body,
    })
}

/// Decodes what came back; `None` is the acceptance of a tell.
fn decode<M: Message>(contract: &str, answer: &Answer) -> Result<Option<Outcome<M>>, CallError> {
    let misfit = |error: serde_json::Error| CallError::Codec {
        capability: contract.to_owned(),
        part: Part::Reply,
        reason: error.to_string(),
    };
    match answer {
        Answer::Accepted => Ok(None),
        Answer::Reply(body) => serde_json::from_slice(body)
            .map(|reply| Some(Ok(reply)))
            .map_err(misfit),
        Answer::Domain(body) => serde_json::from_slice(body)
            .map(|refusal| Some(Err(refusal)))
            .map_err(misfit),
    }
}

impl<C, M: Message> fmt::Debug for Ask<'_, C, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ask({}.{})", self.calling.route.contract, M::NAME)
    }
}

impl<C, M: Message> fmt::Debug for Tell<'_, C, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tell({}.{})", self.calling.route.contract, M::NAME)
    }
}
