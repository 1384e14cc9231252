//! The parts of which a way of running the hotel is made: each is a process that is this program again, with a line of JSON that says what it is.
//! A part says one line when it is ready, and ends when whoever started it is gone.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use benches::pin;
use serde::{Deserialize, Serialize};
use skep::transport::nats::server::{ServerOptions, ServerProcess, find_server};

use crate::hotel::Service;
use crate::load::{self, Load};
use crate::ways::{Alone, Front, House, grpc, http, open, skeps};

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The processor to which it keeps.
    pub(crate) core: Option<usize>,
    pub(crate) part: Part,
}

/// What a process is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Part {
    /// The guests.
    Generator(Load),
    /// A nats-server, and who watches over it.
    Broker { folder: PathBuf },
    /// The door, and what is behind it in the same process.
    Door(Behind),
    /// One capability behind HTTP.
    Http(Service, BTreeMap<Service, String>),
    /// One capability behind gRPC.
    Grpc(Service, BTreeMap<Service, String>),
    /// One node of skep, of this file.
    Node(Service, PathBuf),
}

/// What is behind the door.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Behind {
    Alone,
    Plain,
    Skep { wire: bool },
    SkepNodes(PathBuf),
    Http(BTreeMap<Service, String>),
    Grpc(BTreeMap<Service, String>),
}

/// What a part says when it can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// Where it listens: a port on the loopback interface; none when it does not.
    pub(crate) port: Option<u16>,
    /// A process that it has started, and that works as well.
    pub(crate) process: Option<u32>,
}

/// What stands in the way of a part.
type Wrong = Box<dyn std::error::Error>;

/// Is what the line says, until the standard input ends.
pub(crate) fn be(line: &str) {
    let played = serde_json::from_str(line)
        .map_err(Wrong::from)
        .and_then(play);
    played.expect("a part of the hotel does its work");
}

fn play(job: Job) -> Result<(), Wrong> {
    if let Some(core) = job.core {
        let _ = pin(core);
    }
    // The broker has something to end itself.
    if !matches!(job.part, Part::Broker { .. }) {
        end_with_the_starter();
    }
    match job.part {
        Part::Broker { folder } => broker(folder),
        Part::Generator(load) => generator(&load),
        Part::Door(behind) => actix(door(behind)),
        Part::Http(service, neighbours) => actix(async move {
            let (port, server) = http::start(service, neighbours)?;
            ready(Some(port), None)?;
            Ok(server.await?)
        }),
        Part::Grpc(service, neighbours) => tokio(async move {
            let listener = ::tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
            ready(Some(listener.local_addr()?.port()), None)?;
            Ok(grpc::serve(service, listener, neighbours).await?)
        }),
        Part::Node(service, file) => tokio(async move {
            let _node = skeps::node(&file, service.name()).await?;
            ready(None, None)?;
            std::future::pending().await
        }),
    }
}

fn actix(work: impl Future<Output = Result<(), Wrong>>) -> Result<(), Wrong> {
    actix_rt::System::new().block_on(work)
}

fn tokio(work: impl Future<Output = Result<(), Wrong>>) -> Result<(), Wrong> {
    let mut builder = ::tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build()?.block_on(work)
}

async fn door(behind: Behind) -> Result<(), Wrong> {
    match behind {
        Behind::Alone => serve(Alone::of(&House::default()).await?).await,
        Behind::Plain => serve(House::default()).await,
        Behind::Skep { wire } => serve(skeps::monolith(wire).await?).await,
        Behind::SkepNodes(file) => serve(skeps::client(&file).await?).await,
        Behind::Http(services) => serve(http::Http::to(services)).await,
        Behind::Grpc(services) => serve(grpc::Grpc::to(services)?).await,
    }
}

async fn serve(neighbours: impl Front) -> Result<(), Wrong> {
    let (port, server) = open(neighbours)?;
    ready(Some(port), None)?;
    Ok(server.await?)
}

fn broker(folder: PathBuf) -> Result<(), Wrong> {
    let binary = find_server(&mut |_| ())?;
    let server = ServerProcess::start(&binary, ServerOptions::in_folder(folder))?;
    let url = server.url();
    let port = url.rsplit(':').next().unwrap_or_default().parse()?;
    ready(Some(port), Some(server.pid()))?;
    starter_is_gone();
    Ok(())
}

fn generator(load: &Load) -> Result<(), Wrong> {
    let begins = || {
        // Who measures looks at the processors' time now.
        let _ = say(&"begins");
    };
    tokio(async move {
        let heard = load::generate(load, begins).await?;
        Ok(say(&heard)?)
    })
}

fn ready(port: Option<u16>, process: Option<u32>) -> io::Result<()> {
    say(&Ready { port, process })
}

/// A line of JSON on the standard output.
fn say(what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

/// Returns when the other end of the standard input is closed: by whoever holds it, or by the end of its process.
fn starter_is_gone() {
    let mut bytes = [0; 64];
    while io::stdin().read(&mut bytes).is_ok_and(|read| read > 0) {}
}

fn end_with_the_starter() {
    std::thread::spawn(|| {
        starter_is_gone();
        std::process::exit(0);
    });
}
