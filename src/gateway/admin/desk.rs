//! [`Desk`]: the operator's door – who may come in, and what each path leads to.

use actix_web::http::Method;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::process::Process;
use super::token::Token;
use super::{capabilities, letters, traces};
use crate::call::SpanKind;
use crate::gateway::call::{self, Calls, nothing_here};
use crate::gateway::path;
use crate::gateway::problem::Problem;
use crate::gateway::visit::{self, Visit};
use crate::runtime::Runtime;

/// Traces that are listed when nobody says how many.
const TRACES_DEFAULT: usize = 20;

/// The operator's door.
#[derive(Debug)]
pub(in crate::gateway) struct Desk {
    pub(in crate::gateway) calls: Calls,
    pub(in crate::gateway) token: Token,
    pub(in crate::gateway) process: Process,
}

impl Desk {
    /// Answers a request.
    pub(in crate::gateway) async fn serve(
        &self,
        request: HttpRequest,
        payload: web::Payload,
    ) -> HttpResponse {
        let mut visit = Visit::begin(&self.calls.runtime, SpanKind::Admin, &request);
        let answered = match self.admit(&request) {
            Ok(()) => self.lead(&request, payload, &mut visit).await,
            Err(problem) => Err(problem),
        };
        visit.answer(answered.unwrap_or_else(Problem::into_response))
    }

    /// Lets in who knows the token, and no web page that a browser was led here by.
    fn admit(&self, request: &HttpRequest) -> Result<(), Problem> {
        let host = visit::text(request.headers(), &header::HOST).unwrap_or_default();
        if !is_loopback(host) {
            let detail = "this door is for programs of this machine: the Host is 127.0.0.1, [::1] or localhost";
            return Err(Problem::new(403, "foreign_host", detail));
        }
        let authorization =
            visit::text(request.headers(), &header::AUTHORIZATION).unwrap_or_default();
        if self.token.is_carried_by(authorization) {
            return Ok(());
        }
        let detail = "say \"Authorization: Bearer <token>\"; the token is in the admin file of the running process";
        Err(Problem::new(401, "unauthorized", detail))
    }

    async fn lead(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        visit: &mut Visit,
    ) -> Result<HttpResponse, Problem> {
        let path = path::segments(request.path())?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["admin", "v1", ref path @ ..] = path[..] else {
            return Err(nothing_here());
        };
        let runtime = &self.calls.runtime;
        match *path {
            ["call", ref rest @ ..] => self.calls.answer(request, payload, visit, rest).await,
            ["dead-letters", capability, number, ref action @ ..] => {
                self.letter(request, capability, number, action).await
            }
            ["process"] => get(request).map(|()| self.process.answer(runtime)),
            ["capabilities"] => {
                try_read(request, runtime, |runtime| Ok(capabilities::list(runtime))).await
            }
            ["capabilities", name] => {
                let name = name.to_owned();
                try_read(request, runtime, move |runtime| {
                    capabilities::show(runtime, &name)
                })
                .await
            }
            ["dead-letters"] => {
                let capability = one(request, "capability")?;
                try_read(request, runtime, move |runtime| {
                    letters::list(runtime, capability.as_deref())
                })
                .await
            }
            ["traces"] => {
                let limit = match one(request, "limit")? {
                    Some(text) => text.parse().map_err(|_| not_a_number("limit", &text))?,
                    None => TRACES_DEFAULT,
                };
                try_read(request, runtime, move |runtime| {
                    Ok(traces::list(runtime, limit))
                })
                .await
            }
            ["traces", id] => {
                let id = id.to_owned();
                try_read(request, runtime, move |runtime| traces::show(runtime, &id)).await
            }
            _ => Err(nothing_here()),
        }
    }

    async fn letter(
        &self,
        request: &HttpRequest,
        capability: &str,
        number: &str,
        action: &[&str],
    ) -> Result<HttpResponse, Problem> {
        let runtime = &self.calls.runtime;
        let number: u64 = number.parse().map_err(|_| not_a_number("number", number))?;
        let done = match (action, request.method()) {
            ([], &Method::GET | &Method::HEAD) => {
                let capability = capability.to_owned();
                return try_read(request, runtime, move |runtime| {
                    letters::show(runtime, &capability, number)
                })
                .await;
            }
            ([], &Method::DELETE) => letters::drop(runtime, capability, number).await?,
            (["replay"], &Method::POST) => letters::replay(runtime, capability, number).await?,
            ([], _) => return Err(Problem::not_allowed("GET, HEAD, DELETE")),
            (["replay"], _) => return Err(Problem::not_allowed("POST")),
            _ => return Err(nothing_here()),
        };
        Ok(call::json(done.to_string()))
    }
}

/// Only looks.
fn get(request: &HttpRequest) -> Result<(), Problem> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(Problem::not_allowed("GET, HEAD")),
    }
}

/// Reads something of the runtime, which may wait for the disk, on a thread where that is fine.
async fn try_read(
    request: &HttpRequest,
    runtime: &Runtime,
    look: impl FnOnce(&Runtime) -> Result<Value, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    get(request)?;
    let runtime = runtime.clone();
    let looked = web::block(move || look(&runtime)).await;
    let broken = |_| Problem::new(500, "internal", "the reading broke off; the log says why");
    let value = looked.map_err(broken)??;
    Ok(call::json(value.to_string()))
}

/// The one value of a name in the query.
fn one(request: &HttpRequest, name: &str) -> Result<Option<String>, Problem> {
    Ok(path::query(request.query_string(), name)?.pop())
}

fn not_a_number(what: &str, text: &str) -> Problem {
    Problem::new(
        400,
        "invalid_number",
        format!("{what} is a number, not {text:?}"),
    )
}

/// Whether a `Host` is this machine by a name that no name server can give to somebody else's page.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address: Result<std::net::IpAddr, _> = name.parse();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for here in [
            "127.0.0.1",
            "127.0.0.1:4081",
            "[::1]:80",
            "localhost",
            "LocalHost:1",
            "127.9.9.9",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "",
            "evil.example",
            "127.0.0.1.evil.example:80",
            "localhost.evil",
            "[::2]",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
