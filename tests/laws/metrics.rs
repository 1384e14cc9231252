//! What `/metrics` shows: all that is documented, nothing else, and the right numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use skep::Runtime;
use skep::observe::metrics::Metrics;
use skep::testing::Colony;

use crate::counter::{Add, AddAndFail, AddLater, Counter, Counting};
use crate::gate::Fuse;
use crate::ledger::{Ledger, Ledgers, Spoil};
use crate::metrics_page::Page;

const DOCUMENT: &str = include_str!("../../docs/metrics.md");
const DASHBOARD: &str = include_str!("../../docs/grafana-dashboard.json");

/// A metric as `docs/metrics.md` has it.
struct Documented {
    kind: String,
    labels: BTreeSet<String>,
    help: String,
}

/// The rows of the table, by the names of their metrics.
fn documented() -> BTreeMap<String, Documented> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let labels = cells[3]
            .split(',')
            .map(|label| label.trim().trim_matches('`').to_owned());
        let row = Documented {
            kind: cells[2].to_owned(),
            labels: labels.filter(|label| !label.is_empty()).collect(),
            help: cells[4].to_owned(),
        };
        (cells[1].trim_matches('`').to_owned(), row)
    });
    rows.collect()
}

fn page(runtime: &Runtime) -> Page {
    Page::read(&Metrics::new(runtime, "hotel", "1.2.3").text())
}

/// One turn that is remembered, one that is refused, one that panics; a timer.
async fn busy(colony: Colony) -> Runtime {
    let colony = colony
        .with::<Counter>()
        .with::<Ledger>()
        .set("capabilities.counting.breaker.failures=1000")
        .set("capabilities.counting.calls_at_once=1000")
        .set("capabilities.counting.retries=1");
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    counting
        .ask(Add { number: 1 })
        .id(skep::MessageId::of_text("once"))
        .await
        .expect("a reply");
    for panic in [false, true] {
        counting
            .ask(AddAndFail { panic })
            .await
            .expect_err("it fails");
    }
    let hour_ms = 3_600_000;
    counting
        .ask(AddLater {
            number: 1,
            ms: hour_ms,
        })
        .await
        .expect("a reply");
    runtime
}

#[skep::test(in_process = "each process has a page of its own")]
async fn every_metric_is_documented_as_it_is(colony: Colony) {
    let runtime = busy(colony).await;
    let documented = documented();
    let mut told = BTreeSet::new();
    for (name, family) in &page(&runtime).families {
        let ends = if family.kind == "counter" {
            "_total"
        } else {
            ""
        };
        let name = format!("{name}{ends}");
        let row = documented
            .get(&name)
            .unwrap_or_else(|| panic!("{name} is not documented"));
        assert_eq!(row.kind, family.kind, "{name}");
        assert!(
            row.help.starts_with(family.help.trim_end_matches('.')),
            "{name}: {} / {}",
            row.help,
            family.help
        );
        for sample in &family.samples {
            let labels = sample.labels.keys().filter(|label| *label != "le").cloned();
            assert_eq!(labels.collect::<BTreeSet<_>>(), row.labels, "{name}");
        }
        assert!(!family.samples.is_empty(), "{name}");
        told.insert(name);
    }
    let only_linux = |name: &&String| cfg!(target_os = "linux") || !name.starts_with("process_");
    let missing: Vec<_> = documented
        .keys()
        .filter(only_linux)
        .filter(|name| !told.contains(*name))
        .collect();
    assert!(missing.is_empty(), "documented, but not there: {missing:?}");
}

