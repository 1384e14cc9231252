//! The log of a process: what is written, what is kept for a moment, and who follows it.
//!
//! A program calls [`Logs::begin`] once; one that has a tracing subscriber of its own adds [`Logs::layer`] to it. Each
//! [`LogRecord`] says which capability logged it, for which key and message, in which trace: taken from the turn that runs
//! when it is logged, so that turns that log nothing pay nothing. Levels can be set for single capabilities, also while
//! the process runs.

mod bounded;
mod circumstances;
pub(crate) mod colony;
mod filter;
mod follow;
mod human;
mod layer;
mod level;
mod levels;
mod logs;
mod output;
mod recent;
mod record;
mod visit;

#[cfg(test)]
mod tests;

pub use filter::LogFilter;
pub use follow::{Follow, Followed};
pub use human::HumanFormat;
pub use levels::{LevelChange, LevelInForce};
pub use logs::Logs;
pub use record::LogRecord;
