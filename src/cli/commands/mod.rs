//! The commands that every application has: one command, one file, with its arguments and help beside what it does.

mod built_in;
mod checks;
mod completions;
mod config;
mod contract;
mod dlq;
mod doctor;
mod drain;
mod emit;
mod explain;
mod inspect;
mod list;
mod load;
mod log_level;
mod man;
mod nats_server;
mod plan;
mod ps;
mod request;
mod scale;
mod store;
mod subscribe;
mod tail;
mod timers;
mod top;
mod trace;
mod up;

pub(super) use built_in::{BUILT_IN, BuiltIn};
pub(super) use explain::explain;
