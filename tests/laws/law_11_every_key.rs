//! Law 11: which test shows the effect of which key of the configuration.

use std::collections::BTreeSet;

use serde_json::Value;
use skep::Runtime;

use crate::city::House;
use crate::settings::Fussy;

/// Each key, the module of the test that shows its effect, and the test.
const SHOWN: &[(&str, &str, &str)] = &[
    (
        "runtime.arbiters",
        "law_11",
        "there_are_as_many_stateless_actors_as_arbiters_unless_something_is_said",
    ),
    (
        "runtime.blocking_threads",
        "engine",
        "as_many_turns_block_at_a_time_as_there_are_threads_for_them",
    ),
    (
        "runtime.shutdown_deadline",
        "law_10",
        "stopping_takes_no_longer_than_its_deadline",
    ),
    (
        "runtime.seed",
        "law_11",
        "the_same_seed_gives_the_same_random_numbers",
    ),
    (
        "store.engine",
        "law_11",
        "a_store_is_opened_with_the_engine_that_is_named",
    ),
    ("store.path", "law_11", "a_store_lies_where_its_path_says"),
    (
        "store.group_batches",
        "law_11",
        "no_more_turns_share_a_sync_than_group_batches_says",
    ),
    (
        "store.group_bytes",
        "law_11",
        "no_more_bytes_share_a_sync_than_group_bytes_says",
    ),
    (
        "store.watchdog",
        "law_11",
        "a_store_that_hangs_for_longer_than_the_watchdog_waits_has_failed",
    ),
    (
        "defaults.deadline",
        "law_03",
        "a_capability_may_be_given_another_deadline",
    ),
    (
        "defaults.mailbox",
        "law_11",
        "what_defaults_say_holds_for_all_and_a_capability_may_say_otherwise",
    ),
    (
        "defaults.message_size",
        "law_01",
        "a_message_over_the_limit_is_refused_undelivered",
    ),
    (
        "defaults.placement",
        "law_11",
        "a_placement_in_the_configuration_is_where_calls_run",
    ),
    (
        "defaults.idle_after",
        "engine",
        "an_idle_actor_of_a_key_goes_and_comes_back_with_its_state",
    ),
    (
        "defaults.instances",
        "law_04",
        "stateless_actors_may_call_each_other_until_all_of_them_wait",
    ),
    (
        "defaults.durability",
        "law_07",
        "memory_durability_forgets_with_the_process",
    ),
    (
        "defaults.inbox_retention",
        "law_08_once",
        "the_retention_can_be_set",
    ),
    (
        "defaults.outbox_limit",
        "law_08",
        "a_full_outbox_refuses_turns_that_emit_and_takes_no_actor_down",
    ),
    (
        "defaults.event_log",
        "law_07_log",
        "no_more_events_are_kept_than_event_log_says",
    ),
    (
        "defaults.calls_at_once",
        "law_10_guards",
        "more_calls_than_calls_at_once_wait_with_their_callers",
    ),
    (
        "defaults.retries",
        "law_10_guards",
        "an_idempotent_message_is_sent_again_when_retries_says_so",
    ),
    (
        "defaults.breaker.failures",
        "law_10_guards",
        "so_many_failed_calls_open_the_breaker",
    ),
    (
        "defaults.breaker.within",
        "law_10_guards",
        "failures_that_are_further_apart_than_within_do_not_open_the_breaker",
    ),
    (
        "defaults.breaker.open_for",
        "law_10_guards",
        "an_open_breaker_lets_one_call_try_after_open_for_and_closes_when_it_is_handled",
    ),
    (
        "defaults.delivery.attempts",
        "law_06_dead",
        "an_event_that_keeps_failing_is_put_aside_and_seen",
    ),
    (
        "defaults.delivery.backoff_min",
        "law_11",
        "a_failed_delivery_is_tried_again_after_backoff_min",
    ),
    (
        "defaults.delivery.backoff_max",
        "law_11",
        "deliveries_wait_no_longer_than_backoff_max",
    ),
    (
        "defaults.restart.budget",
        "law_06",
        "a_used_up_budget_takes_the_actor_down_and_says_why",
    ),
    (
        "defaults.restart.within",
        "law_06",
        "old_panics_are_forgiven",
    ),
    (
        "defaults.restart.backoff_min",
        "law_06",
        "later_restarts_wait_longer_and_longer",
    ),
    (
        "defaults.restart.backoff_max",
        "law_06",
        "later_restarts_wait_longer_and_longer",
    ),
    (
        "defaults.restart.down_for",
        "law_06",
        "an_actor_that_was_down_long_enough_is_tried_again",
    ),
    (
        "capabilities.fussing.settings.word",
        "law_11",
        "a_capability_reads_its_own_settings",
    ),
    (
        "metrics.enabled",
        "meters",
        "without_metrics_nothing_is_counted_by_message",
    ),
    (
        "trace.sample",
        "traces",
        "nothing_is_recorded_of_calls_that_are_not_sampled",
    ),
    (
        "trace.recent",
        "traces",
        "only_so_many_spans_are_kept_as_configured",
    ),
    (
        "gateway.enabled",
        "doors_settings",
        "doors_that_are_not_wanted_stay_shut",
    ),
    (
        "gateway.listen",
        "doors_settings",
        "the_api_listens_where_listen_says",
    ),
    (
        "gateway.expose",
        "doors_refusals",
        "what_is_not_exposed_does_not_exist",
    ),
    (
        "gateway.page",
        "doors_settings",
        "without_the_page_only_the_document_shows_the_api",
    ),
    (
        "gateway.deadline_max",
        "doors_limits",
        "a_deadline_may_be_as_long_as_deadline_max_says",
    ),
    (
        "gateway.receive_timeout",
        "doors_limits",
        "a_body_that_does_not_arrive_in_time_is_given_up",
    ),
    (
        "gateway.connections",
        "doors_limits",
        "more_connections_than_allowed_wait_until_one_ends",
    ),
    (
        "gateway.rate_limit",
        "doors_limits",
        "a_caller_over_the_rate_limit_is_told_to_wait",
    ),
    (
        "gateway.rate_burst",
        "doors_limits",
        "a_caller_over_the_rate_limit_is_told_to_wait",
    ),
    (
        "gateway.cors_origins",
        "doors_limits",
        "only_pages_of_known_origins_may_read_answers",
    ),
    (
        "admin.enabled",
        "doors_settings",
        "doors_that_are_not_wanted_stay_shut",
    ),
    (
        "admin.listen",
        "doors_settings",
        "the_operators_door_listens_where_listen_says",
    ),
    (
        "admin.file",
        "doors_settings",
        "the_admin_file_is_in_the_store_unless_it_is_said",
    ),
];

