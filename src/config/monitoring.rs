//! [`Monitoring`]: where a nats-server tells how it is set up, which clients are not told.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::server_url::host_and_port;

/// The `format` by which a schema says that its string is a monitoring address, or "off".
pub(super) const FORMAT: &str = "nats-monitoring";

const PORT_DEFAULT: u16 = 8222;
const OFF: &str = "off";

/// Where a nats-server tells how it is set up: `http://host:port`, without a port 8222; or `off`, for whoever knows that and wants
/// nothing to be asked.
///
/// ```
/// use skep::config::Monitoring;
///
/// let monitoring: Monitoring = "http://nats.example".parse()?;
/// assert_eq!(monitoring.to_string(), "http://nats.example:8222");
/// # Ok::<(), skep::config::MonitoringError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Monitoring {
    /// Nothing is asked, and nothing said.
    Off,
    /// Here.
    At {
        /// A name or an address, an IPv6 one without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// A text that is no monitoring address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no monitoring address of a nats-server: say \"http://127.0.0.1:8222\", or \"off\""
)]
pub struct MonitoringError(String);

impl FromStr for Monitoring {
    type Err = MonitoringError;

    fn from_str(text: &str) -> Result<Self, MonitoringError> {
        let wrong = || MonitoringError(text.to_owned());
        let trimmed = text.trim().trim_end_matches('/');
        if trimmed == OFF {
            return Ok(Self::Off);
        }
        let rest = trimmed.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, port) = host_and_port(rest).ok_or_else(wrong)?;
        let port = match port {
            None => PORT_DEFAULT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(wrong)?,
        };
        Ok(Self::At {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Monitoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str(OFF),
            Self::At { host, port } if host.contains(':') => write!(f, "http://[{host}]:{port}"),
            Self::At { host, port } => write!(f, "http://{host}:{port}"),
        }
    }
}

impl Serialize for Monitoring {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Monitoring {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Monitoring {
    fn schema_name() -> Cow<'static, str> {
        "Monitoring".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": r"^\s*(off|http://[^@]+)\s*$",
            "examples": ["http://127.0.0.1:8222", "off"],
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
    fn an_address_is_read_as_people_write_it() {
        let read = |text: &str| text.parse::<Monitoring>().expect(text).to_string();
        assert_eq!(read(" http://127.0.0.1:8223/ "), "http://127.0.0.1:8223");
        assert_eq!(read("http://nats.example"), "http://nats.example:8222");
        assert_eq!(read("http://[::1]:9"), "http://[::1]:9");
        assert_eq!(read("off"), "off");
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_would_be_right() {
        for text in [
            "",
            "on",
            "https://127.0.0.1:8222",
            "127.0.0.1:8222",
            "http://",
            "http://127.0.0.1:0",
            "http://127.0.0.1:8222/varz",
        ] {
            let said = text.parse::<Monitoring>().expect_err(text).to_string();
            assert!(said.contains("http://127.0.0.1:8222"), "{said}");
            assert!(said.contains("\"off\""), "{said}");
        }
    }
}
