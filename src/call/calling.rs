//! A call under way: the futures behind `ask` and `tell`, written out as a state machine so that the common case, a turn
//! that ends at once, costs no allocation and no timer.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use tokio::time::Sleep;

use super::alarm::Alarm;
use super::cell::{CallCell, CallResult};
use super::current::{Polled, charge};
use super::envelope::{Options, address, decode, encode, in_cell};
use super::guard::{Failed, Guard, Passage};
use super::route::{Answer, Offer, Request, RequestKind, Room, Route, Run};
use super::scope::Scoped;
use super::tracer::Step;
use super::{CallError, Key, Part, Span, SpanKind, Tick, TurnOutcome};
use crate::contract::{Accepts, Message, Outcome};

/// What a call ends in; `None` instead of an outcome is the acceptance of a tell.
pub(super) type Ended<M> = Result<Option<Outcome<M>>, Box<CallError>>;

/// A call under way.
pub(super) struct Calling<'r, C, M: Message> {
    pub(super) route: &'r Arc<Route>,
    key: Option<&'r Key>,
    pub(super) options: Options,
    /// Until when to wait; set when the call is first polled.
    until: Tick,
    alarm: Alarm,
    /// Until it is on its way.
    message: Option<M>,
    stage: Stage<M>,
    /// Its way past the guard of the route, if there is one.
    guarded: Option<Box<Guarded>>,
    contract: PhantomData<fn() -> C>,
}

/// What became of a call that was made just now.
enum Begun<M: Message> {
    /// It is over.
    Over(CallResult<M>),
    /// The message is told.
    Taken,
    /// It may not be made.
    Refused(Box<CallError>),
    /// It stands at another stage.
    GoesOn,
    /// It has to be made later.
    NotYet,
}

/// A call past a guard.
struct Guarded {
    passage: Passage,
    /// The message encoded, when it may be sent again: the message itself goes into its turn.
    spare: Option<Vec<u8>>,
}

enum Stage<M: Message> {
    /// Made again after a pause.
    Pausing(Pin<Box<Sleep>>),
    New,
    Offering(Arc<CallCell<M>>),
    WaitingForRoom(Arc<CallCell<M>>, Room),
    WaitingForReply(Arc<CallCell<M>>),
    Elsewhere(
        Arc<CallCell<M>>,
        BoxFuture<'static, Result<Answer, CallError>>,
    ),
    Over,
}

// Nothing in here is ever pinned in place: messages are moved, the other parts are boxed.
impl<C, M: Message> Unpin for Calling<'_, C, M> {}

impl<C, M: Message> Drop for Calling<'_, C, M> {
    /// Nobody waits any more: a turn that has not begun will not.
    #[inline]
    fn drop(&mut self) {
        self.alarm.put_away(&self.route.clock);
        if let Stage::WaitingForReply(cell) = &self.stage {
            let _ = cell.expire();
        }
    }
}

impl Guarded {
    /// The call failed: the message and a pause when it is made again.
    fn failed<M: Message>(&mut self, error: CallError) -> Result<(M, Pin<Box<Sleep>>), CallError> {
        let last = error.clone();
        match self.passage.failed(error) {
            Failed::Finally(error) => Err(error),
            Failed::Again(pause) => {
                let spare = self.spare.as_deref().unwrap_or_default();
                // What cannot be read back cannot be sent again.
                serde_json::from_slice(spare).map_or(Err(last), |message| Ok((message, pause)))
            }
        }
    }
}

impl<'r, C, M: Message> Calling<'r, C, M> {
    #[inline]
    pub(super) fn new(route: &'r Arc<Route>, key: Option<&'r Key>, message: M) -> Self {
        Self {
            route,
            key,
            options: Options::default(),
            until: Tick::from_nanos(0),
            alarm: Alarm::default(),
            message: Some(message),
            stage: Stage::New,
            guarded: None,
            contract: PhantomData,
        }
    }

