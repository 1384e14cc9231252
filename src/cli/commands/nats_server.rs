//! `nats-server`: the server that `up` starts when none answers. A process of its own between the two, the guard: it ends the server
//! when `up` has ended, however that came about; and on Linux the system ends the server when the guard has.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use clap::ArgMatches;
use tokio::sync::mpsc;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::up::{SERVER, own_server};
use crate::config::{NatsSettings, Problems, StoreSettings};
use crate::transport::nats::server::{ServerError, ServerOptions, ServerProcess, find_server};

/// The name of the command.
const COMMAND: &str = "nats-server";
/// How often the server is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// News of the server: that it runs, or that it does not; and that it has ended.
const NEWS: usize = 2;

pub(super) fn define(name: &str) -> clap::Command {
    let server = clap::Arg::new("server")
        .last(true)
        .num_args(1..)
        .value_parser(clap::value_parser!(OsString))
        .hide(true)
        .help("The command line of the server that this process becomes, tied to the one that started it");
    clap::Command::new(COMMAND)
        .hide(true)
        .about("Runs a nats-server where the configuration says, until Ctrl-C; `up` does this by itself")
        .arg(server)
        .after_help(format!(
            "Examples:\n  \
             {name} nats-server -c split.toml\n\n\
             The server is the one that SKEP_NATS_SERVER names, or one on the path, or one that is fetched. It keeps its streams\n\
             in the folder `nats` of store.path, and acknowledges what is on the disk."
        ))
}

/// What is heard of the server.
enum News {
    Runs {
        url: String,
        folder: PathBuf,
        pid: u32,
    },
    Refused(ServerError),
    Ended(String),
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    if let Some(command) = arguments.get_many::<OsString>("server") {
        let command: Vec<_> = command.cloned().collect();
        return Err(tied::become_server(&command));
    }
    let options = options(&session)?;
    let interrupted = session.interrupted();
    let (tell, mut news) = mpsc::channel(NEWS);
    let (leash, cut) = sync_channel(0);
    std::thread::Builder::new()
        .name(COMMAND.to_owned())
        .spawn(move || keep(options, &tell, &cut))
        .map_err(|error| Failure::new(Exit::Software, error.to_string()))?;
    match news.recv().await {
        Some(News::Runs { url, folder, pid }) => {
            session.say(&format!(
                "nats-server answers at {url}; its log is in {}",
                folder.display()
            ));
            session.ready(pid, None);
        }
        other => return Err(ended(other)),
    }
    let how = tokio::select! {
        () = interrupted => None,
        how = news.recv() => Some(how),
    };
    drop(leash);
    // The thread ends, and with it the server, before it stops telling.
    while how.is_none() && news.recv().await.is_some() {}
    how.map_or(Ok(Exit::Success), |how| Err(ended(how)))
}

fn options(session: &Session) -> Result<ServerOptions, Failure> {
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
    let program = std::env::current_exe();
    let program = program.map_err(|error| Failure::new(Exit::Software, error.to_string()))?;
    Ok(ServerOptions::in_folder(store.path.join(SERVER))
        .port(server.port())
        .through(tied::starter(program)))
}

/// Starts the server and keeps it until the leash is cut. For a thread of its own: the system ties the server to the thread that
/// starts it, and not to the process.
fn keep(options: ServerOptions, tell: &mpsc::Sender<News>, cut: &Receiver<()>) {
    let found = find_server(&mut |line| {
        crate::cli::output::note(line);
    });
    let started = found.and_then(|binary| ServerProcess::start(&binary, options));
    let mut process = match started {
        Ok(process) => process,
        Err(error) => {
            let _ = tell.blocking_send(News::Refused(error));
            return;
        }
    };
    let _ = tell.blocking_send(News::Runs {
        url: process.url(),
        folder: process.folder().to_owned(),
        pid: process.pid(),
    });
    while cut.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if let Some(how) = process.ended() {
            let _ = tell.blocking_send(News::Ended(how));
            return;
        }
    }
}

fn ended(news: Option<News>) -> Failure {
    let reason = match news {
        Some(News::Refused(error)) => error.to_string(),
        Some(News::Ended(how)) => format!("nats-server {how}"),
        Some(News::Runs { .. }) | None => "nats-server is not watched any more".to_owned(),
    };
    Failure::new(Exit::Unavailable, reason)
}

/// A server that the system ends with whoever started it: this program starts itself once more, asks for that, and becomes the server.
#[cfg(target_os = "linux")]
mod tied {
    use std::ffi::OsString;
    use std::os::unix::process::CommandExt as _;
    use std::path::PathBuf;
    use std::process::Command;

    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    use super::COMMAND;
    use crate::cli::exit::Exit;
    use crate::cli::failure::Failure;

    /// The beginning of the command line; the number is that of the process to which the server is tied.
    pub(super) fn starter(program: PathBuf) -> Vec<OsString> {
        let guard = std::process::id().to_string();
        vec![program.into(), COMMAND.into(), "--".into(), guard.into()]
    }

    /// Returns only when that failed.
    pub(super) fn become_server(command: &[OsString]) -> Failure {
        let failed = |reason: String| Failure::new(Exit::Software, reason);
        let [guard, server, arguments @ ..] = command else {
            return Failure::new(Exit::Usage, "this is for `up` alone");
        };
        if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
            return failed(format!("the system does not tie processes: {error}"));
        }
        // From here on the system watches; it may have ended before.
        let parent = getppid().map(|parent| parent.as_raw_nonzero().to_string());
        if parent.is_none_or(|parent| *guard != *parent) {
            return failed("the process that started this one has ended".to_owned());
        }
        let error = Command::new(server).args(arguments).exec();
        failed(format!("{}: {error}", server.display()))
    }
}

/// Elsewhere the guard alone ends the server: a guard that is killed leaves it behind.
#[cfg(not(target_os = "linux"))]
mod tied {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use crate::cli::exit::Exit;
    use crate::cli::failure::Failure;

    pub(super) fn starter(_: PathBuf) -> Vec<OsString> {
        Vec::new()
    }

    pub(super) fn become_server(_: &[OsString]) -> Failure {
        Failure::new(Exit::Usage, "only Linux ties processes")
    }
}
