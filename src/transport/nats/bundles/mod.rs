//! Bundles: calls to one capability, and answers to one process, side by side in one message of the server.
//!
//! What a message costs – in the client library, in the kernel, in the server – hardly depends on what is in it. Calls that are under
//! way at the same time share that cost; a call that is alone waits for no other.
//!
//! A bundle is a byte that says how it is written, and [entries](entry). Calls go to `_bundle`, a message that no
//! contract can have, with a reply subject that says which calls are in it (see [`Range`]); their answers come to the inbox of
//! the process, as bundles of their own. Nobody has to know bundles: who does not refuses the message, and gets its calls one by one.

mod entry;
mod mailbag;
mod range;

pub(super) use entry::{OVERHEAD, Outgoing, entries};
pub(super) use mailbag::{Lane, Mailbag, Posted};
pub(super) use range::Range;

/// Where bundles of answers come to, as the last token of an inbox.
pub(super) const ANSWERS: &str = "a";
/// A bundle that is larger gets no further entry.
const LARGE: usize = 64 * 1024;
/// More entries than these do not lie in a bundle: it goes to one replica whole, and they are to share the work.
pub(super) const MANY: usize = 32;
