//! The effective configuration in its three forms.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// The rows of the table that are meant.
fn rows(config: &Config, is_meant: impl Fn(&&str) -> bool) -> String {
    let table = config.effective().to_table();
    table
        .lines()
        .filter(is_meant)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_table_has_every_key_of_the_server() {
    let config =
        Config::load(&Sources::of("hotel"), &Schemas::platform()).expect("defaults are valid");
    insta::assert_snapshot!(rows(&config, |row| row.starts_with("nats.")), @r#"
    nats.bundles                   true              default
    nats.credentials               -                 default
    nats.monitoring                -                 default
    nats.namespace                 -                 default
    nats.nkey                      -                 default
    nats.password                  -                 default
    nats.replicas                  1                 default
    nats.servers                   []                default
    nats.tls.ca                    -                 default
    nats.tls.certificate           -                 default
    nats.tls.key                   -                 default
    nats.token                     -                 default
    nats.user                      -                 default
    "#);
}

#[test]
fn the_table_has_every_key_of_capabilities() {
    let config =
        Config::load(&Sources::of("hotel"), &Schemas::platform()).expect("defaults are valid");
    insta::assert_snapshot!(rows(&config, |row| row.starts_with("defaults.")), @r#"
    defaults.breaker.failures      0                 default
    defaults.breaker.open_for      "5s"              default
    defaults.breaker.within        "10s"             default
    defaults.calls_at_once         0                 default
    defaults.deadline              "5s"              default
    defaults.delivery.attempts     8                 default
    defaults.delivery.backoff_max  "30s"             default
    defaults.delivery.backoff_min  "100ms"           default
    defaults.durability            "local"           default
    defaults.event_log             10000             default
    defaults.idle_after            "5m"              default
    defaults.inbox_retention       "24h"             default
    defaults.instances             0                 default
    defaults.mailbox               64                default
    defaults.message_size          "1000KiB"         default
    defaults.outbox_limit          1000000           default
    defaults.placement             "local"           default
    defaults.restart.backoff_max   "10s"             default
    defaults.restart.backoff_min   "100ms"           default
    defaults.restart.budget        10                default
    defaults.restart.down_for      "30s"             default
    defaults.restart.within        "1m"              default
    defaults.retries               0                 default
    "#);
}

#[test]
fn the_table_has_every_key_with_value_and_origin() {
    let sources = Sources::of("hotel")
        .set("store.engine=fjall")
        .env([("HOTEL_LOG__LEVEL", "debug")]);
    let config = Config::load(&sources, &Schemas::platform()).expect("a valid configuration");
    let is_meant = |row: &&str| !row.starts_with("nats.") && !row.starts_with("defaults.");
    insta::assert_snapshot!(rows(&config, is_meant), @r#"
    KEY                            VALUE             FROM
    admin.enabled                  true              default
    admin.file                     -                 default
    admin.listen                   "127.0.0.1:0"     default
    gateway.connections            1024              default
    gateway.cors_origins           []                default
    gateway.deadline_max           "1m"              default
    gateway.enabled                true              default
    gateway.expose                 []                default
    gateway.listen                 "127.0.0.1:4080"  default
    gateway.page                   true              default
    gateway.rate_burst             100               default
    gateway.rate_limit             0                 default
    gateway.receive_timeout        "10s"             default
    gateway.workers                1                 default
    log.capabilities               {}                default
    log.format                     "auto"            default
    log.level                      "debug"           HOTEL_LOG__LEVEL
    log.recent                     1000              default
    metrics.enabled                true              default
    runtime.arbiters               0                 default
    runtime.blocking_threads       0                 default
    runtime.seed                   -                 default
    runtime.shutdown_deadline      "30s"             default
    store.cache                    "64MiB"           default
    store.engine                   "fjall"           --set
    store.group_batches            256               default
    store.group_bytes              "4MiB"            default
    store.path                     "./data"          default
    store.watchdog                 "30s"             default
    trace.otlp                     -                 default
    trace.recent                   10000             default
    trace.sample                   0.01              default
    "#);
}

#[test]
fn json_rows_carry_typed_values_and_origins() {
    let file = written("[runtime]\narbiters = 2\n");
    let config =
        Config::load(&Sources::of("hotel").file(&file.path), &hotel()).expect("a valid file");
    let rows = config.effective().to_json();
    let row = |key: &str| {
        rows.as_array()
            .and_then(|rows| rows.iter().find(|row| row["key"] == key))
            .expect(key)
    };
    let origin = serde_json::json!({ "from": "file", "path": file.path, "line": 2, "column": 1 });
    assert_eq!(row("runtime.arbiters")["value"], 2);
    assert_eq!(row("runtime.arbiters")["origin"], origin);
    assert_eq!(row("runtime.seed")["value"], serde_json::Value::Null);
    assert_eq!(row("store.path")["origin"]["from"], "default");
}

#[test]
fn the_schema_document_describes_the_whole_file() {
    let schemas = hotel();
    let document = schemas.document();
    let described = |pointer: &str| {
        document
            .pointer(pointer)
            .unwrap_or_else(|| unreachable!("no {pointer}"))
            .clone()
    };
    assert_eq!(
        described("/properties/defaults/properties/mailbox/minimum"),
        1
    );
    assert_eq!(
        described("/properties/capabilities/properties/payments/additionalProperties"),
        false
    );
    assert_eq!(
        described("/properties/store/properties/path/default"),
        "./data"
    );
    let manual =
        described("/properties/capabilities/properties/payments/properties/deadline/description");
    assert!(
        manual
            .as_str()
            .is_some_and(|text| text.contains("Default \"5s\"")),
        "{manual}"
    );
}

#[test]
fn every_documented_default_is_the_real_one() {
    let document = Schemas::platform();
    for (path, property) in documented(document.document(), "") {
        let text = property["description"]
            .as_str()
            .unwrap_or_default()
            .replace('\n', " ");
        let Some((_, said)) = text.split_once("Default ") else {
            continue;
        };
        let said = said.trim_start_matches("Default ");
        let real: String = property["default"].to_string();
        let same = match real.trim_matches('"').parse::<HumanDuration>() {
            Ok(real) => said.split('"').nth(1).and_then(|said| said.parse().ok()) == Some(real),
            Err(_) => said.starts_with(&real),
        };
        assert!(same, "{path}: says {said:?}, is {real}");
    }
}

fn documented(schema: &serde_json::Value, path: &str) -> Vec<(String, serde_json::Value)> {
    let mut found = Vec::new();
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        found.extend(documented(property, &path));
        found.push((path, property.clone()));
    }
    found
}

/// Lines of a file with any valid value for some keys.
fn any_file() -> impl Strategy<Value = String> {
    let durations = (1_u64..86_400_000)
        .prop_map(|millis| format!("\"{}\"", HumanDuration::from_millis(millis)));
    let sizes = (1_048_576_u64..1 << 40).prop_map(|bytes| format!("\"{}\"", ByteSize::new(bytes)));
    let text = "[ -~äß€]{1,12}".prop_map(|text| toml::Value::String(text).to_string());
    let engine = prop_oneof![Just("\"sled\""), Just("\"fjall\"")];
    let seed = 0..=i64::MAX;
    let rate = prop::num::f64::NORMAL.prop_map(|rate| toml::Value::Float(rate).to_string());
    let limits = prop::collection::btree_map("[a-z.\\- ]{1,6}", any::<u32>(), 0..3);
    (durations, sizes, text, engine, seed, rate, limits).prop_map(
        |(time, size, path, engine, seed, rate, limits)| {
            let mut text = format!(
                "runtime.seed = {seed}\ndefaults.deadline = {time}\nstore.cache = {size}\n"
            );
            let _ = writeln!(text, "store.path = {path}\nstore.engine = {engine}");
            let _ = writeln!(text, "capabilities.payments.settings.rate = {rate}");
            for (key, limit) in limits {
                let key = toml::Value::String(key);
                let _ = writeln!(
                    text,
                    "capabilities.payments.settings.limits.{key} = {limit}"
                );
            }
            text
        },
    )
}

proptest! {
    #[test]
    fn what_is_printed_loads_as_the_same_again(text in any_file()) {
        let first = load(&text).expect("a valid file");
        let second = load(&first.effective().to_toml()).expect("a printed file is valid");
        let values = |config: &Config| -> Vec<(String, Option<toml::Value>)> {
            config.effective().rows().iter().map(|row| (row.key.clone(), row.value.clone())).collect()
        };
        prop_assert_eq!(values(&first), values(&second));
        let payments = |config: &Config| config.capability("payments").expect("a capability");
        prop_assert_eq!(payments(&first), payments(&second));
    }

    #[test]
    fn a_printed_duration_reads_back_as_itself(secs in any::<u64>(), nanos in 0_u32..1_000_000_000) {
        let duration = HumanDuration::from(std::time::Duration::new(secs, nanos));
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
    }

    #[test]
    fn a_printed_size_reads_back_as_itself(bytes in any::<u64>()) {
        let size = ByteSize::new(bytes);
        prop_assert_eq!(size.to_string().parse(), Ok(size));
    }
}

#[test]
fn the_example_file_names_every_key_of_the_platform() {
    let text = fs::read_to_string("config/monolith.toml").expect("the example file");
    for path in Schemas::platform().shape().paths() {
        let key = path.last().expect("a path has a key");
        let named = text.contains(&format!("{key} = ")) || text.contains(&format!("{key}]"));
        assert!(
            named || key == "capabilities",
            "config/monolith.toml says nothing about {}",
            path.join(".")
        );
    }
}

#[test]
fn the_example_file_shows_the_defaults() {
    let text = fs::read_to_string("config/monolith.toml").expect("the example file");
    let sections = text
        .split("\n[capabilities")
        .next()
        .expect("the part before the capabilities");
    let example = load(sections).expect("a valid example");
    let nothing = load("").expect("defaults are valid");
    fn same<T: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(
        section: &str,
        a: &Config,
        b: &Config,
    ) {
        let read = |config: &Config| config.section::<T>(section).expect("a section");
        assert_eq!(read(a), read(b));
    }
    same::<RuntimeSettings>("runtime", &example, &nothing);
    same::<StoreSettings>("store", &example, &nothing);
    same::<GatewaySettings>("gateway", &example, &nothing);
    same::<AdminSettings>("admin", &example, &nothing);
    same::<LogSettings>("log", &example, &nothing);
    same::<MetricsSettings>("metrics", &example, &nothing);
    same::<TraceSettings>("trace", &example, &nothing);
    same::<NatsSettings>("nats", &example, &nothing);
    same::<std::collections::BTreeMap<String, NodeSettings>>("nodes", &example, &nothing);
    same::<CapabilitySettings>("defaults", &example, &nothing);
}
