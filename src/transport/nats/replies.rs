//! [`Replies`]: one inbox for all answers to this process, and who waits for which.
//!
//! The client library keeps an entry for every request that is never answered, for as long as it lives. Here an entry goes
//! with whoever waits.
//!
//! | last token | what comes there |
//! |---|---|
//! | a number | the answer to what was sent alone |
//! | `a` | a bundle of answers |
//! | `b…` | what is said of a bundle of calls as a whole: that nobody listens, or that whoever does knows no bundles |

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use async_nats::Message;
use bytes::Bytes;
use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::bundles::{ANSWERS, Range, entries};
use super::link::is_unheard;
use super::subjects::last_token;
use crate::transport::packed::Garbled;

/// The answers that are waited for.
#[derive(Debug)]
pub(super) struct Replies {
    /// The inbox, without its last token.
    inbox: String,
    next: AtomicU64,
    next_lane: AtomicU32,
    waiting: Mutex<HashMap<u64, Waiting>>,
    is_closed: AtomicBool,
}

/// Somebody who waits for an answer.
#[derive(Debug)]
struct Waiting {
    /// The lane, of what was sent in a bundle.
    lane: Option<u32>,
    sender: oneshot::Sender<Heard>,
}

/// What has come.
#[derive(Debug)]
pub(super) enum Heard {
    /// To something that was sent alone.
    Alone(Message),
    /// To something that was sent in a bundle, packed.
    Bundled(Bytes),
    /// Nobody listens.
    Nobody,
    /// Nobody who knows bundles: nothing of it was begun.
    NoBundles,
}

/// An answer that is waited for. Dropped, it is waited for no more.
#[derive(Debug)]
pub(super) struct Awaited {
    number: u64,
    replies: Arc<Replies>,
    answer: oneshot::Receiver<Heard>,
}

impl Replies {
    /// Answers that come to this inbox, a subject of its own.
    pub(super) fn new(inbox: String) -> Arc<Self> {
        Arc::new(Self {
            inbox,
            next: AtomicU64::new(0),
            next_lane: AtomicU32::new(1),
            waiting: Mutex::default(),
            is_closed: AtomicBool::new(false),
        })
    }

    /// What has to be subscribed to.
    pub(super) fn subscription(&self) -> String {
        format!("{}.*", self.inbox)
    }

    /// A number for those who send in bundles.
    pub(super) fn new_lane(&self) -> u32 {
        self.next_lane.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits for one answer to something that is sent alone, from now on.
    pub(super) fn expect(self: &Arc<Self>) -> Awaited {
        self.expect_of(None)
    }

    /// Waits for one answer to something that is sent in a bundle of this lane, from now on.
    pub(super) fn expect_in(self: &Arc<Self>, lane: u32) -> Awaited {
        self.expect_of(Some(lane))
    }

    fn expect_of(self: &Arc<Self>, lane: Option<u32>) -> Awaited {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock();
        if !self.is_closed() {
            waiting.insert(number, Waiting { lane, sender });
        }
        drop(waiting);
        Awaited {
            number,
            replies: Arc::clone(self),
            answer,
        }
    }

    /// Where is said what concerns a bundle as a whole.
    pub(super) fn subject_of(&self, range: Range) -> String {
        format!("{}.{}", self.inbox, range.token())
    }

    /// Gives an answer to whoever waits for it. One that nobody waits for any more, or that comes twice, is dropped.
    pub(super) fn arrived(&self, message: Message) {
        let token = last_token(&message.subject);
        if token == ANSWERS {
            self.arrived_bundled(message);
        } else if let Some(range) = Range::parse(token) {
            self.arrived_of_bundle(range, is_unheard(&message));
        } else if let Ok(number) = token.parse::<u64>() {
            let waiting = self.waiting.lock().remove(&number);
            if let Some(Waiting { sender, .. }) = waiting {
                let _ = sender.send(Heard::Alone(message));
            }
        }
    }

    fn arrived_bundled(&self, message: Message) {
        let bundle = message.payload;
        let read = |packed: &[u8]| Ok::<_, Garbled>(bundle.slice_ref(packed));
        let Ok(answers) = entries(&bundle, read) else {
            tracing::error!(
                "answers of another process cannot be read; whoever waits for them asks again"
            );
            return;
        };
        let mut heard = Vec::with_capacity(answers.len());
        let mut waiting = self.waiting.lock();
        for (number, answer) in answers {
            heard.extend(waiting.remove(&number).map(|one| (one, answer)));
        }
        drop(waiting);
        for (Waiting { sender, .. }, answer) in heard {
            let _ = sender.send(Heard::Bundled(answer));
        }
    }

    /// A bundle with this reply subject could not be sent.
    pub(super) fn not_sent(&self, reply: &str) {
        if let Some(range) = Range::parse(last_token(reply)) {
            self.arrived_of_bundle(range, false);
        }
    }

    /// Nothing in a bundle was begun.
    fn arrived_of_bundle(&self, range: Range, is_unheard: bool) {
        let mut waiting = self.waiting.lock();
        let refused: Vec<_> = waiting
            .extract_if(|number, one| range.contains(one.lane, *number))
            .collect();
        drop(waiting);
        for (_, Waiting { sender, .. }) in refused {
            let _ = sender.send(if is_unheard {
                Heard::Nobody
            } else {
                Heard::NoBundles
            });
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
    pub(super) fn num_waiting(&self) -> usize {
        self.waiting.lock().len()
    }
}

impl Awaited {
    /// Where the answer has to be sent.
    pub(super) fn subject(&self) -> String {
        format!("{}.{}", self.replies.inbox, self.number)
    }

    /// By which it is known here.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The answer to something that was sent alone; `None` when the connection is gone for good.
    ///
    /// # Cancel safety
    ///
    /// Polled again, it goes on waiting.
    pub(super) async fn answer(&mut self) -> Option<Message> {
        match poll_fn(|cx| self.poll_heard(cx)).await {
            Some(Heard::Alone(message)) => Some(message),
            _ => None,
        }
    }

    /// What comes; `None` when the connection is gone for good. Not to be polled again once it was ready.
    pub(super) fn poll_heard(&mut self, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        Pin::new(&mut self.answer).poll(cx).map(Result::ok)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.replies.waiting.lock().remove(&self.number);
    }
}
