//! A book shop whose pages stay up when the recommendations do not.

pub mod rest;
pub mod settings;
pub mod share;
pub mod shelf;
mod storefront;

pub use storefront::Storefront;
