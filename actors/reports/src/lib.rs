//! Invoices as PDF files, one for each completed stay.
//!
//! [`Printer`] is the actor. [`invoice`] draws, [`files`] writes, [`archive`] knows what there is.

pub mod archive;
pub mod files;
pub mod invoice;
mod issue;
mod printer;
pub mod settings;
#[cfg(test)]
mod testing;

pub use printer::Printer;
