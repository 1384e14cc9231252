//! Randomness from one seeded source per runtime, so that a run can be repeated.

use parking_lot::Mutex;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::call::MessageId;

/// The runtime's source of randomness. Not for secrets: it is a fast generator (xoshiro256++) that can be replayed.
#[derive(Debug)]
pub(crate) struct Random(Mutex<Xoshiro256PlusPlus>);

impl Random {
    /// A source that gives the same sequence for the same seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Mutex::new(Xoshiro256PlusPlus::seed_from_u64(seed)))
    }

    pub(crate) fn next(&self) -> u64 {
        self.0.lock().next_u64()
    }

    /// A fresh id for a message that has no sender's id.
    pub(crate) fn message_id(&self) -> MessageId {
        let mut source = self.0.lock();
        MessageId::from_u128((u128::from(source.next_u64()) << 64) | u128::from(source.next_u64()))
    }

    /// A number in `0.0..1.0`, for jitter.
    pub(crate) fn fraction(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let fraction = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }
}
