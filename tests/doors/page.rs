//! The page and the document at the application's door: who may see them, how they are asked for, and what keeps the page to itself.

use skep::testing::Colony;

use crate::client::{get, request};
use crate::house::open;

const FILES: &[&str] = &["/", "/page/main.js", "/page/page.css", "/page/icon.svg"];

#[skep::test(real_time)]
async fn the_page_may_load_nothing_from_elsewhere_and_stand_in_no_frame(colony: Colony) {
    let house = open(colony).await;
    for file in FILES {
        let reply = house.send(&get(file));
        let policy = reply.header("content-security-policy").unwrap_or_default();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{file}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{file}: {policy}");
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{file}"
        );
        assert_eq!(
            reply.header("referrer-policy"),
            Some("no-referrer"),
            "{file}"
        );
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn page_and_document_are_looked_at_and_nothing_else(colony: Colony) {
    let house = open(colony).await;
    for path in FILES.iter().chain(&["/openapi.json"]) {
        let whole = house.send(&get(path));
        let head = house.send(&request("HEAD", path));
        assert_eq!(head.status, 200, "{path}");
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), whole.header(name), "{path}");
        }
        for method in ["POST", "PUT", "DELETE"] {
            let refused = house.send(&request(method, path));
            refused.problem(405, "method_not_allowed");
            assert_eq!(
                refused.header("allow"),
                Some("GET, HEAD"),
                "{method} {path}"
            );
        }
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn every_probe_answers_with_the_media_type_of_the_document(colony: Colony) {
    let house = open(colony).await;
    let document = house.send(&get("/openapi.json")).value();
    for path in ["/health/live", "/health/ready", "/metrics", "/openapi.json"] {
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        let documented: Vec<&String> = content
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
            .collect();
        let reply = house.send(&get(path));
        let media_type = reply.header("content-type").unwrap_or_default();
        assert_eq!(documented, [media_type], "{path}");
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn the_example_of_every_message_is_one_that_the_door_lets_in(colony: Colony) {
    let house = open(colony).await;
    let document = house.send(&get("/openapi.json")).value();
    let paths = document["paths"].as_object().expect("there are paths");
    let mut num_sent = 0;
    for (path, item) in paths {
        let example = &item["post"]["requestBody"]["content"]["application/json"]["example"];
        // A message that waits at a gate of these tests, or breaks something, is let in just as well.
        if example.is_null() || path.ends_with("/wait") || path.ends_with("/smash") {
            continue;
        }
        let reply = house.post(&path.replace("{owner}", "ada"), example);
        assert_eq!(reply.status, 200, "{path}: {example}: {}", reply.value());
        num_sent += 1;
    }
    assert!(num_sent >= 4, "{num_sent}");
    house.close().await;
}
