//! Answers that go on for as long as somebody listens: events as they are emitted, records as they are logged.

mod events;
mod logs;
mod stream;

pub(super) use events::events;
pub(super) use logs::{colony_logs, logs, no_such_node};
pub(super) use stream::Closing;
