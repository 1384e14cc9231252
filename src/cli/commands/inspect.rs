//! `inspect`: what a capability says and takes, and who talks to whom.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::ArgMatches;
use serde_json::Value;

use super::list::kind;
use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::schema_text::{
    Field, collect_types, example, fields, first_line, name_of, type_of,
};
use crate::cli::session::Session;
use crate::cli::views::{Capabilities, Capability, Event, Message};
use crate::cli::{arguments, output};
use crate::config::nearest;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("inspect")
        .about("Tells what a capability says and takes, whom it uses, and who listens to it")
        .arg(arguments::optional(
            "target",
            "CAPABILITY[.MESSAGE]",
            "Only this one; without it all of them",
        ))
        .arg(arguments::flag("schema", "The JSON Schemas themselves"))
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} inspect                        all capabilities\n  \
             {name} inspect reservations           its messages, events and types\n  \
             {name} inspect reservations.reserve   one message, and a request\n  \
             {name} inspect reservations --schema  for programs\n\n\
             A `?` behind a name: it may be left out. Ends with 65 when there is no such capability, 69 when {name} is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::find(&session).await?;
    let target = arguments::text(&arguments, "target");
    let (name, part) = match target.map(|target| target.split_once('.').unwrap_or((target, ""))) {
        Some((name, part)) => (Some(name), Some(part).filter(|part| !part.is_empty())),
        None => (None, None),
    };
    let all: Value = client.get(&Route::of(&["capabilities"])).await?;
    let all: Capabilities = client.read(all.to_string().as_bytes())?;
    let names: Vec<&str> = match name {
        Some(name) => vec![known(name, &all.capabilities)?],
        None => all
            .capabilities
            .iter()
            .map(|one| one.name.as_str())
            .collect(),
    };
    let (mut raw, mut texts) = (Vec::new(), Vec::new());
    for name in names {
        let answer: Value = client.get(&Route::of(&["capabilities", name])).await?;
        let capability: Capability = client.read(answer.to_string().as_bytes())?;
        texts.push(match part {
            Some(part) => part_text(session.application(), &capability, part)?,
            None => text(&capability, &all.capabilities),
        });
        raw.push(answer);
    }
    if arguments.get_flag("schema") {
        raw.iter_mut()
            .for_each(|answer| *answer = schemas(answer, part));
    }
    if arguments.get_flag("schema") || arguments.get_flag("json") {
        match (name, raw.pop()) {
            (Some(_), Some(one)) => output::json(&one)?,
            (_, last) => output::json(&raw.into_iter().chain(last).collect::<Vec<_>>())?,
        }
    } else {
        let texts: Vec<&str> = texts.iter().map(|text| text.trim_end()).collect();
        output::line(&texts.join("\n\n"))?;
    }
    Ok(Exit::Success)
}

/// The name if it is one, else the failure with what was probably meant.
fn known<'a>(name: &'a str, all: &[Capability]) -> Result<&'a str, Failure> {
    let mut names = all.iter().map(|one| one.name.as_str());
    if names.any(|known| known == name) {
        return Ok(name);
    }
    let names = all.iter().map(|one| one.name.as_str());
    let meant =
        nearest(name, names).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
    Err(Failure::new(
        Exit::Data,
        format!("no capability {name} runs{meant}"),
    ))
}

/// The contract of a capability, or the description of one message or event of it.
fn schemas(answer: &Value, part: Option<&str>) -> Value {
    let contract = answer.get("contract").cloned().unwrap_or_default();
    let Some(part) = part else {
        return contract;
    };
    let lists = ["messages", "events"].map(|list| contract.get(list).and_then(Value::as_array));
    let mut parts = lists.into_iter().flatten().flatten();
    parts
        .find(|one| one.get("name").is_some_and(|name| name == part))
        .cloned()
        .unwrap_or_default()
}

