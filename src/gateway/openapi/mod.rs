//! The OpenAPI 3.1 document of what a door exposes, made from the contracts: a pure function, and nothing to keep up to date.

mod answers;
mod components;
mod document;
mod example;
mod operations;
mod probes;

#[cfg(feature = "cli")]
pub(in crate::gateway) use example::example;

pub use document::{Document, document};
