//! Who sleeps where, and when: the book of one hotel.
//!
//! [`nights`] counts rooms and never sells one twice, [`reserve`] says what is acceptable and what is paid at once,
//! [`ending`] how a reservation ends, [`audit`] counts everything again.

pub mod audit;
pub mod availability;
pub mod ending;
pub mod nights;
pub mod reserve;
pub mod settings;
#[cfg(test)]
mod testing;
