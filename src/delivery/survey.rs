//! What an earlier process left in a capability's tree: letters to deliver, and numbers that are taken.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::event_log::survey_log;
use crate::actor::layout;
use crate::actor::services::Posted;
use crate::store::{self, Store};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Letters that wait.
    pub(crate) backlog: u64,
    /// The lanes they wait in: target and lane.
    pub(crate) lanes: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Above every number in use.
    pub(crate) next_sequence: u64,
    /// Positions of the events in the log, if there are any.
    pub(crate) log: Option<Range<u64>>,
}

impl Survey {
    /// Each lane, durable up to the last number.
    pub(crate) fn posted(self) -> Vec<Posted> {
        let sequence = self.next_sequence;
        let posted = |(target, lane)| Posted {
            target,
            lane,
            sequence,
        };
        self.lanes.into_iter().map(posted).collect()
    }
}

/// Looks through a tree before its capability starts.
pub(crate) fn survey(store: &dyn Store, tree: &str) -> Result<Survey, store::Error> {
    let mut found = Survey::default();
    for row in store.scan(tree, &[layout::OUTBOX], None) {
        let (key, _) = row?;
        let Some((target, lane, sequence)) = layout::parse_outbox(&key) else {
            continue;
        };
        found.backlog += 1;
        found.next_sequence = found.next_sequence.max(sequence + 1);
        if !found
            .lanes
            .iter()
            .next_back()
            .is_some_and(|(t, l)| &**t == target && &**l == lane)
        {
            found.lanes.insert((Arc::from(target), Arc::from(lane)));
        }
    }
    if let Some((key, _)) = store.last(tree, &[layout::DEAD])? {
        let sequence = layout::parse_dead(&key).unwrap_or(0);
        found.next_sequence = found.next_sequence.max(sequence + 1);
    }
    found.log = survey_log(store, tree)?;
    Ok(found)
}
