//! The test kit: one test body runs in every placement, in virtual time, with fakes for neighbours, probes for events, and a
//! client for the API.
//!
//! Write a test with [`#[skep::test]`](macro@crate::test):
//!
//! ```
//! # mod example {
//! use skep::testing::Colony;
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize, schemars::JsonSchema, skep::Message)]
//! # #[message(reply = String)]
//! # pub struct Greet { name: String }
//! # skep::contract! { pub Greeting v1 { Greet } }
//! # #[derive(Default)]
//! # struct Greeter;
//! # #[skep::capability(contract = Greeting)]
//! # impl Greeter {
//! #     #[handle] async fn greet(&mut self, m: Greet) -> String { format!("Hi, {}!", m.name) }
//! # }
//!
//! #[skep::test]
//! async fn a_greeter_greets(colony: Colony) {
//!     let runtime = colony.with::<Greeter>().start().await;
//!     let greeting = runtime.get::<Greeting>();
//!     assert_eq!(greeting.ask(Greet { name: "Ada".into() }).await.expect("a greeting"), "Hi, Ada!");
//! }
//! # }
//! ```

mod colony;
mod fake;
#[cfg(feature = "gateway")]
mod open;
mod probe;
mod server;
#[cfg(feature = "gateway")]
mod web;

pub use colony::{Colony, Placement, Time, run};
pub use fake::Fake;
#[cfg(feature = "gateway")]
pub use open::OpenColony;
pub use probe::Probe;
#[cfg(feature = "gateway")]
pub use web::{Web, WebAnswer};
