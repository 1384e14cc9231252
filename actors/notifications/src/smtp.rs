//! The table `smtp` of the settings: which mail server, and how well it must keep a secret.

use std::num::NonZeroU16;

use lettre::SmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Encryption, TlsParameters};
use lettre::transport::smtp::{self, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Secret;

/// The mail server to send through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name or address. With TLS, its certificate must be for this name.
    pub host: String,
    /// Its port. Default: 587; 465 when `tls` is `implicit`, 25 when it is `none`.
    #[serde(default)]
    pub port: Option<NonZeroU16>,
    /// How the way there is encrypted. Default: `required`.
    #[serde(default)]
    pub tls: Tls,
    /// Who logs in, together with `password`. Default: nobody does.
    #[serde(default)]
    pub user: Option<String>,
    /// The password of `user`. It is only sent when `tls` is `required` or `implicit`.
    #[serde(default)]
    pub password: Option<Secret<String>>,
}

/// How the way to the mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// By STARTTLS; a server that does not offer it gets no mail.
    #[default]
    Required,
    /// From the first byte on (SMTPS).
    Implicit,
    /// By STARTTLS when the server offers it, else not at all: whoever sits between can read along.
    Opportunistic,
    /// Not at all: for a server on the same machine.
    None,
}

/// The table does not describe a mail server that can be used safely.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The host is none.
    #[error(
        "`smtp.host` is the name or address of the mail server alone, such as `mail.example.com`"
    )]
    Host,
    /// Only one of user and password is set.
    #[error("`smtp.user` and `smtp.password` go together: set both or neither")]
    HalfALogin,
    /// The password could be read on its way.
    #[error("`smtp.password` is only sent encrypted: set `smtp.tls` to `required` or `implicit`")]
    OpenPassword,
    /// TLS cannot be prepared.
    #[error("TLS to the mail server cannot be prepared: {0}")]
    Tls(#[source] smtp::Error),
}

impl Smtp {
    /// The way to the server. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Unusable`] when one key does not go with another, or TLS cannot be prepared.
    pub fn transport(&self) -> Result<SmtpTransport, Unusable> {
        self.check()?;
        let parameters = || TlsParameters::new(self.host.clone()).map_err(Unusable::Tls);
        let (encryption, usual_port) = match self.tls {
            Tls::Required => (Encryption::Required(parameters()?), SUBMISSION_PORT),
            Tls::Implicit => (Encryption::Wrapper(parameters()?), SUBMISSIONS_PORT),
            Tls::Opportunistic => (Encryption::Opportunistic(parameters()?), SUBMISSION_PORT),
            Tls::None => (Encryption::None, SMTP_PORT),
        };
        let mut transport = SmtpTransport::builder_dangerous(&self.host)
            .port(self.port.map_or(usual_port, NonZeroU16::get))
            .tls(encryption);
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            let login = Credentials::new(user.clone(), password.expose().clone());
            transport = transport.credentials(login);
        }
        Ok(transport.build())
    }

    fn check(&self) -> Result<(), Unusable> {
        let is_no_host = |c: char| c.is_whitespace() || matches!(c, '/' | '@');
        if self.host.is_empty() || self.host.contains(is_no_host) {
            return Err(Unusable::Host);
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(Unusable::HalfALogin);
        }
        let is_open = matches!(self.tls, Tls::Opportunistic | Tls::None);
        if self.password.is_some() && is_open {
            return Err(Unusable::OpenPassword);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn read(table: &str) -> Result<Smtp, String> {
        let settings = toml::from_str::<Settings>(&format!("smtp = {{ {table} }}"));
        let settings = settings.map_err(|error| error.to_string())?;
        Ok(settings.smtp.unwrap())
    }

    #[test]
    fn every_key_can_be_set_and_the_password_is_not_shown() {
        let smtp = read(
            r#"host = "mail.example.com", port = 2525, tls = "implicit", user = "desk", password = "hunter2""#,
        )
        .unwrap();
        assert_eq!(
            (smtp.port.map(NonZeroU16::get), smtp.tls),
            (Some(2525), Tls::Implicit)
        );
        assert_eq!(smtp.password.as_ref().unwrap().expose(), "hunter2");
        assert!(!format!("{smtp:?}").contains("hunter2"));
        smtp.transport().unwrap();
    }

    #[test]
    fn a_host_alone_is_enough_and_must_encrypt() {
        let smtp = read(r#"host = "mail.example.com""#).unwrap();
        assert_eq!((smtp.tls, smtp.port), (Tls::Required, None));
        smtp.transport().unwrap();
    }

    fn refused(table: &str) -> Unusable {
        read(table).unwrap().transport().unwrap_err()
    }

    #[test]
    fn a_password_is_never_sent_in_the_open() {
        for tls in ["none", "opportunistic"] {
            let login = r#"host = "localhost", user = "desk", password = "hunter2""#;
            let refused = refused(&format!(r#"{login}, tls = "{tls}""#));
            assert!(matches!(refused, Unusable::OpenPassword), "{refused}");
            assert!(!refused.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn half_a_login_and_a_host_that_is_more_than_one_are_refused() {
        for half in [r#"user = "desk""#, r#"password = "hunter2""#] {
            let refused = refused(&format!(r#"host = "mail.example.com", {half}"#));
            assert!(matches!(refused, Unusable::HalfALogin), "{refused}");
        }
        for host in [
            "",
            "smtps://mail.example.com",
            "desk@mail.example.com",
            "a b",
        ] {
            let refused = refused(&format!(r#"host = "{host}""#));
            assert!(matches!(refused, Unusable::Host), "{refused}");
        }
    }

    #[test]
    fn impossible_values_and_unknown_keys_are_refused() {
        for table in [
            "",
            r#"host = "mail.example.com", port = 0"#,
            r#"host = "mail.example.com", tls = "maybe""#,
            r#"host = "mail.example.com", pass = "hunter2""#,
        ] {
            assert!(read(table).is_err(), "{table}");
        }
    }
}
