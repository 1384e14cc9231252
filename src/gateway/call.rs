//! A call over HTTP: finds the message, reads the circumstances from headers, checks the body, asks, and answers.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::bodies::{Bodies, Check, Side};
use super::exposure::{Exposed, Exposure};
use super::problem::Problem;
use super::receive;
use super::streams::Closing;
use super::visit::{self, Visit};
use crate::call::{Key, MessageId};
use crate::config::{HumanDuration, nearest};
use crate::contract::MessageDescription;
use crate::runtime::{NamedAsk, NamedReply, Runtime};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const DEADLINE: HeaderName = HeaderName::from_static("skep-deadline");
/// Characters of an idempotency key.
const IDEMPOTENCY_KEY_MAX: usize = 255;

/// What calls through one door have in common.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) runtime: Runtime,
    pub(super) exposure: Arc<Exposure>,
    pub(super) bodies: Arc<Bodies>,
    /// The longest deadline that a caller may ask for.
    pub(super) deadline_max: Duration,
    /// How long a body may take to arrive.
    pub(super) receive_timeout: Duration,
    /// Ends the answers that go on.
    pub(super) closing: Closing,
}

/// The message that a path names.
struct Addressed<'a> {
    exposed: &'a Exposed,
    message: &'a MessageDescription,
    key: Option<Key>,
}

impl Calls {
    /// Answers a call. `path` is what follows the door's prefix: capability, key if there is one, message.
    ///
    /// # Errors
    ///
    /// Everything that is no reply.
    pub(super) async fn answer(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        visit: &mut Visit,
        path: &[&str],
    ) -> Result<HttpResponse, Problem> {
        let to = self.addressed(path)?;
        if request.method() != Method::POST {
            return Err(Problem::not_allowed("POST"));
        }
        let info = to.exposed.info();
        let name = to.message.name.as_str();
        visit.is_for(&info.name, to.key.as_ref(), name);
        let deadline = deadline(request.headers(), self.deadline_max)?;
        let id = idempotency(request.headers(), &info.name, to.key.as_ref(), name)?;
        let request_schema = &to.message.request;
        let check = self
            .bodies
            .check(&info.name, Side::Message, name, request_schema);
        let check = check.map_err(|reason| Problem::unusable_schema(&reason))?;
        let limit = usize::try_from(info.message_size).unwrap_or(usize::MAX);
        let body = self.receive(request, payload, limit, &check).await?;
        let ask = NamedAsk {
            capability: info.name.clone(),
            message: name.to_owned(),
            key: to.key.clone(),
            body,
            deadline,
            id,
            trace: Some(visit.context()),
        };
        let problem = match self.runtime.ask_by_name(ask).await {
            Ok(NamedReply::Reply(reply)) => return Ok(json(reply)),
            Ok(NamedReply::Refused(error)) => {
                Problem::domain(&serde_json::from_slice(&error).unwrap_or(Value::Null))
            }
            Err(error) => Problem::call(&error, visit.context()),
        };
        Err(problem.with("capability", &info.name).with("message", name))
    }

    /// Receives a JSON body and holds it against its schema; an empty one stands for a message without fields.
    ///
    /// # Errors
    ///
    /// Problems with status 400, 408, 413, 415 and 422.
    pub(super) async fn receive(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        limit: usize,
        check: &Check,
    ) -> Result<Vec<u8>, Problem> {
        let is_json = is_json(request.headers());
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        // A web page of another origin may send an empty body unasked, but never one of this type.
        let is_foreign = request.headers().contains_key(header::ORIGIN);
        if !is_json && (has_type || is_foreign) {
            return Err(wrong_type());
        }
        let body = receive::body(
            request,
            payload,
            limit,
            self.runtime.clock(),
            self.receive_timeout,
        )
        .await?;
        if body.is_empty() {
            return match check.empty {
                Some(empty) => Ok(empty.as_bytes().to_vec()),
                None => Err(malformed("it is empty, and the message has fields")),
            };
        }
        if !is_json {
            return Err(wrong_type());
        }
        let value: Value =
            serde_json::from_slice(&body).map_err(|error| malformed(error.to_string()))?;
        let violations = check.violations(&value);
        if violations.is_empty() {
            Ok(body)
        } else {
            Err(Problem::violations(&violations))
        }
    }

