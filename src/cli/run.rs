//! `run`: the application until it is asked to end.

use super::app::Prepare;
use super::exit::Exit;
use super::session::Session;
use crate::config::StoreSettings;
use crate::gateway::{DoorError, Doors};
use crate::runtime::{Health, Runtime};

pub(super) async fn run(session: Session, prepare: Option<Prepare>) -> Exit {
    #[allow(
        clippy::disallowed_methods,
        reason = "the ready line tells how long it took, which nothing depends on"
    )]
    let begun = std::time::Instant::now();
    let runtime = match session.start().await {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    if let Err(error) = Doors::check(&runtime) {
        return refuse(&session, &runtime, &error).await;
    }
    if let Some(prepare) = prepare
        && let Err(reason) = prepare(runtime.clone()).await
    {
        session.stop(&runtime).await;
        return session.fail(Exit::Software, &reason);
    }
    let doors = match Doors::open(&runtime, session.doors()) {
        Ok(doors) => doors,
        Err(error) => return refuse(&session, &runtime, &error).await,
    };
    // Whoever reads that it is ready may end it at once.
    let interrupted = session.interrupted();
    let ms = begun.elapsed().as_millis();
    session.say(&ready_line(&session, &runtime, &doors, ms));
    session.ready(std::process::id(), doors.api_url());
    tokio::select! {
        () = interrupted => {
            session.note("stopping: what was accepted is finished first (Ctrl-C again ends at once)");
            let exit = session.stop_all(&doors, &runtime).await;
            if exit == Exit::Success {
                session.note("stopped");
            }
            exit
        }
        health = runtime.health_becomes(|health| matches!(health, Health::Failed { .. })) => {
            let reason = match health {
                Health::Failed { reason } => reason,
                _ => "it stopped".to_owned(),
            };
            session.fail(Exit::Io, &format!("{reason}\nnothing more was acknowledged; start again to recover"))
        }
    }
}

/// The doors do not open: what stands already is taken down.
async fn refuse(session: &Session, runtime: &Runtime, error: &DoorError) -> Exit {
    session.stop(runtime).await;
    session.fail(Exit::from(error), &error.to_string())
}

fn ready_line(session: &Session, runtime: &Runtime, doors: &Doors, ms: u128) -> String {
    let capabilities: Vec<_> = runtime
        .stats()
        .iter()
        .map(|stats| stats.capability)
        .collect();
    let kept = runtime
        .is_durable()
        .then(|| runtime.config().section::<StoreSettings>("store").ok())
        .flatten();
    let kept = kept.map_or_else(String::new, |store| {
        format!("; state in {}", store.path.display())
    });
    let api = doors.api_url();
    let api = api.map_or_else(String::new, |url| format!("; API on {url}"));
    format!(
        "{} is ready after {ms} ms: {}{kept}{api}. Ctrl-C stops it.",
        session.application(),
        // A node may have the door to the API and nothing else.
        match capabilities.is_empty() {
            true => "it hosts nothing itself".to_owned(),
            false => capabilities.join(", "),
        }
    )
}
