//! The doors of a runtime, from outside: what each request is answered, good or bad.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

mod admin;
mod calls;
mod client;
mod gate;
mod house;
mod insight;
mod limits;
mod listening;
mod page;
mod parlour;
mod refusals;
mod settings;
mod shutdown;
mod streams;
