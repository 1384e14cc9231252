//! [`Replies`]: one inbox for all answers to this process, and who waits for which.
//!
//! The client library keeps an entry for every request that is never answered, for as long as it lives. Here an entry goes
//! with whoever waits.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use async_nats::Message;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::subjects::last_token;

/// The answers that are waited for.
#[derive(Debug)]
pub(super) struct Replies {
    /// The inbox, without its last token.
    inbox: String,
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Message>>>,
    is_closed: AtomicBool,
}

/// An answer that is waited for. Dropped, it is waited for no more.
#[derive(Debug)]
pub(super) struct Awaited {
    number: u64,
    replies: Arc<Replies>,
    answer: oneshot::Receiver<Message>,
}

impl Replies {
    /// Answers that come to this inbox, a subject of its own.
    pub(super) fn new(inbox: String) -> Arc<Self> {
        Arc::new(Self {
            inbox,
            next: AtomicU64::new(0),
            waiting: Mutex::default(),
            is_closed: AtomicBool::new(false),
        })
    }

    /// What has to be subscribed to.
    pub(super) fn subscription(&self) -> String {
        format!("{}.*", self.inbox)
    }

    /// Waits for one answer from now on.
    pub(super) fn expect(self: &Arc<Self>) -> Awaited {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock();
        if !self.is_closed() {
            waiting.insert(number, sender);
        }
        drop(waiting);
        Awaited {
            number,
            replies: Arc::clone(self),
            answer,
        }
    }

    /// Gives an answer to whoever waits for it. One that nobody waits for any more, or that comes twice, is dropped.
    pub(super) fn arrived(&self, message: Message) {
        let number = last_token(&message.subject).parse().ok();
        let sender = number.and_then(|number: u64| self.waiting.lock().remove(&number));
        if let Some(sender) = sender {
            let _ = sender.send(message);
        }
    }

    /// No answer comes any more: whoever waits is told.
    pub(super) fn close(&self) {
        let mut waiting = self.waiting.lock();
        self.is_closed.store(true, Ordering::SeqCst);
        let waiting_no_more = std::mem::take(&mut *waiting);
        drop(waiting);
        drop(waiting_no_more);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// How many answers are waited for.
    #[cfg(test)]
    pub(super) fn num_waiting(&self) -> usize {
        self.waiting.lock().len()
    }
}

impl Awaited {
    /// Where the answer has to be sent.
    pub(super) fn subject(&self) -> String {
        format!("{}.{}", self.replies.inbox, self.number)
    }

    /// The answer; `None` when the connection is gone for good.
    ///
    /// # Cancel safety
    ///
    /// Polled again, it goes on waiting.
    pub(super) async fn answer(&mut self) -> Option<Message> {
        poll_fn(|cx| self.poll_answer(cx)).await
    }

    /// As [`answer`](Self::answer), polled by hand. Not to be polled again once it was ready.
    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        Pin::new(&mut self.answer).poll(cx).map(Result::ok)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.replies.waiting.lock().remove(&self.number);
    }
}
