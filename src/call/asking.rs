//! What `ask` and `tell` give to be awaited: [`Ask`] and [`Tell`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::calling::Calling;
use super::route::{RequestKind, Route};
use super::{AskError, CallError, Key, MessageId};
use crate::contract::{Accepts, Message};

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

impl<'r, C, M: Message> Ask<'r, C, M> {
    pub(crate) fn new(route: &'r Arc<Route>, key: Option<&'r Key>, message: M) -> Self {
        Self {
            calling: Calling::new(route, key, message),
        }
    }

    /// How long this call may take instead of the capability's default. Inside a turn it can only shorten what is left.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.calling.options.set_deadline(deadline);
        self
    }

    /// Makes retries of this message recognisable: a durable capability answers the same id with the first reply,
    /// within its inbox's retention (default 24 h). See [`MessageId`] for how texts are read.
    pub fn id(mut self, id: impl Into<MessageId>) -> Self {
        self.calling.options.set_id(Some(id.into()));
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
        self.calling.options.set_deadline(deadline);
        self
    }

    /// As [`Ask::id`].
    pub fn id(mut self, id: impl Into<MessageId>) -> Self {
        self.calling.options.set_id(Some(id.into()));
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
            Err(error) => Err(AskError::Call(*error)),
        };
        Poll::Ready(result)
    }
}

impl<C: Accepts<M>, M: Message> Future for Tell<'_, C, M> {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.calling
            .poll(cx, RequestKind::Tell)
            .map_ok(|_| ())
            .map_err(|error| *error)
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
