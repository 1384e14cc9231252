//! The bytes in an engine: keys by kind, values with checksums, long values in chunks. Format 1.
//!
//! A stored key is one kind byte and the rest:
//! - `0x00` meta: `seq`, the number of the last group that wrote to this tree (u64);
//! - `0x01` row: the application's key;
//! - `0x02` chunk: length of the row's key (u16), the row's key, number of the chunk (u32).
//!
//! A stored value is a tag byte, a CRC-32 of the stored key, the tag and the payload (u32), and the
//! payload. All numbers are big endian, so that chunks sort. Since the checksum covers the key, a
//! value that turns up under another key is noticed as well.

use super::error::Error;

const ROW: u8 = 0x01;
const CHUNK: u8 = 0x02;

const WHOLE: u8 = 0x10;
const HEAD: u8 = 0x11;
const PIECE: u8 = 0x12;

/// Tag and checksum.
const ENVELOPE_BYTES: usize = 5;

/// The first stored key after all rows, and the first of all chunks.
pub(super) const ROWS_END: &[u8] = &[CHUNK];
/// The first stored key after all chunks.
pub(super) const CHUNKS_END: &[u8] = &[CHUNK + 1];
/// The stored key of a tree's commit number.
pub(super) const SEQ_KEY: &[u8] = b"\x00seq";

/// What a row's record holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The value itself.
    Whole(Vec<u8>),
    /// Where the value is.
    Chunked(Head),
}

/// The head of a value in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Length of the whole value in bytes.
    pub(super) bytes: u64,
    /// How many chunks there are.
    pub(super) num_chunks: u32,
    /// CRC-32 of the whole value: the chunks of two values never pass for one.
    pub(super) checksum: u32,
}

/// The stored key of a row.
pub(super) fn row_key(key: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(1 + key.len());
    stored.push(ROW);
    stored.extend_from_slice(key);
    stored
}

/// The application's key in a stored row key.
pub(super) fn key_of(stored: &[u8]) -> &[u8] {
    stored.get(1..).unwrap_or_default()
}

/// The stored key of a row's chunk.
pub(super) fn chunk_key(key: &[u8], number: u32) -> Vec<u8> {
    let mut stored = Vec::with_capacity(7 + key.len());
    stored.push(CHUNK);
    // Keys are checked to have at most 1024 bytes before they come here.
    stored.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    stored.extend_from_slice(key);
    stored.extend_from_slice(&number.to_be_bytes());
    stored
}

fn seal(tag: u8, stored_key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(ENVELOPE_BYTES + payload.len());
    record.push(tag);
    record.extend_from_slice(&checksum(tag, stored_key, payload).to_be_bytes());
    record.extend_from_slice(payload);
    record
}

fn checksum(tag: u8, stored_key: &[u8], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(stored_key);
    crc.update(&[tag]);
    crc.update(payload);
    crc.finalize()
}

/// A whole value as a record.
pub(super) fn whole(stored_key: &[u8], value: &[u8]) -> Vec<u8> {
    seal(WHOLE, stored_key, value)
}

/// One chunk as a record.
pub(super) fn piece(stored_key: &[u8], chunk: &[u8]) -> Vec<u8> {
    seal(PIECE, stored_key, chunk)
}

/// The head of a value in chunks as a record.
pub(super) fn head(stored_key: &[u8], head: Head) -> Vec<u8> {
    let mut payload = [0; 16];
    payload[..8].copy_from_slice(&head.bytes.to_be_bytes());
    payload[8..12].copy_from_slice(&head.num_chunks.to_be_bytes());
    payload[12..].copy_from_slice(&head.checksum.to_be_bytes());
    seal(HEAD, stored_key, &payload)
}

/// Opens a record of a tree.
pub(super) struct Reader<'a> {
    /// The tree, for messages.
    pub(super) tree: &'a str,
    /// The stored key the record was found under.
    pub(super) stored_key: &'a [u8],
}

