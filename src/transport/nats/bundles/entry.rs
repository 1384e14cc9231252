//! What lies in a bundle.
//!
//! After one byte that says how it is written, the entries follow each other; numbers are in network order:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | how long the rest of the entry is |
//! | 8 | the number of the call, by which its answer is known |
//! | the rest | the call or the answer, [packed](crate::transport::packed) |

use bytes::Bytes;

use super::{LARGE, MANY};
use crate::transport::packed::Garbled;

/// How bundles are written. Another number would be another way.
const WRITTEN: u8 = 2;
/// Bytes of an entry's length.
const LENGTH: usize = 4;
/// Bytes of a call's number.
const NUMBER: usize = 8;

/// What one entry has before the call or the answer.
pub(in crate::transport::nats) const OVERHEAD: usize = LENGTH + NUMBER;

/// A bundle that is being filled.
#[derive(Debug)]
pub(in crate::transport::nats) struct Outgoing {
    bytes: Vec<u8>,
    num_entries: usize,
}

impl Outgoing {
    /// A bundle with nothing in it, and room for an entry of `size` bytes.
    pub(in crate::transport::nats) fn new(size: usize) -> Self {
        let mut bytes = Vec::with_capacity(1 + size);
        bytes.push(WRITTEN);
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

    /// Puts an entry at the end; `pack` writes the call or the answer.
    pub(in crate::transport::nats) fn put(&mut self, number: u64, pack: impl FnOnce(&mut Vec<u8>)) {
        let bytes = &mut self.bytes;
        let start = bytes.len();
        bytes.extend_from_slice(&[0; LENGTH]);
        bytes.extend_from_slice(&number.to_be_bytes());
        pack(bytes);
        let rest = u32::try_from(bytes.len() - start - LENGTH).unwrap_or(u32::MAX);
        if let Some(length) = bytes.get_mut(start..start + LENGTH) {
            length.copy_from_slice(&rest.to_be_bytes());
        }
        self.num_entries += 1;
    }

    /// The bundle, to be sent.
    pub(in crate::transport::nats) fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }
}

/// All entries of a bundle: the numbers of calls, and what `read` makes of the rest.
///
/// # Errors
///
/// [`Garbled`] when any of them cannot be read: half a bundle is none.
pub(in crate::transport::nats) fn entries<T>(
    bundle: &[u8],
    mut read: impl FnMut(&[u8]) -> Result<T, Garbled>,
) -> Result<Vec<(u64, T)>, Garbled> {
    let mut rest = bundle.strip_prefix(&[WRITTEN]).ok_or(Garbled)?;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk().ok_or(Garbled)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Garbled)?;
        let (entry, after) = after.split_at_checked(length).ok_or(Garbled)?;
        let (number, packed) = entry.split_first_chunk().ok_or(Garbled)?;
        entries.push((u64::from_be_bytes(*number), read(packed)?));
        rest = after;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Entry = (u64, Vec<u8>);

    fn bundle(of: &[Entry]) -> Bytes {
        let mut bundle = Outgoing::new(0);
        for (number, body) in of {
            let before = bundle.bytes.len();
            bundle.put(*number, |bytes| bytes.extend_from_slice(body));
            assert_eq!(bundle.bytes.len() - before, OVERHEAD + body.len());
        }
        bundle.into_bytes()
    }

    fn read(bundle: &[u8]) -> Result<Vec<Entry>, Garbled> {
        entries(bundle, |packed| Ok(packed.to_vec()))
    }

    #[test]
    fn what_is_put_into_a_bundle_comes_out_in_order() {
        let put = vec![(1, b"{}".to_vec()), (u64::MAX, vec![]), (3, vec![0, 255])];
        assert_eq!(read(&bundle(&put)), Ok(put));
    }

    #[test]
    fn a_bundle_that_is_cut_within_an_entry_is_none() {
        let whole = bundle(&[(1, b"{\"a\":1}".to_vec()), (2, vec![])]);
        let first = 1 + OVERHEAD + 7;
        for end in (0..whole.len()).filter(|end| ![1, first].contains(end)) {
            assert_eq!(read(&whole[..end]), Err(Garbled), "cut at {end}");
        }
    }

    #[test]
    fn a_bundle_of_another_kind_is_none() {
        let mut newer = bundle(&[(1, vec![])]).to_vec();
        newer[0] += 1;
        assert_eq!(read(&newer), Err(Garbled));
    }

    #[test]
    fn of_a_bundle_with_an_entry_that_cannot_be_read_nothing_is() {
        let bundle = bundle(&[(1, vec![1]), (2, vec![2])]);
        let refuses = |refused: u8| {
            entries(&bundle, |packed| {
                if packed == [refused] {
                    Err(Garbled)
                } else {
                    Ok(())
                }
            })
        };
        assert_eq!(refuses(2), Err(Garbled));
        assert_eq!(refuses(3), Ok(vec![(1, ()), (2, ())]));
    }

    #[test]
    fn a_bundle_has_room_for_so_much_and_so_many() {
        let mut bundle = Outgoing::new(0);
        let has_room_for = |bundle: &Outgoing, size| bundle.has_room_for(size, usize::MAX);
        assert!(
            has_room_for(&bundle, usize::MAX),
            "what is large lies alone"
        );
        bundle.put(0, |bytes| bytes.extend_from_slice(&vec![0; LARGE / 2]));
        assert!(has_room_for(&bundle, LARGE / 4) && !has_room_for(&bundle, LARGE / 2));
        assert!(
            !bundle.has_room_for(LARGE / 4, LARGE * 2 / 3),
            "it must fit"
        );
        for number in 1..32 {
            bundle.put(number, |_| ());
        }
        assert!(!has_room_for(&bundle, 0));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_bundle_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            if let Some(first) = bytes.first_mut() {
                *first = WRITTEN;
            }
            let _ = read(&bytes);
        }
    }
}
