//! What shows only where an application is split: processes that come, go, are killed and find each other again, and what others
//! than skep say to them. Each node is a runtime of its own, and a real nats-server of the test's own is between them.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

macro_rules! of_the_laws {
    ($($name:ident $path:literal)*) => {$(
        #[allow(dead_code, reason = "the laws use all of it")]
        #[path = $path]
        mod $name;
    )*};
}
of_the_laws! {
    city "../laws/city.rs"
    counter "../laws/counter.rs"
    gate "../laws/gate.rs"
    hops "../laws/hops.rs"
    ledger "../laws/ledger.rs"
    worker "../laws/worker.rs"
}

mod claims;
mod crashes;
mod joining;
mod listening;
mod outages;
mod refusals;
mod replicas;
mod stage;
mod strangers;
mod tls;
mod wire;
