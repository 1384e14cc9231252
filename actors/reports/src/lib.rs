//! Invoices as PDF files, one for each completed stay.
//!
//! [`invoice`] draws, [`files`] writes.

pub mod files;
pub mod invoice;
pub mod settings;
#[cfg(test)]
mod testing;
