//! The first hour with skep, step by step against the program itself, and the three kinds of test that an application has.
#![allow(clippy::panic, reason = "a test that cannot go on has failed")]

mod kinds;
mod program;
mod steps;
