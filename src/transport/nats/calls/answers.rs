//! [`Answers`]: what is said to other processes about their calls, and not sent yet.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_nats::{HeaderMap, Subject};
use bytes::Bytes;

use crate::call::CallError;
use crate::call::route::Answer;
use crate::transport::frame::Frame;
use crate::transport::nats::bundles::{ANSWERS, OVERHEAD, Outgoing};
use crate::transport::nats::headers;
use crate::transport::nats::link::Link;
use crate::transport::packed::PackedAnswer;

/// To whom an answer goes.
#[derive(Debug)]
pub(super) enum To {
    /// To a call that came alone.
    Alone(Subject),
    /// To a call that came in a bundle: the inbox of its process, and its number.
    Bundled(Bytes, u64),
}

/// What is not sent yet.
pub(super) struct Answers {
    link: Link,
    letters: VecDeque<Letter>,
    /// Answers in them.
    num_answers: usize,
    /// What is being sent: if that is broken off, it is sent anew.
    sending: Option<Sealed>,
}

/// A message of the server.
enum Letter {
    Alone(Sealed),
    Bundle {
        inbox: Bytes,
        bundle: Outgoing,
        num_answers: usize,
    },
}

#[derive(Clone)]
struct Sealed {
    to: Subject,
    headers: HeaderMap,
    body: Bytes,
    num_answers: usize,
}

impl Answers {
    pub(super) const fn new(link: Link) -> Self {
        Self {
            link,
            letters: VecDeque::new(),
            num_answers: 0,
            sending: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty() && self.sending.is_none()
    }

    /// How many answers lie here.
    pub(super) const fn len(&self) -> usize {
        self.num_answers
    }

    /// Adds an answer.
    pub(super) fn put(&mut self, to: To, answer: Result<Answer, CallError>) {
        self.num_answers += 1;
        match to {
            To::Alone(to) => {
                let frame = Frame::of_answer(answer);
                self.letters.push_back(Letter::Alone(Sealed {
                    to,
                    headers: headers::of(frame.headers),
                    body: frame.body.into(),
                    num_answers: 1,
                }));
            }
            To::Bundled(inbox, number) => {
                self.put_bundled(inbox, number, &PackedAnswer::of(answer));
            }
        }
    }

    fn put_bundled(&mut self, to: Bytes, number: u64, answer: &PackedAnswer) {
        let size = OVERHEAD + answer.size();
        let pack = |bytes: &mut Vec<u8>| answer.put(bytes);
        let mut open = self
            .letters
            .iter_mut()
            .rev()
            .filter_map(|letter| match letter {
                Letter::Bundle {
                    inbox,
                    bundle,
                    num_answers,
                } if *inbox == to => Some((bundle, num_answers)),
                _ => None,
            });
        if let Some((bundle, num_answers)) = open.next()
            && bundle.has_room_for(size, self.link.message_limit())
        {
            bundle.put(number, pack);
            *num_answers += 1;
            return;
        }
        let mut bundle = Outgoing::new(size);
        bundle.put(number, pack);
        self.letters.push_back(Letter::Bundle {
            inbox: to,
            bundle,
            num_answers: 1,
        });
    }

    /// Sends all that is here; that may wait for room in the connection. `num_open` calls were not answered before.
    ///
    /// # Cancel safety
    ///
    /// What is not sent stays.
    pub(super) async fn send(&mut self, num_open: &AtomicUsize) {
        loop {
            if self.sending.is_none() {
                self.sending = self.letters.pop_front().map(Letter::sealed);
            }
            let Some(sealed) = self.sending.clone() else {
                return;
            };
            let num_answers = sealed.num_answers;
            let Sealed {
                to, headers, body, ..
            } = sealed;
            self.link.answer(to, headers, body).await;
            self.sending = None;
            self.num_answers -= num_answers;
            num_open.fetch_sub(num_answers, Ordering::SeqCst);
        }
    }
}

impl Letter {
    fn sealed(self) -> Sealed {
        match self {
            Self::Alone(sealed) => sealed,
            Self::Bundle {
                inbox,
                bundle,
                num_answers,
            } => Sealed {
                to: format!("{}.{ANSWERS}", String::from_utf8_lossy(&inbox)).into(),
                headers: HeaderMap::new(),
                body: bundle.into_bytes(),
                num_answers,
            },
        }
    }
}
