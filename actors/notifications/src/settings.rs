//! The section `[capabilities.notifications.settings]`: who writes, and how mails leave.

use std::path::PathBuf;

use hotel_vocabulary::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Secret;

/// Who writes, and how mails leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whom mails come from. Default: `reservations@hotel.example`.
    pub from: EmailAddress,
    /// The folder in which each mail becomes a file; not used with `smtp`. Default: `./data/mails`.
    pub folder: PathBuf,
    /// The mail server to send through, such as `smtps://user:password@mail.example.com`. Default: none, mails are
    /// written to the folder.
    pub smtp: Option<Secret<SmtpUrl>>,
}

/// The address of a mail server. It may hold a password, and is not shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct SmtpUrl(String);

/// The text is not the address of a mail server. It is not repeated, because it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the address of a mail server: write smtp://host, smtps://host or smtps://user:password@host"
)]
pub struct NotAMailServer;

impl SmtpUrl {
    /// The address, password included.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SmtpUrl {
    type Error = NotAMailServer;

    fn try_from(text: String) -> Result<Self, NotAMailServer> {
        let host = text
            .strip_prefix("smtp://")
            .or_else(|| text.strip_prefix("smtps://"));
        if host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace)) {
            Ok(Self(text))
        } else {
            Err(NotAMailServer)
        }
    }
}

impl From<SmtpUrl> for String {
    fn from(url: SmtpUrl) -> Self {
        url.0
    }
}

impl std::fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpUrl(..)")
    }
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
            smtp = "smtps://desk:secret@mail.example.com"
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(
            (settings.from.as_str(), settings.folder.to_str()),
            ("desk@grand.example", Some("out"))
        );
        assert_eq!(
            settings.smtp.unwrap().expose().reveal(),
            "smtps://desk:secret@mail.example.com"
        );
    }

    #[test]
    fn a_wrong_mail_server_is_refused_without_showing_its_password() {
        let refused =
            SmtpUrl::try_from("http://desk:secret@mail.example.com".to_owned()).unwrap_err();
        assert!(!refused.to_string().contains("secret"));
        let url = SmtpUrl::try_from("smtp://desk:secret@localhost".to_owned()).unwrap();
        assert!(!format!("{url:?}").contains("secret"));
    }
}
