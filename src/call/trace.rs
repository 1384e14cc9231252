//! Following one request through its turns: trace and span ids, and how they go over a boundary (W3C Trace Context).

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Identifies one request with everything that it causes: 128 bits, written as 32 hexadecimal digits, never zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

/// Identifies one step of a trace, such as a turn: 64 bits, written as 16 hexadecimal digits, never zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

/// A text that is no trace id, no span id, or no trace context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct NoTrace {
    expected: &'static str,
}

/// The step of a trace that something was caused by; on the wire the value of a `traceparent` header.
///
/// Format: W3C Trace Context, level 1, <https://www.w3.org/TR/trace-context-1/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The request.
    pub trace: TraceId,
    /// The step.
    pub span: SpanId,
    /// Whether the steps of this trace are recorded.
    pub is_sampled: bool,
}

impl TraceId {
    /// The id of these bits; zero, which is no id, becomes one.
    #[must_use]
    pub const fn from_u128(bits: u128) -> Self {
        match NonZeroU128::new(bits) {
            Some(bits) => Self(bits),
            None => Self(NonZeroU128::MIN),
        }
    }

    /// The bits, big endian.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    /// The id of these bits; zero, which is no id, becomes one.
    #[must_use]
    pub const fn from_u64(bits: u64) -> Self {
        match NonZeroU64::new(bits) {
            Some(bits) => Self(bits),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// The bits, big endian.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{}-{}-{flags:02x}", self.trace, self.span)
    }
}

impl FromStr for TraceId {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        hexadecimal(text, 32)
            .and_then(NonZeroU128::new)
            .map(Self)
            .ok_or(NoTrace {
                expected: "a trace id: 32 hexadecimal digits, not all zero",
            })
    }
}

impl FromStr for SpanId {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        hexadecimal(text, 16)
            .and_then(|bits| NonZeroU64::new(u64::try_from(bits).ok()?))
            .map(Self)
            .ok_or(NoTrace {
                expected: "a span id: 16 hexadecimal digits, not all zero",
            })
    }
}

/// Reads version 00, and of later versions what version 00 says, as the standard asks for.
impl FromStr for TraceContext {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        let expected = "a traceparent: version, trace id, span id and flags in hexadecimal, with dashes between them";
        let fault = NoTrace { expected };
        let mut fields = text.splitn(5, '-');
        let mut field = || fields.next().ok_or(fault);
        let (version, trace, span, flags) = (field()?, field()?, field()?, field()?);
        let version = hexadecimal(version, 2).ok_or(fault)?;
        let has_more = fields.next().is_some();
        if version == 0xff || (version == 0 && has_more) {
            return Err(fault);
        }
        let flags = hexadecimal(flags, 2).ok_or(fault)?;
        Ok(Self {
            trace: trace.parse().map_err(|_| fault)?,
            span: span.parse().map_err(|_| fault)?,
            is_sampled: flags & 1 == 1,
        })
    }
}

/// Lower case only, as the standard says.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let fits = text.len() == digits
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

as_text!(TraceId, SpanId, TraceContext);

macro_rules! debug_as_shown {
    ($($type:ty),+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

debug_as_shown!(TraceId, SpanId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn contexts_read_back(trace: u128, span: u64, is_sampled: bool) {
            let context = TraceContext { trace: TraceId::from_u128(trace), span: SpanId::from_u64(span), is_sampled };
            prop_assert_eq!(context.to_string().parse(), Ok(context));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,70}") {
            let _ = text.parse::<TraceContext>();
        }
    }

    #[test]
    fn what_the_standard_refuses_is_refused() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let span = "00f067aa0ba902b7";
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            format!("ff-{trace}-{span}-01"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{zeros}-{span}-01"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}"),
        ] {
            assert!(text.parse::<TraceContext>().is_err(), "{text}");
        }
        let later = format!("01-{trace}-{span}-03-more").parse::<TraceContext>();
        assert!(
            later.is_ok_and(|context| context.is_sampled),
            "later versions may say more"
        );
    }
}
