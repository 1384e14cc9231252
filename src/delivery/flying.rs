//! [`Flying`]: the rows of one lane whose turns have run, until what came of them is safe.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::engine::parcel::{Landing, Undelivered};

/// Rows of a lane whose turns have run and that have not landed yet.
#[derive(Default)]
pub(super) struct Flying {
    rows: BTreeSet<Vec<u8>>,
    landings: FuturesUnordered<BoxFuture<'static, (Vec<u8>, Result<(), Undelivered>)>>,
}

impl Flying {
    pub(super) fn rows(&self) -> &BTreeSet<Vec<u8>> {
        &self.rows
    }

    /// The turn of this row has run.
    pub(super) fn begin(&mut self, row: Vec<u8>, landing: Landing) {
        self.rows.insert(row.clone());
        self.landings
            .push(async move { (row, landing.await) }.boxed());
    }

    /// Those that have landed; waits until there is one.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub(super) async fn landed(&mut self) -> Result<Vec<Vec<u8>>, Undelivered> {
        let first = self.landings.next().await;
        self.with_others(first)
    }

    /// Those that have landed by now.
    pub(super) fn landed_by_now(&mut self) -> Result<Vec<Vec<u8>>, Undelivered> {
        let first = self.landings.next().now_or_never().flatten();
        self.with_others(first)
    }

    fn with_others(
        &mut self,
        first: Option<(Vec<u8>, Result<(), Undelivered>)>,
    ) -> Result<Vec<Vec<u8>>, Undelivered> {
        let mut rows = Vec::new();
        let mut next = first;
        while let Some((row, landed)) = next {
            // A commit that failed stops the store for good; the row is delivered again after the restart.
            landed?;
            self.rows.remove(&row);
            rows.push(row);
            next = self.landings.next().now_or_never().flatten();
        }
        Ok(rows)
    }
}
