//! `request`: asks a capability, once or as a load test.

use clap::{ArgMatches, value_parser};
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::HeaderName;
use serde_json::{Value, json};

use super::load;
use crate::cli::client::{Answer, Client, Refusal, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::stopwatch::Stopwatch;
use crate::cli::{arguments, body, output};
use crate::config::HumanDuration;

pub(super) fn define(name: &str) -> clap::Command {
    let many = |name: &'static str, short: char, help: &'static str| {
        clap::Arg::new(name)
            .short(short)
            .long(name)
            .value_name("NUMBER")
            .help(help)
    };
    clap::Command::new("request")
        .about("Asks a capability and prints its reply; with -n a load test")
        .arg(arguments::required("target", "CAPABILITY.MESSAGE", "What is asked"))
        .arg(body::argument("The message; `-` reads the standard input stream, `@FILE` a file"))
        .arg(arguments::option("key", "KEY", "Which actor, of a keyed capability"))
        .arg(arguments::duration("deadline", "How long the reply may take: 500ms, 2s"))
        .arg(
            arguments::option("id", "TEXT", "Makes a retry recognisable: a durable capability answers it with its first reply")
                .conflicts_with("number"),
        )
        .arg(many("number", 'n', "Sends so many and tells how long they took").value_parser(value_parser!(u64).range(1..=1_000_000_000)))
        .arg(
            many("concurrency", 'C', "How many are under way at once [default: 1]")
                .value_parser(value_parser!(u64).range(1..=4096))
                .requires("number"),
        )
        .arg(arguments::flag("json", "The reply with trace and time, on one line; the figures of a load test as JSON"))
        .after_help(format!(
            "Examples:\n  \
             {name} request reservations.find --key \"City Hotel\" '{{\"reference\":\"A-1\"}}'\n  \
             {name} request reservations.reserve --key \"City Hotel\" @stay.json --id o-17\n  \
             echo '\"Ada\"' | {name} request greeting.greet\n  \
             {name} request greeting.greet '\"Ada\"' -n 10000 -C 16   how fast is it?\n\n\
             The reply goes to the standard output stream, and so does a domain error, with exit code 1. All else goes to the \
             standard error stream. Ends with 65 when the message does not fit the contract, 69 when nobody answers or the \
             capability is down, 75 when it is overloaded or the deadline has passed, 70 when the handler failed. Ctrl-C ends a load \
             test with 130 and the figures until then."
        ))
}

/// What is sent, however often.
#[derive(Debug, Clone)]
pub(super) struct Call {
    client: Client,
    route: Route,
    headers: Vec<(HeaderName, String)>,
    body: Option<Bytes>,
}

impl Call {
    async fn of(arguments: &ArgMatches, session: &Session) -> Result<Self, Failure> {
        let target = arguments::text(arguments, "target").unwrap_or_default();
        let (capability, message) = arguments::dotted(target, "message")?;
        let mut segments = vec!["call", capability];
        segments.extend(arguments::text(arguments, "key"));
        segments.push(message);
        let mut headers = Vec::new();
        if let Some(deadline) = arguments.get_one::<HumanDuration>("deadline") {
            headers.push((
                HeaderName::from_static("skep-deadline"),
                deadline.to_string(),
            ));
        }
        if let Some(id) = arguments::text(arguments, "id") {
            headers.push((HeaderName::from_static("idempotency-key"), id.to_owned()));
        }
        Ok(Self {
            client: Client::find(session).await?,
            route: Route::of(&segments),
            headers,
            body: body::read(arguments::text(arguments, "body"))?,
        })
    }

    /// Sends it once.
    pub(super) async fn send(&self) -> Result<Answer, Failure> {
        let body = self.body.clone();
        self.client
            .send(Method::POST, &self.route, &self.headers, body)
            .await
    }

    /// The failure of a command that cannot go on because it was refused.
    pub(super) fn refused(&self, refusal: &Refusal) -> Failure {
        self.client.refused(refusal)
    }
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let call = Call::of(&arguments, &session).await?;
    let as_json = arguments.get_flag("json");
    if let Some(number) = arguments.get_one::<u64>("number") {
        let concurrency = arguments.get_one::<u64>("concurrency").copied();
        return load::run(&session, &call, *number, concurrency.unwrap_or(1), as_json).await;
    }
    let watch = Stopwatch::begin();
    let answer = call.send().await?;
    let ms = watch.elapsed().as_secs_f64() * 1e3;
    let trace = answer.trace();
    match answer.granted() {
        Ok(answer) => {
            let reply: Value = call.client.read(&answer.body)?;
            if as_json {
                output::json_line(
                    &json!({ "outcome": "reply", "reply": reply, "trace": trace, "ms": ms }),
                )?;
            } else {
                output::json(&reply)?;
                tell(&session, trace.as_deref(), ms);
            }
            Ok(Exit::Success)
        }
        Err(refusal) => refused(&call, &session, &refusal, as_json, ms),
    }
}

fn refused(
    call: &Call,
    session: &Session,
    refusal: &Refusal,
    as_json: bool,
    ms: f64,
) -> Result<Exit, Failure> {
    let error = refusal.problem.error.as_ref();
    match (as_json, error.filter(|_| refusal.is_domain())) {
        (true, Some(error)) => {
            output::json_line(
                &json!({ "outcome": "domain", "error": error, "trace": refusal.trace, "ms": ms }),
            )?;
        }
        (true, None) => {
            output::json_line(
                &json!({ "outcome": "failed", "problem": refusal, "trace": refusal.trace, "ms": ms }),
            )?;
        }
        (false, Some(error)) => {
            output::json(error)?;
            tell(session, refusal.trace.as_deref(), ms);
        }
        (false, None) => return Err(call.refused(refusal)),
    }
    Ok(refusal.exit())
}

/// Tells a person how it went, beside the output.
fn tell(session: &Session, trace: Option<&str>, ms: f64) {
    if !session.is_watched() {
        return;
    }
    let trace = trace.map_or_else(String::new, |trace| {
        format!("; trace {}", output::plain(trace))
    });
    session.note(&format!("{ms:.1} ms{trace}"));
}
