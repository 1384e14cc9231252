//! `top`: what each capability is doing, once or again and again.

use std::pin::pin;
use std::time::Duration;

use clap::{ArgMatches, value_parser};
use serde_json::{Value, json};

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{Head, micros};
use crate::cli::screen::Screen;
use crate::cli::session::Session;
use crate::cli::stopwatch::Stopwatch;
use crate::cli::views::{Capabilities, Capability, Stats};
use crate::cli::{arguments, output};
use crate::config::HumanDuration;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("top")
        .about("Shows live what each capability is doing; q or Ctrl-C ends it")
        .arg(
            arguments::duration("interval", "How long between two looks")
                .default_value("1s"),
        )
        .arg(arguments::number("count", "Ends after so many looks").value_parser(value_parser!(u64).range(1..)))
        .arg(arguments::flag("once", "Prints one table; so does an output that is no terminal"))
        .arg(arguments::json().help("One JSON object for each look, on one line"))
        .after_help(format!(
            "Examples:\n  \
             {name} top\n  \
             {name} top --once                     over the next second\n  \
             {name} top --json --count 60 | jq -c '.capabilities[]'\n\n\
             TURNS/S is over the last interval, all else as it is now. Of a split application it is what all nodes say together.\n\
             Ends with 69 when {name} is not running."
        ))
}

/// What one look found, and what happened since the one before.
struct Look {
    rows: Vec<Row>,
}

/// One capability at one look.
struct Row {
    capability: String,
    turns_per_second: f64,
    inline_share: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    stats: Stats,
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::of_process_or_colony(&session, None).await?;
    let as_json = arguments.get_flag("json");
    let is_live = !as_json && !arguments.get_flag("once") && output::to_terminal();
    let interval = arguments.get_one::<HumanDuration>("interval");
    let interval = interval.map_or(Duration::from_secs(1), |interval| interval.get());
    let looks = match arguments.get_one::<u64>("count") {
        Some(count) => *count,
        None if is_live || (as_json && !arguments.get_flag("once")) => u64::MAX,
        None => 1,
    };
    let mut screen = is_live.then(Screen::take);
    let mut watch = Stopwatch::begin();
    let mut interrupted = pin!(session.interrupted());
    let mut before = look(&client).await?;
    for _ in 0..looks {
        let next = async {
            tokio::time::sleep(interval).await;
            look(&client).await
        };
        let now = tokio::select! {
            now = next => now?,
            () = &mut interrupted => return Ok(Exit::Success),
            () = quit(screen.as_mut()) => return Ok(Exit::Success),
        };
        let found = Look::of(&before, &now, watch.elapsed());
        (before, watch) = (now, Stopwatch::begin());
        match &screen {
            Some(screen) => screen.show(&found.text())?,
            None if as_json => output::json_line(&found.json())?,
            None => output::line(&found.text())?,
        }
    }
    Ok(Exit::Success)
}

async fn look(client: &Client) -> Result<Vec<Capability>, Failure> {
    let all: Capabilities = client.get(&Route::of(&["capabilities"])).await?;
    Ok(all.capabilities)
}

/// Ends when the person at the screen wants it; without a screen never.
async fn quit(screen: Option<&mut Screen>) {
    match screen {
        Some(screen) => screen.quit().await,
        None => std::future::pending().await,
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "rates and shares for people, far above the loss"
)]
impl Look {
    fn of(before: &[Capability], now: &[Capability], elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64().max(1e-3);
        let row = |one: &Capability| {
            let was = before.iter().find(|was| was.name == one.name);
            let was = was.map(|was| was.stats.clone()).unwrap_or_default();
            // Counters begin anew when an actor leaves the memory, or the process is another.
            let turns = one.stats.num_turns.saturating_sub(was.num_turns);
            let inline = one
                .stats
                .num_inline_turns
                .saturating_sub(was.num_inline_turns);
            let latency = one.latency.unwrap_or_default();
            Row {
                capability: one.name.clone(),
                turns_per_second: turns as f64 / seconds,
                inline_share: (turns > 0).then(|| (inline as f64 / turns as f64).min(1.0)),
                p50_us: latency.p50_us,
                p99_us: latency.p99_us,
                stats: one.stats.clone(),
            }
        };
        Self {
            rows: now.iter().map(row).collect(),
        }
    }

    fn text(&self) -> String {
        let heads = [
            Head::Text("CAPABILITY"),
            Head::Number("TURNS/S"),
            Head::Number("INLINE"),
            Head::Number("P50"),
            Head::Number("P99"),
            Head::Number("ACTORS"),
            Head::Number("QUEUED"),
            Head::Number("RESTARTS"),
            Head::Number("BACKLOG"),
            Head::Number("DEAD"),
            Head::Text("HEALTH"),
        ];
        let dash = || "-".to_owned();
        let row = |row: &Row| {
            let Stats {
                num_actors,
                num_queued,
                num_restarts,
                num_undelivered,
                ..
            } = &row.stats;
            vec![
                row.capability.clone(),
                format!("{:.0}", row.turns_per_second),
                row.inline_share
                    .map_or_else(dash, |share| format!("{:.0}%", share * 100.0)),
                row.p50_us.map_or_else(dash, rounded),
                row.p99_us.map_or_else(dash, rounded),
                num_actors.to_string(),
                num_queued.to_string(),
                num_restarts.to_string(),
                num_undelivered.to_string(),
                row.stats
                    .num_dead_letters
                    .map_or_else(dash, |number| number.to_string()),
                if row.stats.down.is_empty() {
                    "ok"
                } else {
                    "down"
                }
                .to_owned(),
            ]
        };
        output::columns(&heads, self.rows.iter().map(row).collect())
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "capability": row.capability,
                "turns_per_second": row.turns_per_second,
                "inline_share": row.inline_share,
                "p50_us": row.p50_us,
                "p99_us": row.p99_us,
                "actors": row.stats.num_actors,
                "queued": row.stats.num_queued,
                "restarts": row.stats.num_restarts,
                "backlog": row.stats.num_undelivered,
                "dead_letters": row.stats.num_dead_letters,
                "down": row.stats.down,
            })
        };
        json!({ "capabilities": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest integer of the range, whatever it is"
)]
fn rounded(us: f64) -> String {
    micros(us.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(turns: u64, inline: u64) -> Capability {
        let value = json!({"name": "search", "latency": {"p50_us": 12, "p99_us": 3400.4},
            "stats": {"num_turns": turns, "num_inline_turns": inline, "num_actors": 2, "num_undelivered": 5}});
        serde_json::from_value(value).expect("a capability")
    }

    #[test]
    fn rates_are_over_the_interval_and_the_rest_is_as_it_is_now() {
        let (before, now) = ([capability(100, 50)], [capability(300, 200)]);
        let look = Look::of(&before, &now, Duration::from_secs(2));
        insta::assert_snapshot!(look.text(), @r#"
        CAPABILITY  TURNS/S  INLINE   P50    P99  ACTORS  QUEUED  RESTARTS  BACKLOG  DEAD  HEALTH
        search          100     75%  12us  3.4ms       2       0         0        5     -  ok
        "#);
        assert_eq!(look.json()["capabilities"][0]["inline_share"], 0.75);
    }

    #[test]
    fn counters_that_begin_anew_are_no_negative_rate() {
        let look = Look::of(
            &[capability(100, 50)],
            &[capability(3, 3)],
            Duration::from_secs(1),
        );
        assert_eq!(look.json()["capabilities"][0]["turns_per_second"], 0.0);
    }
}
