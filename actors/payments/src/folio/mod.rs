//! What a booking has paid, and what became of it: the rules by which charges, bills and refunds follow each other.
//!
//! Decides, and asks nobody: the bank's answers are arguments, postings and events are results.

mod charging;
mod ending;
mod outcome;
mod record;
mod refunding;

pub use ending::Collected;
pub use outcome::{Fact, Outcome};
pub use record::{End, Paid, Record, charge_id};
