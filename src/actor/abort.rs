//! Ending a turn from deep inside it, when going on would only do harm: the platform rolls it back and tells the caller.

use crate::call::CallError;

/// What travels up the stack instead of a panic's message.
struct Aborted(CallError);

/// Unwinds the running turn; its caller gets `error`. Nothing is printed, since this is no panic.
pub(crate) fn turn(error: CallError) -> ! {
    std::panic::resume_unwind(Box::new(Aborted(error)))
}

/// What a turn unwound with: the platform's own error, or the message of a panic.
pub(crate) fn reason(unwound: Box<dyn std::any::Any + Send>, capability: &str) -> CallError {
    let unwound = match unwound.downcast::<Aborted>() {
        Ok(aborted) => return aborted.0,
        Err(other) => other,
    };
    let reason = match unwound.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other
            .downcast_ref::<&str>()
            .map_or("a panic without a message", |text| *text)
            .to_owned(),
    };
    CallError::Panicked {
        capability: capability.to_owned(),
        reason,
    }
}
