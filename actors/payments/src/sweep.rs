//! Deposits that no reservation followed are given back.

use std::time::{Duration, SystemTime};

use payments_contract::Day;
use skep::Cx;

use crate::desk::{Desk, Unconfirmed};

/// How many are given back in one turn; the rest waits for the next.
const AT_A_TIME: usize = 64;

impl Desk {
    pub(crate) async fn give_back_unconfirmed(&mut self, cx: &mut Cx<Self>) {
        let now = cx.now();
        let within = self.settings.confirm_within.get();
        let since = millis(now.checked_sub(within).unwrap_or(SystemTime::UNIX_EPOCH));
        let waiting = self.unconfirmed.iter();
        let due: Vec<Unconfirmed> = waiting
            .map(|(_, unconfirmed)| unconfirmed)
            .filter(|unconfirmed| unconfirmed.since_ms <= since)
            .take(AT_A_TIME)
            .collect();
        for Unconfirmed { charge, .. } in due {
            let mut record = self.folio(&charge.hotel, &charge.reference);
            let amount = record.held_deposit();
            if amount.is_positive() && self.pay_out(cx).await.is_err() {
                // The bank is out of service; the next sweep tries again.
                return;
            }
            self.unconfirmed
                .remove(&crate::desk::key_of(&charge.hotel, &charge.reference));
            let outcome = amount
                .is_positive()
                .then(|| record.refunded(&charge, amount, Day::at(now)))
                .flatten();
            if let Some(outcome) = outcome {
                self.keep(&charge.hotel, &charge.reference, &record, outcome, cx);
            }
        }
    }
}

/// A moment in milliseconds since 1970.
pub(crate) fn millis(time: SystemTime) -> u64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
