//! [`Node`]: one process of the application, or several that are equal.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The name of a node: a small letter, then small letters, digits, `_` or `-`; at most 64.
///
/// ```
/// use skep::placement::NodeName;
///
/// assert!("reports".parse::<NodeName>().is_ok());
/// assert!("Reports 2".parse::<NodeName>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NodeName(String);

/// Why a text is no name of a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeNameError {
    /// It has other characters, or is too long or empty.
    #[error(
        "a name begins with a small letter and goes on with small letters, digits, `_` or `-`, 64 in all at most"
    )]
    Spelling,
    /// It is the folder of the nats-server.
    #[error("that folder of `store.path` belongs to the nats-server that `up` starts")]
    Taken,
}

/// The folder in `store.path` that is the nats-server's.
const SERVER_FOLDER: &str = "nats";
const CHARACTERS_MAX: usize = 64;

/// One process of the application, or several that are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name.
    pub name: NodeName,
    /// The capabilities that it hosts, in the order of the application; `*` is resolved.
    pub hosts: Vec<String>,
    /// How many such processes there are.
    pub replicas: u16,
    /// Whether it opens the door to the API.
    pub gateway: bool,
}

impl NodeName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the only node of an application that is not split.
    pub(super) fn of_application(application: &str) -> Self {
        let fitting = |c: char| if is_allowed(c) { c } else { '_' };
        let name: String = application.to_lowercase().chars().map(fitting).collect();
        let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
        let name: String = name.chars().take(CHARACTERS_MAX).collect();
        Self(if name.is_empty() {
            "application".to_owned()
        } else {
            name
        })
    }

    /// What the process of one replica is called, and its folder: `reports`, then `reports-2`, `reports-3`.
    #[must_use]
    pub fn process(&self, replica: u16) -> String {
        match replica {
            0 | 1 => self.0.clone(),
            replica => format!("{}-{replica}", self.0),
        }
    }
}

const fn is_allowed(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'
}

impl FromStr for NodeName {
    type Err = NodeNameError;

    fn from_str(text: &str) -> Result<Self, NodeNameError> {
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || text.len() > CHARACTERS_MAX || !text.chars().all(is_allowed) {
            return Err(NodeNameError::Spelling);
        }
        if text == SERVER_FOLDER {
            return Err(NodeNameError::Taken);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for NodeName {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_the_servers_folder_is_taken() {
        for good in ["a", "reports", "front-desk_2"] {
            assert!(good.parse::<NodeName>().is_ok(), "{good}");
        }
        let long = "x".repeat(65);
        for bad in [
            "", "Front", "2front", "-a", "a b", "a.b", "../up", "é", &long,
        ] {
            assert_eq!(
                bad.parse::<NodeName>(),
                Err(NodeNameError::Spelling),
                "{bad}"
            );
        }
        assert_eq!("nats".parse::<NodeName>(), Err(NodeNameError::Taken));
    }

    #[test]
    fn every_application_can_be_one_node() {
        for (application, name) in [
            ("hotel", "hotel"),
            ("My Hotel", "my_hotel"),
            ("2nd", "nd"),
            ("", "application"),
            ("日本", "application"),
        ] {
            assert_eq!(NodeName::of_application(application).as_str(), name);
        }
    }

    #[test]
    fn replicas_have_names_of_their_own() {
        let reports: NodeName = "reports".parse().expect("a name");
        assert_eq!(
            [1, 2, 11].map(|n| reports.process(n)),
            ["reports", "reports-2", "reports-11"]
        );
    }
}