#[skep::test(in_process = "each process has a page of its own")]
async fn turns_and_rows_are_counted(colony: Colony) {
    let runtime = busy(colony).await;
    assert!(runtime.settled(Duration::from_secs(60)).await);
    let page = page(&runtime);
    let turns = |message, outcome| {
        let labels = [
            ("capability", "counting"),
            ("message", message),
            ("outcome", outcome),
        ];
        let inline = |inline| {
            page.value(
                "skep_turns_total",
                &[&labels[..], &[("inline", inline)]].concat(),
            )
        };
        inline("true") + inline("false")
    };
    let whole = |number: f64| format!("{number:.0}");
    let found = [
        turns("add", "ok"),
        turns("add_and_fail", "refused"),
        turns("add_and_fail", "panicked"),
        turns("add", "failed"),
    ];
    assert_eq!(found.map(whole), ["1", "1", "1", "0"]);
    let of_counting = |name| whole(page.value(name, &[("capability", "counting")]));
    assert_eq!(of_counting("skep_inbox_records"), "1");
    assert_eq!(of_counting("skep_timers"), "1");
    assert_eq!(of_counting("skep_timer_overdue_seconds"), "0");
    assert_eq!(of_counting("skep_restarts_total"), "1");
    let panics = [("capability", "counting"), ("code", "panicked")];
    assert_eq!(whole(page.value("skep_call_failures_total", &panics)), "1");
    assert_eq!(whole(page.value("skep_ready", &[])), "1");
    assert!(page.value("skep_turn_duration_seconds_count", &[("message", "add")]) >= 1.0);
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_backlog_shows_with_its_age_and_dead_letters_in_the_end(colony: Colony) {
    let colony = colony
        .set("capabilities.ledgers.delivery.backoff_min=1m")
        .set("capabilities.ledgers.delivery.backoff_max=1m")
        .set("capabilities.ledgers.delivery.attempts=2");
    let runtime = colony.with::<Counter>().with::<Ledger>().start().await;
    let fuse = Fuse::new(100);
    let spoil = Spoil {
        number: 1,
        fuse: fuse.name.clone(),
        panic: false,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    runtime
        .get::<Counting>()
        .ask(Add { number: 1 })
        .await
        .expect("a reply");
    let read = |name| page(&runtime).value(name, &[("capability", "counting")]);
    assert!(read("skep_outbox_age_seconds") < 1.0);
    tokio::time::advance(Duration::from_secs(20)).await;
    let age = read("skep_outbox_age_seconds");
    assert!((19.0..29.0).contains(&age), "{age}");
    assert!(read("skep_outbox_messages") > 0.5);
    assert!(runtime.settled(Duration::from_secs(600)).await);
    tokio::time::advance(Duration::from_secs(6)).await;
    assert!(read("skep_outbox_age_seconds") < 0.001);
    assert!((read("skep_dead_letters") - 1.0).abs() < 0.1);
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn rows_are_not_counted_at_every_look(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let timers = || runtime.inventory().capabilities[0].num_timers;
    assert_eq!(timers(), 0);
    let later = AddLater {
        number: 1,
        ms: 3_600_000,
    };
    runtime.get::<Counting>().ask(later).await.expect("a reply");
    assert_eq!(timers(), 0, "the last count still holds");
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(timers(), 1);
}

/// Every expression of the dashboard, variables included.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text)
                        if ["expr", "query", "definition"].contains(&name.as_str()) =>
                    {
                        found.push(text.clone());
                    }
                    member => expressions(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

/// The names of metrics and labels in an expression.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    expression
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$' && c != '"' && c != '.')
}

#[test]
fn the_dashboard_shows_what_there_is() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let documented = documented();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let mut shown = BTreeSet::new();
    for expression in &found {
        let names = words(expression)
            .filter(|word| word.starts_with("skep_") || word.starts_with("process_"));
        for name in names {
            let stem = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            let stem = stem.filter(|stem| {
                documented
                    .get(*stem)
                    .is_some_and(|row| row.kind == "histogram")
            });
            let name = stem.unwrap_or(name);
            assert!(documented.contains_key(name), "{name} in {expression}");
            shown.insert(name.to_owned());
        }
    }
    let hidden: Vec<_> = documented
        .keys()
        .filter(|name| !shown.contains(*name))
        .collect();
    assert!(hidden.is_empty(), "on no panel: {hidden:?}");
}

#[test]
fn the_dashboard_groups_and_selects_by_labels_that_there_are() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let rows = documented();
    let mut known: BTreeSet<&str> = rows
        .values()
        .flat_map(|row| &row.labels)
        .map(String::as_str)
        .collect();
    known.extend(["instance", "le"]);
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    for expression in &found {
        for (at, _) in expression.match_indices(" by (") {
            let inside = expression[at + 5..].split(')').next().unwrap_or_default();
            for label in inside.split(',').map(str::trim) {
                assert!(known.contains(label), "{label} in {expression}");
            }
        }
        for inside in expression.split('{').skip(1) {
            let inside = inside.split('}').next().unwrap_or_default();
            for selector in inside.split(',') {
                let label = selector.split(['=', '!']).next().unwrap_or_default().trim();
                assert!(known.contains(label), "{label} in {expression}");
            }
        }
    }
    let variables = dashboard["templating"]["list"]
        .as_array()
        .expect("variables");
    let names: Vec<_> = variables
        .iter()
        .map(|variable| variable["name"].as_str())
        .collect();
    for name in ["instance", "capability"] {
        assert!(names.contains(&Some(name)), "{names:?}");
    }
}
