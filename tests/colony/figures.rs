//! What all nodes do, and the way of a request through them, as the `skep` program shows them.

use serde_json::{Value, json};

use crate::operator::run;
use crate::town::{Bell, Ring, Town, within};

#[tokio::test]
async fn how_long_turns_take_is_told_of_every_node() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    for _ in 0..3 {
        let rung = square.get::<Bell>().ask(Ring { strokes: 1 }).await;
        rung.expect("the tower answers");
    }
    let url = town.server.url();
    let listed = run(&url, &["list", "--json"]).await.json();
    let capabilities = listed["capabilities"].as_array().expect("capabilities");
    let of = |name: &str| {
        let mut all = capabilities.iter();
        all.find(|one| one["name"] == name).expect("it is listed")
    };
    let bell = of("bell");
    for latency in [&bell["latency"], &bell["hosts"][0]["latency"]] {
        assert!(latency["p99_us"].as_f64() > Some(0.0), "{bell:#}");
    }
    assert_eq!(
        of("criers")["latency"],
        Value::Null,
        "nobody says: {listed:#}"
    );
    let top = run(&url, &["top", "--once", "--interval", "1ms", "--json"]).await;
    let rows = top.json();
    let rows = rows["capabilities"].as_array().expect("rows").clone();
    let row = rows.iter().find(|row| row["capability"] == "bell");
    let row = row.expect("the bell is shown");
    assert!(
        row["p50_us"].as_f64() > Some(0.0) && row["actors"] == 1,
        "{row:#}"
    );
    square.stop().await;
    tower.stop().await;
}

#[tokio::test]
async fn the_way_of_a_request_is_put_together_from_all_nodes() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    let url = town.server.url();
    let asked = run(&url, &["request", "bell.ring", r#"{"strokes": 1}"#]).await;
    assert_eq!(asked.code, Some(0), "{asked:#?}");
    let listed = run(&url, &["trace", "--json"]).await.json();
    let mut traces = listed["traces"].as_array().expect("traces").iter();
    let ring = traces.find(|trace| trace["message"] == "ring");
    let ring = ring.unwrap_or_else(|| panic!("it was traced: {listed:#}"));
    let id = ring["trace"].as_str().expect("an id");
    let steps = within(async {
        loop {
            let shown = run(&url, &["trace", &id[..8], "--json"]).await.json();
            let spans = shown["spans"].as_array().expect("spans");
            let steps = spans.iter();
            let steps = steps.map(|span| (span["capability"].clone(), span["kind"].clone()));
            // Whoever listens has its turn later.
            if spans.len() > 1 {
                break steps.collect::<Vec<_>>();
            }
        }
    })
    .await;
    let expected = [("bell", "call"), ("ears", "event")];
    assert_eq!(
        steps,
        expected.map(|(name, kind)| (json!(name), json!(kind)))
    );
    let unknown = run(&url, &["trace", "ffffffffffffffffffffffffffffffff"]).await;
    assert_eq!(unknown.code, Some(65), "{unknown:#?}");
    square.stop().await;
    tower.stop().await;
}
