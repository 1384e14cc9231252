//! The whole printed error of each file in `config/wrong`.

use std::path::Path;

use super::*;

fn wrong(name: &str) -> String {
    let path = Path::new("config/wrong").join(name).with_extension("toml");
    let schemas = if name == "missing" || name == "secret" {
        hotel_with_mail()
    } else {
        hotel()
    };
    let loaded = Config::load(&Sources::of("hotel").file(path), &schemas);
    let read = loaded
        .and_then(|config| config.section::<PaymentSettings>("capabilities.payments.settings"));
    read.expect_err("a wrong file").to_string()
}

#[test]
fn contradiction() {
    insta::assert_snapshot!(wrong("contradiction"), @r#"
    error[SK0210]: `capabilities.payments.delivery.backoff_min` is "100ms", which is more than `capabilities.payments.delivery.backoff_max`, which is "50ms"
     --> config/wrong/contradiction.toml:6:28
      |
    6 | delivery = { backoff_max = "50ms" }
      |                            ^^^^^^
      = help: lower `capabilities.payments.delivery.backoff_min` or raise `capabilities.payments.delivery.backoff_max`

    error[SK0210]: `capabilities.payments.restart.backoff_min` is "5s", which is more than `capabilities.payments.restart.backoff_max`, which is "2s"
     --> config/wrong/contradiction.toml:7:27
      |
    7 | restart = { backoff_max = "2s" }
      |                           ^^^^
      = help: lower `capabilities.payments.restart.backoff_min` or raise `capabilities.payments.restart.backoff_max`

    2 mistakes in the configuration
    "#);
}

#[test]
fn missing() {
    insta::assert_snapshot!(wrong("missing"), @r#"
    error[SK0206]: missing key `capabilities.notifications.settings.host`: it must be a string and has no default
     --> config/wrong/missing.toml:2:29
      |
    2 | [capabilities.notifications.settings]
      |                             ^^^^^^^^
      = help: set `capabilities.notifications.settings.host` in the file, or HOTEL_CAPABILITIES__NOTIFICATIONS__SETTINGS__HOST

    1 mistake in the configuration
    "#);
}

#[test]
fn not_a_choice() {
    insta::assert_snapshot!(wrong("not_a_choice"), @r#"
    error[SK0208]: `store.engine` must be one of "sled", "fjall", found the string "sledd"
     --> config/wrong/not_a_choice.toml:3:10
      |
    3 | engine = "sledd"
      |          ^^^^^^^
      = help: did you mean "sled"?

    error[SK0208]: `log.format` must be one of "auto", "human", "json", found the string "xml"
     --> config/wrong/not_a_choice.toml:6:10
      |
    6 | format = "xml"
      |          ^^^^^

    error[SK0202]: `capabilities.payments.placement` must be one of "local", "wire", found the integer 5
     --> config/wrong/not_a_choice.toml:9:13
      |
    9 | placement = 5
      |             ^
      = help: put it in quotes

    3 mistakes in the configuration
    "#);
}

#[test]
fn out_of_range() {
    insta::assert_snapshot!(wrong("out_of_range"), @r#"
    error[SK0205]: `runtime.arbiters` must be an integer from 0 to 1024, found the integer 5000
     --> config/wrong/out_of_range.toml:3:12
      |
    3 | arbiters = 5000
      |            ^^^^

    error[SK0205]: `runtime.seed` must be an integer of at least 0, found the integer -1
     --> config/wrong/out_of_range.toml:4:8
      |
    4 | seed = -1
      |        ^^

    error[SK0205]: `store.cache` must be a byte size from 1MiB to 1TiB, such as "64KiB", found the string "1KiB"
     --> config/wrong/out_of_range.toml:7:9
      |
    7 | cache = "1KiB"
      |         ^^^^^^

    error[SK0205]: `defaults.mailbox` must be an integer from 1 to 1048576, found the integer 0
      --> config/wrong/out_of_range.toml:10:11
       |
    10 | mailbox = 0
       |           ^

    error[SK0205]: `defaults.deadline` must be a duration from 1ms to 24h, such as "5s", found the string "0s"
      --> config/wrong/out_of_range.toml:11:12
       |
    11 | deadline = "0s"
       |            ^^^^

    error[SK0205]: `defaults.delivery.attempts` must be an integer from 1 to 1000, found the integer 0
      --> config/wrong/out_of_range.toml:12:25
       |
    12 | delivery = { attempts = 0 }
       |                         ^

    6 mistakes in the configuration
    "#);
}

#[test]
fn refused() {
    insta::assert_snapshot!(wrong("refused"), @r#"
    error[SK0211]: `capabilities.payments.settings.currency` is refused: `euros` is no currency: say three letters, as in "EUR"
     --> config/wrong/refused.toml:3:12
      |
    3 | currency = "euros"
      |            ^^^^^^^

    1 mistake in the configuration
    "#);
}

#[test]
fn secret() {
    insta::assert_snapshot!(wrong("secret"), @r#"
    error[SK0202]: `capabilities.notifications.settings.password` must be a string, found a hidden integer
     --> config/wrong/secret.toml:4:12
      |
    4 | password = ***
      |            ^^^
      = help: put it in quotes

    error[SK0201]: unknown key `capabilities.notifications.settings.passwrod`
     --> config/wrong/secret.toml:5:1
      |
    5 | passwrod = …
      | ^^^^^^^^
      = help: did you mean `password`?
      = help: known here: `host`, `login`, `password`, `port`

    error[SK0201]: unknown key `capabilities.notifications.settings.login.usr`
     --> config/wrong/secret.toml:6:11
      |
    6 | login = { usr = …, token = *** }
      |           ^^^
      = help: did you mean `user`?
      = help: known here: `keys`, `token`, `user`

    3 mistakes in the configuration
    "#);
}

#[test]
fn syntax() {
    insta::assert_snapshot!(wrong("syntax"), @r#"
    error[SK0204]: not valid TOML: invalid mantissa, expected digits
     --> config/wrong/syntax.toml:3:8
      |
    3 | path = ./data
      |        ^
      = help: a text stands in quotes, as in key = "text"

    error[SK0204]: not valid TOML: key with no value, expected `=`
     --> config/wrong/syntax.toml:4:7
      |
    4 | engine
      |       ^

    2 mistakes in the configuration
    "#);
}

#[test]
fn unknown_key() {
    insta::assert_snapshot!(wrong("unknown_key"), @r#"
    error[SK0201]: unknown key `store.enigne`
     --> config/wrong/unknown_key.toml:3:1
      |
    3 | enigne = …
      | ^^^^^^
      = help: did you mean `engine`?
      = help: known here: `cache`, `engine`, `group_batches`, `group_bytes`, `path`, `watchdog`

    error[SK0201]: unknown key `store.mailbox`
     --> config/wrong/unknown_key.toml:4:1
      |
    4 | mailbox = …
      | ^^^^^^^
      = help: `mailbox` is a key of [defaults]
      = help: known here: `cache`, `engine`, `group_batches`, `group_bytes`, `path`, `watchdog`

    error[SK0201]: unknown key `capabilities.payment`
     --> config/wrong/unknown_key.toml:6:15
      |
    6 | [capabilities.payment]
      |               ^^^^^^^
      = help: did you mean `payments`?
      = help: known here: `payments`, `reservations`

    error[SK0201]: unknown key `capabilities.reservations.instances`
      --> config/wrong/unknown_key.toml:10:1
       |
    10 | instances = …
       | ^^^^^^^^^
       = help: `instances` means nothing for this kind of capability: remove it

    4 mistakes in the configuration
    "#);
}

#[test]
fn wrong_type() {
    insta::assert_snapshot!(wrong("wrong_type"), @r#"
    error[SK0202]: `runtime.shutdown_deadline` must be a duration from 1ms to 24h, such as "5s", found the integer 5
     --> config/wrong/wrong_type.toml:3:21
      |
    3 | shutdown_deadline = 5
      |                     ^
      = help: say "5s" or "5ms", with its unit and in quotes

    error[SK0202]: `runtime.seed` must be an integer of at least 0, found the string "lucky"
     --> config/wrong/wrong_type.toml:4:8
      |
    4 | seed = "lucky"
      |        ^^^^^^^

    error[SK0202]: `store.cache` must be a byte size from 1MiB to 1TiB, such as "64KiB", found the integer 64
     --> config/wrong/wrong_type.toml:7:9
      |
    7 | cache = 64
      |         ^^
      = help: say "64B" or "64KiB", with its unit and in quotes

    error[SK0202]: `defaults.deadline` must be a duration from 1ms to 24h, such as "5s", found the string "5 parsecs"
      --> config/wrong/wrong_type.toml:10:12
       |
    10 | deadline = "5 parsecs"
       |            ^^^^^^^^^^^
       = help: `5 parsecs` is not a duration (unknown unit `parsecs`): say "5s", "250ms" or "1h30m"

    error[SK0202]: `defaults.mailbox` must be an integer from 1 to 1048576, found the string "64"
      --> config/wrong/wrong_type.toml:11:11
       |
    11 | mailbox = "64"
       |           ^^^^
       = help: write it without quotes

    error[SK0202]: `defaults.message_size` must be a byte size from 1KiB to 64MiB, such as "64KiB", found the string "1 ton"
      --> config/wrong/wrong_type.toml:12:16
       |
    12 | message_size = "1 ton"
       |                ^^^^^^^
       = help: unknown unit `ton`: say B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, as in "64KiB"

    error[SK0202]: `defaults.restart` must be a table, found the boolean true
      --> config/wrong/wrong_type.toml:13:11
       |
    13 | restart = true
       |           ^^^^

    7 mistakes in the configuration
    "#);
}

#[test]
fn every_wrong_file_has_its_test() {
    let source = include_str!("wrong_files.rs");
    for file in fs::read_dir("config/wrong").expect("the folder of wrong files") {
        let path = file.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        assert!(
            source.contains(&format!("wrong(\"{name}\")")),
            "{name} has no test"
        );
    }
}

#[test]
fn every_page_shows_what_is_wrong_and_what_is_right() {
    for (code, page) in PAGES {
        for part in [
            "## What happened",
            "## Likely causes",
            "## What to try",
            "## Wrong",
            "## Right",
        ] {
            assert!(page.contains(part), "the page of {code} lacks {part:?}");
        }
    }
}
