//! [`Finding`]: a mistake that only a part above can see in a configuration whose every key is right.

use super::fault::Fault;
use super::load::Config;
use super::problem::{Problem, Problems};

/// A mistake, and the path of the key or value that it is about. Numbers step into arrays; of a path that nobody said the
/// nearest table above is the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    path: Vec<String>,
    fault: Fault,
}

impl Finding {
    /// A mistake at a path.
    pub(crate) const fn new(path: Vec<String>, fault: Fault) -> Self {
        Self { path, fault }
    }
}

impl Config {
    /// The findings as problems, each at its place; `None` when there is none.
    pub(crate) fn problems(&self, findings: Vec<Finding>) -> Option<Problems> {
        let found = findings.into_iter().map(|finding| {
            let said = (0..=finding.path.len())
                .rev()
                .filter_map(|length| self.node_at(&finding.path[..length]))
                .find(|node| !node.place.is_default());
            let place = said.map_or(super::place::Place::Default, |node| node.place.clone());
            Problem::new(finding.fault, place)
        });
        Problems::from_found(found.collect())
    }
}
