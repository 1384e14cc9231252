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

use crate::grpc::Grpc;
use crate::http::Http;
use crate::peer::Peer;
use crate::raw::{Coded, Plain};
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

/// What a child does: its work, and where the nats-server is.
fn serve(work: &str) {
    let (work, nats) = work.split_once(' ').unwrap_or((work, ""));
    match work {
        stage::NATS => stage::serve_nats(),
        Skep::WORK => peer::serve::<Skep>(nats),
        Coded::WORK => peer::serve::<Coded>(nats),
        Plain::WORK => peer::serve::<Plain>(nats),
        Http::WORK => peer::serve::<Http>(nats),
        Grpc::WORK => peer::serve::<Grpc>(nats),
        other => events::serve(other, nats),
    }
}
