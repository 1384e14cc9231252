//! Who sleeps where, and when: the book of one hotel.
//!
//! [`Book`] is the actor. [`nights`] counts rooms and never sells one twice, [`reserve`] says what is acceptable and what
//! is paid at once, [`ending`] how a reservation ends, [`audit`] counts everything again.

pub mod audit;
pub mod availability;
mod book;
pub mod ending;
pub mod nights;
pub mod reserve;
pub mod settings;
#[cfg(test)]
mod testing;

pub use book::Book;
