//! `bench`: the benchmark programs of `benches/`, and the instruction counts that hold the hot paths.

mod arguments;
mod check;
mod measurement;

pub(crate) use arguments::{Bench, Usage, Wrong, read};
pub(crate) use check::run as check;
pub(crate) use measurement::run as measure;
