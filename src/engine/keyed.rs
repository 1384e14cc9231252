//! The actors of a keyed capability: activated by their first message, gone when idle, at most one per key.

use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::Mutex;
use siphasher::sip::SipHasher13;

use super::instance::Instance;
use crate::actor::Capability;
use crate::call::Key;

/// How many parts the map has: callers of different keys rarely meet, and a part that grows, of which the actors are found anew,
/// makes nobody wait for long.
const NUM_SHARDS: usize = 256;
/// Which bits of a hash choose the shard: the table in it uses those at both ends.
const SHARD_BITS: u32 = 40;
/// A table with fewer actors than this part of its places gives places back.
const SPARSE: usize = 4;

/// Some of the actors.
type Shard<A> = Mutex<HashTable<Arc<Instance<A>>>>;

/// The actors of a keyed capability.
///
/// They are found by hash: the map keeps a pointer for each, and the key is in the actor.
pub(super) struct Keyed<A: Capability> {
    shards: Box<[Shard<A>]>,
    /// Seeded per runtime: who chooses keys must not be able to choose one place for all of them.
    seed: u64,
    is_closed: AtomicBool,
}

impl<A: Capability> Keyed<A> {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            shards: (0..NUM_SHARDS).map(|_| Mutex::default()).collect(),
            seed,
            is_closed: AtomicBool::new(false),
        }
    }

    fn hash(&self, key: &Key) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.seed, 0);
        hasher.write(key.as_str().as_bytes());
        hasher.finish()
    }

    fn hash_of(&self, instance: &Arc<Instance<A>>) -> u64 {
        instance.key.as_ref().map_or(0, |key| self.hash(key))
    }

    fn shard(&self, hash: u64) -> &Shard<A> {
        let index = usize::try_from(hash >> SHARD_BITS).unwrap_or_default() % NUM_SHARDS;
        &self.shards[index]
    }

    /// The actor of a key, made if there is none; `None` when there is none and none is made any more.
    pub(super) fn get(
        &self,
        key: &Key,
        make: impl FnOnce() -> Arc<Instance<A>>,
    ) -> Option<Arc<Instance<A>>> {
        let hash = self.hash(key);
        let mut shard = self.shard(hash).lock();
        let is_it = |known: &Arc<Instance<A>>| known.key.as_ref() == Some(key);
        if let Some(instance) = shard.find(hash, is_it) {
            return Some(Arc::clone(instance));
        }
        if self.is_closed.load(Ordering::SeqCst) {
            return None;
        }
        let instance = make();
        shard.insert_unique(hash, Arc::clone(&instance), |known| self.hash_of(known));
        Some(instance)
    }

    /// From now on no actor is made; returns those there are, in the order of shards and keys.
    pub(super) fn close(&self) -> Vec<Arc<Instance<A>>> {
        self.is_closed.store(true, Ordering::SeqCst);
        // Each shard is locked after that: whoever was making an actor has put it there.
        let shards = self.shards().map(in_order);
        shards.flatten().collect()
    }

    /// Forgets an actor that has closed; says whether it was known.
    pub(super) fn forget(&self, instance: &Arc<Instance<A>>) -> bool {
        let hash = self.hash_of(instance);
        let mut shard = self.shard(hash).lock();
        let is_it = |known: &Arc<Instance<A>>| Arc::ptr_eq(known, instance);
        let Entry::Occupied(known) = shard.entry(hash, is_it, |known| self.hash_of(known)) else {
            return false;
        };
        // Dropped when the shard is free again.
        let known = known.remove().0;
        if shard.len() < shard.capacity() / SPARSE {
            shard.shrink_to(0, |known| self.hash_of(known));
        }
        drop(shard);
        drop(known);
        true
    }

    /// The actors of one shard after the other.
    pub(super) fn shards(&self) -> impl Iterator<Item = Vec<Arc<Instance<A>>>> {
        self.shards.iter().map(|shard| {
            let shard = shard.lock();
            shard.iter().cloned().collect()
        })
    }
}

/// Actors in the order of their keys: what happens to them must not hang on the order of hashes.
pub(super) fn in_order<A: Capability>(mut actors: Vec<Arc<Instance<A>>>) -> Vec<Arc<Instance<A>>> {
    actors.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    actors
}