/// A capability in words.
fn text(capability: &Capability, all: &[Capability]) -> String {
    let mut text = heading(capability);
    let mut types = BTreeMap::new();
    section(
        &mut text,
        "MESSAGES",
        &capability.contract.messages,
        |message| {
            collect_types(&message.request, false, &mut types);
            for schema in [Some(&message.reply), message.error.as_ref()]
                .into_iter()
                .flatten()
            {
                collect_types(schema, true, &mut types);
            }
            message_text(message)
        },
    );
    section(&mut text, "EVENTS", &capability.contract.events, |event| {
        collect_types(&event.payload, false, &mut types);
        event_text(event, &capability.name, all)
    });
    let types: Vec<(String, Value)> = types.into_iter().collect();
    section(&mut text, "TYPES", &types, |(name, schema)| {
        type_text(name, schema)
    });
    text.push_str(&neighbours(capability, all));
    text
}

fn heading(capability: &Capability) -> String {
    let Capability { name, version, .. } = capability;
    let mut traits = vec![
        kind(capability),
        if capability.durable {
            "durable"
        } else {
            "in memory"
        }
        .to_owned(),
    ];
    if capability.execution == "blocking" {
        traits.push("on threads of its own".to_owned());
    }
    if let Some(deadline) = &capability.deadline {
        traits.push(format!("deadline {deadline}"));
    }
    let mut text = format!("{name} v{version}: {}\n", traits.join(", "));
    if !capability.contract.doc.is_empty() {
        text.push_str(&capability.contract.doc);
        text.push('\n');
    }
    text
}

fn section<T>(text: &mut String, title: &str, items: &[T], mut told: impl FnMut(&T) -> String) {
    if items.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "\n{title}\n");
    for item in items {
        text.push_str(&told(item));
    }
}

fn message_text(message: &Message) -> String {
    let mark = if message.idempotent {
        "  (idempotent)"
    } else {
        ""
    };
    let mut text = titled(&message.name, &message.doc, mark);
    text.push_str(&body_text(&message.request));
    let _ = writeln!(text, "    replies {}", name_of(&message.reply));
    if let Some(error) = &message.error {
        let _ = writeln!(text, "    refuses with {}", name_of(error));
    }
    text
}

fn event_text(event: &Event, contract: &str, all: &[Capability]) -> String {
    let mut text = titled(&event.name, &event.doc, "");
    text.push_str(&body_text(&event.payload));
    let full = format!("{contract}.{}", event.name);
    let listeners = all.iter().filter(|one| one.listens.contains(&full));
    let listeners: Vec<&str> = listeners.map(|one| one.name.as_str()).collect();
    if !listeners.is_empty() {
        let _ = writeln!(text, "    heard by {}", listeners.join(", "));
    }
    text
}

fn titled(name: &str, doc: &str, mark: &str) -> String {
    let doc = first_line(Some(doc));
    let line = format!("  {name}{mark}  {doc}");
    format!("{}\n", line.trim_end())
}

/// The fields of a body; the type of one that has none.
fn body_text(schema: &Value) -> String {
    let fields = fields(schema);
    match (fields.is_empty(), type_of(schema).as_str()) {
        (false, _) => fields_text(&fields),
        (true, "{}" | "null") => String::new(),
        (true, kind) => format!("    {kind}\n"),
    }
}

fn fields_text(fields: &[Field]) -> String {
    let described = |field: &Field| format!("{}: {}", field.name, field.kind);
    let widths = fields.iter().map(|field| described(field).chars().count());
    let width = widths.filter(|width| *width <= 40).max().unwrap_or(0);
    fields
        .iter()
        .map(|field| {
            let line = format!("    {:width$}  {}", described(field), field.doc);
            format!("{}\n", line.trim_end())
        })
        .collect()
}

fn type_text(name: &str, schema: &Value) -> String {
    let doc = schema.get("description").and_then(Value::as_str);
    let mut text = titled(name, doc.unwrap_or_default(), "");
    text.push_str(&body_text(schema));
    text
}

fn neighbours(capability: &Capability, all: &[Capability]) -> String {
    let users = all.iter().filter(|one| one.uses.contains(&capability.name));
    let users: Vec<String> = users.map(|one| one.name.clone()).collect();
    let lists = [
        ("uses", &capability.uses),
        ("used by", &users),
        ("listens to", &capability.listens),
    ];
    let told = lists.iter().filter(|(_, names)| !names.is_empty());
    let lines: String = told
        .map(|(what, names)| format!("{what} {}\n", names.join(", ")))
        .collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n{lines}")
    }
}