    #[cold]
    pub(super) fn misanswered(&self) -> CallError {
        CallError::Codec {
            capability: self.route.contract.to_owned(),
            part: Part::Reply,
            reason: "an answer without a reply came to an ask".to_owned(),
        }
    }

    /// Goes on with the call; `None` instead of an outcome is the acceptance of a tell.
    ///
    /// Most calls are over with their first poll: that way is short, and what only others need stands apart from it.
    #[inline]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, kind: RequestKind) -> Poll<Ended<M>>
    where
        C: Accepts<M>,
    {
        let mut polled = Poll::Pending;
        if let Stage::New = self.stage {
            match self.begin(cx, kind) {
                Begun::Over(Ok(outcome)) => return Poll::Ready(Ok(Some(outcome))),
                Begun::Over(Err(error)) | Begun::Refused(error) => {
                    polled = Poll::Ready(Err(error));
                }
                Begun::Taken => return Poll::Ready(Ok(None)),
                Begun::GoesOn => {}
                Begun::NotYet => return Poll::Pending,
            }
        }
        self.go_on(polled, cx, kind)
    }

    #[inline(never)]
    fn go_on(
        &mut self,
        mut polled: Poll<Ended<M>>,
        cx: &mut Context<'_>,
        kind: RequestKind,
    ) -> Poll<Ended<M>>
    where
        C: Accepts<M>,
    {
        if polled.is_pending() {
            polled = self.advance(cx, kind);
        }
        if self.guarded.is_some() {
            polled = self.past_guard(polled, cx, kind);
        }
        if let Poll::Ready(Err(error)) = &polled {
            self.route.count_failure(error);
        }
        polled
    }

    /// Passes the guard of the route.
    fn pass(
        &mut self,
        guard: &Arc<Guard>,
        cell: &CallCell<M>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), CallError>> {
        let guarded = match &mut self.guarded {
            Some(guarded) => guarded,
            none => {
                let id = cell.scope().id;
                // Sent again it is the same message.
                self.options.set_id(id);
                let may_repeat = guard.may_repeat(M::NAME, id);
                let spare = may_repeat.then(|| cell.peek(serde_json::to_vec)).flatten();
                let spare = spare.and_then(Result::ok);
                none.insert(Box::new(Guarded {
                    passage: Passage::new(guard, self.until, spare.is_some()),
                    spare,
                }))
            }
        };
        guarded.passage.poll_admitted(cx)
    }

    /// Goes on with a guarded call: tells the guard how it ended, and makes it again if that may help.
    fn past_guard(
        &mut self,
        mut polled: Poll<Ended<M>>,
        cx: &mut Context<'_>,
        kind: RequestKind,
    ) -> Poll<Ended<M>>
    where
        C: Accepts<M>,
    {
        while let (Poll::Ready(result), Some(guarded)) = (&mut polled, &mut self.guarded) {
            let error = match result {
                Ok(_) => {
                    guarded.passage.succeeded();
                    break;
                }
                Err(error) => CallError::clone(error),
            };
            match guarded.failed(error) {
                Ok((message, pause)) => {
                    self.options.set_until(self.until);
                    self.message = Some(message);
                    self.stage = Stage::Pausing(pause);
                }
                Err(error) => return Poll::Ready(Err(Box::new(error))),
            }
            polled = self.advance(cx, kind);
        }
        polled
    }

