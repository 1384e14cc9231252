//! The section `[capabilities.notifications.settings]`: who writes, and how mails leave.

use std::path::PathBuf;

use hotel_vocabulary::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::smtp::Smtp;

/// Who writes, and how mails leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whom mails come from. Default: `reservations@hotel.example`.
    pub from: EmailAddress,
    /// The folder in which each mail becomes a file; not used with `smtp`. Default: `./data/mails`.
    pub folder: PathBuf,
    /// The mail server to send through. Default: none, mails are written to the folder.
    pub smtp: Option<Smtp>,
}

impl Default for Settings {
    fn default() -> Self {
        let from = "reservations@hotel.example"
            .parse()
            .expect("a valid mail address");
        Self {
            from,
            folder: PathBuf::from("./data/mails"),
            smtp: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set() {
        let text = r#"
            from = "desk@grand.example"
            folder = "out"
            smtp.host = "mail.example.com"
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(
            (settings.from.as_str(), settings.folder.to_str()),
            ("desk@grand.example", Some("out"))
        );
        assert_eq!(settings.smtp.unwrap().host, "mail.example.com");
    }
}
