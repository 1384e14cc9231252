//! `emit`: an event from outside, for whoever listens.

use clap::ArgMatches;
use hyper::Method;
use serde_json::Value;

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::views::Emitted;
use crate::cli::{arguments, body, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("emit")
        .about("Emits an event of a capability, as if it had done so itself")
        .arg(arguments::required("target", "CAPABILITY.EVENT", "Which event"))
        .arg(body::argument("What it says; `-` reads the standard input stream, `@FILE` a file"))
        .arg(arguments::option("key", "KEY", "Which actor it is from, of a keyed capability"))
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} emit greeting.greeted '\"Ada\"'\n  \
             {name} emit reservations.reserved --key \"City Hotel\" @reserved.json\n\n\
             It is held against the event's schema first. An event that nobody listens to is accepted, with a warning.\n\
             Ends with 65 when it does not fit or there is no such event, 69 when {name} is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let target = arguments::text(&arguments, "target").unwrap_or_default();
    let (capability, event) = arguments::dotted(target, "event")?;
    let client = Client::find(&session).await?;
    let body = body::read(arguments::text(&arguments, "body"))?;
    let route = Route::of(&["emit", capability, event])
        .with_some("key", arguments::text(&arguments, "key"));
    let answer = client.send(Method::POST, &route, &[], body).await?;
    let answer = answer
        .granted()
        .map_err(|refusal| client.refused(&refusal))?;
    let raw: Value = client.read(&answer.body)?;
    let emitted: Emitted = client.read(&answer.body)?;
    if emitted.listeners.is_empty() {
        session.note(&format!("warning: nobody listens to {target}"));
    }
    if arguments.get_flag("json") {
        output::json(&raw)?;
    } else {
        let id = match &emitted.event_id {
            Value::String(id) => output::plain(id),
            id => id.to_string(),
        };
        let listeners = match emitted.listeners.as_slice() {
            [] => "nobody".to_owned(),
            listeners => listeners.join(", "),
        };
        output::line(&format!("emitted {target} as {id} to {listeners}"))?;
    }
    Ok(Exit::Success)
}