impl Reader<'_> {
    /// Reads a row's record.
    pub(super) fn row(&self, record: Vec<u8>) -> Result<Row, Error> {
        match self.open(&record)? {
            WHOLE => Ok(Row::Whole(payload(record))),
            HEAD => self.head(&record).map(Row::Chunked),
            _ => Err(self.corrupt("it has an unknown tag")),
        }
    }

    /// Reads a chunk's record.
    pub(super) fn piece(&self, record: Vec<u8>) -> Result<Vec<u8>, Error> {
        match self.open(&record)? {
            PIECE => Ok(payload(record)),
            _ => Err(self.corrupt("it is not a chunk")),
        }
    }

    /// Reads a tree's commit number.
    pub(super) fn seq(&self, record: Vec<u8>) -> Result<u64, Error> {
        self.open(&record)?;
        let bytes = payload(record).try_into();
        bytes
            .map(u64::from_be_bytes)
            .map_err(|_| self.corrupt("it is not a number"))
    }

    /// An error about this record.
    pub(super) fn corrupt(&self, reason: &'static str) -> Error {
        Error::corrupt(self.tree, key_of(self.stored_key), reason)
    }

    /// Checks the envelope and returns the tag.
    fn open(&self, record: &[u8]) -> Result<u8, Error> {
        let Some((envelope, payload)) = record.split_first_chunk::<ENVELOPE_BYTES>() else {
            return Err(self.corrupt("it is too short"));
        };
        let [tag, stored @ ..] = *envelope;
        if checksum(tag, self.stored_key, payload) == u32::from_be_bytes(stored) {
            return Ok(tag);
        }
        Err(self.corrupt("its checksum does not match"))
    }

    fn head(&self, record: &[u8]) -> Result<Head, Error> {
        let fields = record[ENVELOPE_BYTES..].split_first_chunk::<8>();
        let fields = fields.and_then(|(bytes, rest)| {
            let (num_chunks, rest) = rest.split_first_chunk::<4>()?;
            Some((bytes, num_chunks, rest.first_chunk::<4>()?))
        });
        let (bytes, num_chunks, checksum) =
            fields.ok_or_else(|| self.corrupt("its head is too short"))?;
        Ok(Head {
            bytes: u64::from_be_bytes(*bytes),
            num_chunks: u32::from_be_bytes(*num_chunks),
            checksum: u32::from_be_bytes(*checksum),
        })
    }
}

/// Cuts the envelope off in place: most values are small, and this spares an allocation.
fn payload(mut record: Vec<u8>) -> Vec<u8> {
    record.drain(..ENVELOPE_BYTES);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes on disk are a promise: format 1 has to stay readable.
    #[test]
    fn format_1_is_as_it_was() {
        let key = row_key(b"room");
        assert_eq!(whole(&key, b"42"), b"\x10\x96\x28\x6d\x3f42");
        let head = head(
            &key,
            Head {
                bytes: 5000,
                num_chunks: 2,
                checksum: 7,
            },
        );
        assert_eq!(head[5..], *b"\0\0\0\0\0\0\x13\x88\0\0\0\x02\0\0\0\x07");
        assert_eq!(chunk_key(b"room", 258), b"\x02\0\x04room\0\0\x01\x02");
        assert_eq!(SEQ_KEY, b"\0seq");
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let stored_key = row_key(b"room");
        let record = whole(&stored_key, b"forty-two");
        let reader = Reader {
            tree: "rooms",
            stored_key: &stored_key,
        };
        assert_eq!(
            reader.row(record.clone()).unwrap(),
            Row::Whole(b"forty-two".to_vec())
        );
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                matches!(reader.row(flipped), Err(Error::Corrupt { .. })),
                "bit {bit}"
            );
        }
        for len in 0..record.len() {
            assert!(matches!(
                reader.row(record[..len].to_vec()),
                Err(Error::Corrupt { .. })
            ));
        }
    }

    #[test]
    fn a_record_under_another_key_is_noticed() {
        let record = whole(&row_key(b"room"), b"42");
        let reader = Reader {
            tree: "rooms",
            stored_key: &row_key(b"door"),
        };
        assert!(matches!(reader.row(record), Err(Error::Corrupt { key, .. }) if key == "door"));
    }
}
