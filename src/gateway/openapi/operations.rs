//! One operation a message and one an event.

use serde_json::{Map, Value, json};

use super::answers;
use super::example::{example, example_of_field};
use crate::call::Key;
use crate::contract::{EventDescription, MessageDescription};
use crate::gateway::{Exposed, closed};
use crate::runtime::CapabilityInfo;

/// Characters of a summary.
const SUMMARY_MAX: usize = 120;

/// The schemas of a message as the document refers to them.
pub(super) struct MessageSchemas {
    pub(super) request: Value,
    pub(super) reply: Value,
    pub(super) error: Option<Value>,
}

/// Path and item of a message.
pub(super) fn message(
    info: &CapabilityInfo,
    described: &MessageDescription,
    schemas: &MessageSchemas,
) -> (String, Value) {
    let key = info.key.as_ref().map(|key| format!("/{{{key}}}"));
    let path = format!(
        "/v1/{}{}/{}",
        info.name,
        key.unwrap_or_default(),
        described.name
    );
    let mut parameters: Vec<Value> = info
        .key
        .iter()
        .map(|key| key_parameter(key, info))
        .collect();
    parameters.extend(answers::message_parameters());
    let mut operation = json!({
        "operationId": format!("{}.{}", info.name, described.name),
        "tags": [info.name],
        "summary": summary(&described.doc, &described.name),
        "description": about(info, described),
        "parameters": parameters,
        "responses": responses(described, schemas),
    });
    operation["requestBody"] = request_body(described, schemas);
    (path, json!({ "post": operation }))
}

/// The first sentence of a doc comment.
fn summary(doc: &str, name: &str) -> String {
    let first = doc.split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = line.split(". ").next().unwrap_or_default();
    let sentence = sentence.trim_end_matches('.');
    match sentence.chars().count() {
        0 => name.to_owned(),
        1..=SUMMARY_MAX => sentence.to_owned(),
        _ => sentence
            .chars()
            .take(SUMMARY_MAX - 1)
            .chain(['…'])
            .collect(),
    }
}

fn about(info: &CapabilityInfo, described: &MessageDescription) -> String {
    let again = if described.idempotent {
        "It may be sent again at will."
    } else if info.durable {
        "With an `Idempotency-Key` it is handled once, however often it is sent."
    } else {
        "The capability keeps nothing beyond the process: sent again, it may be handled again."
    };
    let circumstances = format!("{again} The default deadline is {}.", info.deadline);
    if described.doc.is_empty() {
        return circumstances;
    }
    format!("{}\n\n{circumstances}", described.doc)
}

fn key_parameter(key: &str, info: &CapabilityInfo) -> Value {
    let messages = &info.contract.messages;
    let bodies = messages
        .iter()
        .flat_map(|message| [&message.request, &message.reply]);
    let mut shown = bodies.filter_map(|schema| example_of_field(schema.as_value(), key));
    let example = shown.find(Value::is_string);
    json!({
        "name": key,
        "in": "path",
        "required": true,
        "description": format!("Which {key}: 1 to {} bytes of UTF-8, percent-encoded.", Key::MAX_BYTES),
        "schema": { "type": "string", "minLength": 1, "maxLength": Key::MAX_BYTES },
        "example": example.unwrap_or_else(|| key.into()),
    })
}

fn request_body(described: &MessageDescription, schemas: &MessageSchemas) -> Value {
    let checked = closed(&described.request);
    let may_be_empty = [json!({}), Value::Null].map(|empty| jsonschema::is_valid(&checked, &empty));
    json!({
        "required": !may_be_empty.contains(&true),
        "content": { "application/json": content(&schemas.request, &checked) },
    })
}

/// A schema with an example that fits it, if one is found.
fn content(reference: &Value, schema: &Value) -> Value {
    let mut content = json!({ "schema": reference });
    if let Some(example) = example(schema) {
        content["example"] = example;
    }
    content
}

