//! `/logs`: records as they are logged, one JSON object a line.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::stream::{self, Closing, Source};
use crate::call::Clock;
use crate::config::LogLevel;
use crate::gateway::path;
use crate::gateway::problem::Problem;
use crate::observe::log::{Follow, Followed, LogFilter, Logs};

const MEDIA_TYPE: &str = "application/x-ndjson";
/// Earlier records when nobody says how many.
const LINES_DEFAULT: usize = 20;

/// Answers with what a query asks for: earlier records, and those to come if it says `follow=true`.
///
/// # Errors
///
/// Problems with status 400.
pub(in crate::gateway) fn logs(
    logs: &Logs,
    request: &HttpRequest,
    closing: &Closing,
    clock: &Clock,
) -> Result<HttpResponse, Problem> {
    let filter = LogFilter {
        capabilities: path::query(request.query_string(), "capability")?,
        level: match path::one(request, "level")? {
            Some(text) => level(&text)?,
            None => LogLevel::Trace,
        },
        trace: path::one(request, "trace")?,
    };
    let lines = path::number(request, "lines")?.unwrap_or(LINES_DEFAULT);
    let follows = match path::one(request, "follow")?.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            let detail = format!("follow is true or false, not {other:?}");
            return Err(Problem::new(400, "invalid_query", detail));
        }
    };
    if follows {
        let follow = logs.follow(filter, lines);
        return Ok(stream::answer(
            MEDIA_TYPE,
            "",
            follow,
            closing.clone(),
            clock.clone(),
        ));
    }
    let body: String = logs
        .recent(&filter, lines)
        .iter()
        .map(|record| line(&**record))
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}

/// A level as people write it.
pub(in crate::gateway) fn level(text: &str) -> Result<LogLevel, Problem> {
    serde_json::from_value(json!(text)).map_err(|_| {
        let detail = format!("{text:?} is no level: say error, warn, info, debug, trace or off");
        Problem::new(400, "invalid_level", detail)
    })
}

impl Source for Follow {
    const ALIVE: &'static str = "\n";

    async fn next(&mut self) -> Option<String> {
        match Self::next(self).await? {
            Followed::Record(record) => Some(line(&*record)),
            Followed::Missed(number) => Some(line(&json!({ "missed": number }))),
        }
    }
}

fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}
