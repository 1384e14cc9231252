//! `up`: every node of the configuration as a child process, and a nats-server if none answers.

use std::sync::Arc;
use std::time::Duration;

use clap::ArgMatches;
use tokio::task::spawn_blocking;

use crate::call::Clock;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::up::{Colony, Door, Ended, Launch, Lines, Printer, SERVER, Server, UpFile};
use crate::config::{Config, LogFormat, LogSettings, NatsSettings, RuntimeSettings, StoreSettings};
use crate::placement::Topology;

/// How much longer than its own limit a process may take to drain.
const DRAIN_MARGIN: Duration = Duration::from_secs(10);

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("up")
        .about("Starts every node of the configuration, and a nats-server if none answers; Ctrl-C ends them all")
        .after_help(format!(
            "Examples:\n  \
             {name} up -c split.toml\n  \
             {name} ps -c split.toml       what runs, from another terminal\n  \
             {name} plan -c split.toml     what it will be, without starting anything\n\n\
             What ends by itself is started again, after longer and longer waits. Ctrl-C lets every node finish what it has\n\
             accepted, those with doors first and the nats-server last; a second one kills.\n\
             Ends with 0 after Ctrl-C or SIGTERM, 69 when there is no nats-server, 75 when another `up` runs here, 77 when the\n\
             nats-server does not let the nodes in, 78 when the configuration is wrong, 130 after a second Ctrl-C."
        ))
}

/// What the configuration says that matters here.
struct Settings {
    nats: NatsSettings,
    store: StoreSettings,
    runtime: RuntimeSettings,
    log: LogSettings,
}

impl Settings {
    fn of(config: &Config) -> Result<Self, Failure> {
        let read = || {
            Ok(Self {
                nats: config.section("nats")?,
                store: config.section("store")?,
                runtime: config.section("runtime")?,
                log: config.section("log")?,
            })
        };
        read().map_err(|problems: crate::config::Problems| {
            Failure::new(Exit::Config, problems.to_string())
        })
    }
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let clock = Clock::real().map_err(|error| no_system(&error))?;
    let begun = clock.precise();
    let config = session.config()?;
    let (topology, parts) = session.topology(&config)?;
    let settings = Settings::of(&config)?;
    if !topology.is_split() {
        return Err(not_split(session.application()));
    }
    let interrupted = session.interrupted();
    let file = UpFile::take(&settings.store.path)?;
    let mut launch = Launch::again(&arguments).map_err(|error| no_system(&error))?;
    if settings.log.format == LogFormat::Auto && session.is_watched() {
        launch = launch.preferring("log.format=human");
    }
    let (lines, printer) = begin_lines(&session, &topology)?;
    let colony = Colony::new(
        (topology.clone(), parts),
        launch,
        lines.clone(),
        clock.clone(),
        settings.store.path.clone(),
        settings
            .runtime
            .shutdown_deadline
            .get()
            .saturating_add(DRAIN_MARGIN),
    );
    let door = Door::open(&file).await.map_err(|error| no_system(&error))?;
    let working = async {
        start(&colony, &settings.nats, &lines).await?;
        let ms = clock.precise().saturating_sub(begun).as_millis();
        lines
            .say(&ready_line(session.application(), &topology, &colony, ms))
            .await;
        Err(colony.failed().await)
    };
    let ended: Result<(), Ended> = tokio::select! {
        () = interrupted => Ok(()),
        ended = working => ended,
        () = door.serve(&colony) => Ok(()),
    };
    if let Err(ended) = &ended {
        lines.note(&format!("stopping all: {}", ended.reason)).await;
    } else {
        let text = "stopping: what was accepted is finished first (Ctrl-C again kills)";
        lines.note(text).await;
    }
    let exit = stop(&session, &colony, &lines).await;
    drop((colony, door));
    finish(lines, printer).await;
    match (exit, ended) {
        (Exit::Success, Err(ended)) => Err(Failure::new(ended.exit, ended.reason)),
        (exit, _) => Ok(exit),
    }
}

fn not_split(application: &str) -> Failure {
    Failure::new(
        Exit::Config,
        format!(
            "the configuration has no [nodes]: there is one process, which `{application} run` starts; to split it, say which node hosts what, as in\n  [nats]\n  servers = [\"nats://127.0.0.1:4222\"]\n  [nodes.front]\n  hosts = [\"*\"]"
        ),
    )
}

fn no_system(error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Software,
        format!("the system refuses what `up` needs: {error}"),
    )
}

fn begin_lines(session: &Session, topology: &Topology) -> Result<(Lines, Printer), Failure> {
    let names = topology
        .nodes()
        .iter()
        .map(|node| node.name.process(node.replicas).len());
    let width = names.chain([SERVER.len()]).max().unwrap_or_default();
    Lines::begin(width, session.may_colour()).map_err(|error| no_system(&error))
}

async fn start(colony: &Arc<Colony>, nats: &NatsSettings, lines: &Lines) -> Result<(), Ended> {
    let found = Server::find(nats).await.map_err(|reason| Ended {
        exit: Exit::Unavailable,
        reason,
    })?;
    match found {
        Server::Answers(server) => {
            let text = format!("the nats-server at {server} answers");
            lines.note(&text).await;
        }
        Server::CanStart(server) => {
            let text =
                format!("no nats-server answers at {server}: starting one, which ends with `up`");
            lines.note(&text).await;
            colony.start_server().await?;
        }
    }
    colony.start_nodes().await
}

fn ready_line(application: &str, topology: &Topology, colony: &Colony, ms: u128) -> String {
    let node = |node: &crate::placement::Node| match node.replicas {
        1 => node.name.to_string(),
        replicas => format!("{} ({replicas} replicas)", node.name),
    };
    let nodes: Vec<String> = topology.nodes().iter().map(node).collect();
    let mut apis: Vec<String> = colony
        .list()
        .into_iter()
        .filter_map(|one| one.api)
        .collect();
    apis.sort_unstable();
    let api = match apis.as_slice() {
        [] => String::new(),
        apis => format!("; API on {}", apis.join(", ")),
    };
    format!(
        "{application} is up after {ms} ms: {}{api}. Ctrl-C stops it.",
        nodes.join(", ")
    )
}

async fn stop(session: &Session, colony: &Colony, lines: &Lines) -> Exit {
    tokio::select! {
        () = colony.stop() => {
            lines.note("stopped").await;
            Exit::Success
        }
        () = session.interrupted() => {
            lines.note("interrupted again: killing what is left; what was acknowledged is safe").await;
            colony.kill().await;
            Exit::Interrupted
        }
    }
}

/// Prints what is left to be printed; not for ever, for nobody may be reading.
async fn finish(lines: Lines, printer: Printer) {
    const LAST_LINES: Duration = Duration::from_secs(2);
    drop(lines);
    // What is not printed by then is lost with the process.
    let _ = tokio::time::timeout(LAST_LINES, spawn_blocking(|| printer.finish())).await;
}
