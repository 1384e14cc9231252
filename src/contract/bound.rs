//! A serializer that only counts: an upper bound of a value's size as JSON, without formatting anything.
//!
//! It mirrors `serde_json`. Where it cannot, it gives up, and the exact way in `size` decides.

use serde::ser::{self, Impossible, Serialize};
use std::fmt;

/// The bound does not fit, or cannot be told: the exact way decides.
#[derive(Debug, thiserror::Error)]
#[error("the bound is exceeded")]
pub(super) struct Exceeded;

impl ser::Error for Exceeded {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Exceeded
    }
}

/// A serializer that only counts, too much rather than too little, and gives up when nothing is left.
pub(super) struct Bound {
    left: usize,
}

type Counted = Result<(), Exceeded>;

impl Bound {
    #[inline]
    pub(super) fn of(limit: usize) -> Self {
        Self { left: limit }
    }

    #[inline]
    fn take(&mut self, bytes: usize) -> Counted {
        self.left = self.left.checked_sub(bytes).ok_or(Exceeded)?;
        Ok(())
    }

    /// Each byte may become `\u00xx`; two quotes.
    #[inline]
    fn take_text(&mut self, len: usize) -> Counted {
        self.take(len.saturating_mul(6).saturating_add(2))
    }

    /// `{"Variant":` and `}`.
    #[inline]
    fn take_variant(&mut self, variant: &str) -> Counted {
        self.take_text(variant.len())?;
        self.take(3)
    }
}

/// A method for each scalar type: the most bytes its JSON has.
macro_rules! at_most {
    ($($method:ident($ty:ty) = $bytes:expr;)*) => {$(
        #[inline]
        fn $method(self, _: $ty) -> Counted {
            self.take($bytes)
        }
    )*};
}

impl ser::Serializer for &mut Bound {
    type Ok = ();
    type Error = Exceeded;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    at_most! {
        serialize_bool(bool) = 5;
        serialize_i8(i8) = 4;
        serialize_i16(i16) = 6;
        serialize_i32(i32) = 11;
        serialize_i64(i64) = 20;
        serialize_i128(i128) = 40;
        serialize_u8(u8) = 3;
        serialize_u16(u16) = 5;
        serialize_u32(u32) = 10;
        serialize_u64(u64) = 20;
        serialize_u128(u128) = 39;
        serialize_f32(f32) = 24;
        serialize_f64(f64) = 32;
        serialize_char(char) = 8;
        serialize_unit_struct(&'static str) = 4;
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Counted {
        self.take_text(text.len())
    }

    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Counted {
        self.take(bytes.len().saturating_mul(4).saturating_add(2))
    }

    #[inline]
    fn serialize_none(self) -> Counted {
        self.take(4)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Counted {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Counted {
        self.take(4)
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Counted {
        self.take_text(variant.len())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Counted {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Counted {
        self.take_variant(variant)?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Exceeded> {
        self.take(2)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Exceeded> {
        self.take(2)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Exceeded> {
        self.take(2)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Exceeded> {
        self.take_variant(variant)?;
        self.take(2)?;
        Ok(self)
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Self, Exceeded> {
        self.take(2)?;
        Ok(self)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Exceeded> {
        self.take(2)?;
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Exceeded> {
        self.take_variant(variant)?;
        self.take(2)?;
        Ok(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Counted {
        self.take(2)?;
        fmt::write(&mut Shown(self), format_args!("{value}")).map_err(|_| Exceeded)
    }
}

/// Counts what a `Display` writes, as the inside of a string.
struct Shown<'a>(&'a mut Bound);

impl fmt::Write for Shown<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0
            .take(text.len().saturating_mul(6))
            .map_err(|_| fmt::Error)
    }
}

/// Sequences of all kinds: each element and its comma.
macro_rules! elements {
    ($($part:ident::$method:ident;)*) => {$(
        impl ser::$part for &mut Bound {
            type Ok = ();
            type Error = Exceeded;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Counted {
                self.take(1)?;
                element.serialize(&mut **self)
            }

            #[inline]
            fn end(self) -> Counted {
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

/// Structs of both kinds: each name, its colon, its value, its comma.
macro_rules! fields {
    ($($part:ident)*) => {$(
        impl ser::$part for &mut Bound {
            type Ok = ();
            type Error = Exceeded;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Counted {
                self.take_text(name.len())?;
                self.take(2)?;
                value.serialize(&mut **self)
            }

            #[inline]
            fn end(self) -> Counted {
                Ok(())
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for &mut Bound {
    type Ok = ();
    type Error = Exceeded;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Counted {
        self.take(2)?;
        key.serialize(Key(self))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Counted {
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Counted {
        Ok(())
    }
}

/// The key of a map: text, or what `serde_json` puts in quotes.
struct Key<'a>(&'a mut Bound);

/// A method for each scalar type: the most bytes it has between quotes.
macro_rules! keys_at_most {
    ($($method:ident($ty:ty) = $bytes:expr;)*) => {$(
        #[inline]
        fn $method(self, _: $ty) -> Counted {
            self.0.take($bytes + 2)
        }
    )*};
}

/// A method for each type that is no key: the exact way reports it.
macro_rules! no_keys {
    ($($method:ident($($ty:ty),*) -> $ok:ty;)*) => {$(
        #[inline]
        fn $method(self, $(_: $ty),*) -> Result<$ok, Exceeded> {
            Err(Exceeded)
        }
    )*};
}

impl ser::Serializer for Key<'_> {
    type Ok = ();
    type Error = Exceeded;
    type SerializeSeq = Impossible<(), Exceeded>;
    type SerializeTuple = Impossible<(), Exceeded>;
    type SerializeTupleStruct = Impossible<(), Exceeded>;
    type SerializeTupleVariant = Impossible<(), Exceeded>;
    type SerializeMap = Impossible<(), Exceeded>;
    type SerializeStruct = Impossible<(), Exceeded>;
    type SerializeStructVariant = Impossible<(), Exceeded>;

    keys_at_most! {
        serialize_bool(bool) = 5;
        serialize_i8(i8) = 4;
        serialize_i16(i16) = 6;
        serialize_i32(i32) = 11;
        serialize_i64(i64) = 20;
        serialize_i128(i128) = 40;
        serialize_u8(u8) = 3;
        serialize_u16(u16) = 5;
        serialize_u32(u32) = 10;
        serialize_u64(u64) = 20;
        serialize_u128(u128) = 39;
        serialize_char(char) = 6;
    }

    no_keys! {
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Counted {
        self.0.take_text(text.len())
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Counted {
        self.0.take_text(variant.len())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Counted {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Counted {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Counted {
        Err(Exceeded)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Counted {
        ser::Serializer::collect_str(self.0, value)
    }
}
