//! How a delivery that fails goes on: tried again after a while, or dead. The same for what the relay delivers and for what
//! comes in from other processes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::actor::outgoing::LetterKind;
use crate::call::backoff;
use crate::engine::parcel::Undelivered;

/// How often and how soon a delivery is tried again.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryPolicy {
    /// Tries before a letter is dead.
    pub(crate) attempts: u32,
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
}

/// How what is delivered to each capability of this process is tried again, by its name. Its own configuration says so, as it does
/// in another process, which tries by itself.
pub(crate) type Policies = BTreeMap<String, DeliveryPolicy>;

/// The tries of one delivery.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    attempts: u32,
    pauses: u32,
}

/// What follows a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is tried again after this long.
    Again(Duration),
    /// It is tried no more.
    Dead,
}

impl Tries {
    /// How often the receiver has failed.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Notes a try that failed; `jitter` is a random number in `0.0..1.0`.
    pub(crate) fn failed(
        &mut self,
        policy: &DeliveryPolicy,
        kind: LetterKind,
        refusal: &Undelivered,
        jitter: f64,
    ) -> Verdict {
        // Who was not there has not failed to handle it.
        self.attempts += u32::from(!refusal.is_absence());
        self.pauses += 1;
        if self.attempts >= policy.attempts || is_final(kind, refusal) {
            return Verdict::Dead;
        }
        Verdict::Again(backoff(
            self.pauses - 1,
            policy.backoff_min,
            policy.backoff_max,
            jitter,
        ))
    }
}

/// Whether trying again would not help: nobody understands it, or the receiver's domain has answered a message.
fn is_final(kind: LetterKind, refusal: &Undelivered) -> bool {
    match refusal {
        Undelivered::Misfit(_) => true,
        Undelivered::Refused(_) => kind == LetterKind::Send,
        Undelivered::Failed(_) => false,
    }
}
