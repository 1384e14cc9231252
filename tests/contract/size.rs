//! A message fits precisely when its JSON does.

use proptest::prelude::{
    BoxedStrategy, Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
};
use serde::{Serialize, Serializer};
use skep::contract::{SizeError, encoded_size_within};
use std::collections::BTreeMap;

/// Every kind of value that serde knows.
#[derive(Debug, Clone, Serialize)]
enum Anything {
    Unit,
    Bool(bool),
    Small(i8, u8, i16, u16),
    Large {
        signed: i64,
        unsigned: u64,
        int: i32,
        uint: u32,
    },
    Huge(i128, u128),
    Single(f32),
    Double(f64),
    Letter(char),
    Text(String),
    Shown(Shown),
    Bytes(Bytes),
    Maybe(Option<Box<Anything>>),
    List(Vec<Anything>),
    Pair((Box<Anything>, ())),
    ByText(BTreeMap<String, Anything>),
    ByNumber(BTreeMap<i64, Anything>),
    ByHuge(BTreeMap<i128, bool>),
    ByLetter(BTreeMap<char, ()>),
    ByBool(BTreeMap<bool, u8>),
    ByKind(BTreeMap<Kind, u8>),
    Record(Record),
    #[serde(rename = "na\"me\n")]
    Odd(Unit),
}

#[derive(Debug, Clone, Serialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Kind {
    Twin,
    Suite,
}

#[derive(Debug, Clone, Serialize)]
struct Record {
    #[serde(rename = "\u{1}\\")]
    odd: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, f64>,
}

#[derive(Debug, Clone)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Debug, Clone)]
struct Shown(String);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("<{}>", self.0))
    }
}

fn flat() -> BoxedStrategy<Anything> {
    use Anything as A;
    let text = "(?s).{0,12}";
    prop_oneof![
        Just(A::Unit),
        Just(A::Odd(Unit)),
        any::<bool>().prop_map(A::Bool),
        any::<(i8, u8, i16, u16)>().prop_map(|(a, b, c, d)| A::Small(a, b, c, d)),
        any::<(i64, u64, i32, u32)>().prop_map(|(signed, unsigned, int, uint)| A::Large {
            signed,
            unsigned,
            int,
            uint
        }),
        any::<(i128, u128)>().prop_map(|(a, b)| A::Huge(a, b)),
        any::<u32>().prop_map(|bits| A::Single(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| A::Double(f64::from_bits(bits))),
        any::<char>().prop_map(A::Letter),
        text.prop_map(A::Text),
        text.prop_map(|text| A::Shown(Shown(text))),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| A::Bytes(Bytes(bytes))),
        prop::collection::btree_map(any::<i128>(), any::<bool>(), 0..3).prop_map(A::ByHuge),
        prop::collection::btree_map(any::<char>(), Just(()), 0..3).prop_map(A::ByLetter),
        prop::collection::btree_map(any::<bool>(), any::<u8>(), 0..3).prop_map(A::ByBool),
        prop::collection::btree_map(
            prop_oneof![Just(Kind::Twin), Just(Kind::Suite)],
            any::<u8>(),
            0..3
        )
        .prop_map(A::ByKind),
        (
            any::<u8>(),
            prop::option::of(text),
            prop::collection::btree_map(text, any::<f64>(), 0..3)
        )
            .prop_map(|(odd, skipped, rest)| A::Record(Record { odd, skipped, rest })),
    ]
    .boxed()
}

fn anything() -> BoxedStrategy<Anything> {
    use Anything as A;
    flat()
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::option::of(inner.clone()).prop_map(|value| A::Maybe(value.map(Box::new))),
                prop::collection::vec(inner.clone(), 0..4).prop_map(A::List),
                inner
                    .clone()
                    .prop_map(|value| A::Pair((Box::new(value), ()))),
                prop::collection::btree_map("(?s).{0,4}", inner.clone(), 0..4).prop_map(A::ByText),
                prop::collection::btree_map(any::<i64>(), inner, 0..4).prop_map(A::ByNumber),
            ]
        })
        .boxed()
}

proptest! {
    /// Around the true size, and at the sizes where the cheap bound decides.
    #[test]
    fn what_fits_is_accepted_and_nothing_else(value in anything(), limit in 0_usize..4_000) {
        let size = serde_json::to_vec(&value).unwrap().len();
        for limit in [limit, size.saturating_sub(1), size, size + 1, 2 * size, 6 * size] {
            prop_assert_eq!(encoded_size_within(&value, limit).is_ok(), size <= limit, "{} of {}", size, limit);
        }
    }
}

#[test]
fn what_is_too_large_says_how_large_up_to_four_times_the_limit() {
    let told = |len: usize| {
        encoded_size_within(&"x".repeat(len), 10)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(told(9), "11 bytes as JSON, of at most 10");
    assert_eq!(told(38), "40 bytes as JSON, of at most 10");
    assert_eq!(told(39), "more than 40 bytes as JSON, of at most 10");
}

#[test]
fn what_is_no_json_is_its_own_error() {
    let by_pair = BTreeMap::from([((1, 2), 3)]);
    assert!(matches!(
        encoded_size_within(&by_pair, 1_000),
        Err(SizeError::Encode(_))
    ));
    assert!(matches!(
        encoded_size_within(&Moody, 1_000),
        Err(SizeError::Encode(_))
    ));
}

struct Moody;

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not today"))
    }
}
