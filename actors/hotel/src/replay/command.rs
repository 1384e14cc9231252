//! The command `replay`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hotel_vocabulary::Day;
use serde_json::json;
use skep::cli::{Command, Session};
use skep::{Exit, Health, Runtime};

use super::audits::audits;
use super::drive::Drive;
use super::file::{File, FileError};
use super::plan::plan;
use super::progress::Progress;
use super::rejects::{rejects_path, write_rejects};
use super::summary::Summary;
use super::verify::{Check, verify};

/// How long nothing may happen while events are waited for: more than the longest pause between two attempts.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often is said what is waited for.
const LOOK: Duration = Duration::from_secs(2);
/// How many rejects are told on the terminal; all of them are in the file.
const MAX_TOLD: usize = 10;

/// `replay`: real bookings from a file, in the order in which they happened.
#[derive(Debug)]
pub struct Replay;

/// What the command line says.
struct Arguments {
    file: PathBuf,
    rejects: PathBuf,
    until: Option<Day>,
    window: usize,
    verify: bool,
    json: bool,
}

/// How playing ended.
enum Played {
    /// Every step was played; false when events stay undelivered.
    All(Summary, bool),
    Interrupted,
    StoreFailed(String),
}

impl Command for Replay {
    fn define(&self) -> clap::Command {
        let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        clap::Command::new("replay")
            .about("Replays a file of bookings in the order of history; run again it finishes the rest")
            .arg(Arg::new("file").value_name("BOOKINGS.csv").required(true).value_parser(value_parser!(PathBuf)))
            .arg(flag("verify").help("Afterwards, checks that the capabilities agree with each other"))
            .arg(flag("json").help("Prints the summary as JSON"))
            .arg(
                Arg::new("until")
                    .long("until")
                    .value_name("DAY")
                    .value_parser(|text: &str| text.parse::<Day>().map_err(|_| "a day is written 2016-08-31"))
                    .help("Stops the calendar after this day"),
            )
            .arg(
                Arg::new("rejects")
                    .long("rejects")
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .help("Where rows go that are no bookings [default: <BOOKINGS.csv>.rejects.csv]"),
            )
            .arg(
                Arg::new("in-flight")
                    .long("in-flight")
                    .value_name("NUMBER")
                    .default_value("32")
                    .value_parser(value_parser!(u16).range(1..=1024))
                    .help("How many messages are under way to each hotel"),
            )
            .after_help(concat!(
                "Examples:\n",
                "  hotel replay bookings.csv --verify\n",
                "  hotel replay bookings.csv --until 2016-08-31 --json | jq .summary\n\n",
                "Ends with 0 when every step was answered, 1 when one was not or a check fails, 65 when the file holds no bookings, ",
                "66 when it cannot be read, 130 when interrupted.",
            ))
    }

    fn run(&self, arguments: ArgMatches, session: Session) -> BoxFuture<'static, Exit> {
        async move {
            match replay(&Arguments::of(&arguments), &session).await {
                Ok(exit) | Err(exit) => exit,
            }
        }
        .boxed()
    }
}

impl Arguments {
    fn of(matches: &ArgMatches) -> Self {
        let file: PathBuf = matches.get_one("file").cloned().unwrap_or_default();
        let rejects = matches.get_one("rejects").cloned();
        Self {
            rejects: rejects.unwrap_or_else(|| rejects_path(&file)),
            file,
            until: matches.get_one("until").copied(),
            window: matches
                .get_one::<u16>("in-flight")
                .map_or(32, |window| usize::from(*window)),
            verify: matches.get_flag("verify"),
            json: matches.get_flag("json"),
        }
    }
}

async fn replay(arguments: &Arguments, session: &Session) -> Result<Exit, Exit> {
    let file = File::read(&arguments.file).map_err(|error| unfit(session, &error))?;
    tell_rejects(session, &file, &arguments.rejects)?;
    let (bookings, rejected) = (file.bookings.len() as u64, file.rejects.len() as u64);
    if bookings == 0 {
        return Err(session.fail(Exit::Data, "no row of the file is a booking"));
    }
    let runtime = session.start().await?;
    let steps = plan(&file.bookings, arguments.until);
    let progress = Progress::new(steps.values().map(|steps| steps.len() as u64).sum());
    let played = tokio::select! {
        played = play(arguments, session, &runtime, steps, &progress) => played,
        health = runtime.health_becomes(|health| matches!(health, Health::Failed { .. })) => {
            Played::StoreFailed(match health {
                Health::Failed { reason } => reason,
                _ => String::new(),
            })
        }
    };
    progress.end();
    let (mut summary, is_settled) = match played {
        Played::All(summary, is_settled) => (summary, is_settled),
        Played::Interrupted => return Err(interrupted(session, &runtime, &progress).await),
        Played::StoreFailed(reason) => {
            return Err(session.fail(Exit::Io, &format!("{reason}\nwhat was acknowledged is safe: run the same command again to finish the rest")));
        }
    };
    summary.bookings = bookings;
    summary.rejected = rejected;
    summary.elapsed_ms = u64::try_from(progress.elapsed().as_millis()).unwrap_or(u64::MAX);
    let checks = match arguments.verify {
        true => check(session, &runtime, &summary).await?,
        false => Vec::new(),
    };
    let stopped = session.stop(&runtime).await;
    report(session, arguments, &summary, &checks);
    let is_sound =
        is_settled && summary.total().failed == 0 && checks.iter().all(|check| check.holds);
    Ok(match stopped {
        Exit::Success if !is_sound => Exit::Findings,
        stopped => stopped,
    })
}

