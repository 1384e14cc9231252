//! A capability that runs in this process: its actors, and the doors through which calls and deliveries reach them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::Context;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::doors::{Doors, EncodedDoors};
use super::instance::Instance;
use super::keyed::{Keyed, in_order};
use super::ready::Home;
use super::served::Served;
use super::spec::{self, Past, Policy, Spec};
use crate::actor::binder::{Binder, EventBinding, MessageBinding};
use crate::actor::services::Services;
use crate::actor::{Capability, Handle, HandlesAll, Kind};
use crate::call::cell::CallCell;
use crate::call::current::Polled;
use crate::call::route::{self, Offer, RequestKind, Run};
use crate::call::scope::Scoped;
use crate::call::{CallError, Key, Tick};
use crate::contract::{Contract, Message};

/// Actors that go in a row before other tasks of the thread have a go.
const LEAVE_IN_A_ROW: usize = 64;

/// A capability that runs in this process.
pub(crate) struct Hosted<A: Capability> {
    pub(super) services: Arc<Services>,
    pub(super) spec: Arc<Spec<A>>,
    pub(super) members: Members<A>,
    pub(super) events: Vec<EventBinding<A>>,
    pub(super) messages: Vec<MessageBinding<A>>,
}

pub(super) enum Members<A: Capability> {
    Singleton(Arc<Instance<A>>),
    Pool {
        instances: Vec<Arc<Instance<A>>>,
        next: AtomicUsize,
    },
    Keyed(Arc<Keyed<A>>),
}

/// What a capability has done and is about to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CapabilityStats {
    /// The capability.
    pub capability: &'static str,
    /// Its actors in memory.
    pub num_actors: usize,
    /// Turns that ended, also of actors that are gone.
    pub num_turns: u64,
    /// Those of them that ran on their caller's thread from beginning to end.
    pub num_inline_turns: u64,
    /// How often an actor was made anew after a failure.
    pub num_restarts: u64,
    /// Messages that wait in mailboxes.
    pub num_queued: usize,
    /// Events and sends that wait for delivery.
    pub num_undelivered: u64,
    /// Why actors cannot work now, if so.
    pub down: Vec<String>,
}

impl<A> Hosted<A>
where
    A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
{
    /// Makes the actors that are not made by their first message. `homes` are where they may live.
    pub(crate) fn new(
        services: Arc<Services>,
        policy: Policy,
        settings: serde_json::Value,
        binder: Binder<A>,
        homes: Vec<Arc<Home>>,
        seed: u64,
    ) -> Arc<Self> {
        let Binder {
            messages,
            events,
            periodics,
            uses: _,
            used: _,
        } = binder;
        let keyed = match A::KIND {
            Kind::Keyed => Some(Arc::new(Keyed::new(services.random.next()))),
            Kind::Singleton | Kind::Stateless => None,
        };
        let moment_bits = spec::moment_bits(policy.idle_after);
        let spec = Arc::new(Spec {
            services: Arc::downgrade(&services),
            clock: services.clock.clone(),
            policy,
            periodics,
            settings,
            homes,
            keyed: keyed.as_ref().map(Arc::downgrade).unwrap_or_default(),
            past: Past::default(),
            moment_bits,
        });
        let first = usize::try_from(seed).unwrap_or(0);
        let members = match (A::KIND, keyed) {
            (Kind::Keyed, Some(keyed)) => Members::Keyed(keyed),
            (Kind::Stateless, _) => {
                let make = |(member, index)| {
                    let home = spec.home(first.wrapping_add(index));
                    Instance::new(Arc::clone(&spec), None, member, home)
                };
                let num = spec.policy.instances.max(1);
                let instances = (1..).zip(0..num).map(make).collect();
                Members::Pool {
                    instances,
                    next: AtomicUsize::new(0),
                }
            }
            (Kind::Singleton | Kind::Keyed, _) => {
                let home = spec.home(first);
                Members::Singleton(Instance::new(Arc::clone(&spec), None, 0, home))
            }
        };
        Arc::new(Self {
            services,
            spec,
            members,
            events,
            messages,
        })
    }

    /// The doors for calls from this process, in the order of the contract's slots.
    pub(crate) fn doors(self: &Arc<Self>) -> route::Doors {
        let mut doors = Doors {
            hosted: Arc::clone(self),
            doors: Vec::new(),
        };
        A::visit(&mut doors);
        doors.doors.into()
    }

    /// The doors for calls that come as bytes.
    pub(crate) fn served(self: &Arc<Self>) -> Served {
        let mut encoded = EncodedDoors {
            hosted: Arc::clone(self),
            by_name: BTreeMap::new(),
        };
        A::visit(&mut encoded);
        Served::new(
            Arc::clone(&self.services),
            A::KIND == Kind::Keyed,
            encoded.by_name,
        )
    }
}