/// One message or event in words, with the command that sends it.
fn part_text(application: &str, capability: &Capability, part: &str) -> Result<String, Failure> {
    let contract = &capability.contract;
    let key = match &capability.key {
        Some(key) => format!(" --key <{key}>"),
        None => String::new(),
    };
    let name = &capability.name;
    let (mut text, schemas, begin) =
        if let Some(message) = contract.messages.iter().find(|one| one.name == part) {
            let mut schemas = vec![(&message.request, false), (&message.reply, true)];
            schemas.extend(message.error.as_ref().map(|error| (error, true)));
            let body = example(&message.request);
            let begin = format!("{application} request {name}.{part}{key} '{body}'");
            (message_text(message), schemas, begin)
        } else if let Some(event) = contract.events.iter().find(|one| one.name == part) {
            let begin = format!("{application} subscribe {name}.{part}");
            (
                event_text(event, name, &[]),
                vec![(&event.payload, false)],
                begin,
            )
        } else {
            let messages = contract.messages.iter().map(|one| one.name.as_str());
            let events = contract.events.iter().map(|one| one.name.as_str());
            let meant = nearest(part, messages.chain(events))
                .map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
            let reason = format!("{name} has neither a message nor an event {part}{meant}");
            return Err(Failure::new(Exit::Data, reason));
        };
    let mut types = BTreeMap::new();
    for (schema, with_itself) in schemas {
        collect_types(schema, with_itself, &mut types);
    }
    let types: Vec<(String, Value)> = types.into_iter().collect();
    section(&mut text, "TYPES", &types, |(name, schema)| {
        type_text(name, schema)
    });
    let _ = write!(text, "\nTo begin with:\n  {begin}\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hotel() -> Capabilities {
        let text = include_str!("fixtures/hotel.json");
        serde_json::from_str(text).expect("an answer")
    }

    #[test]
    fn a_capability_is_told_with_its_messages_types_and_neighbours() {
        let all = hotel().capabilities;
        insta::assert_snapshot!(text(&all[0], &all), @r#"
        reservations v1: keyed by hotel, durable, deadline 5s
        Who sleeps where,
        and when.

        MESSAGES
          reserve  Reserve a room for some nights.
            from: string (date)   The first night.
            guest: Guest
            nights: integer       How many nights.
            note?: string | null  For the desk.
            replies Reservation
            refuses with ReserveError
          count  (idempotent)
            replies integer

        EVENTS
          reserved  A room was reserved.
            number: integer
            heard by payments

        TYPES
          Guest  Who sleeps.
            email?: string | null
            name: string
          Reservation  What was reserved.
            number: integer
            total_cents: integer  What the stay costs.
          ReserveError
            "unknown_room" | {full: {until: string (date)}}

        uses payments
        used by search
        listens to payments.refunded
        "#);
    }

    #[test]
    fn a_message_is_told_with_a_request_to_begin_with() {
        let all = hotel().capabilities;
        let told = part_text("hotel", &all[0], "reserve").expect("a message");
        insta::assert_snapshot!(told, @r#"
          reserve  Reserve a room for some nights.
            from: string (date)   The first night.
            guest: Guest
            nights: integer       How many nights.
            note?: string | null  For the desk.
            replies Reservation
            refuses with ReserveError

        TYPES
          Guest  Who sleeps.
            email?: string | null
            name: string
          Reservation  What was reserved.
            number: integer
            total_cents: integer  What the stay costs.
          ReserveError
            "unknown_room" | {full: {until: string (date)}}

        To begin with:
          hotel request reservations.reserve --key <hotel> '{"from":"2026-08-31","guest":{"name":"…"},"nights":1}'
        "#);
        let failure = part_text("hotel", &all[0], "resreve").expect_err("a typo");
        assert!(format!("{failure:?}").contains("did you mean reserve?"));
    }
}
