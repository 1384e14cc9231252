//! Requests that only look: which methods they may have, and where what takes its time is read.

use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::call;
use super::problem::Problem;
use crate::observe::metrics::Metrics;
use crate::runtime::Runtime;

/// Refuses what does more than look.
///
/// # Errors
///
/// A problem with status 405.
pub(super) fn only(request: &HttpRequest) -> Result<(), Problem> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(Problem::not_allowed("GET, HEAD")),
    }
}

/// Answers with something of the runtime as JSON. Reading it may wait for the disk, so it is done on a thread where that is fine.
///
/// # Errors
///
/// Those of `look`, and a problem with status 405.
pub(super) async fn json(
    request: &HttpRequest,
    runtime: &Runtime,
    look: impl FnOnce(&Runtime) -> Result<Value, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    only(request)?;
    let runtime = runtime.clone();
    let value = aside(move || look(&runtime)).await??;
    Ok(call::json(value.to_string()))
}

/// Answers with the page of metrics.
///
/// # Errors
///
/// A problem with status 405.
pub(super) async fn metrics(
    request: &HttpRequest,
    metrics: &Arc<Metrics>,
) -> Result<HttpResponse, Problem> {
    only(request)?;
    let metrics = Arc::clone(metrics);
    let page = aside(move || metrics.text()).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, Metrics::MEDIA_TYPE))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(page))
}

/// Looks on a thread that may wait.
///
/// # Errors
///
/// A problem with status 500 if `look` panics.
pub(super) async fn aside<T: Send + 'static>(
    look: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let looked = web::block(look).await;
    looked.map_err(|_| Problem::new(500, "internal", "the reading broke off; the log says why"))
}
