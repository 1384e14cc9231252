//! What can be seen of a runtime from outside: its log, its metrics, its traces.

pub mod log;