/// Keys whose effect no test of the laws can show, each with the reason.
const SHOWN_ELSEWHERE: &[(&str, &str)] = &[
    (
        "gateway.workers",
        "threads of the HTTP server, of which no answer depends; it is handed over in src/gateway/server.rs",
    ),
    (
        "log.level",
        "logging is of the process, not of one runtime: `a_capability_may_say_more_or_less_than_the_others` in src/observe/log/tests.rs",
    ),
    (
        "log.format",
        "it needs a process: `the_log_is_for_people_or_machines_as_configured` in actors/hotel/tests/cli/main.rs",
    ),
    (
        "log.capabilities",
        "as log.level: `a_capability_may_say_more_or_less_than_the_others` in src/observe/log/tests.rs",
    ),
    (
        "log.recent",
        "as log.level: `the_last_records_are_kept_and_no_more` in src/observe/log/tests.rs",
    ),
    (
        "trace.otlp.endpoint",
        "it needs a collector: `a_span_arrives_with_all_that_it_says` in src/observe/otlp/tests.rs",
    ),
    (
        "trace.otlp.headers",
        "it needs a collector: `headers_are_sent_and_are_no_ones_to_read` in src/observe/otlp/tests.rs",
    ),
    (
        "trace.otlp.timeout",
        "it needs a collector: `an_answer_that_takes_too_long_is_not_waited_for` in src/observe/otlp/tests.rs",
    ),
    (
        "store.cache",
        "an engine's use of memory; it is handed to the engine in src/store/open.rs",
    ),
    (
        "nodes",
        "it takes several processes: `all_nodes_and_a_server_come_up_work_together_and_go_down_in_order` in actors/greeting/tests/commands/up.rs; each key of a node: src/placement/tests/topologies.rs and src/cli/up/tests",
    ),
    (
        "nats.servers",
        "as nodes: that is where its processes find each other",
    ),
    (
        "nats.namespace",
        "the beginning of every subject, as src/transport/nats/subjects.rs makes it",
    ),
    (
        "nats.credentials",
        "it takes a server with accounts; it is handed to the client in src/transport/nats/access.rs",
    ),
    (
        "nats.user",
        "it takes a server with users: `who_has_the_password_gets_in` in tests/split/refusals.rs",
    ),
    ("nats.password", "as nats.user"),
    ("nats.token", "as nats.credentials"),
    ("nats.nkey", "as nats.credentials"),
    (
        "nats.tls.ca",
        "it takes a server with certificates: tests/split/tls.rs",
    ),
    ("nats.tls.certificate", "as nats.tls.ca"),
    ("nats.tls.key", "as nats.tls.ca"),
    (
        "nats.replicas",
        "it takes a cluster of servers: `copies_on_several_servers_hold_it_too` in src/transport/nats/syncing.rs; it is handed to each stream in src/transport/nats/bus/streams.rs",
    ),
    (
        "nats.bundles",
        "what it changes is seen only on the server: `bundles_can_be_switched_off` in src/transport/nats/calls/tests/bundles.rs",
    ),
    (
        "nats.monitoring",
        "it takes servers that sync otherwise than ours: `a_server_that_syncs_now_and_then_is_found_out` in src/transport/nats/syncing.rs, and actors/greeting/tests/commands/servers.rs",
    ),
];

