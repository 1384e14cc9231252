//! Charges, refunds and a ledger that always balances.
//!
//! [`Desk`] is the actor. [`folio`] decides what a booking pays and gets back, [`bank`] carries it out (or not), [`ledger`] keeps both sides of
//! it.

pub mod bank;
mod desk;
mod ends;
pub mod folio;
pub mod ledger;
mod requests;
pub mod settings;
mod sweep;
#[cfg(test)]
mod testing;

pub use desk::Desk;
