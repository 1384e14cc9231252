//! The sandbox bank: a stand-in for a payment provider that declines and fails as told.
//!
//! Whether it declines follows from its seed and the charge alone, so that a repeated charge meets the same answer.
//! Whether it is out of service is drawn anew for each attempt.

use std::hash::{Hash, Hasher};

use payments_contract::{ChargeId, Receipt};
use siphasher::sip::SipHasher13;

use crate::settings::BankSettings;

/// The sandbox bank.
#[derive(Debug, Clone)]
pub struct Bank {
    settings: BankSettings,
}

/// Why the bank did not carry something out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It refuses, and would again.
    Declined {
        /// What the bank says.
        reason: String,
    },
    /// It does not answer now.
    OutOfService,
}

/// What the bank says when it declines.
const REASONS: [&str; 4] = [
    "insufficient funds",
    "card expired",
    "limit exceeded",
    "suspected fraud",
];

impl Bank {
    /// Opens the bank.
    #[must_use]
    pub fn new(settings: BankSettings) -> Self {
        Self { settings }
    }

    /// Takes money from a guest. `dice` decides about outages: a fresh random number for each attempt.
    ///
    /// # Errors
    /// [`Fault::Declined`] for the same charges always, [`Fault::OutOfService`] by chance.
    pub fn take(&self, receipt: Receipt, dice: u64) -> Result<Receipt, Fault> {
        self.reach(dice)?;
        let draw = self.draw(&receipt.id, "take");
        if self.settings.declines_percent.hits(draw) {
            // The low bits are free: `hits` looks at the high ones.
            let reason = REASONS[(draw % REASONS.len() as u64) as usize].to_owned();
            return Err(Fault::Declined { reason });
        }
        Ok(receipt)
    }

    /// Gives money back to a guest; never declined.
    ///
    /// # Errors
    /// [`Fault::OutOfService`] by chance.
    pub fn give_back(&self, dice: u64) -> Result<(), Fault> {
        self.reach(dice)
    }

    /// The number under which the bank files a charge; the same for the same charge.
    #[must_use]
    pub fn number(&self, id: &ChargeId) -> String {
        format!("SB-{:016x}", self.draw(id, "number"))
    }

    fn reach(&self, dice: u64) -> Result<(), Fault> {
        if self.settings.outages_percent.hits(dice) {
            Err(Fault::OutOfService)
        } else {
            Ok(())
        }
    }

    fn draw(&self, id: &ChargeId, what: &str) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.settings.seed, 0);
        (id.to_string(), what).hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::testing::receipt;

    fn bank(text: &str) -> Bank {
        Bank::new(toml::from_str::<Settings>(text).unwrap().bank)
    }

    fn declined(bank: &Bank) -> Vec<bool> {
        (0..1_000)
            .map(|number| bank.take(receipt(&format!("B-{number}"), 10), 0).is_err())
            .collect()
    }

    #[test]
    fn the_same_seed_declines_the_same_charges_and_about_as_many_as_told() {
        let first = declined(&bank("bank = { declines_percent = 10, seed = 1 }"));
        let share = first.iter().filter(|declined| **declined).count();
        assert!((60..150).contains(&share), "{share}");
        assert_eq!(
            first,
            declined(&bank("bank = { declines_percent = 10, seed = 1 }"))
        );
        assert_ne!(
            first,
            declined(&bank("bank = { declines_percent = 10, seed = 2 }"))
        );
    }

    #[test]
    fn an_outage_passes_and_a_decline_stays() {
        let bank = bank("bank = { declines_percent = 100, outages_percent = 50 }");
        assert_eq!(bank.take(receipt("B-1", 10), 0), Err(Fault::OutOfService));
        for _ in 0..2 {
            assert!(matches!(
                bank.take(receipt("B-1", 10), u64::MAX),
                Err(Fault::Declined { .. })
            ));
        }
        assert_eq!(
            bank.give_back(u64::MAX),
            Ok(()),
            "giving back is never declined"
        );
    }

    #[test]
    fn the_number_of_a_charge_is_its_own() {
        let bank = bank("");
        let number = |reference: &str| bank.number(&receipt(reference, 10).id);
        assert_eq!(number("B-1"), number("B-1"));
        assert_ne!(number("B-1"), number("B-2"));
    }
}
