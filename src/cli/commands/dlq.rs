//! `dlq`: the dead-letter queue – what could not be delivered, to be looked at, replayed or dropped.

use std::io::{BufRead, IsTerminal, Write};

use clap::{ArgMatches, value_parser};
use hyper::Method;
use serde_json::{Value, json};

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::views::{DeadLetter, DeadLetters};
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    let capability = |help| arguments::optional("capability", "CAPABILITY", help);
    let whose = || capability("Whose").required(true);
    let number = || {
        arguments::optional("number", "NUMBER", "Which, as `list` numbers them")
            .value_parser(value_parser!(u64))
    };
    let all = |help| {
        arguments::flag("all", help)
            .conflicts_with("number")
            .required_unless_present("number")
    };
    clap::Command::new("dlq")
        .about("Dead letters: events, sends and timers that could not be delivered")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(clap::Command::new("list").about("Lists them").arg(capability("Whose; without it those of all")).arg(arguments::json()))
        .subcommand(
            clap::Command::new("show")
                .about("Shows one, with what it says")
                .arg(whose())
                .arg(number().required(true))
                .arg(arguments::json()),
        )
        .subcommand(
            clap::Command::new("replay")
                .about("Delivers again, with the same id, so that who has handled it does not do so twice")
                .arg(capability("Whose; with `--all` and without it those of all"))
                .arg(number())
                .arg(all("All of them"))
                .arg(arguments::json()),
        )
        .subcommand(
            clap::Command::new("drop")
                .about("Removes for good")
                .arg(capability("Whose; with `--all` and without it those of all"))
                .arg(number())
                .arg(all("All of them"))
                .arg(arguments::flag("yes", "Without being asked whether it is meant"))
                .arg(arguments::json()),
        )
        .after_help(format!(
            "Examples:\n  \
             {name} dlq list\n  \
             {name} dlq show reservations 7\n  \
             {name} dlq replay reservations 7     once the reason is mended\n  \
             {name} dlq replay --all\n  \
             {name} dlq drop reservations --all --yes\n\n\
             Ends with 1 when one of many could not be replayed or dropped, 65 when there is no such letter, 69 when {name} is \
             not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let Some((action, arguments)) = arguments.subcommand() else {
        return Err(Exit::Usage.into());
    };
    let client = Client::find(&session).await?;
    match action {
        "show" => show(&client, arguments).await,
        "replay" => deal(&client, &session, arguments, &REPLAY).await,
        "drop" => deal(&client, &session, arguments, &DROP).await,
        _ => list(&client, arguments).await,
    }
}

/// What may be done to dead letters.
struct Deal {
    method: Method,
    /// What stands behind the letter's address.
    step: Option<&'static str>,
    done: &'static str,
    is_final: bool,
}

const REPLAY: Deal = Deal {
    method: Method::POST,
    step: Some("replay"),
    done: "replayed",
    is_final: false,
};

const DROP: Deal = Deal {
    method: Method::DELETE,
    step: None,
    done: "dropped",
    is_final: true,
};

/// Which letters: by capability and number.
type Letter = (String, u64);

async fn letters(
    client: &Client,
    capability: Option<&str>,
) -> Result<(Value, DeadLetters), Failure> {
    let route = Route::of(&["dead-letters"]).with_some("capability", capability);
    let raw: Value = client.get(&route).await?;
    let letters = client.read(raw.to_string().as_bytes())?;
    Ok((raw, letters))
}

async fn list(client: &Client, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let capability = arguments::text(arguments, "capability");
    let (raw, letters) = letters(client, capability).await?;
    if arguments.get_flag("json") {
        output::json(&raw)?;
    } else {
        output::line(&listed(letters.dead_letters))?;
    }
    Ok(Exit::Success)
}

