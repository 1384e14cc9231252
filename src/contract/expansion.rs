//! What the expansion of `contract!` and `#[capability]` calls, so that the generated code stays small. Not for people.

use super::{Contract, Description, Event, EventDescription, Message, MessageDescription};

/// A contract as data; `Events` is the list `(First, (Second, ()))` of what it emits.
pub fn describe<C: Contract<Messages: MessageList>, Events: EventList>(doc: &str) -> Description {
    let mut description = Description {
        name: C::NAME.to_owned(),
        version: C::VERSION,
        key: C::KEY.map(str::to_owned),
        doc: doc.to_owned(),
        messages: Vec::with_capacity(C::NUM_MESSAGES),
        events: Vec::new(),
    };
    C::Messages::describe(&mut description.messages);
    Events::describe(&mut description.events);
    description
}

/// A nested list of message types.
pub trait MessageList {
    /// Appends a description of each.
    fn describe(into: &mut Vec<MessageDescription>);
}

impl MessageList for () {
    fn describe(_: &mut Vec<MessageDescription>) {}
}

impl<M: Message, Rest: MessageList> MessageList for (M, Rest) {
    fn describe(into: &mut Vec<MessageDescription>) {
        into.push(MessageDescription::of::<M>());
        Rest::describe(into);
    }
}

/// A nested list of event types.
pub trait EventList {
    /// Appends a description of each.
    fn describe(into: &mut Vec<EventDescription>);
}

impl EventList for () {
    fn describe(_: &mut Vec<EventDescription>) {}
}

impl<E: Event, Rest: EventList> EventList for (E, Rest) {
    fn describe(into: &mut Vec<EventDescription>) {
        into.push(EventDescription::of::<E>());
        Rest::describe(into);
    }
}

/// Whether the name at `at` is also at an earlier place.
pub const fn repeats(names: &[&str], at: usize) -> bool {
    let mut earlier = 0;
    while earlier < at {
        if equal(names[earlier].as_bytes(), names[at].as_bytes()) {
            return true;
        }
        earlier += 1;
    }
    false
}

const fn equal(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    left.len() == right.len()
}
