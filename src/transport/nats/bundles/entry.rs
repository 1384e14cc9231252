//! What lies in a bundle.
//!
//! After one byte that says how it is written, the entries follow each other; numbers are in network order:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | how long the rest of the entry is |
//! | 8 | the number of the call, by which its answer is known |
//! | 2, n | the message's name; empty in an answer |
//! | 1 | how many headers follow |
//! | 1, 4, n | each header: its place in [`HEADERS`], and its value |
//! | the rest | the body |

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{LARGE, MANY};
use crate::transport::frame::{Frame, HEADERS};

/// How bundles are written. Another number would be another way.
const WRITTEN: u8 = 1;

/// A frame with its number and the name of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport::nats) struct Entry {
    pub(in crate::transport::nats) number: u64,
    pub(in crate::transport::nats) message: String,
    pub(in crate::transport::nats) frame: Frame,
}

/// It is no bundle, or not one that can be read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no bundle, or one of a newer kind")]
pub(in crate::transport::nats) struct Garbled;

/// A bundle that is being filled.
#[derive(Debug)]
pub(in crate::transport::nats) struct Outgoing {
    bytes: BytesMut,
    num_entries: usize,
}

impl Outgoing {
    /// A bundle with nothing in it.
    pub(in crate::transport::nats) fn new() -> Self {
        let mut bytes = BytesMut::with_capacity(1024);
        bytes.put_u8(WRITTEN);
        Self {
            bytes,
            num_entries: 0,
        }
    }

    /// Whether there is room for one entry more, where the server takes messages of `limit` bytes. What is large lies in a
    /// bundle alone.
    pub(in crate::transport::nats) fn has_room_for(&self, size: usize, limit: usize) -> bool {
        let most = LARGE.min(limit);
        self.num_entries == 0
            || (self.num_entries < MANY && self.bytes.len().saturating_add(size) <= most)
    }

    /// Puts an entry at the end.
    pub(in crate::transport::nats) fn put(&mut self, number: u64, message: &str, frame: &Frame) {
        let bytes = &mut self.bytes;
        bytes.reserve(size_of(message, frame));
        let start = bytes.len();
        bytes.put_u32(0);
        bytes.put_u64(number);
        // Names in contracts are short, and a frame has each header once: what did not fit would be refused as garbled.
        bytes.put_u16(u16::try_from(message.len()).unwrap_or(u16::MAX));
        bytes.put_slice(message.as_bytes());
        bytes.put_u8(u8::try_from(frame.headers.len()).unwrap_or(u8::MAX));
        for (name, value) in &frame.headers {
            bytes.put_u8(place_of(name));
            bytes.put_u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
            bytes.put_slice(value.as_bytes());
        }
        bytes.put_slice(&frame.body);
        let rest = u32::try_from(bytes.len() - start - LENGTH).unwrap_or(u32::MAX);
        if let Some(length) = bytes.get_mut(start..start + LENGTH) {
            length.copy_from_slice(&rest.to_be_bytes());
        }
        self.num_entries += 1;
    }

    /// The bundle, to be sent.
    pub(in crate::transport::nats) fn into_bytes(self) -> Bytes {
        self.bytes.freeze()
    }
}

/// Bytes of an entry's length.
const LENGTH: usize = 4;

/// How long an entry will be.
pub(in crate::transport::nats) fn size_of(message: &str, frame: &Frame) -> usize {
    let headers = frame.headers.iter().map(|(_, value)| 5 + value.len());
    LENGTH + 8 + 2 + message.len() + 1 + headers.sum::<usize>() + frame.body.len()
}

/// A name that is none of ours reads back as garbled.
fn place_of(name: &str) -> u8 {
    // Names are constants: mostly it is the same one, and no byte of it has to be looked at.
    let place = HEADERS
        .iter()
        .position(|known| std::ptr::eq(*known, name) || *known == name);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)
}

/// All entries of a bundle.
///
/// # Errors
///
/// [`Garbled`] when any of them cannot be read: half a bundle is none.
pub(in crate::transport::nats) fn entries(mut bundle: Bytes) -> Result<Vec<Entry>, Garbled> {
    if bundle.try_get_u8() != Ok(WRITTEN) {
        return Err(Garbled);
    }
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        entries.push(take(&mut bundle)?);
    }
    Ok(entries)
}

