//! With what a connection is made: credentials, certificates, and how soon a dead one is noticed.

use std::error::Error as _;
use std::fs::File;
use std::io;
use std::time::Duration;

use async_nats::{ConnectError, ConnectErrorKind, ConnectOptions, rustls};

use crate::config::NatsSettings;

/// A connection that hangs half open is noticed after two of these; the library's own default is a minute.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest pause between two attempts to connect again.
const RECONNECT_MAX: Duration = Duration::from_secs(1);
/// The pause before the first attempt to connect again.
const RECONNECT_MIN: Duration = Duration::from_millis(20);

/// How to connect.
///
/// # Errors
///
/// What is wrong with the credentials, in words.
pub(super) fn options(settings: &NatsSettings, name: &str) -> Result<ConnectOptions, String> {
    let mut options = ConnectOptions::new()
        .name(name)
        .ping_interval(PING_INTERVAL)
        .connection_timeout(CONNECT)
        .reconnect_delay_callback(pause);
    if let Some(path) = &settings.credentials {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("nats.credentials, {}: {error}", path.display()))?;
        options = options
            .credentials(&text)
            .map_err(|error| format!("nats.credentials, {}: {error}", path.display()))?;
    }
    if let (Some(user), Some(password)) = (&settings.user, &settings.password) {
        options = options.user_and_password(user.clone(), password.expose().clone());
    }
    if let Some(token) = &settings.token {
        options = options.token(token.expose().clone());
    }
    if let Some(seed) = &settings.nkey {
        options = options.nkey(seed.expose().clone());
    }
    let tls = &settings.tls;
    for (key, file) in [
        ("ca", &tls.ca),
        ("certificate", &tls.certificate),
        ("key", &tls.key),
    ] {
        if let Some(path) = file {
            // The library would not say which of them it cannot read.
            File::open(path)
                .map_err(|error| format!("nats.tls.{key}, {}: {error}", path.display()))?;
        }
    }
    if let Some(ca) = &settings.tls.ca {
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let (Some(certificate), Some(key)) = (&settings.tls.certificate, &settings.tls.key) {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    Ok(options)
}

/// Whether trying again may help.
pub(super) fn may_come_later(error: &ConnectError) -> bool {
    let is_away = matches!(
        error.kind(),
        ConnectErrorKind::Io
            | ConnectErrorKind::TimedOut
            | ConnectErrorKind::Dns
            | ConnectErrorKind::MaxReconnects
    );
    is_away && !is_distrust(error)
}

/// Whether the server is there, and one of both does not trust the certificate of the other. The library says of it no more than
/// that reading failed.
pub(super) fn is_distrust(error: &ConnectError) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let read = error.downcast_ref::<io::Error>();
        let inner = read.and_then(io::Error::get_ref);
        let wrapped = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if wrapped.is_some() || error.is::<rustls::Error>() {
            return true;
        }
        cause = error.source();
    }
    error.kind() == ConnectErrorKind::Tls
}

/// Whether the server is there, and does not let us in.
pub(super) const fn is_no_entry(kind: ConnectErrorKind) -> bool {
    matches!(
        kind,
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation
    )
}

fn pause(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(16);
    RECONNECT_MIN
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(RECONNECT_MAX)
}
