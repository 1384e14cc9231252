//! Keys of tables: how values become bytes that sort as the values do.
//!
//! The encoding is part of the stored format: it never changes for a type.

use crate::call::{Key, MessageId};

/// A key of a [`Table`](super::Table): encoded, it sorts as the value does.
///
/// Implemented for integers, `bool`, texts, byte strings, `Option` (`None` first) and tuples of these; derive it for
/// your own structs: `#[derive(TableKey)]` encodes the fields in their order.
pub trait TableKey: Sized {
    /// Appends the encoded value. No encoding may be a proper prefix of another of the same type.
    fn encode(&self, bytes: &mut Vec<u8>);

    /// Takes one value off the front of `bytes`; `None` when they are no encoding of this type.
    fn decode(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! integer_keys {
    ($($unsigned:ty, $signed:ty;)*) => {$(
        impl TableKey for $unsigned {
            fn encode(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_be_bytes());
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                let (number, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_be_bytes(*number))
            }
        }

        impl TableKey for $signed {
            // Flipping the sign bit puts negative numbers before positive ones.
            fn encode(&self, bytes: &mut Vec<u8>) {
                (self.cast_unsigned() ^ (1 << (<$unsigned>::BITS - 1))).encode(bytes);
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                let number = <$unsigned>::decode(bytes)?;
                Some((number ^ (1 << (<$unsigned>::BITS - 1))).cast_signed())
            }
        }
    )*};
}

integer_keys! { u8, i8; u16, i16; u32, i32; u64, i64; u128, i128; }

impl TableKey for bool {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        match u8::decode(bytes)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Ends a text; a zero byte inside one is written as `ESCAPED`, so that shorter texts sort first.
const END: [u8; 2] = [0, 0];
const ESCAPED: [u8; 2] = [0, 0xff];

impl TableKey for Vec<u8> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_bytes(self, bytes);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut value = Self::new();
        loop {
            let zero = bytes.iter().position(|byte| *byte == 0)?;
            value.extend_from_slice(&bytes[..zero]);
            let (mark, rest) = bytes[zero..].split_first_chunk::<2>()?;
            *bytes = rest;
            match *mark {
                END => return Some(value),
                ESCAPED => value.push(0),
                _ => return None,
            }
        }
    }
}

fn encode_bytes(value: &[u8], bytes: &mut Vec<u8>) {
    for byte in value {
        match byte {
            0 => bytes.extend_from_slice(&ESCAPED),
            other => bytes.push(*other),
        }
    }
    bytes.extend_from_slice(&END);
}

impl TableKey for String {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_bytes(self.as_bytes(), bytes);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        Self::from_utf8(Vec::decode(bytes)?).ok()
    }
}

impl TableKey for Key {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_bytes(self.as_str().as_bytes(), bytes);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        String::decode(bytes).map(Self::from)
    }
}

impl TableKey for MessageId {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        u128::decode(bytes).map(Self::from_u128)
    }
}

impl<T: TableKey> TableKey for Option<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        self.is_some().encode(bytes);
        if let Some(value) = self {
            value.encode(bytes);
        }
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        if bool::decode(bytes)? {
            T::decode(bytes).map(Some)
        } else {
            Some(None)
        }
    }
}

impl TableKey for () {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

macro_rules! tuple_keys {
    ($(($($part:ident $index:tt),+);)*) => {$(
        impl<$($part: TableKey),+> TableKey for ($($part,)+) {
            fn encode(&self, bytes: &mut Vec<u8>) {
                $(self.$index.encode(bytes);)+
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($part::decode(bytes)?,)+))
            }
        }
    )*};
}

tuple_keys! { (A 0); (A 0, B 1); (A 0, B 1, C 2); (A 0, B 1, C 2, D 3); }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(value: &impl TableKey) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_values_do(
            a: (String, i64, Option<u32>, Vec<u8>),
            b: (String, i64, Option<u32>, Vec<u8>),
        ) {
            prop_assert_eq!(a.cmp(&b), encoded(&a).cmp(&encoded(&b)));
        }

        #[test]
        fn close_byte_strings_sort_as_their_values_do(
            a in proptest::collection::vec(0_u8..3, 0..6),
            b in proptest::collection::vec(0_u8..3, 0..6),
        ) {
            prop_assert_eq!((a.clone(), 1_u8).cmp(&(b.clone(), 0)), encoded(&(a, 1_u8)).cmp(&encoded(&(b, 0_u8))));
        }

        #[test]
        fn keys_read_back(value: (String, i16, Option<Vec<u8>>, bool)) {
            let bytes = encoded(&value);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(<(String, i16, Option<Vec<u8>>, bool)>::decode(&mut rest), Some(value));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn foreign_bytes_are_refused_without_harm(bytes: Vec<u8>) {
            let _ = <(String, Option<u64>)>::decode(&mut bytes.as_slice());
        }
    }
}
