//! `GET /process`: which process this is, and how it is.

use std::time::{Duration, SystemTime};

use actix_web::HttpResponse;
use serde_json::json;

use crate::config::StoreSettings;
use crate::gateway::timestamp::rfc3339;
use crate::gateway::{call, health};
use crate::runtime::{Health, Runtime};

/// Which process this is.
#[derive(Debug)]
pub(in crate::gateway) struct Process {
    pub(in crate::gateway) application: String,
    pub(in crate::gateway) version: String,
    /// When its doors were opened, by its clock.
    pub(in crate::gateway) since: Duration,
    pub(in crate::gateway) started_at: SystemTime,
    /// Where its API is.
    pub(in crate::gateway) api: Option<String>,
}

impl Process {
    pub(super) fn answer(&self, runtime: &Runtime) -> HttpResponse {
        let health = runtime.health();
        let mut shown = json!({ "status": health::word(&health) });
        if let Health::Failed { reason } = health {
            shown["reason"] = reason.into();
        }
        let uptime = runtime.clock().precise().saturating_sub(self.since);
        let body = json!({
            "application": self.application,
            "version": self.version,
            "pid": std::process::id(),
            "started_at": rfc3339(self.started_at),
            "uptime_ms": u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
            "health": shown,
            "api": self.api,
            "store": store(runtime),
        });
        call::json(body.to_string())
    }
}

fn store(runtime: &Runtime) -> Option<serde_json::Value> {
    if !runtime.is_durable() {
        return None;
    }
    let settings: StoreSettings = runtime.config().section("store").ok()?;
    Some(json!({ "engine": settings.engine, "path": settings.path }))
}