const SOURCES: &[(&str, &str)] = &[
    ("engine", include_str!("engine.rs")),
    ("law_01", include_str!("law_01_one_semantics.rs")),
    ("law_03", include_str!("law_03_deadlines.rs")),
    ("law_04", include_str!("law_04_one_turn_at_a_time.rs")),
    ("law_06", include_str!("law_06_panics.rs")),
    ("law_06_dead", include_str!("law_06_dead_letters.rs")),
    ("law_07", include_str!("law_07_a_reply_means_durable.rs")),
    ("law_07_log", include_str!("law_07_event_log.rs")),
    ("law_08", include_str!("law_08_deliveries.rs")),
    ("law_08_once", include_str!("law_08_effectively_once.rs")),
    ("law_10_guards", include_str!("law_10_guards.rs")),
    ("law_10", include_str!("law_10_safe_by_default.rs")),
    ("law_11", include_str!("law_11_no_inert_setting.rs")),
    ("meters", include_str!("meters.rs")),
    ("traces", include_str!("traces.rs")),
    ("doors_limits", include_str!("../doors/limits.rs")),
    ("doors_refusals", include_str!("../doors/refusals.rs")),
    ("doors_settings", include_str!("../doors/settings.rs")),
];

/// The dotted paths of all keys below a section.
fn keys(path: &str, schema: &Value, found: &mut BTreeSet<String>) {
    let Some(properties) = schema["properties"].as_object() else {
        found.insert(path.to_owned());
        return;
    };
    for (name, key) in properties {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        keys(&path, key, found);
    }
}

/// `[capabilities.<name>]` takes the keys of `[defaults]`, so that one test shows both; `[log.capabilities]` the name of
/// each capability, `[nodes]` any name of a node.
fn known_keys() -> BTreeSet<String> {
    let builder = Runtime::builder().with::<Fussy>().with::<House>();
    let mut found = BTreeSet::new();
    keys("", builder.schemas().document(), &mut found);
    found
        .into_iter()
        .filter(|key| !key.starts_with("capabilities.") || key.contains(".settings."))
        .filter(|key| !key.starts_with("log.capabilities."))
        .chain(["log.capabilities", "nodes"].map(str::to_owned))
        .collect()
}

#[test]
fn every_key_has_a_test_that_shows_its_effect() {
    let shown = SHOWN.iter().map(|(key, ..)| *key);
    let elsewhere = SHOWN_ELSEWHERE.iter().map(|(key, _)| *key);
    let named: BTreeSet<String> = shown.chain(elsewhere).map(str::to_owned).collect();
    assert_eq!(known_keys(), named);
}

#[test]
fn every_test_that_is_named_exists() {
    for (key, module, test) in SHOWN {
        let source = SOURCES.iter().find(|(name, _)| name == module);
        let (_, text) = source.expect("the module is among the sources");
        assert!(
            text.contains(&format!("fn {test}(")),
            "{key}: no test {test} in {module}"
        );
    }
}

#[test]
fn a_capability_takes_every_key_that_means_something_for_it() {
    let document = Runtime::builder()
        .with::<House>()
        .schemas()
        .document()
        .clone();
    let mut own = BTreeSet::new();
    keys(
        "",
        &document["properties"]["capabilities"]["properties"]["houses"],
        &mut own,
    );
    let mut all = BTreeSet::new();
    keys("", &document["properties"]["defaults"], &mut all);
    all.remove("instances");
    assert_eq!(own, all, "it is keyed and durable");
}
