//! Sections as types, durations and sizes as words.

use super::*;

#[test]
fn a_section_that_nobody_registered_is_refused() {
    let config = load("").expect("defaults are valid");
    let problems = config
        .section::<StoreSettings>("strore")
        .expect_err("an unknown section");
    assert_eq!(problems.codes(), ["SK0211"]);
    assert!(config.capability("nobody").is_err());
}

#[test]
fn a_value_that_its_reader_refuses_is_shown_in_its_place() {
    let file = written("[capabilities.payments.settings]\ncurrency = \"euros\"\n");
    let config = Config::load(&Sources::of("hotel").file(&file.path), &hotel())
        .expect("the schema takes it");
    let problems = config
        .section::<PaymentSettings>("capabilities.payments.settings")
        .expect_err("no currency");
    let text = problems
        .to_string()
        .replace(&file.path.display().to_string(), "hotel.toml");
    insta::assert_snapshot!(text, @r#"
    error[SK0211]: `capabilities.payments.settings.currency` is refused: `euros` is no currency: say three letters, as in "EUR"
     --> hotel.toml:2:12
      |
    2 | currency = "euros"
      |            ^^^^^^^

    1 mistake in the configuration
    "#);
}

#[test]
fn registering_settings_before_their_capability_is_the_same() {
    let schemas = Schemas::platform()
        .section(
            "capabilities.payments.settings",
            schema_of::<PaymentSettings>(),
        )
        .capability("payments", &["instances", "idle_after"])
        .capability("reservations", &["instances"]);
    assert_eq!(schemas.document(), hotel().document());
}

#[test]
fn a_recursive_settings_type_is_known_at_every_depth() {
    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Menu {
        price: u8,
        courses: Vec<Menu>,
    }
    let schemas = Schemas::empty().section("kitchen", schema_of::<Menu>());
    let good = written("[[kitchen.courses]]\nprice = 3\n[[kitchen.courses.courses]]\nprice = 4\n");
    assert!(Config::load(&Sources::of("x").file(&good.path), &schemas).is_ok());
    let bad = written("[[kitchen.courses]]\n[[kitchen.courses.courses]]\nprise = 4\n");
    let problems =
        Config::load(&Sources::of("x").file(&bad.path), &schemas).expect_err("a misspelt key");
    assert_eq!(problems.codes(), ["SK0201"]);
}

#[test]
fn durations_are_words_with_units() {
    let read = |text: &str| {
        text.parse::<HumanDuration>()
            .map(|duration| duration.to_string())
    };
    assert_eq!(read("5s").as_deref(), Ok("5s"));
    assert_eq!(read(" 1h 30m ").as_deref(), Ok("90m"));
    assert_eq!(read("24h").as_deref(), Ok("24h"));
    assert_eq!(read("1500ms").as_deref(), Ok("1500ms"));
    let refused = |text: &str| read(text).expect_err(text).to_string();
    insta::assert_snapshot!(["5", "5 parsecs", "", "-5s", "soon"]
            .map(refused)
            .join("\n"), @r#"
    the duration `5` has no unit: say "5s" or "5ms"
    `5 parsecs` is not a duration (unknown unit `parsecs`): say "5s", "250ms" or "1h30m"
    `` is not a duration (value was empty): say "5s", "250ms" or "1h30m"
    `-5s` is not a duration (expected number at 0): say "5s", "250ms" or "1h30m"
    `soon` is not a duration (expected number at 0): say "5s", "250ms" or "1h30m"
    "#);
}

#[test]
fn sizes_are_words_with_units() {
    let read = |text: &str| text.parse::<ByteSize>().map(ByteSize::get);
    assert_eq!(read("1MiB"), Ok(1 << 20));
    assert_eq!(read("10 mb"), Ok(10_000_000));
    assert_eq!(read("512B"), Ok(512));
    let refused = |text: &str| read(text).expect_err(text).to_string();
    insta::assert_snapshot!(["64", "1 ton", "1.5MiB", "", "99999999TiB"]
            .map(refused)
            .join("\n"), @r#"
    the size `64` has no unit: say "64B", "64KiB" or "64MiB"
    unknown unit `ton`: say B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, as in "64KiB"
    `1.5MiB` is not a byte size: say a whole number and a unit, as in "64KiB" or "1MiB"
    `` is not a byte size: say a whole number and a unit, as in "64KiB" or "1MiB"
    `99999999TiB` is more than 64 bits can count
    "#);
}
