//! [`Mailbag`]: gathers the calls of this process to others until they are sent.
//!
//! A call that is alone is sent at once. While others are under way it is put beside those to the same capability that are not sent
//! yet, and whoever makes it lets the others of its thread go first, once: then the first of them sends what all have put
//! here. Nobody waits for what somebody else's thread does, and none for time to pass.

use std::collections::VecDeque;
use std::sync::Arc;

use async_nats::{Client, Subject};
use bytes::Bytes;
use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{unconstrained, yield_now};

use super::entry::{Outgoing, size_of};
use super::range::Range;
use crate::transport::frame::Frame;
use crate::transport::nats::replies::{Awaited, Replies};

/// Bytes that may lie in the bag. Whoever has more to send waits; the first in line goes first.
const BAG: u32 = 8 * 1024 * 1024;

/// The way of all calls of one caller: they keep their order.
#[derive(Debug)]
pub(in crate::transport::nats) struct Lane {
    number: u32,
    subject: Subject,
}

/// Calls of this process that are not sent yet.
#[derive(Debug)]
pub(in crate::transport::nats) struct Mailbag {
    client: Client,
    replies: Arc<Replies>,
    gathered: Mutex<Gathered>,
    room: Semaphore,
    more: Notify,
}

#[derive(Debug, Default)]
struct Gathered {
    letters: VecDeque<Letter>,
    /// Counts how often all that lay here was sent.
    num_emptied: u64,
    /// Whether the connection had no room: one task sends as it gets some, and what comes then goes behind it.
    is_sending: bool,
}

/// A call that lies in the bag, and has to be sent even if it is given up: others lie beside it, and may wait for it to be sent.
#[must_use = "dropped, it is sent at once"]
pub(in crate::transport::nats) struct InBag<'b> {
    mailbag: &'b Mailbag,
    /// How often the bag had been emptied.
    num_emptied: u64,
}

/// A message of the server.
#[derive(Debug)]
struct Letter {
    subject: Subject,
    what: What,
    /// Bytes of [`BAG`] that it takes.
    size: u32,
}

#[derive(Debug)]
enum What {
    /// There may be room for more.
    Open(Range, Outgoing),
    /// With where its answer goes, if it has one.
    Sealed(Option<Subject>, Bytes),
}

impl Mailbag {
    pub(in crate::transport::nats) fn new(client: Client, replies: Arc<Replies>) -> Arc<Self> {
        Arc::new(Self {
            client,
            replies,
            gathered: Mutex::default(),
            room: Semaphore::new(usize::try_from(BAG).unwrap_or(Semaphore::MAX_PERMITS)),
            more: Notify::new(),
        })
    }

    /// A way for the calls of one caller to a subject.
    pub(in crate::transport::nats) fn lane(&self, subject: String) -> Lane {
        Lane {
            number: self.replies.new_lane(),
            subject: subject.into(),
        }
    }

    /// Sends a call, or puts it beside others that are not sent yet; its answer is waited for. Waits while the bag is full.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, nothing was sent and nothing will be.
    pub(in crate::transport::nats) async fn put(
        &self,
        lane: &Lane,
        message: &str,
        frame: &Frame,
    ) -> (Awaited, Option<InBag<'_>>) {
        let size = u32::try_from(size_of(message, frame)).map_or(BAG, |size| size.min(BAG));
        // Nobody closes it.
        if let Ok(room) = self.room.acquire_many(size).await {
            room.forget();
        }
        self.put_in(lane, message, frame, size)
    }

    /// Puts a call where it is sent; `None` when it is.
    fn put_in(
        &self,
        lane: &Lane,
        message: &str,
        frame: &Frame,
        size: u32,
    ) -> (Awaited, Option<InBag<'_>>) {
        let mut gathered = self.gathered.lock();
        // Numbers rise in the order of the bundles, so they are given under this lock.
        let awaited = self.replies.expect_in(lane.number);
        let num_emptied = gathered.num_emptied;
        let in_bag = || InBag {
            mailbag: self,
            num_emptied,
        };
        if gathered.put(lane, awaited.number(), message, frame, size) {
            return (awaited, Some(in_bag()));
        }
        let range = Range {
            lane: lane.number,
            first: awaited.number(),
            last: awaited.number(),
        };
        let mut bundle = Outgoing::new();
        bundle.put(awaited.number(), message, frame);
        let letter = Letter {
            subject: lane.subject.clone(),
            what: What::Open(range, bundle),
            size,
        };
        gathered.letters.push_back(letter);
        if self.replies.num_waiting() > 1 {
            return (awaited, Some(in_bag()));
        }
        self.empty(&mut gathered);
        (awaited, None)
    }

