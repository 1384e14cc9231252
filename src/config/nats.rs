//! The sections `[nats]` and `[nodes.<name>]`: over which server the parts of an application talk, and which process hosts
//! which of them. Each field's comment is its manual.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::finding::Finding;
use super::monitoring::Monitoring;
use super::namespace::Namespace;
use super::secret::Secret;
use super::server_url::ServerUrl;

/// `[nats]`: the nats-server over which processes call each other and exchange events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NatsSettings {
    /// Where the server is: "nats://127.0.0.1:4222", or "tls://nats.example:4222" for an encrypted connection; several addresses
    /// of one cluster are tried in turn. Default: none, everything stays in this process.
    pub servers: Vec<ServerUrl>,
    /// What keeps applications on one server apart: letters, digits, `_` and `-`, at most 64. Default: the application's name.
    pub namespace: Option<Namespace>,
    /// A file of credentials (`.creds`), as `nsc` writes them. Default: none.
    pub credentials: Option<PathBuf>,
    /// The user's name, together with `password`. Default: none.
    pub user: Option<String>,
    /// The user's password. Better in the environment than in a file. Default: none.
    pub password: Option<Secret<String>>,
    /// A token instead of user and password. Default: none.
    pub token: Option<Secret<String>>,
    /// The seed of an nkey (`SU…`) instead of user and password. Default: none.
    pub nkey: Option<Secret<String>>,
    /// How the connection is encrypted, beyond what the system trusts.
    pub tls: NatsTlsSettings,
    /// Copies that a cluster of servers keeps of each stream, 1 to 5. Default 1. A single server can keep one.
    #[schemars(range(min = 1, max = 5))]
    pub replicas: u16,
    /// Whether calls to one capability that are under way at the same time go there together, in one message of the server. Default
    /// true. `false` where each message has to be seen, or allowed, by its own subject.
    pub bundles: bool,
    /// The server's monitoring address, such as "http://127.0.0.1:8222": at its start a node asks there whether what the server
    /// confirms is on its disk, and warns where it is not. "off" asks and says nothing. Default: none; where it would matter and
    /// nobody can know, a node says so at its start.
    pub monitoring: Option<Monitoring>,
}

/// `nats.tls`: the certificates of an encrypted connection, all as PEM files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NatsTlsSettings {
    /// The authority that signed the server's certificate. Default: those that the system trusts.
    pub ca: Option<PathBuf>,
    /// This process's own certificate, for servers that ask for one; together with `key`. Default: none.
    pub certificate: Option<PathBuf>,
    /// The private key of `certificate`. Default: none.
    pub key: Option<PathBuf>,
}

/// `[nodes.<name>]`: one process of a split application. Names are of small letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSettings {
    /// The capabilities that it hosts, by their names; "*" is whatever no other node hosts. `[]` for a node that only opens
    /// the door to the API.
    pub hosts: Vec<String>,
    /// How many such processes there are, 1 to 1024. Default 1. More only where all its capabilities are stateless.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1024))]
    pub replicas: u16,
    /// Whether it opens the door to the API. Default: the nodes that say true do; when none says so, the one that hosts "*".
    #[serde(default)]
    pub gateway: Option<bool>,
}

const fn one() -> u16 {
    1
}

impl Default for NatsSettings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            namespace: None,
            credentials: None,
            user: None,
            password: None,
            token: None,
            nkey: None,
            tls: NatsTlsSettings::default(),
            replicas: 1,
            bundles: true,
            monitoring: None,
        }
    }
}

impl NatsSettings {
    /// Whether processes talk to each other at all.
    #[must_use]
    pub const fn is_used(&self) -> bool {
        !self.servers.is_empty()
    }

    /// The addresses as texts, as a client takes them.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.servers.iter().map(ToString::to_string).collect()
    }

    /// The namespace: what is set, or the application's name with `_` for whatever no namespace may hold.
    #[must_use]
    pub fn namespace_of(&self, application: &str) -> String {
        match &self.namespace {
            Some(namespace) => namespace.as_str().to_owned(),
            None => Namespace::fitted(application).as_str().to_owned(),
        }
    }

    /// Keys that are each allowed, but not as they stand together.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut refuse = |key: &str, reason: String| {
            let path: Vec<String> = key.split('.').map(str::to_owned).collect();
            let key = key.to_owned();
            found.push(Finding::new(path, Fault::Refused { key, reason }));
        };
        let ways = [
            ("nats.credentials", self.credentials.is_some()),
            ("nats.user", self.user.is_some()),
            ("nats.token", self.token.is_some()),
            ("nats.nkey", self.nkey.is_some()),
        ];
        let said: Vec<&str> = ways.iter().filter(|way| way.1).map(|way| way.0).collect();
        if let [first, others @ ..] = said.as_slice() {
            for other in others {
                let reason = format!("`{first}` already says who connects; leave one of them");
                refuse(other, reason);
            }
        }
        let pairs = [
            (
                "nats.user",
                self.user.is_some(),
                "nats.password",
                self.password.is_some(),
            ),
            (
                "nats.tls.certificate",
                self.tls.certificate.is_some(),
                "nats.tls.key",
                self.tls.key.is_some(),
            ),
        ];
        for (first, has_first, second, has_second) in pairs {
            match (has_first, has_second) {
                (true, false) => refuse(first, format!("it means nothing without `{second}`")),
                (false, true) => refuse(second, format!("it means nothing without `{first}`")),
                _ => {}
            }
        }
        found
    }
}
