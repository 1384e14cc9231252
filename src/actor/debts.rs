//! What came of a delivery and lies in memory only: the delivery has not landed before all of that has (law 8).
//!
//! A capability that is not durable keeps its outbox in memory. If the letter that its turn handled were forgotten when the turn
//! has run, a crash right after it would lose what the turn let out. So who delivered that letter is told later: each row in
//! memory that came of it, however many turns further on, is owed to it until the row is delivered to somebody who keeps it, or
//! buried. Nobody waits in between – rows in memory are deleted as ever – so that turns which let out letters to themselves, or
//! in a circle, are not in each other's way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::call::CallError;

/// Is told when a delivery has landed, or why it has not.
pub(crate) type Landed = oneshot::Sender<Result<(), CallError>>;

/// Who waits for what the turn of a delivery lets out, if that lies in memory only.
#[derive(Debug, Clone)]
pub(crate) enum Onward {
    /// Nobody: what is delivered would be gone with the process itself.
    Unwatched,
    /// Who delivers it keeps it until then.
    Watched,
    /// Who delivered what this came of.
    Owed(Arc<Debt>),
}

/// What is owed to one delivery.
#[derive(Debug)]
pub(crate) struct Debt {
    /// Rows in memory that came of it.
    num_rows: AtomicUsize,
    /// Dropped untold, the delivery has not landed.
    landed: Mutex<Option<Landed>>,
}

impl Debt {
    /// The delivery has not landed, and will not.
    pub(crate) fn fail(&self, error: CallError) {
        self.tell(Err(error));
    }

    fn pay(&self) {
        if self.num_rows.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.tell(Ok(()));
        }
    }

    fn tell(&self, landed: Result<(), CallError>) {
        let waits = self.landed.lock().take();
        if let Some(waits) = waits {
            // Who waited may have gone.
            let _ = waits.send(landed);
        }
    }
}

/// The debts of one capability: whom each row of its outbox is owed to. Not more than the outbox has rows.
#[derive(Debug, Default)]
pub(crate) struct Debts(Mutex<BTreeMap<u64, Arc<Debt>>>);

impl Debts {
    /// These rows, of which there is at least one, are owed to the delivery that `landed` tells.
    pub(crate) fn incur(
        &self,
        rows: impl ExactSizeIterator<Item = u64>,
        landed: Landed,
    ) -> Arc<Debt> {
        let debt = Arc::new(Debt {
            num_rows: AtomicUsize::new(rows.len()),
            landed: Mutex::new(Some(landed)),
        });
        self.note(rows, &debt);
        debt
    }

    /// These rows, too, are owed to where the row came from that they came of. That one is not paid yet.
    pub(crate) fn add(&self, rows: impl ExactSizeIterator<Item = u64>, debt: &Arc<Debt>) {
        debt.num_rows.fetch_add(rows.len(), Ordering::AcqRel);
        self.note(rows, debt);
    }

    fn note(&self, rows: impl Iterator<Item = u64>, debt: &Arc<Debt>) {
        let rows = rows.map(|row| (row, Arc::clone(debt)));
        self.0.lock().extend(rows);
    }

    /// What is to become of the turn of this row.
    pub(crate) fn onward(&self, row: u64) -> Onward {
        let debt = self.0.lock().get(&row).cloned();
        debt.map_or(Onward::Unwatched, Onward::Owed)
    }

    /// The row has landed, or is buried.
    pub(crate) fn pay(&self, row: u64) {
        let paid = self.0.lock().remove(&row);
        if let Some(debt) = paid {
            debt.pay();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_has_landed_when_all_that_came_of_it_has() {
        let (debts, further) = (Debts::default(), Debts::default());
        let (landed, mut landing) = oneshot::channel();
        debts.incur([3, 4].into_iter(), landed);
        debts.pay(3);
        assert!(landing.try_recv().is_err());
        let Onward::Owed(debt) = debts.onward(4) else {
            panic!("row 4 is owed");
        };
        further.add([1].into_iter(), &debt);
        debts.pay(4);
        assert!(landing.try_recv().is_err(), "one came of row 4");
        further.pay(1);
        assert_eq!(landing.try_recv(), Ok(Ok(())));
        assert!(debts.0.lock().is_empty() && further.0.lock().is_empty());
    }

    #[test]
    fn a_delivery_whose_rows_are_dropped_unpaid_has_not_landed() {
        let debts = Debts::default();
        let (landed, mut landing) = oneshot::channel();
        debts.incur([3].into_iter(), landed);
        drop(debts);
        assert_eq!(
            landing.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        );
    }

    #[test]
    fn rows_that_nobody_waits_for_are_owed_to_nobody() {
        let debts = Debts::default();
        assert!(matches!(debts.onward(7), Onward::Unwatched));
        debts.pay(7);
    }
}
