//! Which levels are in force: one for all, and those of single capabilities, which may change and change back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::call::{Clock, Tick};
use crate::config::LogLevel;

/// What changing a level did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelChange {
    /// The capability's own level now; none: the level for all.
    pub level: Option<LogLevel>,
    /// Its own level before.
    pub previous: Option<LogLevel>,
    /// Until when; none: until it is changed again.
    pub until: Option<SystemTime>,
}

/// The level that is in force for a capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelInForce {
    /// The capability; none for all that have no level of their own.
    pub capability: Option<String>,
    /// Its level.
    pub level: LogLevel,
    /// Until when; none: until it is changed.
    pub until: Option<SystemTime>,
}

/// The levels of single capabilities.
#[derive(Debug)]
pub(super) struct Levels {
    state: Mutex<State>,
    in_force: ArcSwap<Own>,
    /// Is told when a timed level was set.
    changed: Notify,
}

/// The levels of their own that capabilities have right now.
#[derive(Debug, Default)]
pub(super) struct Own(BTreeMap<String, LogLevel>);

#[derive(Debug, Default)]
struct State {
    clock: Option<Clock>,
    /// Who ends timed levels: whoever began last.
    keeper: u64,
    capabilities: BTreeMap<String, Layers>,
}

/// What was said about one capability; what is further down holds when nothing is above it.
#[derive(Debug, Clone, Copy, Default)]
struct Layers {
    configured: Option<LogLevel>,
    set: Option<LogLevel>,
    timed: Option<Timed>,
}

#[derive(Debug, Clone, Copy)]
struct Timed {
    level: LogLevel,
    due: Option<Tick>,
    until: Option<SystemTime>,
}

impl Levels {
    pub(super) fn new(configured: &BTreeMap<String, LogLevel>) -> Self {
        let layers = |level: &LogLevel| Layers {
            configured: Some(*level),
            ..Layers::default()
        };
        let capabilities = configured
            .iter()
            .map(|(name, level)| (name.clone(), layers(level)));
        let state = State {
            clock: None,
            keeper: 0,
            capabilities: capabilities.collect(),
        };
        Self {
            in_force: ArcSwap::from_pointee(state.own()),
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    pub(super) fn own(&self) -> arc_swap::Guard<Arc<Own>> {
        self.in_force.load()
    }

    pub(super) fn set(
        &self,
        capability: &str,
        level: LogLevel,
        lasting: Option<Duration>,
    ) -> LevelChange {
        let mut state = self.state.lock();
        let timed = lasting.map(|lasting| state.timed(level, lasting));
        let layers = state.capabilities.entry(capability.to_owned()).or_default();
        let previous = layers.in_force();
        layers.timed = timed;
        if timed.is_none() {
            layers.set = Some(level);
        }
        let until = timed.and_then(|timed| timed.until);
        self.in_force.store(Arc::new(state.own()));
        drop(state);
        self.changed.notify_one();
        LevelChange {
            level: Some(level),
            previous,
            until,
        }
    }

    pub(super) fn restore(&self, capability: &str) -> LevelChange {
        let mut state = self.state.lock();
        let change = state.capabilities.get_mut(capability).map(Layers::restore);
        self.in_force.store(Arc::new(state.own()));
        change.unwrap_or(LevelChange {
            level: None,
            previous: None,
            until: None,
        })
    }

    /// The capabilities with a level of their own.
    pub(super) fn list(&self) -> Vec<LevelInForce> {
        let state = self.state.lock();
        let own = state.capabilities.iter().filter_map(|(name, layers)| {
            Some(LevelInForce {
                capability: Some(name.clone()),
                level: layers.in_force()?,
                until: layers.timed.and_then(|timed| timed.until),
            })
        });
        own.collect()
    }

    /// Ends timed levels when they are due, and tells `rebuild`. Ends itself when another one begins.
    pub(super) async fn keep_time(self: Arc<Self>, clock: Clock, rebuild: impl Fn()) {
        let keeper = {
            let mut state = self.state.lock();
            let keeper = state.begin(&clock);
            self.in_force.store(Arc::new(state.own()));
            keeper
        };
        rebuild();
        loop {
            let changed = self.changed.notified();
            if self.state.lock().keeper != keeper {
                // What woke this one up was meant for the other.
                return self.changed.notify_one();
            }
            let (due, has_changed) = self.end_due(clock.now());
            if has_changed {
                rebuild();
            }
            match due {
                None => changed.await,
                Some(due) => tokio::select! {
                    () = clock.sleep_until(due) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Ends what is due; when the next is, and whether anything was.
    fn end_due(&self, now: Tick) -> (Option<Tick>, bool) {
        let mut state = self.state.lock();
        let mut next: Option<Tick> = None;
        let mut has_changed = false;
        for layers in state.capabilities.values_mut() {
            let Some(due) = layers.timed.and_then(|timed| timed.due) else {
                continue;
            };
            if due <= now {
                layers.timed = None;
                has_changed = true;
            } else {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        if has_changed {
            self.in_force.store(Arc::new(state.own()));
        }
        (next, has_changed)
    }
}

impl Own {
    pub(super) fn of(&self, capability: &str) -> Option<LogLevel> {
        self.0.get(capability).copied()
    }

    pub(super) fn most(&self) -> Option<LogLevel> {
        self.0.values().copied().max()
    }

    pub(super) fn least(&self) -> Option<LogLevel> {
        self.0.values().copied().min()
    }
}

impl State {
    fn own(&self) -> Own {
        let own = self.capabilities.iter();
        let own = own.filter_map(|(name, layers)| Some((name.clone(), layers.in_force()?)));
        Own(own.collect())
    }

    fn timed(&self, level: LogLevel, lasting: Duration) -> Timed {
        let clock = self.clock.as_ref();
        Timed {
            level,
            due: clock.map(|clock| clock.now().after(lasting)),
            until: clock.and_then(|clock| clock.wall().checked_add(lasting)),
        }
    }

    /// From now on there is this clock. Ends what was timed without it: nobody knows how long that has lasted.
    fn begin(&mut self, clock: &Clock) -> u64 {
        for layers in self.capabilities.values_mut() {
            layers.timed = None;
        }
        self.clock = Some(clock.clone());
        self.keeper += 1;
        self.keeper
    }
}

impl Layers {
    fn in_force(&self) -> Option<LogLevel> {
        let timed = self.timed.map(|timed| timed.level);
        timed.or(self.set).or(self.configured)
    }

    fn restore(&mut self) -> LevelChange {
        let previous = self.in_force();
        if self.timed.take().is_none() {
            self.set = None;
        }
        LevelChange {
            level: self.in_force(),
            previous,
            until: None,
        }
    }
}
