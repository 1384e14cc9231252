//! Charges, refunds and a ledger that always balances.
//!
//! [`folio`] decides what a booking pays and gets back, [`bank`] carries it out (or not), [`ledger`] keeps both sides of
//! it.

pub mod bank;
pub mod folio;
pub mod ledger;
pub mod settings;
#[cfg(test)]
mod testing;
