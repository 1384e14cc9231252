//! Charges cards, and sends receipts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::ask::{Answer, Ask, Failed};
use super::words::{Charge, Notify, Receipt};

/// The largest charge that a card takes, in cents.
const LIMIT: i64 = 500_000;

/// Charges cards.
#[derive(Debug, Default)]
pub(crate) struct Payments {
    charges: AtomicU64,
}

impl<N: Ask<Notify>> Answer<Charge, N> for Payments {
    async fn answer(&self, charge: Charge, neighbours: &N) -> Result<Receipt, Failed> {
        if charge.card.is_empty() || charge.amount > LIMIT {
            return Ok(Receipt::default());
        }
        let number = self.charges.fetch_add(1, Ordering::Relaxed) + 1;
        let code = format!("charge-{number}");
        let letter = Notify {
            to: charge.email,
            subject: format!("Your receipt {code}"),
            text: format!(
                "We have charged {} cents for {}",
                charge.amount, charge.purpose
            ),
        };
        neighbours.ask(letter).await?;
        Ok(Receipt { paid: true, code })
    }
}
