//! [`Passage`]: the way of one call past the guard of its route, as often as it is made.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Sleep;

use super::line::{Place, Room};
use super::post::{Guard, Trial};
use super::retries::Retries;
use crate::call::current::current;
use crate::call::{CallError, Delivery, Tick};

/// One call on its way past a guard.
pub(crate) struct Passage {
    guard: Arc<Guard>,
    until: Tick,
    /// Whether an actor of the capability waits for this call: it would wait for itself in the line.
    is_beside: bool,
    stage: Stage,
    timer: Option<Pin<Box<Sleep>>>,
    /// How often it was made again, if it may be.
    retries: Option<Retries>,
    /// The first failure that left open whether the message was handled.
    unknown: Option<CallError>,
}

enum Stage {
    Before,
    InLine(Place),
    Passed(Pass),
}

/// A call that may be made. Dropped, its room is the next one's.
struct Pass {
    trial: Option<Trial>,
    _room: Option<Room>,
}

/// What follows a failure.
pub(crate) enum Failed {
    /// It is the caller's to know.
    Finally(CallError),
    /// The call is made again after this pause.
    Again(Pin<Box<Sleep>>),
}

impl Passage {
    /// A call that may wait until then; `may_repeat` when its message may be sent again.
    pub(crate) fn new(guard: &Arc<Guard>, until: Tick, may_repeat: bool) -> Self {
        let is_beside = guard.line.is_some()
            && current().is_some_and(|turn| turn.scope().is_within(guard.capability()));
        Self {
            guard: Arc::clone(guard),
            until,
            is_beside,
            stage: Stage::Before,
            timer: None,
            retries: may_repeat.then(Retries::default),
            unknown: None,
        }
    }

    /// Passes the guard: waits in the line for room, if need be until its deadline.
    pub(crate) fn poll_admitted(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        let room = match std::mem::replace(&mut self.stage, Stage::Before) {
            Stage::Before => {
                self.guard.refuse_if_open()?;
                match self.guard.line.as_ref().filter(|_| !self.is_beside) {
                    None => Ok(None),
                    Some(line) => line.enter(cx.waker()).map(Some),
                }
            }
            Stage::InLine(place) => match place.poll(cx.waker()) {
                Poll::Ready(room) => Ok(Some(room)),
                Poll::Pending => Err(place),
            },
            passed @ Stage::Passed(_) => {
                self.stage = passed;
                return Poll::Ready(Ok(()));
            }
        };
        match room {
            Ok(room) => Poll::Ready(self.pass(room)),
            Err(_) if self.has_timed_out(cx) => Poll::Ready(Err(self.guard.overloaded())),
            Err(place) => {
                self.stage = Stage::InLine(place);
                Poll::Pending
            }
        }
    }

    /// Passes the guard if that is possible at once.
    pub(crate) fn try_admitted(&mut self) -> Result<(), CallError> {
        self.guard.refuse_if_open()?;
        let room = match self.guard.line.as_ref().filter(|_| !self.is_beside) {
            None => None,
            Some(line) => Some(line.try_enter().ok_or_else(|| self.guard.overloaded())?),
        };
        self.pass(room)
    }

    fn pass(&mut self, room: Option<Room>) -> Result<(), CallError> {
        let trial = self.guard.admit()?;
        self.stage = Stage::Passed(Pass { trial, _room: room });
        Ok(())
    }

    /// The call was handled.
    pub(crate) fn succeeded(&mut self) {
        if let Stage::Passed(pass) = std::mem::replace(&mut self.stage, Stage::Before) {
            self.guard.note_success(pass.trial);
        }
    }

    /// The call failed, perhaps before it passed.
    pub(crate) fn failed(&mut self, error: CallError) -> Failed {
        let Stage::Passed(pass) = std::mem::replace(&mut self.stage, Stage::Before) else {
            return Failed::Finally(self.honest(error));
        };
        if !error.is_of_callee() {
            return Failed::Finally(self.honest(error));
        }
        self.guard.note_failure(pass.trial, &error);
        match self.pause() {
            Some(pause) => {
                if error.delivery() == Delivery::Unknown {
                    self.unknown.get_or_insert(error);
                }
                Failed::Again(pause)
            }
            None => Failed::Finally(self.honest(error)),
        }
    }

    /// The pause before the call is made again, if it is: within its deadline.
    fn pause(&mut self) -> Option<Pin<Box<Sleep>>> {
        let (retries, rules) = self.retries.as_mut().zip(self.guard.retries.as_ref())?;
        let pause = retries.next(rules, self.guard.jitter())?;
        let clock = self.guard.clock();
        let end = clock.now().after(pause);
        if end >= self.until {
            return None;
        }
        self.guard.count_retry();
        Some(Box::pin(clock.sleep_until(end)))
    }

    /// What is true of the call, however often it was made: once its outcome was unknown, it stays so.
    fn honest(&mut self, error: CallError) -> CallError {
        match self.unknown.take() {
            Some(unknown) if error.delivery() == Delivery::NotDelivered => unknown,
            _ => error,
        }
    }

    fn has_timed_out(&mut self, cx: &mut Context<'_>) -> bool {
        let (guard, until) = (&self.guard, self.until);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(guard.clock().sleep_until(until)));
        timer.as_mut().poll(cx).is_ready()
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passage")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
