//! [`Ledger`]: what of a stream has arrived in this process, and what of it is not done yet.

use std::collections::BTreeMap;

use async_nats::Subject;

/// What has arrived. Things arrive in the order of the stream the first time; what arrives again is known here.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Up to here everything that is wanted has arrived.
    seen: u64,
    /// What is not done, and where it is acknowledged. At most as many as the consumer lets be pending.
    held: BTreeMap<u64, Subject>,
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
    pub(super) fn arrives(&mut self, sequence: u64, ack: &Subject) -> Arrival {
        if let Some(held) = self.held.get_mut(&sequence) {
            held.clone_from(ack);
            return Arrival::Held;
        }
        if sequence <= self.seen {
            return Arrival::Done;
        }
        self.seen = sequence;
        self.held.insert(sequence, ack.clone());
        Arrival::New
    }

    /// Notes what arrives in any order, from a consumer that is shared.
    pub(super) fn arrives_shared(&mut self, sequence: u64, ack: &Subject) -> Arrival {
        let known = self.held.insert(sequence, ack.clone());
        if known.is_some() {
            Arrival::Held
        } else {
            Arrival::New
        }
    }

    /// It is done; where it is acknowledged.
    pub(super) fn done(&mut self, sequence: u64) -> Option<Subject> {
        self.held.remove(&sequence)
    }

    /// Where all that is held would be acknowledged.
    pub(super) fn held(&self) -> Vec<Subject> {
        self.held.values().cloned().collect()
    }

    /// Another stream of the same name counts anew.
    pub(super) fn begin_anew(&mut self) {
        self.seen = 0;
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_known() {
        let mut ledger = Ledger::default();
        let ack = Subject::from("a");
        assert_eq!(ledger.arrives(3, &ack), Arrival::New);
        assert_eq!(ledger.arrives(7, &ack), Arrival::New);
        assert_eq!(ledger.arrives(3, &Subject::from("b")), Arrival::Held);
        assert_eq!(ledger.done(3), Some(Subject::from("b")));
        assert_eq!(ledger.arrives(3, &ack), Arrival::Done);
        assert_eq!(ledger.arrives(8, &ack), Arrival::New);
        assert_eq!(ledger.held(), [ack.clone(), ack.clone()]);
        ledger.begin_anew();
        assert_eq!(ledger.arrives(1, &ack), Arrival::New);
    }
}
