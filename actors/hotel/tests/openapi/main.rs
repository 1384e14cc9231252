//! The hotel's OpenAPI document: what it says is what was agreed, holds together, and shows examples that are fine.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

mod served;

use std::path::Path;

use serde_json::{Value, json};
use served::document;

/// Named to renew the document that is kept here.
const RENEW: &str = "SKEP_RENEW_OPENAPI";

/// What guests may use is a promise to them: a change of it is seen here first.
#[test]
fn what_guests_may_use_is_what_is_kept_here() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi/guests.json");
    let served = document(&[]);
    let written =
        |document: &Value| serde_json::to_string_pretty(document).expect("it is JSON") + "\n";
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, written(&served)).expect("it can be kept");
    }
    let kept = std::fs::read_to_string(&path).expect("it is kept");
    let kept: Value = serde_json::from_str(&kept).expect("it is JSON");
    let (now, before) = (written(&served), written(&kept));
    let mut lines = now.lines().zip(before.lines()).zip(1..);
    let differs = lines.find(|((now, before), _)| now != before);
    assert!(
        served == kept,
        "the document is not the one in {path} any more, from here on (now, before, line): {differs:#?}\n\
         if that is meant: {RENEW}=1 cargo test -p hotel --test openapi, and tell clients in CHANGELOG.md",
        path = path.display(),
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document(&["gateway.expose=[\"*\"]"]);
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(
        references.len() > 100,
        "only {} references",
        references.len()
    );
    for reference in references {
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference} leads elsewhere"));
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_message_has_an_example_that_fits_and_so_has_every_key() {
    let document = document(&["gateway.expose=[\"*\"]"]);
    let paths = document["paths"].as_object().expect("there are paths");
    let posts = paths
        .iter()
        .filter_map(|(path, item)| Some((path, item.get("post")?)));
    let mut num_messages = 0;
    for (path, post) in posts {
        let content = &post["requestBody"]["content"]["application/json"];
        fits(&document, content, path);
        let parameters = post["parameters"].as_array().expect("a list");
        for key in parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
        {
            fits(&document, key, path);
        }
        num_messages += 1;
    }
    assert!(num_messages > 10, "only {num_messages} messages");
}

fn fits(document: &Value, shown: &Value, path: &str) {
    let example = shown
        .get("example")
        .unwrap_or_else(|| panic!("{path} has no example: {shown}"));
    let schema = json!({ "components": document["components"], "allOf": [shown["schema"]] });
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let mistakes: Vec<String> = validator
        .iter_errors(example)
        .map(|error| error.to_string())
        .collect();
    assert!(mistakes.is_empty(), "{path}: {example}: {mistakes:?}");
}

fn collect<'d>(value: &'d Value, references: &mut Vec<&'d str>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}