    fn addressed<'a>(&'a self, path: &[&'a str]) -> Result<Addressed<'a>, Problem> {
        let (capability, key, message) = match *path {
            [capability, message] => (capability, None, message),
            [capability, key, message] => (capability, Some(Key::from(key)), message),
            _ => return Err(nothing_here()),
        };
        let Some(exposed) = self.exposure.capability(capability) else {
            let names = self
                .exposure
                .iter()
                .map(|exposed| exposed.info().name.as_str());
            return Err(unknown("capability", capability, names));
        };
        let Some(message) = exposed.messages().find(|known| known.name == message) else {
            let names = exposed.messages().map(|known| known.name.as_str());
            return Err(unknown("message", message, names).with("capability", capability));
        };
        match (&exposed.info().key, &key) {
            (Some(names), None) => Err(Problem::not_found(format!(
                "{capability} has one actor for each {names}: the path is {capability}/<{names}>/{}",
                message.name
            ))
            .with("key", names)),
            (None, Some(_)) => Err(Problem::not_found(format!(
                "{capability} has no keys: the path is {capability}/{}",
                message.name
            ))),
            _ => Ok(Addressed {
                exposed,
                message,
                key,
            }),
        }
    }
}

/// A path that leads nowhere.
pub(super) fn nothing_here() -> Problem {
    Problem::not_found("nothing is here")
}

/// A name that is not known, with the one that is probably meant.
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Problem {
    let near = nearest(name, known);
    let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    Problem::not_found(format!("there is no {what} {name:?} here{hint}")).with_some("nearest", near)
}

/// An answer in JSON.
pub(super) fn json(body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.into())
}

fn wrong_type() -> Problem {
    Problem::new(
        415,
        "unsupported_media_type",
        "the body is JSON, and its Content-Type application/json",
    )
}

fn malformed(reason: impl std::fmt::Display) -> Problem {
    Problem::new(
        400,
        "malformed_json",
        format!("the body is not JSON: {reason}"),
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = visit::text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn deadline(headers: &HeaderMap, max: Duration) -> Result<Option<Duration>, Problem> {
    let Some(header) = headers.get(DEADLINE) else {
        return Ok(None);
    };
    let wrong =
        |reason: String| Problem::new(400, "invalid_deadline", format!("Skep-Deadline: {reason}"));
    let text = header
        .to_str()
        .map_err(|_| wrong("it is no text".to_owned()))?;
    let deadline: HumanDuration = text.parse().map_err(|error| wrong(format!("{error}")))?;
    if deadline.get() > max {
        let max = HumanDuration::from_millis(u64::try_from(max.as_millis()).unwrap_or(u64::MAX));
        return Err(wrong(format!(
            "{deadline} is longer than is allowed here, which is {max}"
        )));
    }
    Ok(Some(deadline.get()))
}

/// The id that an idempotency key stands for. Two clients that use one text for different messages or actors do not meet.
fn idempotency(
    headers: &HeaderMap,
    capability: &str,
    key: Option<&Key>,
    message: &str,
) -> Result<Option<MessageId>, Problem> {
    let Some(header) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = header
        .to_str()
        .ok()
        .filter(|text| (1..=IDEMPOTENCY_KEY_MAX).contains(&text.len()));
    let Some(text) = text else {
        let detail =
            format!("an Idempotency-Key is 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters");
        return Err(Problem::new(400, "invalid_idempotency_key", detail));
    };
    let key = key.map_or("", Key::as_str);
    let scoped = format!(
        "http\n{capability}\n{message}\n{}\n{key}\n{text}",
        key.len()
    );
    Ok(Some(MessageId::of_text(&scoped)))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn id(message: &str, key: Option<&str>, text: &'static str) -> Option<MessageId> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static(text));
        let key = key.map(Key::from);
        idempotency(&headers, "desk", key.as_ref(), message).expect("a key")
    }

    #[test]
    fn an_idempotency_key_means_one_message_to_one_actor() {
        assert_eq!(id("charge", Some("a"), "1"), id("charge", Some("a"), "1"));
        assert_ne!(id("charge", Some("a"), "1"), id("refund", Some("a"), "1"));
        assert_ne!(id("charge", Some("a"), "1"), id("charge", Some("b"), "1"));
        assert_ne!(
            id("charge", Some("a 1"), "1"),
            id("charge", Some("a"), "1 1"),
            "where the key ends and the text begins counts"
        );
    }
}
