//! `/logs`: records as they are logged, one JSON object a line.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::stream::{self, Closing, Source};
use crate::call::Clock;
use crate::config::LogLevel;
use crate::gateway::call::Calls;
use crate::gateway::path;
use crate::gateway::problem::Problem;
use crate::observe::log::colony::{ColonyTail, NoSuchNode, TailAsked};
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
    let Wanted {
        filter,
        lines,
        is_followed,
    } = Wanted::of(request)?;
    if is_followed {
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
    Ok(whole(body))
}

/// The same of all processes of the application, or of the node that the query names.
///
/// # Errors
///
/// Problems with status 400 and 404.
pub(in crate::gateway) async fn colony_logs(
    calls: &Calls,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Wanted {
        filter,
        lines,
        is_followed,
    } = Wanted::of(request)?;
    let asked = TailAsked {
        filter,
        lines,
        is_followed,
        node: path::one(request, "node")?,
    };
    let tail = ColonyTail::begin(&calls.runtime, asked).await;
    let mut tail = tail.map_err(|unknown| no_such_node(&unknown))?;
    if is_followed {
        let (closing, clock) = (calls.closing.clone(), calls.runtime.clock().clone());
        return Ok(stream::answer(MEDIA_TYPE, "", tail, closing, clock));
    }
    let mut body = String::new();
    while let Some(told) = tail.next().await {
        body.push_str(&line(&told.json()));
    }
    Ok(whole(body))
}

/// There is no node of this name.
pub(in crate::gateway) fn no_such_node(unknown: &NoSuchNode) -> Problem {
    Problem::not_found(unknown.to_string()).with_some("nearest", unknown.nearest.as_ref())
}

fn whole(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

/// What a query asks for.
struct Wanted {
    filter: LogFilter,
    lines: usize,
    is_followed: bool,
}

impl Wanted {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self {
            filter: LogFilter {
                capabilities: path::query(request.query_string(), "capability")?,
                level: match path::one(request, "level")? {
                    Some(text) => level(&text)?,
                    None => LogLevel::Trace,
                },
                trace: path::one(request, "trace")?,
            },
            lines: path::number(request, "lines")?.unwrap_or(LINES_DEFAULT),
            is_followed: match path::one(request, "follow")?.as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(other) => {
                    let detail = format!("follow is true or false, not {other:?}");
                    return Err(Problem::new(400, "invalid_query", detail));
                }
            },
        })
    }
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

impl Source for ColonyTail {
    const ALIVE: &'static str = "\n";

    async fn next(&mut self) -> Option<String> {
        Some(line(&Self::next(self).await?.json()))
    }
}

fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}