impl<A: Capability> Drop for Hosted<A> {
    /// References that lead to its actors must not keep them.
    fn drop(&mut self) {
        self.abandon_all();
    }
}

impl<A: Capability> Hosted<A> {
    /// Lets go of actors that have not stopped.
    fn abandon_all(&self) {
        for instance in self.instances() {
            if !instance.is_stopped() {
                instance.abandon();
            }
        }
    }

    /// The actors there are; of those that have keys, not all at once.
    fn instances(&self) -> Box<dyn Iterator<Item = Arc<Instance<A>>> + '_> {
        match &self.members {
            Members::Singleton(instance) => Box::new(std::iter::once(Arc::clone(instance))),
            Members::Pool { instances, .. } => Box::new(instances.iter().cloned()),
            Members::Keyed(keyed) => Box::new(keyed.shards().flatten()),
        }
    }

    pub(super) fn of_key(&self, keyed: &Keyed<A>, key: &Key) -> Option<Arc<Instance<A>>> {
        keyed.get(key, || {
            // Spread over the homes by the key's length and bytes: the same key lives at the same place.
            let sum = key.as_str().bytes().fold(0_usize, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(usize::from(byte))
            });
            Instance::new(
                Arc::clone(&self.spec),
                Some(key.clone()),
                0,
                self.spec.home(sum),
            )
        })
    }

    /// The only actor there is, if its calls may run on their callers' threads.
    pub(super) fn only(&self) -> Option<&Arc<Instance<A>>> {
        match &self.members {
            // What is remembered of a durable turn belongs to a call with a cell.
            Members::Singleton(instance) if !self.services.remembers => Some(instance),
            _ => None,
        }
    }

    /// Runs the turn of a call on its caller's thread, if the actor it is for has nothing else to do.
    pub(super) fn run<M: Message>(
        &self,
        message: &mut Option<M>,
        polled: &Polled,
        kind: RequestKind,
        cx: &mut Context<'_>,
    ) -> Run<M>
    where
        A: Handle<M>,
    {
        if self.services.remembers {
            return Run::Not;
        }
        match &self.members {
            Members::Singleton(instance) => instance.run(message, polled, kind, cx),
            Members::Pool { instances, next } => {
                let chosen = next.fetch_add(1, Ordering::Relaxed) % instances.len();
                let instance = &instances[chosen];
                polled.run_by(instance.member.into());
                instance.run(message, polled, kind, cx)
            }
            Members::Keyed(keyed) => {
                match polled.with_key(|key| self.of_key(keyed, key)).flatten() {
                    Some(instance) => instance.run(message, polled, kind, cx),
                    None => Run::Not,
                }
            }
        }
    }

    /// Brings one call to the actor it is for.
    pub(super) fn offer<M: Message>(
        &self,
        cell: &Arc<CallCell<M>>,
        mut poll: Option<&mut Context<'_>>,
    ) -> Offer
    where
        A: Handle<M>,
    {
        let services = &self.services;
        let stopping = || {
            Offer::Refused(CallError::Stopping {
                capability: services.capability.to_owned(),
            })
        };
        match &self.members {
            Members::Singleton(instance) => instance
                .offer(cell, poll, services, 1)
                .unwrap_or_else(stopping),
            Members::Pool { instances, next } => self
                .offer_pool(instances, next, cell, poll)
                .unwrap_or_else(stopping),
            Members::Keyed(keyed) => {
                let Some(key) = &cell.scope().key else {
                    return Offer::Refused(self.needs_key());
                };
                loop {
                    let Some(instance) = self.of_key(keyed, key) else {
                        return stopping();
                    };
                    match instance.offer(cell, poll.as_deref_mut(), services, 1) {
                        Some(offer) => return offer,
                        None => instance.forgotten(),
                    }
                }
            }
        }
    }

    /// One of several equal actors: an idle one if there is, else the one with the least to do; but none that waits for
    /// this call.
    fn offer_pool<M: Message>(
        &self,
        instances: &[Arc<Instance<A>>],
        next: &AtomicUsize,
        cell: &Arc<CallCell<M>>,
        poll: Option<&mut Context<'_>>,
    ) -> Option<Offer>
    where
        A: Handle<M>,
    {
        let first = next.fetch_add(1, Ordering::Relaxed);
        let num = instances.len();
        let waiting = cell.scope().waiting_members();
        let in_turn = (0..num)
            .map(|index| &instances[(first + index) % num])
            .filter(|instance| !waiting.contains(&instance.member.into()));
        let idle = in_turn.clone().find(|instance| instance.is_idle());
        let shortest = || in_turn.min_by_key(|instance| instance.queued());
        let Some(chosen) = idle.or_else(shortest) else {
            return cell.scope().refuse_cycle(num).err().map(Offer::Refused);
        };
        chosen.offer(cell, poll, &self.services, num)
    }

    pub(super) fn needs_key(&self) -> CallError {
        CallError::InvalidKey {
            capability: self.services.capability.to_owned(),
            key: String::new(),
            reason: "it has one actor per key, so a call must say which".to_owned(),
        }
    }
}

