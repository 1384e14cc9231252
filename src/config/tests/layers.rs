//! Which source wins, and that every value knows its own.

use super::*;

#[test]
fn each_layer_wins_over_the_one_below_and_is_named_as_the_origin() {
    let file = written("[store]\ncache = \"1MiB\"\npath = \"file\"\nengine = \"fjall\"\n");
    let sources = Sources::of("hotel")
        .file(&file.path)
        .env([
            ("HOTEL_STORE__PATH", "env"),
            ("HOTEL_STORE__ENGINE", "sled"),
            ("PATH", "/bin"),
        ])
        .set("store.engine=fjall");
    let config = Config::load(&sources, &hotel()).expect("a valid configuration");

    let store: StoreSettings = config.section("store").expect("a valid section");
    assert_eq!(
        (store.engine, store.path, store.cache),
        (Engine::Fjall, "env".into(), ByteSize::mib(1))
    );
    assert_eq!(store.group_batches, 256);

    let origin = |key: &str| config.origin(key).expect("a known key");
    assert_eq!(origin("store.group_batches"), Origin::Default);
    assert_eq!(
        origin("store.cache"),
        Origin::File {
            path: file.path,
            line: 2,
            column: 1
        }
    );
    assert_eq!(
        origin("store.path"),
        Origin::Env {
            var: "HOTEL_STORE__PATH".into()
        }
    );
    assert_eq!(
        origin("store.engine"),
        Origin::Flag {
            flag: "--set".into()
        }
    );
}

#[test]
fn a_preset_is_below_every_other_source_and_named_after_the_application() {
    let file = written("[store]\npath = \"file\"\n");
    let sources = Sources::of("hotel")
        .preset("store.path", "preset")
        .preset("store.cache", "1MiB")
        .preset("store.engine", "fjall")
        .preset("gateway.expose", "[\"search\"]")
        .file(&file.path)
        .env([("HOTEL_STORE__CACHE", "2MiB")]);
    let config = Config::load(&sources, &hotel()).expect("a valid configuration");

    let store: StoreSettings = config.section("store").expect("a valid section");
    assert_eq!(
        (store.path, store.cache, store.engine),
        ("file".into(), ByteSize::mib(2), Engine::Fjall)
    );
    let gateway: GatewaySettings = config.section("gateway").expect("a valid section");
    assert_eq!(gateway.expose, ["search"]);
    let origin = config.origin("gateway.expose").expect("a known key");
    assert_eq!(origin.to_string(), "default of hotel");
    let rows = config.effective().to_json();
    let row = rows
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["key"] == "store.engine"));
    assert_eq!(
        row.map(|row| row["origin"].clone()),
        Some(serde_json::json!({ "from": "preset", "application": "hotel" }))
    );
}

#[test]
fn a_wrong_preset_is_told_as_the_applications_own() {
    let sources = Sources::of("hotel")
        .preset("store.pth", "x")
        .preset("store.engine", "leveldb")
        .preset("not a key", "1");
    let problems = Config::load(&sources, &hotel()).expect_err("three mistakes");
    let text = problems.to_string();
    assert_eq!(problems.codes().len(), 3, "{text}");
    assert!(text.contains("--> default of hotel"), "{text}");
    assert!(text.contains("preset store.pth="), "{text}");
    assert!(text.contains("`path`"), "the nearest key: {text}");
}

#[test]
fn what_a_table_of_the_file_lacks_is_told_at_the_file_although_the_table_has_a_preset() {
    let file = written("[capabilities.notifications.settings]\nport = 25\n");
    let sources = Sources::of("hotel")
        .preset("capabilities.notifications.settings.password", "secret")
        .file(&file.path);
    let problems = Config::load(&sources, &hotel_with_mail()).expect_err("no host");
    let origins: Vec<_> = problems.iter().map(Problem::origin).collect();
    assert!(
        matches!(origins.as_slice(), [Origin::File { line: 1, .. }]),
        "{origins:?}: {problems}"
    );
    assert!(!problems.to_string().contains("\"secret\""), "{problems}");
}

#[test]
fn the_last_flag_wins_and_a_named_flag_keeps_its_name() {
    let sources = Sources::of("hotel")
        .set("store.path=a")
        .flag("store.path", "b", "--data");
    let config = Config::load(&sources, &hotel()).expect("a valid configuration");
    assert_eq!(
        config.origin("store.path"),
        Some(Origin::Flag {
            flag: "--data".into()
        })
    );
    assert_eq!(
        config
            .section::<StoreSettings>("store")
            .expect("a section")
            .path,
        PathBuf::from("b")
    );
}

