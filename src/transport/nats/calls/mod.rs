//! Calls over the server: [`Caller`] sends them, [`Callee`] takes them.

mod answers;
mod callee;
mod caller;
mod drain;
mod intake;
mod name;
mod stats;
#[cfg(test)]
mod tests;

pub(crate) use callee::Callee;
pub(crate) use caller::{Caller, UnderWay};
