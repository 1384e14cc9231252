//! [`ServerUrl`]: where a nats-server is.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` by which a schema says that its string is the address of a nats-server.
pub(super) const FORMAT: &str = "nats-server";

const PORT_DEFAULT: u16 = 4222;

/// Where a nats-server is: `nats://host:port`, or `tls://host:port` for an encrypted connection. Without a port it is 4222.
///
/// It holds no user and no password: an address is shown wherever it matters.
///
/// ```
/// use skep::config::ServerUrl;
///
/// let server: ServerUrl = "nats://localhost".parse()?;
/// assert_eq!(server.to_string(), "nats://localhost:4222");
/// assert!(server.is_loopback());
/// # Ok::<(), skep::config::ServerUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerUrl {
    is_encrypted: bool,
    host: String,
    port: u16,
}

/// A text that is no address of a nats-server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerUrlError {
    /// It has a user or a password; not quoted, for it is a secret.
    #[error(
        "an address holds no user and no password: say them in `nats.user` and `nats.password`"
    )]
    Credentials,
    /// It begins in another way.
    #[error("`{0}` does not begin with nats:// or tls://: say \"nats://127.0.0.1:4222\"")]
    Scheme(String),
    /// What should be the host is none.
    #[error("`{0}` names no host: say \"nats://127.0.0.1:4222\"")]
    Host(String),
    /// What should be the port is none.
    #[error(
        "`{0}` has a port that is none: say a number from 1 to 65535, as in \"nats://127.0.0.1:4222\""
    )]
    Port(String),
}

impl ServerUrl {
    /// The host: a name or an address, an IPv6 one without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted (`tls://`).
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Whether it is on this machine: `localhost`, or an address that never leaves it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address: Option<IpAddr> = self.host.parse().ok();
        self.host.eq_ignore_ascii_case("localhost")
            || address.is_some_and(|address| address.is_loopback())
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, ServerUrlError> {
        let trimmed = text.trim().trim_end_matches('/');
        if trimmed.contains('@') {
            return Err(ServerUrlError::Credentials);
        }
        let (is_encrypted, rest) = match trimmed.split_once("://") {
            Some(("nats", rest)) => (false, rest),
            Some(("tls", rest)) => (true, rest),
            _ => return Err(ServerUrlError::Scheme(text.to_owned())),
        };
        let (host, port) =
            host_and_port(rest).ok_or_else(|| ServerUrlError::Host(text.to_owned()))?;
        let port = match port {
            None => PORT_DEFAULT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| ServerUrlError::Port(text.to_owned()))?,
        };
        Ok(Self {
            is_encrypted,
            host: host.to_owned(),
            port,
        })
    }
}

/// `host`, `host:port`, `[v6]` and `[v6]:port` taken apart; `None` when there is no host.
pub(super) fn host_and_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match after {
            "" => Some((host, None)),
            after => Some((host, Some(after.strip_prefix(':')?))),
        };
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!host.is_empty() && host.chars().all(is_named)).then_some((host, port))
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "tls" } else { "nats" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl Serialize for ServerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ServerUrl {
    fn schema_name() -> Cow<'static, str> {
        "ServerUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": r"^\s*(nats|tls)://[^@]+$",
            "examples": ["nats://127.0.0.1:4222", "tls://nats.example:4222"],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_clients_write_it() {
        let read = |text: &str| text.parse::<ServerUrl>().expect(text).to_string();
        assert_eq!(read("nats://127.0.0.1:4222"), "nats://127.0.0.1:4222");
        assert_eq!(read(" tls://nats.example/ "), "tls://nats.example:4222");
        assert_eq!(read("nats://[::1]:5222"), "nats://[::1]:5222");
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_repeated() {
        let refused = |text: &str| text.parse::<ServerUrl>().expect_err(text).to_string();
        let texts = [
            "nats://desk:hunter2@127.0.0.1",
            "127.0.0.1:4222",
            "http://127.0.0.1:4222",
            "nats://",
            "nats://:4222",
            "nats://[fe80]:4222",
            "nats://a b:4222",
            "nats://127.0.0.1:0",
            "nats://127.0.0.1:http",
            "nats://127.0.0.1:70000",
        ];
        insta::assert_snapshot!(texts.map(refused).join("\n"));
        assert!(!refused("nats://desk:hunter2@127.0.0.1").contains("hunter2"));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |text: &str| text.parse::<ServerUrl>().expect(text).is_loopback();
        for here in ["nats://localhost", "nats://127.0.0.9:1", "nats://[::1]"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in ["nats://nats.example", "nats://10.0.0.1", "nats://0.0.0.0"] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