/// A hosted capability without its type.
pub(crate) trait Host: Send + Sync {
    /// Starts the actors that are not started by their first message, and waits until they are ready.
    fn start(&self) -> BoxFuture<'static, Result<(), String>>;

    /// Lets the actors finish what they have, and waits until they have stopped.
    fn stop(&self) -> BoxFuture<'static, ()>;

    /// Lets keyed actors go that have been idle since before `since`.
    fn passivate(&self, idle_since: Tick) -> BoxFuture<'_, ()>;

    /// Whether no turn runs and no message waits.
    fn is_idle(&self) -> bool;

    /// Lets go of actors that have not stopped in time.
    fn abandon(&self);

    /// What it has done.
    fn stats(&self) -> CapabilityStats;

    /// When an idle keyed actor goes.
    fn idle_after(&self) -> Duration;
}

impl<A: Capability> Host for Arc<Hosted<A>> {
    fn start(&self) -> BoxFuture<'static, Result<(), String>> {
        let instances: Vec<_> = self.instances().collect();
        async move {
            for instance in &instances {
                instance.schedule();
            }
            for instance in &instances {
                instance
                    .wait_started()
                    .await
                    .map_err(|reason| format!("{}: {reason}", instance.name()))?;
            }
            Ok(())
        }
        .boxed()
    }

    fn abandon(&self) {
        self.abandon_all();
    }

    fn stop(&self) -> BoxFuture<'static, ()> {
        let instances = match &self.members {
            Members::Keyed(keyed) => keyed.close(),
            _ => self.instances().collect(),
        };
        async move {
            for instance in &instances {
                instance.stop();
            }
            for instance in &instances {
                instance.wait_stopped().await;
            }
        }
        .boxed()
    }

    fn passivate(&self, idle_since: Tick) -> BoxFuture<'_, ()> {
        async move {
            let Members::Keyed(keyed) = &self.members else {
                return;
            };
            let idle_since = self.spec.moment(idle_since);
            for shard in keyed.shards() {
                let idle = shard.into_iter();
                let idle = idle.filter(|instance| instance.is_out_of_use(idle_since));
                for some in in_order(idle.collect()).chunks(LEAVE_IN_A_ROW) {
                    // Asked again: others had a go meanwhile.
                    let still = some
                        .iter()
                        .filter(|instance| instance.is_out_of_use(idle_since));
                    still.for_each(Instance::leave);
                    tokio::task::yield_now().await;
                }
                tokio::task::yield_now().await;
            }
        }
        .boxed()
    }

    fn is_idle(&self) -> bool {
        self.instances().all(|instance| instance.is_quiet())
    }

    fn stats(&self) -> CapabilityStats {
        let mut stats = CapabilityStats {
            capability: self.services.capability,
            num_undelivered: self.services.backlog.load(Ordering::Relaxed),
            ..CapabilityStats::default()
        };
        let count = |counter: &AtomicU32| u64::from(counter.load(Ordering::Relaxed));
        let past = &self.spec.past;
        stats.num_turns = past.turns.load(Ordering::Relaxed);
        stats.num_inline_turns = past.inline.load(Ordering::Relaxed);
        stats.num_restarts = past.restarts.load(Ordering::Relaxed);
        for instance in self.instances() {
            stats.num_actors += 1;
            stats.num_turns += count(&instance.counters.turns);
            stats.num_inline_turns += count(&instance.counters.inline);
            stats.num_restarts += u64::from(instance.seen.num_restarts());
            stats.num_queued += instance.queued();
            stats.down.extend(
                instance
                    .seen
                    .down_reason()
                    .map(|reason| format!("{}: {reason}", instance.name())),
            );
        }
        stats.down.sort();
        stats
    }

    fn idle_after(&self) -> Duration {
        self.spec.policy.idle_after
    }
}
