//! How a capability's records lie in its tree of the store, so that one batch on one tree is a whole turn.
//!
//! ```text
//! d <actor> <table> <key>       a table's row
//! i <actor> <message id>        a message that was handled, with its reply
//! o <target> <lane> <sequence>  an event or send that waits for delivery
//! t <due> <actor> <timer id>    a timer
//! e <actor> <method>            when an `#[every]` method is called next
//! x <sequence>                  a dead letter
//! l <position>                  an event in the log
//! ```
//! Names are written with their length before them, numbers big endian: keys sort as their parts do. The `<actor>` of a capability without keys is
//! empty.

use crate::call::{Key, MessageId};

pub(crate) const TABLES: u8 = b'd';
pub(crate) const INBOX: u8 = b'i';
pub(crate) const OUTBOX: u8 = b'o';
pub(crate) const TIMERS: u8 = b't';
pub(crate) const PERIODICS: u8 = b'e';
pub(crate) const DEAD: u8 = b'x';
pub(crate) const LOG: u8 = b'l';

/// The rows of one table of one actor.
pub(crate) fn table(actor: Option<&Key>, table: &str) -> Vec<u8> {
    let mut key = vec![TABLES];
    push_name(&mut key, actor.map_or("", Key::as_str));
    push_name(&mut key, table);
    key
}

/// The handled messages of one actor.
pub(crate) fn inbox(actor: Option<&Key>, id: MessageId) -> Vec<u8> {
    let mut key = vec![INBOX];
    push_name(&mut key, actor.map_or("", Key::as_str));
    key.extend_from_slice(&id.to_bytes());
    key
}

/// What waits for one target.
pub(crate) fn outbox_target(target: &str) -> Vec<u8> {
    let mut key = vec![OUTBOX];
    push_name(&mut key, target);
    key
}

/// What waits for one target in one lane: the deliveries that keep their order.
pub(crate) fn outbox_lane(target: &str, lane: &str) -> Vec<u8> {
    let mut key = outbox_target(target);
    push_name(&mut key, lane);
    key
}

/// One delivery.
pub(crate) fn outbox(target: &str, lane: &str, sequence: u64) -> Vec<u8> {
    let mut key = outbox_lane(target, lane);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// The parts of an outbox key: target, lane, sequence.
pub(crate) fn parse_outbox(key: &[u8]) -> Option<(&str, &str, u64)> {
    let rest = key.strip_prefix(&[OUTBOX])?;
    let (target, rest) = take_name(rest)?;
    let (lane, rest) = take_name(rest)?;
    Some((target, lane, u64::from_be_bytes(rest.try_into().ok()?)))
}

/// One timer.
pub(crate) fn timer(due_ms: u64, actor: Option<&Key>, id: MessageId) -> Vec<u8> {
    let mut key = vec![TIMERS];
    key.extend_from_slice(&due_ms.to_be_bytes());
    push_name(&mut key, actor.map_or("", Key::as_str));
    key.extend_from_slice(&id.to_bytes());
    key
}

/// The parts of a timer key: when it is due, whose it is, its id.
pub(crate) fn parse_timer(key: &[u8]) -> Option<(u64, Option<Key>, MessageId)> {
    let rest = key.strip_prefix(&[TIMERS])?;
    let (due, rest) = rest.split_first_chunk::<8>()?;
    let (actor, id) = take_name(rest)?;
    let id = MessageId::from_bytes(id.try_into().ok()?);
    Some((
        u64::from_be_bytes(*due),
        (!actor.is_empty()).then(|| Key::from(actor)),
        id,
    ))
}

/// When an `#[every]` method of an actor is called next.
pub(crate) fn periodic(actor: Option<&Key>, handler: &str) -> Vec<u8> {
    let mut key = vec![PERIODICS];
    push_name(&mut key, actor.map_or("", Key::as_str));
    push_name(&mut key, handler);
    key
}

/// One dead letter.
pub(crate) fn dead(sequence: u64) -> Vec<u8> {
    let mut key = vec![DEAD];
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// The sequence in a dead letter's key.
pub(crate) fn parse_dead(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(
        key.strip_prefix(&[DEAD])?.try_into().ok()?,
    ))
}

/// One event in the log.
pub(crate) fn log(position: u64) -> Vec<u8> {
    let mut key = vec![LOG];
    key.extend_from_slice(&position.to_be_bytes());
    key
}

/// The position in the key of a logged event.
pub(crate) fn parse_log(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(
        key.strip_prefix(&[LOG])?.try_into().ok()?,
    ))
}

fn push_name(key: &mut Vec<u8>, name: &str) {
    // Names are contracts, tables, handlers and keys: all bounded far below 64 kB.
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(&name.as_bytes()[..usize::from(length)]);
}

fn take_name(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let id = MessageId::of_text("x");
        let lisbon = Key::from("lisbon");
        assert_eq!(
            parse_outbox(&outbox("mail.sent", "a\0b", 7)),
            Some(("mail.sent", "a\0b", 7))
        );
        assert_eq!(
            parse_timer(&timer(9, Some(&lisbon), id)),
            Some((9, Some(lisbon), id))
        );
        assert_eq!(parse_timer(&timer(9, None, id)), Some((9, None, id)));
        assert_eq!(parse_dead(&dead(3)), Some(3));
        assert_eq!(parse_log(&log(3)), Some(3));
        assert_eq!(parse_log(&dead(3)), None);
        assert_eq!(parse_outbox(b"o\xff"), None);
    }

    #[test]
    fn one_lane_is_not_the_prefix_of_another() {
        assert!(!outbox("t", "ab", 1).starts_with(&outbox_lane("t", "a")));
        assert!(
            !table(Some(&Key::from("a")), "bc").starts_with(&table(Some(&Key::from("ab")), "c"))
        );
    }

    #[test]
    fn timers_sort_by_when_they_are_due() {
        let id = MessageId::of_text("x");
        assert!(timer(255, Some(&Key::from("z")), id) < timer(256, None, id));
    }
}
