//! The levels of all processes of a colony, or of one.

use std::time::Duration;

use futures_util::future::join_all;

use super::asked::{LevelsAsked, LevelsChange, LevelsOf, LevelsSaid};
use super::who::{NoSuchNode, writers};
use crate::runtime::Runtime;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The levels of one process.
#[derive(Debug)]
pub(crate) struct NodeLevels {
    pub(crate) node: String,
    /// What it says; else why it does not.
    pub(crate) said: Result<LevelsSaid, String>,
}

/// The levels of all processes, or of those of one node; changed first, if a change is given. Those that should be there and do not
/// answer are told with the reason.
///
/// # Errors
///
/// [`NoSuchNode`]; nothing is changed then.
pub(crate) async fn levels(
    runtime: &Runtime,
    node: Option<&str>,
    change: Option<LevelsChange>,
) -> Result<Vec<NodeLevels>, NoSuchNode> {
    let writers = writers(runtime, node).await?;
    let asked = LevelsAsked { change };
    let asking = writers.present.into_iter().map(|writer| {
        let asked = &asked;
        async move {
            let said = runtime
                .ask_process::<LevelsOf>(&writer.instance, asked, PATIENCE)
                .await;
            NodeLevels {
                node: writer.node,
                said: said.unwrap_or_else(|unanswered| Err(unanswered.to_string())),
            }
        }
    });
    let mut all = join_all(asking).await;
    all.extend(writers.missing.into_iter().map(|node| NodeLevels {
        node,
        said: Err("no log of it answers".to_owned()),
    }));
    all.sort_by(|a, b| a.node.cmp(&b.node));
    Ok(all)
}
