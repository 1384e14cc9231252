//! Mail to the guest about everything that happens to a booking.
//!
//! [`Mailer`] is the actor. [`letter`] says what each event is worth saying, [`eml`] puts it into an envelope, [`outbox`] writes it down.

pub mod eml;
pub mod letter;
mod mailer;
pub mod outbox;
pub mod settings;
pub mod smtp;
#[cfg(test)]
mod testing;

pub use mailer::Mailer;
