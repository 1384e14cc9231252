//! [`Subjects`]: the names under which things are found on the server.
//!
//! | subject | what goes there |
//! |---|---|
//! | `skep.v1.<namespace>.cap.<capability>.<message>` | calls, to one member of the queue group `q` |
//! | `skep.v1.<namespace>.cap.<capability>._bundle` | many of them at once, to one member too |
//! | `skep.v1.<namespace>.about.<capability>.cancel` | the reply subject of a call that nobody waits for any more |
//! | `skep.v1.<namespace>.about.<capability>.probe` | the reply subject of a call; whoever is at work on it answers |
//! | `skep.v1.<namespace>.ctl.<instance>.<verb>` | an operator's question to one process, or with `all` to each |
//! | `skep.v1.<namespace>.ctl.@<capability>.<verb>` | an operator's question to the process that hosts a capability, or to one of them |
//! | `skep.v1.<namespace>.ev.<capability>.<event>.<key>` | events, kept in a stream; the key is the emitter's, `_` without one |
//! | `skep.v1.<namespace>.cmd.<capability>.<message>` | sends, kept in a stream; `@event` instead of a message: an event for this capability alone |
//! | `skep.v1.fence.<any>` | nothing listens there: that it answers so says that all commands before it were processed |

use std::fmt::Write as _;
use std::sync::Arc;

/// The queue group of those who serve calls: the one that ADR-32 names, so that services of other libraries join it.
pub(super) const QUEUE_GROUP: &str = "q";

/// The message that means nothing: it is sent to be counted.
pub(super) const POKE: &str = "_poke";
/// The message in which many lie.
pub(super) const BUNDLE: &str = "_bundle";
/// What is said about a call that nobody waits for any more.
pub(super) const CANCEL: &str = "cancel";
/// What is asked about a call that has been under way for long.
pub(super) const PROBE: &str = "probe";

/// The subjects of one namespace.
#[derive(Debug, Clone)]
pub(super) struct Subjects {
    namespace: Arc<str>,
    prefix: Arc<str>,
}

impl Subjects {
    /// The subjects of a namespace, whose name is one token.
    pub(super) fn of(namespace: &str) -> Self {
        Self {
            namespace: namespace.into(),
            prefix: format!("skep.v1.{namespace}").into(),
        }
    }

    /// Where a message of a capability is sent.
    pub(super) fn call(&self, capability: &str, message: &str) -> String {
        format!("{}.cap.{capability}.{message}", self.prefix)
    }

    /// The namespace, the capability and the message of a subject of [`call`](Self::call); the message of all of them is `*`.
    pub(super) fn parse_call(subject: &str) -> Option<(&str, &str, &str)> {
        let rest = subject.strip_prefix("skep.v1.")?;
        let (namespace, rest) = rest.split_once(".cap.")?;
        let (capability, message) = rest.split_once('.')?;
        Some((namespace, capability, message))
    }

    /// Where all messages of a capability arrive.
    pub(super) fn calls(&self, capability: &str) -> String {
        self.call(capability, "*")
    }

    /// Where a process, or all, are asked something.
    pub(super) fn control(&self, whom: &str, verb: &str) -> String {
        format!("{}.ctl.{whom}.{verb}", self.prefix)
    }

    /// Where the process that hosts a capability is asked something.
    pub(super) fn host(&self, capability: &str, verb: &str) -> String {
        self.control(&format!("@{capability}"), verb)
    }

    /// The bucket of claims.
    pub(super) fn claims(&self) -> String {
        format!("SKEP_{}_CLAIMS", self.namespace)
    }

    /// What means nothing to a capability.
    pub(super) fn poke(&self, capability: &str) -> String {
        self.call(capability, POKE)
    }

    /// Where calls to a capability are talked about.
    pub(super) fn about(&self, capability: &str) -> String {
        format!("{}.about.{capability}.*", self.prefix)
    }

    /// Where it is said that nobody waits for a call any more.
    pub(super) fn cancel(&self, capability: &str) -> String {
        format!("{}.about.{capability}.{CANCEL}", self.prefix)
    }

    /// Where is asked whether somebody is at work on a call.
    pub(super) fn probe(&self, capability: &str) -> String {
        format!("{}.about.{capability}.{PROBE}", self.prefix)
    }

    /// Where an event is made known.
    pub(super) fn event(&self, capability: &str, event: &str, key: &str) -> String {
        let key = token_of_key(key);
        format!("{}.ev.{capability}.{event}.{key}", self.prefix)
    }

    /// Where an event is made known, whoever emits it; `*` for every event.
    pub(super) fn events(&self, capability: &str, event: &str) -> String {
        format!("{}.ev.{capability}.{event}.*", self.prefix)
    }

    /// Where a message is sent that arrives even if its receiver is down now; `*` for every message.
    pub(super) fn send(&self, capability: &str, message: &str) -> String {
        format!("{}.cmd.{capability}.{message}", self.prefix)
    }

    /// What a stream of the server is called; `kind` is `EV` or `CMD`.
    pub(super) fn stream(&self, kind: &str, capability: &str) -> String {
        format!("SKEP_{}_{kind}_{capability}", last_token(&self.prefix))
    }

    /// Where nobody listens.
    pub(super) fn fence(unique: &str) -> String {
        format!("skep.v1.fence.{unique}")
    }
}

/// A key as one token: letters, digits, `-` and `_` stand for themselves, each other byte is `=` and two digits.
pub(super) fn token_of_key(key: &str) -> String {
    if key.is_empty() {
        return "_".to_owned();
    }
    let mut token = String::with_capacity(key.len());
    for byte in key.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if is_plain && key != "_" {
            token.push(char::from(byte));
        } else {
            let _ = write!(token, "={byte:02X}");
        }
    }
    token
}

/// The key that a token stands for, empty for none; `None` when it stands for no text.
pub(super) fn key_of_token(token: &str) -> Option<String> {
    if token == "_" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'=' {
            let (digits, after) = rest.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The last token: of a call the message's name.
pub(super) fn last_token(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_one_token_and_reads_back(key in "\\PC{0,40}|_{0,2}|[ .*>=a]{0,9}") {
            let token = token_of_key(&key);
            prop_assert!(!token.is_empty() && !token.contains(['.', '*', '>', ' ']));
            prop_assert_eq!(key_of_token(&token), Some(key));
        }
    }

    #[test]
    fn a_token_that_stands_for_no_text_is_none() {
        for token in ["=", "=4", "=GG", "=FF"] {
            assert_eq!(key_of_token(token), None, "{token}");
        }
    }
}