/// Plays all steps and waits for what follows from them, or until the process is asked to end.
async fn play(
    arguments: &Arguments,
    session: &Session,
    runtime: &Runtime,
    steps: std::collections::BTreeMap<hotel_vocabulary::HotelName, Vec<super::plan::Step>>,
    progress: &Progress,
) -> Played {
    let stop = AtomicBool::new(false);
    let drive = Drive {
        books: runtime.get(),
        window: arguments.window,
        progress,
        stop: &stop,
    };
    let mut driven = std::pin::pin!(drive.run(steps));
    let summary = tokio::select! {
        summary = &mut driven => summary,
        () = session.interrupted() => {
            stop.store(true, Ordering::Relaxed);
            tokio::select! {
                _ = &mut driven => {}
                () = session.interrupted() => {}
            }
            return Played::Interrupted;
        }
    };
    tokio::select! {
        is_settled = settle(runtime, progress) => Played::All(summary, is_settled),
        () = session.interrupted() => Played::Interrupted,
    }
}

/// Waits until every event is handled, as long as anything moves; says whether they all are.
async fn settle(runtime: &Runtime, progress: &Progress) -> bool {
    let (mut before, mut unmoved) = (u64::MAX, Duration::ZERO);
    while !runtime.settled(LOOK).await {
        let now = undelivered(runtime).await;
        progress.waiting_for(now);
        unmoved = if now == before {
            unmoved + LOOK
        } else {
            Duration::ZERO
        };
        before = now;
        if unmoved >= PATIENCE {
            tracing::error!(undelivered = now, "events stay undelivered");
            return false;
        }
    }
    true
}

/// What waits in the outboxes of all processes.
async fn undelivered(runtime: &Runtime) -> u64 {
    let members = runtime.colony().await;
    let hosted = members.iter().flat_map(|member| &member.capabilities);
    hosted.map(|hosted| hosted.num_undelivered).sum()
}

async fn interrupted(session: &Session, runtime: &Runtime, progress: &Progress) -> Exit {
    session.note("stopping: what was accepted is finished first (Ctrl-C again ends at once)");
    session.stop(runtime).await;
    session.note(&format!(
        "stopped after {} steps: run the same command again to finish the rest",
        progress.done()
    ));
    Exit::Interrupted
}

fn unfit(session: &Session, error: &FileError) -> Exit {
    let exit = match error {
        FileError::NotFound { .. } | FileError::Folder { .. } | FileError::Unreadable { .. } => {
            Exit::NoInput
        }
        FileError::Empty { .. }
        | FileError::NotText { .. }
        | FileError::Separator { .. }
        | FileError::Columns { .. } => Exit::Data,
    };
    session.fail(exit, &error.to_string())
}

/// Says which rows are no bookings, and writes them to their file.
fn tell_rejects(session: &Session, file: &File, path: &Path) -> Result<(), Exit> {
    if file.rejects.is_empty() {
        return Ok(());
    }
    write_rejects(path, &file.heading, &file.rejects).map_err(|error| {
        let message = format!(
            "rejected rows cannot be written to {}: {error}; name another file with --rejects",
            path.display()
        );
        session.fail(Exit::Io, &message)
    })?;
    for reject in file.rejects.iter().take(MAX_TOLD) {
        session.note(&format!("line {}: {}", reject.line, reject.reason()));
    }
    session.note(&format!(
        "{} rows are no bookings; all of them are in {}",
        file.rejects.len(),
        path.display()
    ));
    Ok(())
}

async fn check(
    session: &Session,
    runtime: &Runtime,
    summary: &Summary,
) -> Result<Vec<Check>, Exit> {
    match audits(runtime).await {
        Ok(audits) => Ok(verify(&audits, summary)),
        Err(reason) => {
            session.stop(runtime).await;
            Err(session.fail(
                Exit::Software,
                &format!("the state cannot be verified: {reason}"),
            ))
        }
    }
}

fn report(session: &Session, arguments: &Arguments, summary: &Summary, checks: &[Check]) {
    if arguments.json {
        let report = json!({ "summary": summary, "total": summary.total(), "checks": checks });
        session.say(&report.to_string());
        return;
    }
    session.say(&summary.to_string());
    for check in checks {
        session.say(&check.to_string());
    }
    if arguments.verify && checks.iter().all(|check| check.holds) {
        session.say("verified: every promise holds");
    }
}
