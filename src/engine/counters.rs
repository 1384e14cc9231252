//! What actors count. They have small counters, since there may be a million of them; what these cannot hold is kept for all in [`Past`].

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::spec::Past;

/// What one actor has done.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Turns that ended.
    pub(super) turns: AtomicU32,
    /// Those of them that began and ended on the caller's thread.
    pub(super) inline: AtomicU32,
}

/// Counts one more. Only who holds the actor's core may.
#[inline]
pub(super) fn count(counter: &AtomicU32, past: &AtomicU64) {
    let more = counter.load(Ordering::Relaxed).wrapping_add(1);
    counter.store(more, Ordering::Relaxed);
    if more == 0 {
        past.fetch_add(1 << u32::BITS, Ordering::Relaxed);
    }
}

impl Counters {
    /// The actor is gone: what it has done is not forgotten.
    pub(super) fn hand_over(&self, past: &Past) {
        let counts = [(&self.turns, &past.turns), (&self.inline, &past.inline)];
        for (counter, past) in counts {
            past.fetch_add(
                u64::from(counter.load(Ordering::Relaxed)),
                Ordering::Relaxed,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_counter_cannot_hold_is_kept_for_all() {
        let (counter, past) = (AtomicU32::new(u32::MAX - 1), AtomicU64::new(5));
        let sum = || u64::from(counter.load(Ordering::Relaxed)) + past.load(Ordering::Relaxed);
        let before = sum();
        for _ in 0..3 {
            count(&counter, &past);
        }
        assert_eq!(sum(), before + 3);
    }

    #[test]
    fn an_actor_that_is_gone_leaves_its_counts() {
        let (counters, past) = (Counters::default(), Past::default());
        count(&counters.turns, &past.turns);
        count(&counters.turns, &past.turns);
        count(&counters.inline, &past.inline);
        counters.hand_over(&past);
        let left = [&past.turns, &past.inline];
        assert_eq!(left.map(|count| count.load(Ordering::Relaxed)), [2, 1]);
    }
}
