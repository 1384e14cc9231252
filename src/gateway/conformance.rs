//! Whether who serves a contract keeps to it: calls that fit it and calls that do not, and what was answered to each.

use serde::Serialize;
use serde_json::{Value, json};

use super::bodies::Check;
use super::openapi::example;
use crate::call::Key;
use crate::contract::{Description, MessageDescription};
use crate::runtime::Runtime;

/// One call, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trial {
    /// The message that was sent.
    pub(crate) message: String,
    /// What was special about it.
    pub(crate) case: String,
    /// What should have come.
    pub(crate) expected: String,
    /// What came.
    pub(crate) got: String,
    /// Whether that is the same.
    pub(crate) passed: bool,
}

/// What should come.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// The reply, or a refusal that the contract knows.
    Answer,
    /// An error with one of these numbers.
    Error(&'static [u16]),
    /// The same, or that nobody listens there.
    ErrorOrNobody(&'static [u16]),
}

/// The conformance of a service that answers in place of a capability.
#[derive(Debug)]
pub(crate) struct Conformance<'a> {
    runtime: &'a Runtime,
    /// The name under which it is called.
    capability: &'a str,
    /// With which of its actors, where it is keyed.
    key: Option<&'a Key>,
    trials: Vec<Trial>,
}

/// A call that is tried.
struct Tried<'t> {
    message: &'t str,
    case: &'t str,
    key: Option<&'t Key>,
    body: Vec<u8>,
    is_late: bool,
}

impl<'a> Conformance<'a> {
    /// Calls it in every way that the contract tells of, and in some that it does not.
    pub(crate) async fn of(
        runtime: &'a Runtime,
        capability: &'a str,
        key: Option<&'a Key>,
        contract: &Description,
    ) -> Vec<Trial> {
        let mut conformance = Self {
            runtime,
            capability,
            key,
            trials: Vec::new(),
        };
        for message in &contract.messages {
            conformance.of_message(message).await;
        }
        let nothing = (
            NOBODYS,
            "a message that the contract does not have",
            json!({}),
        );
        let unknown = Expected::ErrorOrNobody(&[404]);
        conformance.call(nothing, unknown, None).await;
        conformance.trials
    }

    async fn of_message(&mut self, message: &MessageDescription) {
        let name = message.name.as_str();
        let schema = message.request.as_value();
        let valid = bodies(schema);
        if valid.is_empty() {
            self.note(
                name,
                "an example",
                "an example that fits its schema",
                "none could be made",
                false,
            );
        }
        for (case, body) in &valid {
            let call = (name, case.as_str(), body.clone());
            self.call(call, Expected::Answer, Some(message)).await;
        }
        let malformed = Expected::Error(&[400, 422]);
        let no_json = self.tried(name, "no JSON", b"{".to_vec());
        self.send(no_json, malformed, None).await;
        for (case, body) in misfits(schema, valid.first().map(|(_, body)| body)) {
            self.call((name, case, body), malformed, None).await;
        }
        if let Some((_, body)) = valid.first() {
            let body = body.to_string().into_bytes();
            let late = Tried {
                is_late: true,
                ..self.tried(name, "a deadline that has passed", body.clone())
            };
            self.send(late, Expected::Error(&[504]), None).await;
            if self.key.is_some() {
                let keyless = Tried {
                    key: None,
                    ..self.tried(name, "no key", body)
                };
                self.send(keyless, malformed, None).await;
            }
        }
    }

    fn tried<'t>(&self, message: &'t str, case: &'t str, body: Vec<u8>) -> Tried<'t>
    where
        'a: 't,
    {
        Tried {
            message,
            case,
            key: self.key,
            body,
            is_late: false,
        }
    }

    async fn call(
        &mut self,
        (message, case, body): (&str, &str, Value),
        expected: Expected,
        described: Option<&MessageDescription>,
    ) {
        let body = body.to_string().into_bytes();
        let tried = self.tried(message, case, body);
        self.send(tried, expected, described).await;
    }

    async fn send(
        &mut self,
        tried: Tried<'_>,
        expected: Expected,
        described: Option<&MessageDescription>,
    ) {
        let Tried {
            message,
            case,
            key,
            body,
            is_late,
        } = tried;
        let probed = self
            .runtime
            .probe(self.capability, message, key, body, is_late);
        let (got, passed) = match (probed.await, expected) {
            (Ok(probed), Expected::Answer) => answered(probed.status, &probed.body, described),
            (Ok(probed), Expected::Error(right) | Expected::ErrorOrNobody(right)) => {
                (told(probed.status), right.contains(&probed.status))
            }
            (Err(reason), Expected::ErrorOrNobody(_)) => (reason, true),
            (Err(reason), _) => (reason, false),
        };
        self.note(message, case, &expected.words(), &got, passed);
    }

