//! [`Subjects`]: the names under which things are found on the server.
//!
//! | subject | what goes there |
//! |---|---|
//! | `skep.v1.<namespace>.cap.<capability>.<message>` | calls, to one member of the queue group `q` |
//! | `skep.v1.<namespace>.about.<capability>.cancel` | the reply subject of a call that nobody waits for any more |
//! | `skep.v1.<namespace>.about.<capability>.probe` | the reply subject of a call; whoever is at work on it answers |
//! | `skep.v1.<namespace>.ctl.<instance>.<verb>` | an operator's question to one process, or with `all` to each |
//! | `skep.v1.fence.<any>` | nothing listens there: that it answers so says that all commands before it were processed |

use std::sync::Arc;

/// The queue group of those who serve calls: the one that ADR-32 names, so that services of other libraries join it.
pub(super) const QUEUE_GROUP: &str = "q";

/// The message that means nothing: it is sent to be counted.
pub(super) const POKE: &str = "_poke";
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

    /// Where all messages of a capability arrive.
    pub(super) fn calls(&self, capability: &str) -> String {
        self.call(capability, "*")
    }

    /// Where a process, or all, are asked something.
    pub(super) fn control(&self, whom: &str, verb: &str) -> String {
        format!("{}.ctl.{whom}.{verb}", self.prefix)
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

    /// Where nobody listens.
    pub(super) fn fence(unique: &str) -> String {
        format!("skep.v1.fence.{unique}")
    }
}

/// The last token: of a call the message's name.
pub(super) fn last_token(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or_default()
}