fn listed(letters: Vec<DeadLetter>) -> String {
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    let heads = [
        Head::Text("FROM"),
        Head::Number("NUMBER"),
        Head::Text("GIVEN UP"),
        Head::Text("FOR"),
        Head::Text("MESSAGE"),
        Head::Number("TRIED"),
        Head::Text("REASON"),
    ];
    let row = |letter: DeadLetter| {
        vec![
            letter.capability,
            letter.number.to_string(),
            output::moment(letter.at_ms),
            letter.target,
            letter.message,
            letter.attempts.to_string(),
            letter.reason,
        ]
    };
    output::columns(&heads, letters.into_iter().map(row).collect())
}

async fn show(client: &Client, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let capability = arguments::text(arguments, "capability").unwrap_or_default();
    let number = arguments
        .get_one::<u64>("number")
        .copied()
        .unwrap_or_default();
    let route = Route::of(&["dead-letters", capability, &number.to_string()]);
    let raw: Value = client.get(&route).await?;
    if arguments.get_flag("json") {
        output::json(&raw)?;
        return Ok(Exit::Success);
    }
    let letter: DeadLetter = client.read(raw.to_string().as_bytes())?;
    let lines = [
        ("from", format!("{} {}", letter.capability, letter.number)),
        ("for", format!("{} {}", letter.target, letter.message)),
        ("given up", output::moment(letter.at_ms)),
        ("tried", format!("{} times", letter.attempts)),
        ("reason", letter.reason),
    ];
    for (name, value) in lines {
        output::line(&format!("{name:<10}  {}", output::plain(&value)))?;
    }
    output::json(raw.get("body").unwrap_or(&Value::Null))?;
    Ok(Exit::Success)
}

/// Replays or drops what the arguments say, one after the other.
async fn deal(
    client: &Client,
    session: &Session,
    arguments: &ArgMatches,
    deal: &Deal,
) -> Result<Exit, Failure> {
    let chosen = chosen(client, arguments).await?;
    if deal.is_final && !chosen.is_empty() && !arguments.get_flag("yes") {
        confirm(chosen.len())?;
    }
    let is_one = arguments.get_one::<u64>("number").is_some();
    let mut failed = 0;
    for (capability, number) in &chosen {
        let number = number.to_string();
        let mut segments = vec!["dead-letters", capability, &number];
        segments.extend(deal.step);
        let dealt = client
            .order(deal.method.clone(), &Route::of(&segments), None)
            .await;
        match dealt {
            Ok(_) => {}
            Err(failure) if is_one || failure.exit() == Exit::Unavailable => return Err(failure),
            Err(failure) => {
                failed += 1;
                session.note(&format!("{capability} {number}: not {}", deal.done));
                failure.end();
            }
        }
    }
    let num_dealt = chosen.len() - failed;
    if arguments.get_flag("json") {
        output::json(&json!({ deal.done: num_dealt, "failed": failed }))?;
    } else {
        output::line(&format!(
            "{} {num_dealt} of {} dead letters",
            deal.done,
            chosen.len()
        ))?;
    }
    Ok(if failed == 0 {
        Exit::Success
    } else {
        Exit::Findings
    })
}

async fn chosen(client: &Client, arguments: &ArgMatches) -> Result<Vec<Letter>, Failure> {
    let capability = arguments::text(arguments, "capability");
    if let (Some(capability), Some(number)) = (capability, arguments.get_one::<u64>("number")) {
        return Ok(vec![(capability.to_owned(), *number)]);
    }
    let (_, letters) = letters(client, capability).await?;
    let letters = letters.dead_letters.into_iter();
    Ok(letters
        .map(|letter| (letter.capability, letter.number))
        .collect())
}

/// Asks a person whether it is meant; without one it is not.
fn confirm(number: usize) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "dropping is for good and nobody can be asked here: say --yes",
        ));
    }
    let what = match number {
        1 => "1 dead letter".to_owned(),
        number => format!("{number} dead letters"),
    };
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "drop {what} for good? [y/N] ");
    let _ = stderr.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(Failure::new(Exit::Interrupted, "nothing was dropped")),
    }
}
