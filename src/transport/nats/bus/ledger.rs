//! [`Ledger`]: what of a stream has arrived in this process, and what of it is not done yet.

use std::collections::BTreeMap;

use async_nats::Subject;
use async_nats::jetstream::message::Info;

/// Which thing of a stream. The number alone would not do: a stream that is made anew, or whose server has lost its last moments
/// with the power, gives numbers out a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    sequence: u64,
    /// When the server stored it, in nanoseconds.
    stored_ns: i128,
}

impl Mark {
    pub(super) fn of(info: &Info<'_>) -> Self {
        Self {
            sequence: info.stream_sequence,
            stored_ns: info.published.unix_timestamp_nanos(),
        }
    }
}

/// What has arrived. Things arrive in the order of the stream the first time; what arrives again is known here.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Up to here everything that is wanted has arrived.
    seen: Option<Mark>,
    /// What is not done, and where it is acknowledged. At most as many as the consumer lets be pending.
    held: BTreeMap<Mark, Subject>,
}

/// What a thing is that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It was not here before.
    New,
    /// It is here, and waits or runs.
    Held,
    /// It is done already: its acknowledgement was lost.
    Done,
}

impl Ledger {
    /// Notes what arrives in order. What is new is held until it is [`done`](Self::done).
    pub(super) fn arrives(&mut self, mark: Mark, ack: &Subject) -> Arrival {
        if let Some(held) = self.held.get_mut(&mark) {
            held.clone_from(ack);
            return Arrival::Held;
        }
        let is_older =
            |seen: Mark| mark.sequence <= seen.sequence && mark.stored_ns <= seen.stored_ns;
        if self.seen.is_some_and(is_older) {
            return Arrival::Done;
        }
        self.seen = Some(mark);
        self.held.insert(mark, ack.clone());
        Arrival::New
    }

    /// Notes what arrives in any order, from a consumer that is shared.
    pub(super) fn arrives_shared(&mut self, mark: Mark, ack: &Subject) -> Arrival {
        match self.held.insert(mark, ack.clone()) {
            Some(_) => Arrival::Held,
            None => Arrival::New,
        }
    }

    /// It is done; where it is acknowledged.
    pub(super) fn done(&mut self, mark: Mark) -> Option<Subject> {
        self.held.remove(&mark)
    }

    /// Where all that is held would be acknowledged.
    pub(super) fn held(&self) -> Vec<Subject> {
        self.held.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mark(sequence: u64, stored_ns: i128) -> Mark {
        Mark {
            sequence,
            stored_ns,
        }
    }

    #[test]
    fn what_comes_again_is_known() {
        let mut ledger = Ledger::default();
        let ack = Subject::from("a");
        assert_eq!(ledger.arrives(mark(3, 30), &ack), Arrival::New);
        assert_eq!(ledger.arrives(mark(7, 70), &ack), Arrival::New);
        let again = Subject::from("b");
        assert_eq!(ledger.arrives(mark(3, 30), &again), Arrival::Held);
        assert_eq!(ledger.done(mark(3, 30)), Some(again));
        assert_eq!(ledger.arrives(mark(3, 30), &ack), Arrival::Done);
        assert_eq!(ledger.arrives(mark(8, 80), &ack), Arrival::New);
        assert_eq!(ledger.held(), [ack.clone(), ack]);
    }

    #[test]
    fn a_number_that_is_given_out_again_is_something_new() {
        let mut ledger = Ledger::default();
        let ack = Subject::from("a");
        assert_eq!(ledger.arrives(mark(9, 90), &ack), Arrival::New);
        assert_eq!(ledger.arrives(mark(9, 95), &ack), Arrival::New);
        assert_eq!(ledger.arrives(mark(1, 99), &ack), Arrival::New);
        assert_eq!(ledger.arrives(mark(2, 99), &ack), Arrival::New);
    }

    #[test]
    fn a_clock_that_goes_back_hides_nothing() {
        let mut ledger = Ledger::default();
        let ack = Subject::from("a");
        assert_eq!(ledger.arrives(mark(1, 90), &ack), Arrival::New);
        assert_eq!(ledger.arrives(mark(2, 50), &ack), Arrival::New);
    }
}
