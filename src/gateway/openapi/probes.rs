//! Health and metrics, for those who watch over the process.

use serde_json::{Value, json};

use super::components::reference;
use super::document::Paths;
use crate::observe::metrics::Metrics;

/// The tag of everything here.
const TAG: &str = "operations";

/// The tag, with what it is for.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Health, metrics and this document, for those who watch over the process." })
}

/// Adds the paths.
pub(super) fn add(paths: &mut Paths) {
    let live = json!({ "200": answer("It can answer.", "application/json", &json!({
        "type": "object", "required": ["status"], "properties": { "status": { "const": "live" } },
    })) });
    let ready = |meaning| answer(meaning, "application/json", &reference("Readiness"));
    let readiness = json!({
        "200": ready("Requests may be sent here."),
        "503": ready("Send requests elsewhere; `reasons` says why."),
    });
    let limited = json!({ "$ref": "#/components/responses/RateLimited" });
    let metrics = json!({
        "200": answer("The metrics as text, as Prometheus reads them.", Metrics::MEDIA_TYPE, &json!({ "type": "string" })),
        "429": limited,
    });
    let document = json!({
        "200": answer("This document.", "application/json", &json!({ "type": "object" })),
        "429": limited,
    });
    let mut get = |path: &str, id: &str, summary: &str, responses: Value| {
        let operation =
            json!({ "operationId": id, "tags": [TAG], "summary": summary, "responses": responses });
        paths.add(path.to_owned(), json!({ "get": operation }));
    };
    get(
        "/health/live",
        "health.live",
        "Whether the process lives",
        live,
    );
    get(
        "/health/ready",
        "health.ready",
        "Whether requests should be sent here",
        readiness,
    );
    get("/metrics", "metrics", "Metrics of this process", metrics);
    get("/openapi.json", "openapi", "What is exposed here", document);
}

fn answer(meaning: &str, media_type: &str, schema: &Value) -> Value {
    json!({ "description": meaning, "content": { media_type: { "schema": schema } } })
}
