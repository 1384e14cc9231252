//! Receives the body of a request: no more than is allowed, no slower than is allowed.

use std::time::Duration;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;

use super::problem::Problem;
use super::visit;
use crate::call::Clock;

/// Receives a body of `limit` bytes at most within `timeout`, counted from when the head was read.
///
/// # Errors
///
/// Problems with status 400, 408 and 413.
pub(super) async fn body(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
    clock: &Clock,
    timeout: Duration,
) -> Result<Vec<u8>, Problem> {
    let announced =
        visit::text(request.headers(), &CONTENT_LENGTH).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|announced| announced > limit) {
        return Err(too_large(limit));
    }
    tokio::select! {
        biased;
        body = read(payload, limit, announced) => body,
        () = clock.sleep(timeout) => {
            let detail = "the request did not arrive in whole within gateway.receive_timeout";
            Err(Problem::new(408, "request_timeout", detail))
        }
    }
}

async fn read(
    mut payload: web::Payload,
    limit: usize,
    announced: Option<usize>,
) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(limit));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(400, "broken_body", format!("the body broke off: {error}"))
        })?;
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than the capability's message_size of {limit} bytes");
    Problem::new(413, "too_large", detail)
}
