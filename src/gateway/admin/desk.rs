//! [`Desk`]: the operator's door – what each path leads to.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use super::levels::Change;
use super::process::Process;
use super::token::Token;
use super::{capabilities, entrance, letters, levels, store, timers, traces};
use crate::call::SpanKind;
use crate::gateway::call::{self, Calls, nothing_here, unknown};
use crate::gateway::emit::emit;
use crate::gateway::problem::Problem;
use crate::gateway::visit::Visit;
use crate::gateway::{path, reading, streams};
use crate::observe::log::Logs;
use crate::observe::metrics::Metrics;

/// Traces that are listed when nobody says how many.
const TRACES_DEFAULT: usize = 20;
/// Bytes of a body that is not for a capability.
const BODY_MAX: usize = 4096;

/// The operator's door.
#[derive(Debug)]
pub(in crate::gateway) struct Desk {
    calls: Calls,
    token: Token,
    process: Process,
    logs: Option<Logs>,
    metrics: Arc<Metrics>,
}

impl Desk {
    /// A door for this process. Without `logs` there are no records to show.
    pub(in crate::gateway) fn new(
        calls: Calls,
        token: Token,
        process: Process,
        logs: Option<Logs>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            calls,
            token,
            process,
            logs,
            metrics,
        }
    }

    /// Answers a request.
    pub(in crate::gateway) async fn serve(
        &self,
        request: HttpRequest,
        payload: web::Payload,
    ) -> HttpResponse {
        let mut visit = Visit::begin(&self.calls.runtime, SpanKind::Admin, &request);
        let answered = match entrance::admit(&request, &self.token) {
            Ok(()) => self.lead(&request, payload, &mut visit).await,
            Err(problem) => Err(problem),
        };
        visit.answer(answered.unwrap_or_else(Problem::into_response))
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
        match *path {
            ["call", ref rest @ ..] => self.calls.answer(request, payload, visit, rest).await,
            ["emit", ref rest @ ..] => emit(&self.calls, request, payload, visit, rest).await,
            ["events", ref rest @ ..] => streams::events(&self.calls, request, rest).await,
            ["dead-letters", capability, number, ref action @ ..] => {
                self.letter(request, capability, number, action).await
            }
            ["log-levels", capability] => self.level(request, payload, capability).await,
            ["store", "compact"] => match *request.method() {
                Method::POST => Err(store::compact()),
                _ => Err(Problem::not_allowed("POST")),
            },
            _ => self.look(request, path).await,
        }
    }

    /// What is only looked at.
    async fn look(&self, request: &HttpRequest, path: &[&str]) -> Result<HttpResponse, Problem> {
        let runtime = &self.calls.runtime;
        match *path {
            ["process"] => reading::only(request).map(|()| self.process.answer(runtime)),
            ["metrics"] => reading::metrics(request, &self.metrics).await,
            ["capabilities"] => {
                reading::only(request)?;
                let listed = capabilities::list(runtime).await?;
                Ok(call::json(listed.to_string()))
            }
            ["capabilities", name] => {
                let name = name.to_owned();
                reading::json(request, runtime, move |runtime| {
                    capabilities::show(runtime, &name)
                })
                .await
            }
            ["dead-letters"] => {
                let of = self.one_capability(request)?;
                reading::only(request)?;
                let listed = letters::list(runtime, of.as_deref()).await?;
                Ok(call::json(listed.to_string()))
            }
            ["timers"] => {
                let of = self.one_capability(request)?;
                reading::only(request)?;
                let listed = timers::list(runtime, of.as_deref()).await?;
                Ok(call::json(listed.to_string()))
            }
            ["store"] => reading::json(request, runtime, store::show).await,
            ["traces", ref of @ ..] => self.trace(request, of).await,
            ["logs"] => self.log(request).await,
            ["log-levels"] => {
                reading::only(request)?;
                let listed = if self.is_of_colony() {
                    let node = path::one(request, "node")?;
                    levels::colony(runtime, node.as_deref(), Change::Nothing).await?
                } else {
                    levels::list(self.logs()?)
                };
                Ok(call::json(listed.to_string()))
            }
            _ => Err(nothing_here()),
        }
    }

    /// The traces, or the steps of one.
    async fn trace(&self, request: &HttpRequest, of: &[&str]) -> Result<HttpResponse, Problem> {
        let runtime = &self.calls.runtime;
        reading::only(request)?;
        let shown = match *of {
            [] => {
                let limit = path::number(request, "limit")?.unwrap_or(TRACES_DEFAULT);
                let spans = traces::spans(runtime, None).await?;
                reading::aside(move || traces::list(&spans, limit)).await?
            }
            [id] => {
                let trace = traces::id(id)?;
                let spans = traces::spans(runtime, Some(trace)).await?;
                reading::aside(move || traces::show(trace, spans)).await??
            }
            _ => return Err(nothing_here()),
        };
        Ok(call::json(shown.to_string()))
    }

    /// What is logged.
    async fn log(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        reading::only(request)?;
        for name in path::query(request.query_string(), "capability")? {
            self.must_exist(&name)?;
        }
        if self.is_of_colony() {
            return streams::colony_logs(&self.calls, request).await;
        }
        let clock = self.calls.runtime.clock();
        streams::logs(self.logs()?, request, &self.calls.closing, clock)
    }

    async fn letter(
        &self,
        request: &HttpRequest,
        capability: &str,
        number: &str,
        action: &[&str],
    ) -> Result<HttpResponse, Problem> {
        let runtime = &self.calls.runtime;
        let number: u64 = number
            .parse()
            .map_err(|_| path::not_a_number("number", number))?;
        let done = match (action, request.method()) {
            ([], &Method::GET | &Method::HEAD) => {
                letters::show(runtime, capability, number).await?
            }
            ([], &Method::DELETE) => letters::drop(runtime, capability, number).await?,
            (["replay"], &Method::POST) => letters::replay(runtime, capability, number).await?,
            ([], _) => return Err(Problem::not_allowed("GET, HEAD, DELETE")),
            (["replay"], _) => return Err(Problem::not_allowed("POST")),
            _ => return Err(nothing_here()),
        };
        Ok(call::json(done.to_string()))
    }

    async fn level(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        capability: &str,
    ) -> Result<HttpResponse, Problem> {
        self.must_exist(capability)?;
        let (runtime, node) = (&self.calls.runtime, path::one(request, "node")?);
        let of_colony = |change| levels::colony(runtime, node.as_deref(), change);
        let done = match *request.method() {
            Method::PUT => {
                let check = levels::check().map_err(|reason| Problem::unusable_schema(&reason))?;
                let receiving = self.calls.receive(request, payload, BODY_MAX, &check);
                let body = &*receiving.await?;
                match self.is_of_colony() {
                    true => of_colony(Change::Set { capability, body }).await?,
                    false => levels::set(self.logs()?, capability, body)?,
                }
            }
            Method::DELETE => match self.is_of_colony() {
                true => of_colony(Change::Restore { capability }).await?,
                false => levels::restore(self.logs()?, capability),
            },
            _ => return Err(Problem::not_allowed("PUT, DELETE")),
        };
        Ok(call::json(done.to_string()))
    }

    /// Whether it stands for all processes of an application, and for none of its own.
    fn is_of_colony(&self) -> bool {
        self.logs.is_none() && self.calls.runtime.is_onlooker()
    }

    fn logs(&self) -> Result<&Logs, Problem> {
        let none = || {
            Problem::not_found("this process keeps its log itself, so there are no records here")
        };
        self.logs.as_ref().ok_or_else(none)
    }

    /// The capability that a query names.
    fn one_capability(&self, request: &HttpRequest) -> Result<Option<String>, Problem> {
        let named = path::one(request, "capability")?;
        named
            .as_deref()
            .map_or(Ok(()), |name| self.must_exist(name))?;
        Ok(named)
    }

    fn must_exist(&self, capability: &str) -> Result<(), Problem> {
        let capabilities = self.calls.runtime.capabilities();
        let mut names = capabilities.iter().map(|info| info.name.as_str());
        if names.any(|name| name == capability) {
            return Ok(());
        }
        Err(unknown(
            "capability",
            capability,
            capabilities.iter().map(|info| info.name.as_str()),
        ))
    }
}
