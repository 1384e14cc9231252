//! The actors of a keyed capability: activated by their first message, gone when idle, at most one per key.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use siphasher::sip::SipHasher13;

use super::instance::Instance;
use crate::actor::Capability;
use crate::call::Key;

/// How many parts the map has, so that callers of different keys rarely meet.
const NUM_SHARDS: usize = 64;

/// The actors of a keyed capability.
pub(super) struct Keyed<A: Capability> {
    shards: Vec<Mutex<BTreeMap<Key, Arc<Instance<A>>>>>,
    /// Seeded per runtime: who chooses keys must not be able to choose one shard for all of them.
    hasher: SeededHasher,
    is_closed: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct SeededHasher(u64);

impl BuildHasher for SeededHasher {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0, 0)
    }
}

impl<A: Capability> Keyed<A> {
    pub(super) fn new(seed: u64) -> Self {
        let shards = (0..NUM_SHARDS).map(|_| Mutex::default()).collect();
        Self {
            shards,
            hasher: SeededHasher(seed),
            is_closed: AtomicBool::new(false),
        }
    }

    fn shard(&self, key: &Key) -> &Mutex<BTreeMap<Key, Arc<Instance<A>>>> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key.as_str().as_bytes());
        let index = usize::try_from(hasher.finish() % NUM_SHARDS as u64).unwrap_or(0);
        &self.shards[index]
    }

    /// The actor of a key, made if there is none; `None` when there is none and none is made any more.
    pub(super) fn get(
        &self,
        key: &Key,
        make: impl FnOnce() -> Arc<Instance<A>>,
    ) -> Option<Arc<Instance<A>>> {
        let mut shard = self.shard(key).lock();
        if let Some(instance) = shard.get(key) {
            return Some(Arc::clone(instance));
        }
        if self.is_closed.load(Ordering::SeqCst) {
            return None;
        }
        let instance = make();
        shard.insert(key.clone(), Arc::clone(&instance));
        Some(instance)
    }

    /// From now on no actor is made; returns those there are.
    pub(super) fn close(&self) -> Vec<Arc<Instance<A>>> {
        self.is_closed.store(true, Ordering::SeqCst);
        // Each shard is locked after that: whoever was making an actor has put it there.
        self.all()
    }

    /// Forgets an actor that has closed.
    pub(super) fn forget(&self, instance: &Arc<Instance<A>>) {
        let Some(key) = &instance.key else { return };
        let mut shard = self.shard(key).lock();
        if shard
            .get(key)
            .is_some_and(|known| Arc::ptr_eq(known, instance))
        {
            shard.remove(key);
        }
    }

    /// All actors, in the order of shards and keys.
    pub(super) fn all(&self) -> Vec<Arc<Instance<A>>> {
        self.shards
            .iter()
            .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
            .collect()
    }
}