    fn advance(&mut self, cx: &mut Context<'_>, kind: RequestKind) -> Poll<Ended<M>>
    where
        C: Accepts<M>,
    {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Pausing(mut pause) => {
                    if pause.as_mut().poll(cx).is_pending() {
                        self.stage = Stage::Pausing(pause);
                        return Poll::Pending;
                    }
                    self.stage = Stage::New;
                }
                Stage::New => {
                    self.stage = Stage::New;
                    match self.begin(cx, kind) {
                        Begun::Over(result) => return Poll::Ready(result.map(Some)),
                        Begun::Taken => return Poll::Ready(Ok(None)),
                        Begun::Refused(error) => return Poll::Ready(Err(error)),
                        Begun::GoesOn => {}
                        Begun::NotYet => return Poll::Pending,
                    }
                }
                Stage::Offering(cell) => {
                    let route = self.route;
                    if let Some(guard) = route.guard() {
                        let Poll::Ready(admitted) = self.pass(guard, &cell, cx) else {
                            self.stage = Stage::Offering(cell);
                            return Poll::Pending;
                        };
                        admitted?;
                    }
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
                    return Poll::Ready(result.map(Some));
                }
                Stage::Elsewhere(cell, answer) => return self.wait_for_answer(cell, answer, cx),
                Stage::Over => return Poll::Pending,
            }
        }
    }

    /// Makes the call, and runs its turn at once if that can be. The message is moved once, into its turn.
    #[inline]
    fn begin(&mut self, cx: &mut Context<'_>, kind: RequestKind) -> Begun<M>
    where
        C: Accepts<M>,
    {
        if charge(cx).is_pending() {
            return Begun::NotYet;
        }
        let route = self.route;
        let reply_wanted = kind == RequestKind::Ask;
        // Polled again after it was over, it stays over.
        let Some(message) = &self.message else {
            return Begun::NotYet;
        };
        let mut polled = Polled::new(route.contract, M::NAME);
        let Some(brief) = polled.brief_mut() else {
            return Begun::NotYet;
        };
        let addressed = match address(brief, route, self.key, message, &self.options, reply_wanted)
        {
            Ok(addressed) => addressed,
            Err(error) => {
                self.stage = Stage::Over;
                return Begun::Refused(error);
            }
        };
        self.until = addressed.until;
        // A guard, or whoever follows the trace, needs the call in its cell from the beginning.
        if addressed.step.is_none() && route.guard().is_none() {
            match route.run::<C, M>(&mut self.message, &polled, kind, cx) {
                Run::Over(_) | Run::GoesOn(_) if !reply_wanted => return Begun::Taken,
                Run::Over(result) => return Begun::Over(result),
                Run::GoesOn(cell) => {
                    self.stage = Stage::WaitingForReply(cell);
                    return Begun::GoesOn;
                }
                Run::Not => {}
            }
        }
        self.prepare(polled, addressed.step)
    }

    /// Puts the call into its cell, to be offered.
    #[inline(never)]
    fn prepare(&mut self, polled: Polled, step: Option<Box<Step>>) -> Begun<M> {
        self.stage = match (self.message.take(), polled.into_brief()) {
            (Some(message), Some(brief)) => Stage::Offering(in_cell(message, brief, step)),
            _ => Stage::Over,
        };
        Begun::GoesOn
    }

    /// Offers the call and moves to the stage that follows; `Some` when a tell is thereby done.
    fn offer(
        &mut self,
        cell: Arc<CallCell<M>>,
        cx: &mut Context<'_>,
        kind: RequestKind,
    ) -> Result<Option<Option<Outcome<M>>>, Box<CallError>>
    where
        C: Accepts<M>,
    {
        match self.route.offer::<C, M>(&cell, Some(cx)) {
            Offer::Taken if kind == RequestKind::Tell => return Ok(Some(None)),
            Offer::Taken => self.stage = Stage::WaitingForReply(cell),
            Offer::Full(room) => self.stage = Stage::WaitingForRoom(cell, room),
            Offer::Refused(error) => return Err(Box::new(error)),
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
    ) -> Poll<Ended<M>> {
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            self.record(&*cell, &answer);
            return Poll::Ready(
                answer
                    .and_then(|answer| decode::<M>(self.route.contract, &answer))
                    .map_err(Box::new),
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
        let clock = &self.route.clock;
        self.alarm.poll(clock, self.until, cx).is_ready()
    }
}
