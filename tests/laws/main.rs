//! The laws of DESIGN: one module a law, each test in every placement.

mod counter;
mod law_02_calls_can_fail;
