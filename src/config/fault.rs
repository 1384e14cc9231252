//! The kinds of mistake a configuration can have, each with its code and a way to mend it.

use std::path::PathBuf;

use super::spelling::listed;

/// One kind of mistake, with what a reader needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// SK0201: a key that nothing reads.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The whole path of the key.
        key: String,
        /// The known key that is probably meant, as it has to be written.
        nearest: Option<String>,
        /// The keys that the table knows.
        known: Vec<String>,
        /// What else explains the key: that another table has it, or that it belongs to another kind of capability.
        note: Option<String>,
    },
    /// SK0202: a value of another type than the key has.
    #[error("`{key}` must be {expected}, found {found}")]
    WrongType {
        /// The whole path of the key.
        key: String,
        /// The type in words.
        expected: String,
        /// The value in words.
        found: String,
        /// How to write it.
        hint: Option<String>,
    },
    /// SK0203: the file cannot be read as text.
    #[error("cannot read {}: {reason}", path.display())]
    CannotRead {
        /// The file as the caller named it.
        path: PathBuf,
        /// Why not.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// SK0204: the text is not TOML.
    #[error("not valid TOML: {message}")]
    Syntax {
        /// What the parser expected.
        message: String,
        /// Whether it stumbled over a value, and not over a key or a table's head.
        in_value: bool,
    },
    /// SK0205: a value beyond its bounds.
    #[error("`{key}` must be {expected}, found {found}")]
    OutOfRange {
        /// The whole path of the key.
        key: String,
        /// The bounds in words.
        expected: String,
        /// The value in words.
        found: String,
    },
    /// SK0206: a key without default that nobody set.
    #[error("missing key `{key}`: it must be {expected} and has no default")]
    Missing {
        /// The whole path of the key.
        key: String,
        /// The type in words.
        expected: String,
        /// The environment variable that would set it.
        variable: String,
    },
    /// SK0207: an environment variable with the application's prefix that sets nothing.
    #[error("environment variable `{variable}` {reason}")]
    UnknownVariable {
        /// The variable.
        variable: String,
        /// Why it cannot be taken.
        reason: String,
        /// The variable that is probably meant.
        nearest: Option<String>,
    },
    /// SK0208: a word that is not among the choices.
    #[error("`{key}` must be {expected}, found {found}")]
    NotAChoice {
        /// The whole path of the key.
        key: String,
        /// The choices in words.
        expected: String,
        /// The value in words.
        found: String,
        /// The choice that is probably meant.
        nearest: Option<String>,
    },
    /// SK0209: a flag that names no key or no value.
    #[error("cannot read `{flag} {text}`: {reason}")]
    BadFlag {
        /// The flag.
        flag: String,
        /// The words after the flag, without the value.
        text: String,
        /// What is missing.
        reason: String,
    },
    /// SK0210: two settings that exclude each other.
    #[error("`{low}` is {low_value}, which is more than `{high}`, which is {high_value}")]
    Contradiction {
        /// The key of the lower bound.
        low: String,
        /// Its value.
        low_value: String,
        /// The key of the upper bound.
        high: String,
        /// Its value.
        high_value: String,
    },
    /// SK0211: the part that reads the setting does not take it, for a reason the schema cannot state.
    #[error("`{key}` is refused: {reason}")]
    Refused {
        /// The whole path of the key.
        key: String,
        /// The reader's words.
        reason: String,
    },
    /// SK0212: a capability that no node hosts.
    #[error("no node hosts `{capability}`")]
    HostedNowhere {
        /// The capability.
        capability: String,
    },
    /// SK0213: a capability, or the rest of them, that two nodes host.
    #[error(
        "`{name}` is hosted twice: by node `{first}` and {}",
        again(first, second)
    )]
    HostedTwice {
        /// The capability, or `*`.
        name: String,
        /// The node that hosts it by right: the first one that says so.
        first: String,
        /// The other one; the same when it says so twice.
        second: String,
    },
    /// SK0214: a node that hosts what there is not.
    #[error("node `{node}` hosts `{name}`, which is no capability of this application")]
    UnknownCapability {
        /// The node.
        node: String,
        /// What it names.
        name: String,
        /// The capability that is probably meant.
        nearest: Option<String>,
        /// The capabilities of the application.
        known: Vec<String>,
    },
    /// SK0215: replicas of a node whose capabilities cannot all have some.
    #[error(
        "node `{node}` cannot have {replicas} replicas: it hosts `{capability}`, which is {kind}"
    )]
    NotReplicable {
        /// The node.
        node: String,
        /// How many are wanted.
        replicas: u16,
        /// The capability that stands in the way.
        capability: String,
        /// Why it does, in words.
        kind: &'static str,
    },
    /// SK0216: nodes that have no server over which they could talk.
    #[error("the nodes cannot talk to each other: `nats.servers` names no server")]
    NoServers,
    /// SK0217: nodes are wanted, but there is none, or one without anything to do.
    #[error("{}", idle(node.as_deref()))]
    NothingToHost {
        /// The node; `None` when there is no node at all.
        node: Option<String>,
    },
    /// SK0218: a name that no node can have.
    #[error("a node cannot be called `{name}`: {reason}")]
    NodeName {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
}

