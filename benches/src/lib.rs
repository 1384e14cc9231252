//! The harness of the benchmarks, and the peers that skep is held against.
//!
//! Each group is one program (`in_process/`, `durable/`, …) which declares tables: candidates that have their turns in every round,
//! one after the other, so that a noisy moment hits all alike. What comes out is printed, written as JSON, and compared with an
//! earlier run. `cargo xtask bench` builds and starts the programs.

mod child;
mod compare;
mod cpu;
mod figures;
mod latency;
mod machine;
mod options;
pub mod peers;
mod pinning;
mod print;
mod program;
mod report;
mod servant;
mod statistics;
pub mod threads;
mod versions;

pub use child::measure_in_child;
pub use cpu::CpuTime;
pub use figures::{Figure, allocations_since, nanos_each, now};
pub use latency::Latencies;
pub use machine::{Machine, file_system, resident_bytes, resident_bytes_of};
pub use options::Options;
pub use pinning::{Cores, pin};
pub use program::{Bench, Candidate, run};
pub use report::{Group, Report, Role, Row, Table, Unit};
pub use servant::{Servant, serve_parent};
pub use statistics::{median, percentile, range, ratio};
