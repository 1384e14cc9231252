//! [`Lanes`]: letters that came in, each lane in order, lanes beside each other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use super::intake::{Delivered, Intake, Item};

/// Who let it out, and in which lane.
type LaneName = (String, String);

/// The lanes of one consumer in one process.
pub(super) struct Lanes {
    intake: Arc<Intake>,
    /// A lane is here as long as it is delivered; what waits is bounded by what the consumer lets be pending.
    waiting: Mutex<BTreeMap<LaneName, VecDeque<Item>>>,
}

impl Lanes {
    pub(super) fn new(intake: Arc<Intake>) -> Arc<Self> {
        Arc::new(Self {
            intake,
            waiting: Mutex::default(),
        })
    }

    /// Puts a letter at the end of its lane.
    pub(super) fn push(self: &Arc<Self>, item: Item) {
        let name = item.letter.lane.clone();
        let mut waiting = self.waiting.lock();
        if let Some(lane) = waiting.get_mut(&name) {
            lane.push_back(item);
            return;
        }
        waiting.insert(name.clone(), VecDeque::from([item]));
        drop(waiting);
        let lanes = Arc::clone(self);
        self.intake.spawn(async move { lanes.deliver(&name).await });
    }

    /// Delivers a lane until it is empty, or until nothing more is begun.
    async fn deliver(&self, name: &LaneName) {
        while let Some(item) = self.next(name) {
            let is_paused = self.intake.paused.is_cancelled();
            if is_paused || self.intake.deliver(&item).await == Delivered::Left {
                self.intake.give_back(&item).await;
                while let Some(item) = self.next(name) {
                    self.intake.give_back(&item).await;
                }
                return;
            }
        }
    }

    fn next(&self, name: &LaneName) -> Option<Item> {
        let mut waiting = self.waiting.lock();
        let next = waiting.get_mut(name).and_then(VecDeque::pop_front);
        if next.is_none() {
            waiting.remove(name);
        }
        next
    }
}
