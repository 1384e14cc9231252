//! What the configuration promises, told with a small hotel.

mod layers;
mod listing;
mod mistakes;
mod secrets;
mod sections;
mod wrong_files;

use std::fs;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

/// Settings with a required key, a secret, and secrets further down.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MailSettings {
    /// The mail server.
    host: String,
    #[serde(default)]
    #[schemars(range(min = 1))]
    port: u16,
    #[serde(default)]
    password: Option<Secret<String>>,
    #[serde(default)]
    login: Login,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Login {
    user: String,
    token: Secret<String>,
    keys: Vec<Secret<String>>,
}

/// Settings whose reader knows more than their schema.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct PaymentSettings {
    currency: Currency,
    retry: Retry,
    limits: std::collections::BTreeMap<String, u32>,
    rate: Option<f64>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
struct Currency(#[schemars(with = "String")] String);

/// A choice with keys of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Retry {
    #[default]
    Never,
    Fixed {
        every: HumanDuration,
    },
    Growing {
        from: HumanDuration,
        factor: u32,
    },
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.len() {
            0 | 3 => Ok(Self(text)),
            _ => Err(format!(
                "`{text}` is no currency: say three letters, as in \"EUR\""
            )),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

/// The hotel's sections: a singleton and two capabilities with settings of their own.
fn hotel() -> Schemas {
    Schemas::platform()
        .capability("reservations", &["instances"])
        .capability("payments", &["instances", "idle_after"])
        .section(
            "capabilities.payments.settings",
            schema_of::<PaymentSettings>(),
        )
}

/// The hotel with a capability that cannot start without settings.
fn hotel_with_mail() -> Schemas {
    hotel().capability("notifications", &[]).section(
        "capabilities.notifications.settings",
        schema_of::<MailSettings>(),
    )
}

/// A file in a folder of its own, which lives as long as the test holds it.
struct Written {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn written(text: impl AsRef<[u8]>) -> Written {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("hotel.toml");
    fs::write(&path, text).expect("a file in a temporary folder");
    Written {
        path,
        _folder: folder,
    }
}

fn no_env() -> Vec<(String, String)> {
    Vec::new()
}

/// Loads a text as the file of the hotel.
fn load(text: &str) -> Result<Config, Problems> {
    let file = written(text);
    Config::load(
        &Sources::of("hotel").file(&file.path).env(no_env()),
        &hotel(),
    )
}

/// The printed problems of a text, with the file called `hotel.toml`.
fn printed(text: &str, schemas: &Schemas) -> String {
    let file = written(text);
    let problems =
        Config::load(&Sources::of("hotel").file(&file.path), schemas).expect_err("a wrong file");
    problems
        .to_string()
        .replace(&file.path.display().to_string(), "hotel.toml")
}
