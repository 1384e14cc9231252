//! [`Subjects`]: the names under which things are found on the server.
//!
//! | subject | what goes there |
//! |---|---|
//! | `skep.v1.<namespace>.cap.<capability>.<message>` | calls, to one member of the queue group `q` |
//! | `skep.v1.fence.<any>` | nothing listens there: that it answers so says that all commands before it were processed |

use std::sync::Arc;

/// The queue group of those who serve calls: the one that ADR-32 names, so that services of other libraries join it.
pub(super) const QUEUE_GROUP: &str = "q";

/// The subjects of one namespace.
#[derive(Debug, Clone)]
pub(super) struct Subjects {
    prefix: Arc<str>,
}

impl Subjects {
    /// The subjects of a namespace, whose name is one token.
    pub(super) fn of(namespace: &str) -> Self {
        Self {
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

    /// Where nobody listens.
    pub(super) fn fence(unique: &str) -> String {
        format!("skep.v1.fence.{unique}")
    }
}

/// The last token: of a call the message's name.
pub(super) fn last_token(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or_default()
}
