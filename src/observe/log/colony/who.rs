//! Who of a colony has a log, and which of them are meant.

use std::collections::BTreeSet;

use super::asked::{Who, Writer};
use crate::config::nearest;
use crate::runtime::Runtime;

/// There is no node of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no node {name:?} here{}; there {}", self.hint(), self.known())]
pub(crate) struct NoSuchNode {
    pub(crate) name: String,
    /// The name that is probably meant.
    pub(crate) nearest: Option<String>,
    /// Those that there are, or should be.
    nodes: Vec<String>,
}

impl NoSuchNode {
    fn hint(&self) -> String {
        let nearest = self.nearest.as_ref();
        nearest.map_or_else(String::new, |nearest| {
            format!("; did you mean {nearest:?}?")
        })
    }

    fn known(&self) -> String {
        match &self.nodes[..] {
            [] => "is none that answers".to_owned(),
            [one] => format!("is {one}"),
            nodes => format!("are {}", nodes.join(", ")),
        }
    }
}

/// Those of a colony that are meant.
#[derive(Debug)]
pub(super) struct Writers {
    pub(super) present: Vec<Writer>,
    /// The names of those that should be there and do not answer.
    pub(super) missing: Vec<String>,
}

/// All processes that answer now, in the order of their names, or the one that is meant.
///
/// # Errors
///
/// [`NoSuchNode`]
pub(super) async fn writers(runtime: &Runtime, node: Option<&str>) -> Result<Writers, NoSuchNode> {
    let expected: BTreeSet<String> = runtime.expected_processes().into_iter().collect();
    let mut present = present(runtime, None).await;
    let is_there =
        |present: &[Writer], name: &String| present.iter().any(|writer| writer.node == *name);
    if expected.iter().any(|name| !is_there(&present, name)) {
        // Who was slow is given the time.
        let late = self::present(runtime, Some(expected.len())).await;
        present.extend(
            late.into_iter()
                .filter(|late| !present.contains(late))
                .collect::<Vec<_>>(),
        );
    }
    present.sort_by(|a, b| (&a.node, &a.instance).cmp(&(&b.node, &b.instance)));
    let missing: Vec<String> = expected
        .iter()
        .filter(|name| !is_there(&present, name))
        .cloned()
        .collect();
    let Some(wanted) = node else {
        return Ok(Writers { present, missing });
    };
    let is_wanted = |name: &str| name == wanted;
    let chosen = Writers {
        present: present
            .iter()
            .filter(|writer| is_wanted(&writer.node))
            .cloned()
            .collect(),
        missing: missing
            .iter()
            .filter(|name| is_wanted(name))
            .cloned()
            .collect(),
    };
    if !chosen.present.is_empty() || !chosen.missing.is_empty() {
        return Ok(chosen);
    }
    let names: BTreeSet<String> = present
        .into_iter()
        .map(|writer| writer.node)
        .chain(missing)
        .collect();
    Err(NoSuchNode {
        name: wanted.to_owned(),
        nearest: nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned),
        nodes: names.into_iter().collect(),
    })
}

/// Who answers.
pub(super) async fn present(runtime: &Runtime, expected: Option<usize>) -> Vec<Writer> {
    runtime.ask_processes::<Who>(&(), expected).await
}
