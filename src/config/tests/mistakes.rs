//! Every mistake at once, each with its place and what would be right.

use super::*;

#[test]
fn mistakes_of_all_sources_are_reported_at_once_in_order() {
    let file = written("[store]\nenigne = \"sled\"\ncache = 5\n\n[defaults]\nmailbox = 0\n");
    let sources = Sources::of("hotel")
        .file(&file.path)
        .env([("HOTEL_STORE__PAHT", "x"), ("HOTEL_LOG__LEVEL", "loud")])
        .set("store.engine")
        .set("runtime.arbiters=many")
        .flag("defaults.deadline", "5 parsecs", "--deadline");
    let problems = Config::load(&sources, &hotel()).expect_err("eight mistakes");
    let codes = [
        "SK0201", "SK0202", "SK0205", "SK0208", "SK0207", "SK0209", "SK0202", "SK0202",
    ];
    assert_eq!(problems.codes(), codes);
}

#[test]
fn a_mistake_outside_the_file_is_shown_as_it_was_said() {
    let sources = Sources::of("hotel")
        .env([("HOTEL_STORE__PAHT", "x"), ("HOTEL_LOG__LEVEL", "loud")])
        .set("store.engine")
        .flag("defaults.deadline", "5 parsecs", "--deadline");
    let problems = Config::load(&sources, &hotel()).expect_err("four mistakes");
    insta::assert_snapshot!(problems, @r#"
    error[SK0208]: `log.level` must be one of "off", "error", "warn", "info", "debug", "trace", found the string "loud"
     --> HOTEL_LOG__LEVEL
      |
      | HOTEL_LOG__LEVEL=loud
      |                  ^^^^

    error[SK0207]: environment variable `HOTEL_STORE__PAHT` sets no known key
     --> HOTEL_STORE__PAHT
      |
      | HOTEL_STORE__PAHT=
      | ^^^^^^^^^^^^^^^^^
      = help: did you mean HOTEL_STORE__PATH?

    error[SK0209]: cannot read `--set store.engine`: it has no `=` between key and value
     --> --set
      |
      | --set store.engine
      |                   ^
      = help: write it as `--set section.key=value`

    error[SK0202]: `defaults.deadline` must be a duration from 1ms to 24h, such as "5s", found the string "5 parsecs"
     --> --deadline
      |
      | --deadline 5 parsecs
      |            ^^^^^^^^^
      = help: `5 parsecs` is not a duration (unknown unit `parsecs`): say "5s", "250ms" or "1h30m"

    4 mistakes in the configuration
    "#);
}

#[test]
fn a_mistake_in_the_defaults_bears_the_name_of_the_defaults() {
    let problems = load("[defaults.restart]\nbackoff_min = \"20s\"\n").expect_err("a mistake");
    let text = problems.to_string();
    assert!(
        text.contains("`defaults.restart.backoff_min` is \"20s\""),
        "{text}"
    );
    assert!(!text.contains("capabilities"), "{text}");
}

#[test]
fn a_mistake_in_a_lower_layer_is_one_even_if_a_higher_layer_wins() {
    let file = written("[store]\ncache = 5\n");
    let sources = Sources::of("hotel")
        .file(&file.path)
        .set("store.cache=2MiB");
    let problems = Config::load(&sources, &hotel()).expect_err("the file is wrong");
    assert_eq!(problems.codes(), ["SK0202"]);
}

#[test]
fn a_mistake_in_the_defaults_is_reported_once_for_all_capabilities() {
    let problems = load("[defaults]\nmailbox = 0\nrestart = { backoff_min = \"20s\" }\n")
        .expect_err("two mistakes");
    assert_eq!(problems.codes(), ["SK0205", "SK0210"]);
}

#[test]
fn an_unknown_key_is_given_its_nearest_name_and_nothing_when_none_is_near() {
    let nearest = |text: &str| {
        let problems = load(text).expect_err("an unknown key");
        match problems.iter().next().map(Problem::fault) {
            Some(Fault::UnknownKey { nearest, .. }) => nearest.clone(),
            other => unreachable!("{other:?} is not an unknown key"),
        }
    };
    assert_eq!(nearest("[store]\nPath = 1").as_deref(), Some("path"));
    assert_eq!(nearest("[sotre]\npath = 1").as_deref(), Some("store"));
    assert_eq!(
        nearest("[capabilities.reservation]\n").as_deref(),
        Some("reservations")
    );
    assert_eq!(
        nearest("[capabilities.payments.settings]\nretyr = 1").as_deref(),
        Some("retry")
    );
    assert_eq!(nearest("[store]\nzebra = 1"), None);
}

#[test]
fn a_misspelt_variable_is_given_its_nearest_name() {
    let nearest = |variable: &str| {
        let problems = Config::load(&Sources::of("hotel").env([(variable, "1")]), &hotel())
            .expect_err("unknown");
        match problems.iter().next().map(Problem::fault) {
            Some(Fault::UnknownVariable { nearest, .. }) => nearest.clone(),
            other => unreachable!("{other:?} is not an unknown variable"),
        }
    };
    assert_eq!(
        nearest("HOTEL_STORE_PATH").as_deref(),
        Some("HOTEL_STORE__PATH")
    );
    assert_eq!(
        nearest("HOTEL_STORE__ENIGNE").as_deref(),
        Some("HOTEL_STORE__ENGINE")
    );
    assert_eq!(nearest("HOTEL_").as_deref(), None);
    assert_eq!(nearest("HOTEL_ZEBRA__CROSSING").as_deref(), None);
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let told = |path: PathBuf| {
        let problems = Config::load(&Sources::of("hotel").file(&path), &hotel())
            .expect_err("an unreadable file");
        assert_eq!(problems.codes(), ["SK0203"]);
        problems
            .to_string()
            .replace(&folder.path().display().to_string(), "FOLDER")
    };
    let latin = folder.path().join("latin1.toml");
    fs::write(&latin, b"[store]\npath = \"caf\xe9\"\n").expect("a file in a temporary folder");
    let missing = told(folder.path().join("nowhere.toml"));
    insta::assert_snapshot!([missing, told(folder.path().to_owned()), told(latin)].join("\n\n"), @r#"
    error[SK0203]: cannot read FOLDER/nowhere.toml: there is no such file
      = help: check the path, or name no file at all

    1 mistake in the configuration

    error[SK0203]: cannot read FOLDER: it is a directory
      = help: name a file inside it

    1 mistake in the configuration

    error[SK0203]: cannot read FOLDER/latin1.toml: line 2 is not UTF-8
      = help: save the file as UTF-8

    1 mistake in the configuration
    "#);
}

#[test]
fn an_unreadable_file_hides_no_mistake_of_the_environment() {
    let sources = Sources::of("hotel")
        .file("/nowhere/hotel.toml")
        .env([("HOTEL_STORE__CACHE", "5")]);
    let problems = Config::load(&sources, &hotel_with_mail()).expect_err("two mistakes");
    assert_eq!(problems.codes(), ["SK0203", "SK0202"]);
}

#[test]
fn a_missing_key_of_a_section_that_nobody_wrote_is_reported() {
    let problems =
        Config::load(&Sources::of("hotel"), &hotel_with_mail()).expect_err("no mail server");
    insta::assert_snapshot!(problems, @r#"
    error[SK0206]: missing key `capabilities.notifications.settings.host`: it must be a string and has no default
      = help: set `capabilities.notifications.settings.host` in the file, or HOTEL_CAPABILITIES__NOTIFICATIONS__SETTINGS__HOST

    1 mistake in the configuration
    "#);
}

#[test]
fn a_missing_key_may_come_from_the_environment() {
    let variable = (
        "HOTEL_CAPABILITIES__NOTIFICATIONS__SETTINGS__HOST",
        "mail.example.org",
    );
    assert!(Config::load(&Sources::of("hotel").env([variable]), &hotel_with_mail()).is_ok());
}

#[test]
fn a_choice_with_keys_of_its_own_is_checked_by_its_tag() {
    let settings = |retry: &str| {
        load(&format!(
            "[capabilities.payments.settings]\nretry = {retry}\n"
        ))
    };
    assert!(settings("{ kind = \"never\" }").is_ok());
    assert!(settings("{ kind = \"fixed\", every = \"1s\" }").is_ok());
    let codes = |retry: &str| settings(retry).expect_err(retry).codes();
    assert_eq!(
        codes("{ kind = \"fixed\", evry = \"1s\" }"),
        ["SK0206", "SK0201"]
    );
    assert_eq!(codes("{ kind = \"fixed\", every = 1 }"), ["SK0202"]);
    assert_eq!(
        codes("{ kind = \"groing\", factor = 2, from = \"1s\" }"),
        ["SK0208"]
    );
    assert_eq!(codes("{ factor = 2 }"), ["SK0206"]);
    assert_eq!(codes("7"), ["SK0202"]);
}

#[test]
fn odd_texts_are_quoted_without_harm() {
    let text = "[store]\n\t\"\\u001b[2J\" = \"äöü €\" # tail\nengine = \"\"\"\nsl\ned\"\"\"\n'ключ' = 1\r\n";
    insta::assert_snapshot!(printed(text, &hotel()), @r#"
    error[SK0201]: unknown key `store."\u001B[2J"`
     --> hotel.toml:2:2
      |
    2 |     "\u001b[2J" = … # tail
      |     ^^^^^^^^^^^
      = help: known here: `cache`, `engine`, `group_batches`, `group_bytes`, `path`, `watchdog`

    error[SK0208]: `store.engine` must be one of "sled", "fjall", found the string """\nsl\ned"""
     --> hotel.toml:3:10
      |
    3 | engine = """
      |          ^^^
      = help: did you mean "sled"?

    error[SK0201]: unknown key `store."ключ"`
     --> hotel.toml:6:1
      |
    6 | 'ключ' = …
      | ^^^^^^
      = help: known here: `cache`, `engine`, `group_batches`, `group_bytes`, `path`, `watchdog`

    3 mistakes in the configuration
    "#);
}

#[test]
fn a_flag_that_is_no_key_is_refused() {
    for flag in ["store..path=1", "=1", "a b=1", "store.path\n=1", ""] {
        let problems = Config::load(&Sources::of("hotel").set(flag), &hotel()).expect_err(flag);
        assert_eq!(problems.codes(), ["SK0209"], "{flag:?}");
    }
}

#[test]
fn every_code_of_a_fault_has_a_page() {
    for file in fs::read_dir("config/wrong").expect("the folder of wrong files") {
        let path = file.expect("an entry").path();
        if let Err(problems) = Config::load(&Sources::of("hotel").file(path), &hotel_with_mail()) {
            problems
                .codes()
                .iter()
                .for_each(|code| assert!(PAGES.iter().any(|(known, _)| known == code), "{code}"));
        }
    }
}