impl Fault {
    /// The code whose page explains this kind of mistake.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } => "SK0201",
            Self::WrongType { .. } => "SK0202",
            Self::CannotRead { .. } => "SK0203",
            Self::Syntax { .. } => "SK0204",
            Self::OutOfRange { .. } => "SK0205",
            Self::Missing { .. } => "SK0206",
            Self::UnknownVariable { .. } => "SK0207",
            Self::NotAChoice { .. } => "SK0208",
            Self::BadFlag { .. } => "SK0209",
            Self::Contradiction { .. } => "SK0210",
            Self::Refused { .. } => "SK0211",
            Self::HostedNowhere { .. } => "SK0212",
            Self::HostedTwice { .. } => "SK0213",
            Self::UnknownCapability { .. } => "SK0214",
            Self::NotReplicable { .. } => "SK0215",
            Self::NoServers => "SK0216",
            Self::NothingToHost { .. } => "SK0217",
            Self::NodeName { .. } => "SK0218",
        }
    }

    /// What to try, one sentence a line.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::UnknownKey {
                nearest,
                known,
                note,
                ..
            } => unknown_help(nearest.as_deref(), known, note.as_deref()),
            Self::WrongType { hint, .. } => hint.iter().cloned().collect(),
            Self::CannotRead { hint, .. } => vec![hint.clone()],
            Self::Syntax { in_value: true, .. } => {
                vec!["a text stands in quotes, as in key = \"text\"".to_owned()]
            }
            Self::Syntax { .. }
            | Self::OutOfRange { .. }
            | Self::Refused { .. }
            | Self::NodeName { .. } => Vec::new(),
            Self::Missing { key, variable, .. } => {
                vec![format!("set `{key}` in the file, or {variable}")]
            }
            Self::UnknownVariable {
                nearest: Some(nearest),
                ..
            } => vec![format!("did you mean {nearest}?")],
            Self::UnknownVariable { .. } => {
                vec!["unset it, or write it as PREFIX_SECTION__KEY with two underscores between levels".to_owned()]
            }
            Self::NotAChoice { nearest, .. } => nearest
                .iter()
                .map(|nearest| format!("did you mean \"{nearest}\"?"))
                .collect(),
            Self::BadFlag { flag, .. } => vec![format!("write it as `{flag} section.key=value`")],
            Self::Contradiction { low, high, .. } => {
                vec![format!("lower `{low}` or raise `{high}`")]
            }
            Self::HostedNowhere { capability } => vec![format!(
                "add \"{capability}\" to the `hosts` of a node, or let one host \"*\": whatever no other hosts"
            )],
            Self::HostedTwice { name, .. } => vec![format!("leave \"{name}\" in one place")],
            Self::UnknownCapability { nearest, known, .. } => {
                unknown_help(nearest.as_deref(), known, None)
            }
            Self::NotReplicable { capability, .. } => vec![format!(
                "remove `replicas`, or let a node of its own host \"{capability}\""
            )],
            Self::NoServers => {
                vec!["say servers = [\"nats://127.0.0.1:4222\"] in [nats]; the command `up` starts a server there".to_owned()]
            }
            Self::NothingToHost { node: Some(_) } => {
                vec!["let it host something, give it `gateway = true`, or remove it".to_owned()]
            }
            Self::NothingToHost { node: None } => {
                vec![
                    "remove [nodes] for one process, or name a node, as in [nodes.front]"
                        .to_owned(),
                ]
            }
        }
    }

    /// Whether it is about something that is not at its place itself: there may be several at one.
    pub(super) const fn is_of_a_whole(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. } | Self::HostedNowhere { .. } | Self::NotReplicable { .. }
        )
    }

    /// Whether the error points at the key and not at its value.
    pub(super) const fn concerns_key(&self) -> bool {
        matches!(
            self,
            Self::UnknownKey { .. }
                | Self::UnknownVariable { .. }
                | Self::Missing { .. }
                | Self::HostedNowhere { .. }
                | Self::NoServers
                | Self::NothingToHost { .. }
                | Self::NodeName { .. }
        )
    }
}

fn again(first: &str, second: &str) -> String {
    if first == second {
        "once more by the same".to_owned()
    } else {
        format!("by node `{second}`")
    }
}

fn idle(node: Option<&str>) -> String {
    match node {
        Some(node) => {
            format!("node `{node}` has nothing to do: it hosts nothing and opens no door")
        }
        None => "[nodes] names no node".to_owned(),
    }
}

fn unknown_help(nearest: Option<&str>, known: &[String], note: Option<&str>) -> Vec<String> {
    let mut help: Vec<String> = nearest
        .iter()
        .map(|nearest| format!("did you mean `{nearest}`?"))
        .collect();
    help.extend(note.map(str::to_owned));
    if !known.is_empty() {
        help.push(format!("known here: {}", listed(known)));
    } else if nearest.is_none() && note.is_none() {
        help.push("nothing can be set here: remove it".to_owned());
    }
    help
}
