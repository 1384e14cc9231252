//! Every node of a configuration as a child process: started, kept going, drained in order, and told what to do by other
//! commands. Knows the application only as a program that is started again with other arguments.

mod backoff;
mod board;
mod colony;
mod door;
mod file;
mod keeper;
mod launch;
mod lines;
mod order;
mod process;
mod server;

#[cfg(all(test, unix))]
mod tests;

pub(super) use board::State;
pub(super) use colony::{Colony, Ended};
pub(super) use door::Door;
pub(super) use file::{Notice, UpFile};
pub(super) use launch::Launch;
pub(super) use lines::{Lines, Printer};
pub(super) use order::{Done, Order, send};
pub(super) use process::{SERVER, Status};
pub(super) use server::{Server, own_server};
