//! Who logs: the turn that is being polled on this thread.

use crate::call::current::current;

/// Who logs, and in which trace.
#[derive(Debug, Default)]
pub(super) struct Circumstances {
    pub(super) capability: Option<String>,
    pub(super) key: Option<String>,
    pub(super) message_name: Option<String>,
    pub(super) trace: Option<String>,
    pub(super) span: Option<String>,
}

/// The circumstances of the thread's current turn; empty outside of turns.
pub(super) fn circumstances() -> Circumstances {
    let Some(turn) = current() else {
        return Circumstances::default();
    };
    let scope = turn.scope();
    let context = scope.step().context;
    Circumstances {
        capability: Some(scope.contract.to_owned()),
        key: scope.key.as_ref().map(ToString::to_string),
        message_name: Some(turn.message().to_owned()),
        trace: Some(context.trace.to_string()),
        span: Some(context.span.to_string()),
    }
}

/// The capability of the thread's current turn.
pub(super) fn capability() -> Option<&'static str> {
    current().map(|turn| turn.scope().contract)
}
