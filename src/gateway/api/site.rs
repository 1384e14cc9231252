//! [`Site`]: the application's API – calls, health – with its rate limit and its rules for web pages of other origins.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use super::Front;

use crate::call::SpanKind;
use crate::gateway::call::{Calls, nothing_here};
use crate::gateway::cors::Cors;
use crate::gateway::health::{self, Readiness};
use crate::gateway::limits::RateLimit;
use crate::gateway::path;
use crate::gateway::problem::Problem;
use crate::gateway::visit::Visit;

/// The application's API.
#[derive(Debug)]
pub(in crate::gateway) struct Site {
    pub(in crate::gateway) calls: Calls,
    pub(in crate::gateway) front: Front,
    pub(in crate::gateway) cors: Cors,
    pub(in crate::gateway) rate_limit: Option<RateLimit>,
}

impl Site {
    /// Answers a request.
    pub(in crate::gateway) async fn serve(
        &self,
        request: HttpRequest,
        payload: web::Payload,
    ) -> HttpResponse {
        let mut visit = Visit::begin(&self.calls.runtime, SpanKind::Http, &request);
        let mut response = match self.cors.preflight(&request) {
            Some(response) => response,
            None => self
                .lead(&request, payload, &mut visit)
                .await
                .unwrap_or_else(Problem::into_response),
        };
        self.cors.mark(&request, response.headers_mut());
        visit.answer(response)
    }

    async fn lead(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        visit: &mut Visit,
    ) -> Result<HttpResponse, Problem> {
        let path = path::segments(request.path())?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        // Whoever watches over the process is never told to come back later.
        match path[..] {
            ["health", "live"] => return reading(request, health::live),
            ["health", "ready"] => {
                return reading(request, || {
                    Readiness::of(&self.calls.runtime).into_response()
                });
            }
            _ => self.limit(request)?,
        }
        match path[..] {
            ["v1", ref rest @ ..] => self.calls.answer(request, payload, visit, rest).await,
            _ => match self.front.at(&path) {
                Some(response) => reading(request, || response),
                None => Err(nothing_here()),
            },
        }
    }

    fn limit(&self, request: &HttpRequest) -> Result<(), Problem> {
        let (Some(limit), Some(caller)) = (&self.rate_limit, request.peer_addr()) else {
            return Ok(());
        };
        limit.take(caller.ip()).map_err(Problem::too_many)
    }
}

/// What is only read: GET and HEAD.
fn reading(
    request: &HttpRequest,
    answer: impl FnOnce() -> HttpResponse,
) -> Result<HttpResponse, Problem> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(answer()),
        _ => Err(Problem::not_allowed("GET, HEAD")),
    }
}
