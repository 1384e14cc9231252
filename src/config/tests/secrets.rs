//! No secret in any output.

use super::*;

const PASSWORDS: [&str; 4] = ["hunter2", "swordfish", "correct-horse", "123456"];

fn assert_hidden(text: &str) {
    for password in PASSWORDS {
        assert!(!text.contains(password), "{password} is shown in:\n{text}");
    }
}

#[test]
fn a_secret_is_masked_in_every_listing_and_only_given_to_its_reader() {
    let file = written(
        "[capabilities.notifications.settings]\nhost = \"h\"\npassword = \"hunter2\"\n\
         login = { user = \"guest\", token = \"swordfish\", keys = [\"correct-horse\"] }\n",
    );
    let config = Config::load(&Sources::of("hotel").file(&file.path), &hotel_with_mail())
        .expect("a valid file");
    let settings: MailSettings = config
        .section("capabilities.notifications.settings")
        .expect("a section");
    assert_eq!(
        settings
            .password
            .as_ref()
            .map(|secret| secret.expose().as_str()),
        Some("hunter2")
    );
    assert_eq!(settings.login.token.expose(), "swordfish");
    assert_hidden(&format!("{settings:?}"));
    assert_hidden(&serde_json::to_string(&settings).expect("settings are JSON"));

    let effective = config.effective();
    assert_hidden(&effective.to_table());
    assert_hidden(&effective.to_json().to_string());
    assert_hidden(&effective.to_toml());
    assert_hidden(&format!("{effective:?} {config:?}"));
    assert!(effective.to_table().contains("***"));
    let masked: Vec<&str> = effective
        .rows()
        .iter()
        .filter(|row| row.secret)
        .map(|row| row.key.as_str())
        .collect();
    let settings = "capabilities.notifications.settings";
    assert_eq!(
        masked,
        ["login.keys", "login.token", "password"].map(|key| format!("{settings}.{key}"))
    );
}

#[test]
fn a_secret_is_masked_in_every_error() {
    let files = [
        "password = 123456",
        "passwrod = \"hunter2\"",
        "passwrod = [\"hunter2\", { a = \"swordfish\" }]",
        "login = { usr = 1, token = \"swordfish\", keys = [\"hunter2\", 123456] }",
        "login.token.deeper = \"hunter2\"",
        "password = hunter2",
        "password = \"hunter2",
        "login = { token = \"swordfish\", user = guest }",
        "password = \"\"\"\nhunter2\nswordfish",
        "password = \"hunter2\" \"swordfish\"",
    ];
    for line in files {
        let text = printed(
            &format!("[capabilities.notifications.settings]\nhost = \"h\"\n{line}\n"),
            &hotel_with_mail(),
        );
        assert_hidden(&text);
    }
    assert_hidden(&printed(
        "capabilitys.notifications.settings.password = \"hunter2\"\n",
        &hotel_with_mail(),
    ));
}

#[test]
fn a_secret_from_the_environment_or_a_flag_is_masked_in_every_error() {
    let section = "HOTEL_CAPABILITIES__NOTIFICATIONS__SETTINGS";
    let sources = Sources::of("hotel")
        .env([
            (format!("{section}__PASSWORD"), "123456"),
            (format!("{section}__PASSWROD"), "hunter2"),
            (
                format!("{section}__LOGIN"),
                "{ usr = 1, token = \"swordfish\" }",
            ),
        ])
        .set("capabilities.notifications.settings.passwrod=correct-horse")
        .set("capabilities.notifications.settings.login.token=[123456]")
        .set("capabilities.notifications.settings.port=\"\"");
    let problems = Config::load(&sources, &hotel_with_mail()).expect_err("several mistakes");
    assert!(problems.codes().len() >= 4, "{problems}");
    assert_hidden(&problems.to_string());
    assert_hidden(&format!("{sources:?}"));
    assert_hidden(&format!("{problems:?}"));
}

#[test]
fn a_reader_that_refuses_a_secret_does_not_quote_it() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Vault {
        key: Secret<Currency>,
    }
    impl Default for Vault {
        fn default() -> Self {
            Self {
                key: Secret::new(Currency::default()),
            }
        }
    }
    impl Serialize for Vault {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }
    let schemas = Schemas::empty().section("vault", schema_of::<Vault>());
    let config = Config::load(&Sources::of("hotel").set("vault.key=hunter2"), &schemas)
        .expect("the schema takes it");
    let problems = config.section::<Vault>("vault").expect_err("no currency");
    assert_eq!(problems.codes(), ["SK0211"]);
    assert_hidden(&problems.to_string());
}
