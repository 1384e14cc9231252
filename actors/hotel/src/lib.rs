//! The hotel as an application: what its own commands do. The capabilities live in their own packages.

pub mod demo;
pub mod first_run;
pub mod replay;
