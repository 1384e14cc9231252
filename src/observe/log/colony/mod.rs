//! The logs of all processes of a colony, for operators who are in none of them: each process answers for its own, and whoever
//! looks on puts them together.

mod answering;
mod asked;
mod looks;

#[cfg(feature = "gateway")]
mod levels;
#[cfg(feature = "gateway")]
mod pump;
#[cfg(feature = "gateway")]
mod tail;
#[cfg(feature = "gateway")]
mod who;

pub(super) use answering::answer;
#[cfg(feature = "gateway")]
pub(crate) use asked::LevelsChange;
#[cfg(feature = "gateway")]
pub(crate) use levels::{NodeLevels, levels};
#[cfg(feature = "cli")]
pub(crate) use tail::leave;
#[cfg(feature = "gateway")]
pub(crate) use tail::{ColonyTail, TailAsked};
#[cfg(feature = "gateway")]
pub(crate) use who::NoSuchNode;

#[cfg(test)]
mod tests;
