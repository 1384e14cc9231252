//! Whether a body is what its schema says, with every mistake at once.

mod check;
mod fields;
mod violation;

pub(super) use check::{Bodies, Check, Side};
pub(super) use violation::Violation;
