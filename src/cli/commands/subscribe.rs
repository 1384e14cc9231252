//! `subscribe`: events as they happen, over broken connections and restarts of the process.

use std::time::Duration;

use clap::{ArgMatches, value_parser};
use hyper::header::HeaderName;
use serde_json::{Map, Value, json};

use crate::cli::client::{Client, Event, Events, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::stopwatch::Stopwatch;
use crate::cli::{arguments, output};
use crate::config::HumanDuration;

/// The first wait before another connection is tried; doubled each time.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The longest.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("subscribe")
        .about("Prints events as they happen; a broken connection is taken up again where it broke")
        .arg(arguments::required("target", "CAPABILITY[.EVENT]", "Which events"))
        .arg(arguments::option("key", "KEY", "Only those of this actor"))
        .arg(arguments::option("since", "ID", "Those after this one first; 0: from the oldest that is kept"))
        .arg(arguments::number("count", "Ends after so many").value_parser(value_parser!(u64).range(1..)))
        .arg(
            arguments::duration("patience", "How long a lost process is waited for")
                .default_value("1m"),
        )
        .arg(arguments::flag("json", "One JSON object a line"))
        .after_help(format!(
            "Examples:\n  \
             {name} subscribe reservations                     all its events from now\n  \
             {name} subscribe reservations.reserved --since 0  from the oldest on\n  \
             {name} subscribe payments --count 1 --json | jq .body\n\n\
             Events that are no longer kept are told as a gap. Ends with 0 after --count, 69 when {name} is not running or does \
             not come back in time."
        ))
}

/// What is wanted, and how far it has come.
struct Subscription<'a> {
    session: &'a Session,
    route: Route,
    /// The last event that was seen, or where to begin.
    since: Option<String>,
    /// How many are still wanted.
    wanted: Option<u64>,
    patience: Duration,
    as_json: bool,
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let target = arguments::text(&arguments, "target").unwrap_or_default();
    let (capability, event) = match target.split_once('.') {
        Some((capability, event)) => (capability, Some(event)),
        None => (target, None),
    };
    let mut segments = vec!["events", capability];
    segments.extend(event);
    let patience = arguments.get_one::<HumanDuration>("patience");
    let mut subscription = Subscription {
        session: &session,
        route: Route::of(&segments).with_some("key", arguments::text(&arguments, "key")),
        since: arguments::text(&arguments, "since").map(str::to_owned),
        wanted: arguments.get_one("count").copied(),
        patience: patience.map_or(Duration::ZERO, |patience| patience.get()),
        as_json: arguments.get_flag("json"),
    };
    // The client is kept as long as its events are read: it may have the door within itself.
    let client = Client::find(&session).await?;
    let events = subscription.open(&client).await?;
    let mut opened = (client, events);
    loop {
        let reason = match opened.1.next().await {
            Ok(Some(event)) => {
                if subscription.take(&event)? {
                    return Ok(Exit::Success);
                }
                continue;
            }
            Ok(None) => "the stream ended".to_owned(),
            Err(broken) => broken.to_string(),
        };
        opened = subscription.reopen(&reason).await?;
    }
}

impl Subscription<'_> {
    async fn open(&self, client: &Client) -> Result<Events, Failure> {
        // A browser's way to go on; the same for the process as `since`.
        let headers: Vec<_> = self
            .since
            .iter()
            .map(|id| (HeaderName::from_static("last-event-id"), id.clone()))
            .collect();
        client.stream(&self.route, &headers).await.map(Events::of)
    }

    /// Connects again, to whatever process the admin file names by then.
    async fn reopen(&self, reason: &str) -> Result<(Client, Events), Failure> {
        let from = self
            .since
            .as_ref()
            .map_or_else(String::new, |id| format!(" from {}", output::plain(id)));
        self.session
            .note(&format!("{reason}; connecting again{from}"));
        let watch = Stopwatch::begin();
        let mut backoff = BACKOFF_MIN;
        loop {
            let opened = match Client::find(self.session).await {
                Ok(client) => self.open(&client).await.map(|events| (client, events)),
                Err(failure) => Err(failure),
            };
            match opened {
                Ok(opened) => return Ok(opened),
                Err(failure) if !is_passing(&failure) || watch.elapsed() >= self.patience => {
                    return Err(failure);
                }
                Err(_) => tokio::time::sleep(backoff).await,
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    /// Prints an event; says whether it was the last one wanted.
    fn take(&mut self, event: &Event) -> Result<bool, Failure> {
        let told = Told::of(event)?;
        if let Some(id) = &event.id {
            self.since = Some(id.clone());
        }
        if self.as_json {
            output::json_line(&told.json)?;
        } else {
            output::line(&told.line)?;
        }
        if told.is_gap {
            return Ok(false);
        }
        self.wanted = self.wanted.map(|wanted| wanted.saturating_sub(1));
        Ok(self.wanted == Some(0))
    }
}

/// Whether it may be different in a moment: the process is away, or not yet ready.
fn is_passing(failure: &Failure) -> bool {
    matches!(
        failure.exit(),
        Exit::Unavailable | Exit::Busy | Exit::NoPermission
    )
}

/// An event as it is printed.
struct Told {
    line: String,
    json: Value,
    is_gap: bool,
}

impl Told {
    fn of(event: &Event) -> Result<Self, Failure> {
        let data: Map<String, Value> = serde_json::from_str(&event.data).map_err(|error| {
            let name = output::plain(&event.name);
            Failure::new(
                Exit::Protocol,
                format!(
                    "the event {name} says something that this program does not understand: {error}"
                ),
            )
        })?;
        if event.name == "gap" {
            let [from, to] =
                ["from", "to"].map(|field| data.get(field).cloned().unwrap_or_default());
            return Ok(Self {
                line: format!("gap: the events from {from} to {to} are no longer kept"),
                json: json!({ "gap": data }),
                is_gap: true,
            });
        }
        let field = |name: &str| data.get(name).cloned().unwrap_or_default();
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(output::plain);
        let key = text("key").map_or_else(String::new, |key| format!("[{key}]"));
        let line = format!(
            "{} {}{key} {}",
            text("at").unwrap_or_default(),
            output::plain(&event.name),
            output::plain(&field("body").to_string())
        );
        let json = json!({
            "id": event.id, "event": event.name, "at": field("at"), "key": field("key"), "trace": field("trace"), "body": field("body"),
        });
        Ok(Self {
            line,
            json,
            is_gap: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event {
            id: Some("7".to_owned()),
            name: name.to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn an_event_is_one_line_whatever_it_says() {
        let data =
            r#"{"at":"2026-01-02T03:04:05Z","key":"lisbon","trace":null,"body":{"text":"a\nb"}}"#;
        let told = Told::of(&event("book.opened", data)).expect("an event");
        assert_eq!(
            told.line,
            r#"2026-01-02T03:04:05Z book.opened[lisbon] {"text":"a\nb"}"#
        );
        assert_eq!(told.json["id"], "7");
        assert_eq!(told.json["body"]["text"], "a\nb");
    }

    #[test]
    fn a_gap_is_told_and_garbage_is_no_event() {
        let told = Told::of(&event("gap", r#"{"from":3,"to":9}"#)).expect("a gap");
        assert_eq!(told.line, "gap: the events from 3 to 9 are no longer kept");
        let failure = Told::of(&event("x.y", "<html>")).err().expect("garbage");
        assert_eq!(failure.exit(), Exit::Protocol);
    }
}