fn take(bundle: &mut Bytes) -> Result<Entry, Garbled> {
    let length = usize::try_from(bundle.try_get_u32()?)?;
    let mut rest = part(bundle, length)?;
    let number = rest.try_get_u64()?;
    let length = usize::from(rest.try_get_u16()?);
    let message = text(&mut rest, length)?;
    let num_headers = rest.try_get_u8()?;
    let mut headers = Vec::with_capacity(usize::from(num_headers));
    for _ in 0..num_headers {
        let place = usize::from(rest.try_get_u8()?);
        let name = *HEADERS.get(place).ok_or(Garbled)?;
        let length = usize::try_from(rest.try_get_u32()?)?;
        headers.push((name, text(&mut rest, length)?));
    }
    Ok(Entry {
        number,
        message,
        frame: Frame {
            headers,
            body: rest.to_vec(),
        },
    })
}

fn part(bytes: &mut Bytes, length: usize) -> Result<Bytes, Garbled> {
    if length > bytes.len() {
        return Err(Garbled);
    }
    Ok(bytes.split_to(length))
}

fn text(bytes: &mut Bytes, length: usize) -> Result<String, Garbled> {
    let text = std::str::from_utf8(bytes.get(..length).ok_or(Garbled)?).map_err(|_| Garbled)?;
    let text = text.to_owned();
    bytes.advance(length);
    Ok(text)
}

impl From<bytes::TryGetError> for Garbled {
    fn from(_: bytes::TryGetError) -> Self {
        Self
    }
}

impl From<std::num::TryFromIntError> for Garbled {
    fn from(_: std::num::TryFromIntError) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(number: u64, body: &[u8]) -> Entry {
        Entry {
            number,
            message: "reserve".to_owned(),
            frame: Frame {
                headers: vec![
                    (HEADERS[0], "hotel/1".to_owned()),
                    (HEADERS[2], String::new()),
                ],
                body: body.to_vec(),
            },
        }
    }

    fn bundle(of: &[Entry]) -> Bytes {
        let mut bundle = Outgoing::new();
        for entry in of {
            let before = bundle.bytes.len();
            bundle.put(entry.number, &entry.message, &entry.frame);
            assert_eq!(
                bundle.bytes.len() - before,
                size_of(&entry.message, &entry.frame)
            );
        }
        bundle.into_bytes()
    }

    #[test]
    fn what_is_put_into_a_bundle_comes_out_in_order() {
        let put = vec![entry(1, b"{}"), entry(u64::MAX, b""), entry(3, &[0, 255])];
        assert_eq!(entries(bundle(&put)), Ok(put));
    }

    #[test]
    fn a_bundle_that_is_cut_within_an_entry_is_none() {
        let whole = bundle(&[entry(1, b"{\"a\":1}"), entry(2, b"")]);
        let first = 1 + size_of("reserve", &entry(1, b"{\"a\":1}").frame);
        for end in (0..whole.len()).filter(|end| ![1, first].contains(end)) {
            assert_eq!(entries(whole.slice(..end)), Err(Garbled), "cut at {end}");
        }
    }

    #[test]
    fn a_bundle_of_another_kind_is_none() {
        let mut newer = bundle(&[entry(1, b"")]).to_vec();
        newer[0] += 1;
        assert_eq!(entries(newer.into()), Err(Garbled));
    }

    #[test]
    fn a_bundle_has_room_for_so_much_and_so_many() {
        let mut bundle = Outgoing::new();
        let has_room_for = |bundle: &Outgoing, size| bundle.has_room_for(size, usize::MAX);
        assert!(
            has_room_for(&bundle, usize::MAX),
            "what is large lies alone"
        );
        bundle.put(0, "", &entry(0, &vec![0; LARGE / 2]).frame);
        assert!(has_room_for(&bundle, LARGE / 4) && !has_room_for(&bundle, LARGE / 2));
        assert!(
            !bundle.has_room_for(LARGE / 4, LARGE * 2 / 3),
            "it must fit"
        );
        for number in 1..32 {
            bundle.put(number, "", &entry(number, b"").frame);
        }
        assert!(!has_room_for(&bundle, 0));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_bundle_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = entries(bytes.clone().into());
            if let Some(first) = bytes.first_mut() {
                *first = WRITTEN;
            }
            let _ = entries(bytes.into());
        }
    }
}
