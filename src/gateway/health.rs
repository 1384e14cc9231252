//! Liveness and readiness, for whoever restarts processes and sends them requests.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;

use crate::actor::Kind;
use crate::runtime::{Health, Runtime};

/// What `/health/ready` says.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    status: &'static str,
    reasons: Vec<Reason>,
    #[serde(skip)]
    is_ready: bool,
}

#[derive(Debug, Serialize)]
struct Reason {
    capability: Option<&'static str>,
    reason: String,
}

/// The one word for a health.
pub(super) const fn word(health: &Health) -> &'static str {
    match health {
        Health::Starting => "starting",
        Health::Ready => "ready",
        Health::Stopping => "stopping",
        Health::Stopped => "stopped",
        Health::Failed { .. } => "failed",
    }
}

impl Readiness {
    /// Whether requests should be sent here. One key that is down keeps nobody else from being served: it is told of, and
    /// that is all.
    pub(super) fn of(runtime: &Runtime) -> Self {
        let health = runtime.health();
        let mut is_ready = health == Health::Ready;
        let mut reasons = Vec::new();
        if let Health::Failed { reason } = &health {
            reasons.push(Reason {
                capability: None,
                reason: reason.clone(),
            });
        }
        if let Some(missing) = runtime.missing() {
            // What needs nobody else is served all the same.
            is_ready &= !runtime.is_split();
            reasons.push(Reason {
                capability: None,
                reason: missing,
            });
        }
        let capabilities = runtime.capabilities();
        for stats in runtime.stats() {
            let kind = capabilities
                .iter()
                .find(|info| info.name == stats.capability)
                .map(|info| info.kind);
            is_ready &= stats.down.is_empty() || kind == Some(Kind::Keyed);
            reasons.extend(stats.down.into_iter().map(|reason| Reason {
                capability: Some(stats.capability),
                reason,
            }));
        }
        let status = match (&health, is_ready) {
            (Health::Ready, false) => "down",
            _ => word(&health),
        };
        Self {
            status,
            reasons,
            is_ready,
        }
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let mut response = if self.is_ready {
            HttpResponse::Ok()
        } else {
            HttpResponse::ServiceUnavailable()
        };
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.json(self)
    }
}

/// Being able to say so is being alive.
pub(super) fn live() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(serde_json::json!({ "status": "live" }))
}