#[test]
fn no_file_and_an_empty_file_are_the_defaults() {
    let nothing = Config::load(&Sources::of("hotel"), &hotel()).expect("defaults are valid");
    let empty = load("").expect("an empty file is valid");
    assert_eq!(nothing.effective(), empty.effective());
    assert_eq!(
        nothing
            .section::<RuntimeSettings>("runtime")
            .expect("a section"),
        RuntimeSettings::default()
    );
    assert_eq!(
        nothing.section::<LogSettings>("log").expect("a section"),
        LogSettings::default()
    );
    assert_eq!(
        nothing.capability("payments").expect("a capability"),
        CapabilitySettings::default()
    );
}

#[test]
fn a_capability_takes_over_from_the_defaults_what_it_does_not_set() {
    let text = "[defaults]\nmailbox = 7\ninstances = 3\nrestart = { budget = 1, within = \"9s\" }\n\
                [capabilities.payments]\nrestart.budget = 2\n";
    let config = load(text).expect("a valid file");
    let payments = config.capability("payments").expect("a capability");
    assert_eq!((payments.mailbox, payments.restart.budget), (7, 2));
    assert_eq!(payments.restart.within, HumanDuration::from_secs(9));
    assert_eq!(
        payments.instances, 0,
        "the key means nothing for this capability"
    );
    let line_of = |key: &str| match config.origin(key) {
        Some(Origin::File { line, .. }) => line,
        other => unreachable!("{key} comes from the file, not from {other:?}"),
    };
    assert_eq!(line_of("capabilities.payments.mailbox"), 2);
    assert_eq!(line_of("capabilities.payments.restart.budget"), 6);
    assert_eq!(
        config.origin("capabilities.payments.deadline"),
        Some(Origin::Default)
    );
    assert_eq!(config.origin("capabilities.payments.instances"), None);
}

#[test]
fn a_value_from_outside_the_file_has_the_type_that_the_schema_wants() {
    let sources = Sources::of("hotel")
        .env([
            ("HOTEL_RUNTIME__SEED", "42"),
            ("HOTEL_STORE__PATH", "42"),
            ("HOTEL_DEFAULTS__RESTART", "{ budget = 3, within = \"5s\" }"),
            ("HOTEL_CAPABILITIES__PAYMENTS__SETTINGS__LIMITS__EUR", "7"),
        ])
        .set("capabilities.payments.settings.rate=2")
        .set("defaults.deadline=250ms");
    let config = Config::load(&sources, &hotel()).expect("a valid configuration");
    assert_eq!(
        config
            .section::<RuntimeSettings>("runtime")
            .expect("a section")
            .seed,
        Some(42)
    );
    assert_eq!(
        config
            .section::<StoreSettings>("store")
            .expect("a section")
            .path,
        PathBuf::from("42")
    );
    let defaults: CapabilitySettings = config.section("defaults").expect("a section");
    assert_eq!(
        (defaults.restart.budget, defaults.deadline),
        (3, HumanDuration::from_millis(250))
    );
    let payments: PaymentSettings = config
        .section("capabilities.payments.settings")
        .expect("a section");
    assert_eq!((payments.limits["eur"], payments.rate), (7, Some(2.0)));
}

#[test]
fn a_dash_in_a_name_is_an_underscore_in_the_environment() {
    let schemas = Schemas::platform().capability("rate-limit", &[]);
    let sources =
        Sources::of("my-hotel").env([("MY_HOTEL_CAPABILITIES__RATE_LIMIT__MAILBOX", "9")]);
    let config = Config::load(&sources, &schemas).expect("a valid configuration");
    assert_eq!(
        config
            .capability("rate-limit")
            .expect("a capability")
            .mailbox,
        9
    );
}

#[test]
fn variables_that_the_caller_names_are_no_settings() {
    let env = [
        ("HOTEL_CONFIG", "x.toml"),
        ("HOTEL_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("HOTELIER", "Ritz"),
    ];
    let sources = Sources::of("hotel")
        .env(env)
        .ignore_env(["HOTEL_CONFIG", "HOTEL_PORT*"]);
    assert!(Config::load(&sources, &hotel()).is_ok());
}

#[test]
fn a_tagged_choice_may_be_split_over_layers() {
    let file =
        written("[capabilities.payments.settings]\nretry = { kind = \"growing\", factor = 2 }\n");
    let variable = ("HOTEL_CAPABILITIES__PAYMENTS__SETTINGS__RETRY__FROM", "2s");
    let sources = Sources::of("hotel").file(&file.path).env([variable]);
    let config = Config::load(&sources, &hotel()).expect("a valid configuration");
    let settings: PaymentSettings = config
        .section("capabilities.payments.settings")
        .expect("a section");
    assert_eq!(
        settings.retry,
        Retry::Growing {
            from: HumanDuration::from_secs(2),
            factor: 2
        }
    );
}
