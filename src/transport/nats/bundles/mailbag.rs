//! [`Mailbag`]: gathers the calls of this process to others until they are sent.
//!
//! A call that is alone is sent at once, by whoever makes it. While others are under way it is put beside those to the same capability
//! that are not sent yet, and one task sends what has gathered, as soon as no more comes. Nobody waits for time to pass.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_nats::{Client, Subject};
use bytes::Bytes;
use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{unconstrained, yield_now};

use super::entry::{OVERHEAD, Outgoing};
use super::range::Range;
use crate::call::route::Request;
use crate::transport::nats::replies::{Awaited, Replies};
use crate::transport::packed;

/// Bytes that may lie in the bag. Whoever has more to send waits; the first in line goes first.
const BAG: u32 = 8 * 1024 * 1024;

/// After the task has looked so often and found nothing new, it sends.
const LOOKS: u32 = 1;

/// The way of all calls of one caller: they keep their order.
#[derive(Debug)]
pub(in crate::transport::nats) struct Lane {
    number: u32,
    subject: Subject,
}

/// A call, as it is put into a bundle.
#[derive(Debug, Clone, Copy)]
pub(in crate::transport::nats) struct Posted<'r> {
    pub(in crate::transport::nats) request: &'r Request,
    /// Its deadline in milliseconds since 1970.
    pub(in crate::transport::nats) deadline_ms: u64,
}

/// Calls of this process that are not sent yet.
#[derive(Debug)]
pub(in crate::transport::nats) struct Mailbag {
    client: Client,
    replies: Arc<Replies>,
    limit: Arc<AtomicUsize>,
    gathered: Mutex<Gathered>,
    room: Semaphore,
    more: Notify,
}

#[derive(Debug, Default)]
struct Gathered {
    letters: VecDeque<Letter>,
    /// Counts what is put here.
    num_put: u64,
    /// Whether the task has something to send, or is sending: what comes then goes behind it.
    is_sending: bool,
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
    /// `limit` are the bytes of the largest message that the server takes; 0 while it is not known.
    pub(in crate::transport::nats) fn new(
        client: Client,
        replies: Arc<Replies>,
        limit: Arc<AtomicUsize>,
    ) -> Arc<Self> {
        Arc::new(Self {
            client,
            replies,
            limit,
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
    pub(in crate::transport::nats) async fn put(&self, lane: &Lane, call: Posted<'_>) -> Awaited {
        let num_bytes = call.size();
        let size = u32::try_from(num_bytes).map_or(BAG, |size| size.min(BAG));
        // Nobody closes it.
        if let Ok(room) = self.room.acquire_many(size).await {
            room.forget();
        }
        let mut gathered = self.gathered.lock();
        // Numbers rise in the order of the bundles, so they are given under this lock.
        let awaited = self.replies.expect_in(lane.number);
        gathered.num_put += 1;
        let limit = self.limit.load(Ordering::Relaxed);
        if let Some(beside) = gathered.beside(lane, size, limit) {
            beside.put(awaited.number(), call);
            return awaited;
        }
        let range = Range {
            lane: lane.number,
            first: awaited.number(),
            last: awaited.number(),
        };
        let mut bundle = Outgoing::new(num_bytes);
        call.put_into(&mut bundle, awaited.number());
        let letter = Letter {
            subject: lane.subject.clone(),
            what: What::Open(range, bundle),
            size,
        };
        self.add(&mut gathered, letter, self.replies.num_waiting() == 1);
        awaited
    }

    /// Sends something that nobody answers, behind the calls that lie here. Whether it arrives is not important.
    pub(in crate::transport::nats) fn say(&self, subject: String, body: Bytes) {
        let letter = Letter {
            subject: subject.into(),
            what: What::Sealed(None, body),
            size: 0,
        };
        self.add(&mut self.gathered.lock(), letter, true);
    }

    /// Adds a letter; one that is alone is sent at once, if the connection takes it now.
    fn add(&self, gathered: &mut Gathered, mut letter: Letter, is_alone: bool) {
        if is_alone && !gathered.is_sending {
            letter = letter.sealed(&self.replies);
            if unconstrained(self.send(&letter)).now_or_never().is_some() {
                self.room.add_permits(letter.num_permits());
                return;
            }
        }
        gathered.letters.push_back(letter);
        if !gathered.is_sending {
            gathered.is_sending = true;
            self.more.notify_one();
        }
    }

    /// Sends what gathers, as long as it is polled.
    pub(in crate::transport::nats) async fn send_all(self: Arc<Self>) {
        loop {
            self.more.notified().await;
            loop {
                self.gather().await;
                let Some(letter) = self.first() else { break };
                let letter = letter.sealed(&self.replies);
                self.send(&letter).await;
                self.room.add_permits(letter.num_permits());
            }
        }
    }

    /// Lets others go first as long as they put something here, until there is enough for a message.
    async fn gather(&self) {
        let (mut num_looks, mut num_before) = (0, 0);
        while num_looks < LOOKS {
            let (num_letters, num_put) = {
                let gathered = self.gathered.lock();
                (gathered.letters.len(), gathered.num_put)
            };
            // All but the last are full, or to others.
            if num_letters != 1 {
                return;
            }
            num_looks = if num_put == num_before {
                num_looks + 1
            } else {
                0
            };
            num_before = num_put;
            yield_now().await;
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
        // Of what nobody answers it is not important.
        let Some(reply) = reply else {
            return drop(self.client.publish(subject, body).await);
        };
        let publishing = self.client.publish_with_reply(subject, reply.clone(), body);
        if publishing.await.is_err() {
            self.replies.not_sent(reply);
        }
    }
}

impl Gathered {
    /// The last bundle of a lane that lies here, if there is room in it.
    fn beside(&mut self, lane: &Lane, size: u32, limit: usize) -> Option<Beside<'_>> {
        let num_bytes = usize::try_from(size).unwrap_or(usize::MAX);
        let letters = self.letters.iter_mut().rev();
        let mut of_lane = letters.filter_map(|letter| match &mut letter.what {
            What::Open(range, bundle) if range.lane == lane.number => {
                Some((range, bundle, &mut letter.size))
            }
            _ => None,
        });
        let (range, bundle, size_of_all) = of_lane.next()?;
        bundle.has_room_for(num_bytes, limit).then(|| {
            *size_of_all += size;
            Beside { range, bundle }
        })
    }
}

/// A place beside other calls.
struct Beside<'l> {
    range: &'l mut Range,
    bundle: &'l mut Outgoing,
}

impl Posted<'_> {
    /// Bytes that it takes in a bundle; a few more at most.
    fn size(self) -> usize {
        OVERHEAD + packed::size_of(self.request)
    }

    fn put_into(self, bundle: &mut Outgoing, number: u64) {
        bundle.put(number, |bytes| {
            packed::put_request(bytes, self.request, self.deadline_ms);
        });
    }
}

impl Beside<'_> {
    fn put(self, number: u64, call: Posted<'_>) {
        call.put_into(self.bundle, number);
        self.range.last = number;
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
