//! The hotel split into processes by a file alone: what a guest, an operator and a replay see of it is the same – with real
//! processes, a real nats-server, and some of them killed.

#![cfg(unix)]
#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]
#![allow(
    clippy::print_stderr,
    reason = "a test that fails shows what its processes said, and which were killed"
)]

mod chaos;
mod load;
#[path = "../process/mod.rs"]
mod process;
mod replay;
mod up;