fn responses(described: &MessageDescription, schemas: &MessageSchemas) -> Map<String, Value> {
    let mut responses = answers::failures(answers::OF_MESSAGES);
    let reply = json!({
        "description": "The reply.",
        "headers": answers::headers(),
        "content": { "application/json": content(&schemas.reply, described.reply.as_value()) },
    });
    responses.insert("200".to_owned(), reply);
    if let Some(error) = &schemas.error {
        responses.insert("409".to_owned(), refusal(error));
    }
    responses
}

/// The domain's own error, inside a problem.
fn refusal(error: &Value) -> Value {
    let schema = json!({
        "allOf": [
            super::components::reference("Problem"),
            {
                "type": "object",
                "required": ["error"],
                "properties": { "code": { "const": "domain" }, "error": error },
            },
        ],
    });
    json!({
        "description": "The capability refused, and nothing was changed. `error` says why.",
        "headers": answers::headers(),
        "content": { "application/problem+json": { "schema": schema } },
    })
}

/// Path and item of all exposed events of a capability together.
pub(super) fn capability_events(exposed: &Exposed) -> (String, Value) {
    let name = &exposed.info().name;
    let events: Vec<&str> = exposed.events().map(|event| event.name.as_str()).collect();
    let data = data_schema(&json!({ "description": "As the event's own path says." }));
    let about = format!(
        "Every event of {name} that is exposed, as it becomes known: {}. The SSE event's name is `{name}.` and the event's.",
        events.join(", ")
    );
    let operation = stream(
        exposed.info(),
        &format!("{name}.events"),
        &format!("Watch all events of {name}"),
        &about,
        &data,
    );
    (format!("/v1/events/{name}"), operation)
}

/// Path and item of an event.
pub(super) fn event(
    info: &CapabilityInfo,
    described: &EventDescription,
    payload: &Value,
) -> (String, Value) {
    let id = format!("{}.{}", info.name, described.name);
    let operation = stream(
        info,
        &format!("{id}.watch"),
        &summary(&described.doc, &described.name),
        &described.doc,
        &data_schema(payload),
    );
    (
        format!("/v1/events/{}/{}", info.name, described.name),
        operation,
    )
}

/// What stands after `data:`.
fn data_schema(payload: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["at", "key", "trace", "body"],
        "properties": {
            "at": { "type": "string", "format": "date-time", "description": "When it was emitted." },
            "key": { "type": ["string", "null"], "description": "The key of the actor that emitted it." },
            "trace": { "type": ["string", "null"], "description": "The trace of the turn that emitted it." },
            "body": payload,
        },
    })
}

fn stream(info: &CapabilityInfo, id: &str, summary: &str, doc: &str, data: &Value) -> Value {
    let mut parameters = vec!["LastEventId", "Since"];
    if info.key.is_some() {
        parameters.push("EventKey");
    }
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
        .collect();
    let mut responses = answers::failures(answers::OF_EVENTS);
    let events = json!({
        "description": "Server-sent events, until the connection ends. `id` is the place in the log of events, `data` JSON. A comment comes every 15 seconds; an event named `gap` says that events are missing.",
        "headers": answers::headers(),
        "content": { "text/event-stream": { "schema": {
            "type": "string",
            "description": "What stands after `data:` of one event.",
            "contentMediaType": "application/json",
            "contentSchema": data,
        } } },
    });
    responses.insert("200".to_owned(), events);
    json!({ "get": {
        "operationId": id,
        "tags": [info.name],
        "summary": summary,
        "description": doc,
        "parameters": parameters,
        "responses": responses,
    } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_sentence_in_one_line() {
        assert_eq!(
            summary("Reserve a\nroom. The price is fixed.\n\nMore.", "reserve"),
            "Reserve a room"
        );
        assert_eq!(summary("", "reserve"), "reserve");
        assert_eq!(summary(&"x".repeat(500), "reserve").chars().count(), 120);
    }
}
