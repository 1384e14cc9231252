//! Group `nats`: asks and events that cross processes: skep between two nodes, beside the client library of NATS used by hand, HTTP and
//! gRPC.
//!
//! Whoever asks or emits is this process; whoever answers or handles is a child of it, and the nats-server is a process of its own. All
//! of them run tokio with one worker thread.

mod asking;
mod events;

mod grpc;
mod handled;

mod http;
mod peer;
mod raw;
mod raw_events;
mod skep_events;

mod skep_node;
mod stage;
mod work;

use std::process::ExitCode;

use benches::Bench;

use crate::events::Emitter;
use crate::grpc::Grpc;
use crate::http::Http;
use crate::peer::Peer;
use crate::raw::{Coded, Plain};
use crate::raw_events::{Core, Stream};
use crate::skep_events::{Recording, Telling};
use crate::skep_node::Skep;
use crate::stage::Stage;

fn main() -> ExitCode {
    benches::run(
        "nats",
        "asks and events between processes: skep over NATS; async-nats by hand, HTTP/1.1 with JSON, gRPC",
        &[
            "actix-web",
            "async-nats",
            "prost",
            "reqwest",
            "serde_json",
            "skep",
            "tokio",
            "tonic",
        ],
        |bench| match bench.options().child.clone() {
            Some(work) => serve(&work),
            None => measure(bench),
        },
    )
}

fn measure(bench: &mut Bench) {
    let stage = Stage::new();
    asking::measure(bench, &stage);
    events::measure(bench, &stage);
}

/// What a child is asked to do, and how it does it, with the address of the nats-server.
type Work = (&'static str, fn(&str));

/// All that children can do.
const WORKS: [Work; 10] = [
    (stage::NATS, |_| stage::serve_nats()),
    (Skep::WORK, peer::serve::<Skep>),
    (Coded::WORK, peer::serve::<Coded>),
    (Plain::WORK, peer::serve::<Plain>),
    (Http::WORK, peer::serve::<Http>),
    (Grpc::WORK, peer::serve::<Grpc>),
    (Telling::WORK, events::serve::<Telling>),
    (Recording::WORK, events::serve::<Recording>),
    (Stream::WORK, events::serve::<Stream>),
    (Core::WORK, events::serve::<Core>),
];

/// Does the work of a child: its name, and behind it the address.
fn serve(work: &str) {
    let (name, nats) = work.split_once(' ').unwrap_or((work, ""));
    let known = WORKS.iter().find(|(known, _)| *known == name);
    let (_, serve) = known.expect("a child is asked what it can do");
    serve(nats);
}
