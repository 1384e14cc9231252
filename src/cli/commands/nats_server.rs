//! `nats-server`: the server that `up` starts when none answers. A process of its own between the two: it ends the server
//! when `up` has ended, however that came about.

use std::time::Duration;

use clap::ArgMatches;
use tokio::task::spawn_blocking;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::up::{SERVER, own_server};
use crate::config::{NatsSettings, Problems, StoreSettings};
use crate::transport::nats::server::{ServerError, ServerOptions, ServerProcess, find_server};

/// How often the server is looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("nats-server")
        .hide(true)
        .about("Runs a nats-server where the configuration says, until Ctrl-C; `up` does this by itself")
        .after_help(format!(
            "Examples:\n  \
             {name} nats-server -c split.toml\n\n\
             The server is the one that SKEP_NATS_SERVER names, or one on the path, or one that is fetched. It keeps its streams\n\
             in the folder `nats` of store.path, and acknowledges what is on the disk."
        ))
}

pub(super) async fn run(_: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let config = session.config()?;
    let unfit = |problems: Problems| Failure::new(Exit::Config, problems.to_string());
    let nats: NatsSettings = config.section("nats").map_err(unfit)?;
    let store: StoreSettings = config.section("store").map_err(unfit)?;
    let server = own_server(&nats).ok_or_else(|| {
        Failure::new(
            Exit::Config,
            "nats.servers does not name one server on 127.0.0.1 without encryption: only there one can be started",
        )
    })?;
    let interrupted = session.interrupted();
    let folder = store.path.join(SERVER);
    let starting = spawn_blocking(move || {
        let binary = find_server(&mut |line| {
            crate::cli::output::note(line);
        })?;
        let options = ServerOptions::in_folder(folder).port(server.port());
        ServerProcess::start(&binary, options)
    });
    let started = starting.await;
    let started = started.map_err(|error| Failure::new(Exit::Software, error.to_string()))?;
    let mut process = started.map_err(|error| refused(&error))?;
    session.say(&format!(
        "nats-server answers at {}; its log is in {}",
        process.url(),
        process.folder().display()
    ));
    session.ready(process.pid(), None);
    let watching = async {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Some(how) = process.ended() {
                return how;
            }
        }
    };
    tokio::select! {
        () = interrupted => Ok(Exit::Success),
        how = watching => Err(Failure::new(Exit::Unavailable, format!("nats-server {how}"))),
    }
}

fn refused(error: &ServerError) -> Failure {
    Failure::new(Exit::Unavailable, error.to_string())
}