    /// Sends something that nobody answers, behind the calls that lie here. Whether it arrives is not important.
    pub(in crate::transport::nats) fn say(&self, subject: String, body: Bytes) {
        let mut gathered = self.gathered.lock();
        gathered.letters.push_back(Letter {
            subject: subject.into(),
            what: What::Sealed(None, body),
            size: 0,
        });
        self.empty(&mut gathered);
    }

    /// Sends all that lies here, as far as the connection takes it now; the rest is left to the task.
    fn empty(&self, gathered: &mut Gathered) {
        if gathered.is_sending {
            return;
        }
        while let Some(letter) = gathered.letters.pop_front() {
            let letter = letter.sealed(&self.replies);
            if unconstrained(self.send(&letter)).now_or_never().is_none() {
                gathered.letters.push_front(letter);
                gathered.is_sending = true;
                self.more.notify_one();
                break;
            }
            self.room.add_permits(letter.num_permits());
        }
        gathered.num_emptied += 1;
    }

    /// Sends what the connection had no room for, as long as it is polled.
    pub(in crate::transport::nats) async fn send_all(self: Arc<Self>) {
        loop {
            self.more.notified().await;
            while let Some(letter) = self.first() {
                let letter = letter.sealed(&self.replies);
                self.send(&letter).await;
                self.room.add_permits(letter.num_permits());
            }
        }
    }

    fn first(&self) -> Option<Letter> {
        let mut gathered = self.gathered.lock();
        let first = gathered.letters.pop_front();
        gathered.is_sending = first.is_some();
        first
    }

    async fn send(&self, letter: &Letter) {
        let What::Sealed(reply, body) = &letter.what else {
            return;
        };
        let (subject, body) = (letter.subject.clone(), body.clone());
        // A closed connection has closed the inbox too: whoever waits for an answer is told there.
        let _ = match reply {
            Some(reply) => {
                let publishing = self.client.publish_with_reply(subject, reply.clone(), body);
                publishing.await
            }
            None => self.client.publish(subject, body).await,
        };
    }
}

impl InBag<'_> {
    /// Ends when it is sent: others of this thread go first, once.
    pub(in crate::transport::nats) async fn sent(self) {
        yield_now().await;
    }
}

impl Drop for InBag<'_> {
    fn drop(&mut self) {
        let mut gathered = self.mailbag.gathered.lock();
        if gathered.num_emptied == self.num_emptied {
            self.mailbag.empty(&mut gathered);
        }
    }
}

impl Gathered {
    /// Puts a call beside others of its lane; `false` when none lie here, or there is no room beside them.
    fn put(&mut self, lane: &Lane, number: u64, message: &str, frame: &Frame, size: u32) -> bool {
        let letters = self.letters.iter_mut().rev();
        let mut of_lane = letters.filter_map(|letter| match &mut letter.what {
            What::Open(range, bundle) if range.lane == lane.number => {
                Some((range, bundle, &mut letter.size))
            }
            _ => None,
        });
        let Some((range, bundle, size_of_all)) = of_lane.next() else {
            return false;
        };
        if !bundle.has_room_for(usize::try_from(size).unwrap_or(usize::MAX)) {
            return false;
        }
        bundle.put(number, message, frame);
        range.last = number;
        *size_of_all += size;
        true
    }
}

impl Letter {
    fn sealed(self, replies: &Replies) -> Self {
        let what = match self.what {
            What::Open(range, bundle) => {
                let reply = replies.subject_of(range).into();
                What::Sealed(Some(reply), bundle.into_bytes())
            }
            sealed @ What::Sealed(..) => sealed,
        };
        Self { what, ..self }
    }

    fn num_permits(&self) -> usize {
        usize::try_from(self.size).unwrap_or_default()
    }
}
