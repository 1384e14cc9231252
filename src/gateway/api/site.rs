//! [`Site`]: the application's API – calls, events, health, metrics – with its rate limit and its rules for web pages of other origins.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use super::Front;
use crate::call::SpanKind;
use crate::gateway::call::{Calls, nothing_here};
use crate::gateway::cors::Cors;
use crate::gateway::health::{self, Readiness};
use crate::gateway::limits::RateLimit;
use crate::gateway::problem::Problem;
use crate::gateway::visit::Visit;
use crate::gateway::{path, reading, streams};
use crate::observe::metrics::Metrics;

/// The application's API.
#[derive(Debug)]
pub(in crate::gateway) struct Site {
    pub(in crate::gateway) calls: Calls,
    pub(in crate::gateway) front: Front,
    pub(in crate::gateway) cors: Cors,
    pub(in crate::gateway) rate_limit: Option<RateLimit>,
    pub(in crate::gateway) metrics: Arc<Metrics>,
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
            ["health", "live"] => return reading::only(request).map(|()| health::live()),
            ["health", "ready"] => {
                reading::only(request)?;
                return Ok(Readiness::of(&self.calls.runtime).into_response());
            }
            ["metrics"] => return reading::metrics(request, &self.metrics).await,
            _ => self.limit(request)?,
        }
        match path[..] {
            // A call to a capability of this name is no GET.
            ["v1", "events", ref rest @ ..] if request.method() != Method::POST => {
                streams::events(&self.calls, request, rest).await
            }
            ["v1", ref rest @ ..] => self.calls.answer(request, payload, visit, rest).await,
            ["openapi.json"] => self.front.document(request).await,
            _ => match self.front.page(&path) {
                Some(file) => reading::only(request).map(|()| file),
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
