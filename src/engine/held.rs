//! Who runs an actor holds its core, and looks when it lets go whether somebody relied on it meanwhile.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use try_lock::Locked;

use super::instance::Instance;
use super::stage::Core;
use crate::actor::Capability;

impl<A: Capability> Instance<A> {
    /// The core, unless somebody holds it: then nobody waits, and a holder may be made to look again.
    #[inline(always)]
    pub(super) fn hold(self: &Arc<Self>) -> Option<Held<'_, A>> {
        let core = self
            .core
            .try_lock_explicit(Ordering::SeqCst, Ordering::SeqCst)?;
        Some(Held {
            core,
            _look: LookAgain(self),
        })
    }

    /// Somebody relied on whoever held the core.
    #[cold]
    fn look_again(self: &Arc<Self>) {
        if !self.missed.swap(false, Ordering::AcqRel) {
            return;
        }
        if self.given_up.load(Ordering::SeqCst) {
            // Its home may be gone, and a reference that leads here would keep the actor.
            self.run_here();
        } else {
            self.schedule();
        }
    }
}

/// The core of an actor, held.
pub(super) struct Held<'i, A: Capability> {
    // Dropped in this order: the core must be free when we look again.
    core: Locked<'i, Core<A>>,
    _look: LookAgain<'i, A>,
}

/// Whoever lets go of a core, for whatever reason it was held, looks whether somebody relied on it meanwhile.
struct LookAgain<'i, A: Capability>(&'i Arc<Instance<A>>);

impl<A: Capability> Drop for LookAgain<'_, A> {
    #[inline]
    fn drop(&mut self) {
        // The core was let go of just now, in the one order of all that is `SeqCst`: either they see it free, or we see what they
        // missed. Mostly nobody did, and looking costs less than taking.
        if self.0.missed.load(Ordering::SeqCst) {
            self.0.look_again();
        }
    }
}

impl<A: Capability> Deref for Held<'_, A> {
    type Target = Core<A>;

    fn deref(&self) -> &Core<A> {
        &self.core
    }
}

impl<A: Capability> DerefMut for Held<'_, A> {
    fn deref_mut(&mut self) -> &mut Core<A> {
        &mut self.core
    }
}
