//! The operator's door: for the commands that look into a running process. Loopback only, and only with the token.

mod capabilities;
mod desk;
mod entrance;
mod file;
mod letters;
mod levels;
mod process;
mod store;
mod timers;
mod token;
mod traces;

pub(super) use desk::Desk;
pub(super) use file::{AdminFile, Notice, Taken};
pub(super) use process::Process;
pub(crate) use token::Token;