    fn note(&mut self, message: &str, case: &str, expected: &str, got: &str, passed: bool) {
        self.trials.push(Trial {
            message: message.to_owned(),
            case: case.to_owned(),
            expected: expected.to_owned(),
            got: got.to_owned(),
            passed,
        });
    }
}

/// A name that no message has: the platform's own begin with this sign, and messages do not.
const NOBODYS: &str = "_nobodys";

impl Expected {
    fn words(self) -> String {
        let numbers = |numbers: &[u16]| {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            numbers.join(" or ")
        };
        match self {
            Self::Answer => "a reply or a refusal that fits the contract".to_owned(),
            Self::Error(right) => format!("error {}", numbers(right)),
            Self::ErrorOrNobody(right) => format!("error {}, or nobody", numbers(right)),
        }
    }
}

fn told(status: u16) -> String {
    match status {
        200 => "a reply".to_owned(),
        409 => "a refusal".to_owned(),
        number => format!("error {number}"),
    }
}

/// Holds what was answered against the contract.
fn answered(status: u16, body: &[u8], described: Option<&MessageDescription>) -> (String, bool) {
    let Some(described) = described else {
        return (told(status), status == 200);
    };
    let schema = match (status, &described.error) {
        (200, _) => &described.reply,
        (409, Some(error)) => error,
        (409, None) => return ("a refusal, and the contract has none".to_owned(), false),
        _ => {
            let said = String::from_utf8_lossy(body);
            let said: String = said.chars().take(SAID_MAX).collect();
            return (format!("{}: {said}", told(status)), false);
        }
    };
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return (format!("{} that is no JSON: {error}", told(status)), false),
    };
    let check = match Check::of(schema) {
        Ok(check) => check,
        Err(reason) => return (reason, false),
    };
    let violations = check.violations(&body);
    match violations.first() {
        None => (told(status), true),
        Some(violation) => {
            let first = json!(violation);
            (
                format!("{} that does not fit: {first}", told(status)),
                false,
            )
        }
    }
}

/// How much of an error is told.
const SAID_MAX: usize = 120;

/// Bodies that fit a schema: an example, and for each field of it its bounds.
fn bodies(schema: &Value) -> Vec<(String, Value)> {
    let Some(whole) = example(schema) else {
        return Vec::new();
    };
    let mut bodies = vec![("an example".to_owned(), whole.clone())];
    let fields = schema.get("properties").and_then(Value::as_object);
    for (name, field) in fields.into_iter().flatten() {
        for (word, bound) in bounds(field) {
            let mut body = whole.clone();
            if body.get(name).is_none_or(|usual| *usual == bound) {
                continue;
            }
            body[name.as_str()] = bound;
            if jsonschema::is_valid(schema, &body) {
                bodies.push((format!("{name} at its {word}"), body));
            }
        }
    }
    bodies
}

/// The least and the most that a field may be.
fn bounds(field: &Value) -> Vec<(&'static str, Value)> {
    let mut bounds = Vec::new();
    for (keyword, word) in [("minimum", "least"), ("maximum", "most")] {
        bounds.extend(field.get(keyword).map(|bound| (word, bound.clone())));
    }
    if field.get("type").and_then(Value::as_str) == Some("string") && field.get("format").is_none()
    {
        let shortest = field.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        let longest = field
            .get("maxLength")
            .and_then(Value::as_u64)
            .unwrap_or(LONG);
        for (word, length) in [("shortest", shortest), ("longest", longest.min(LONG))] {
            let length = usize::try_from(length).unwrap_or_default();
            bounds.push((word, "a".repeat(length).into()));
        }
    }
    bounds
}

/// A text of so many letters is long.
const LONG: u64 = 1000;

/// Bodies that do not fit a schema, as far as some can be found.
fn misfits(schema: &Value, valid: Option<&Value>) -> Vec<(&'static str, Value)> {
    let mut misfits = vec![("null", Value::Null), ("an empty list", json!([]))];
    let required = schema.get("required").and_then(Value::as_array);
    let first = required
        .and_then(|names| names.first())
        .and_then(Value::as_str);
    if let (Some(name), Some(Value::Object(valid))) = (first, valid) {
        let mut less = valid.clone();
        less.remove(name);
        misfits.push(("a field less", Value::Object(less)));
    }
    misfits.retain(|(_, body)| !jsonschema::is_valid(schema, body));
    misfits
}
