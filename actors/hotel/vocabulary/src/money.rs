//! An amount of euro.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in euro cents; negative amounts are the other side of a posting.
///
/// Sums stop at the ends of `i64` instead of wrapping; amounts that come from outside are bounded far below that.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Money(i64);

/// The text is not an amount such as `75`, `75.5` or `-75.50`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount such as 75 or 75.50")]
pub struct NotAnAmount(String);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of euro cents.
    #[must_use]
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents)
    }

    /// An amount of whole euros.
    #[must_use]
    pub const fn from_euros(euros: i32) -> Self {
        Self(euros as i64 * 100)
    }

    /// The amount in cents.
    #[must_use]
    pub const fn cents(self) -> i64 {
        self.0
    }

    /// Whether this is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// This amount, `count` times.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as i64))
    }

    /// So many percent of this amount, rounded to the nearest cent, halves away from zero.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        let hundredfold = i128::from(self.0) * i128::from(percent);
        let rounded = (hundredfold + 50 * hundredfold.signum()) / 100;
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::add)
    }
}

impl FromStr for Money {
    type Err = NotAnAmount;

    /// Reads a decimal number of euros; digits after the second decimal place are rounded.
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        cents_of(text.trim())
            .map(Self)
            .ok_or_else(|| NotAnAmount(text.to_owned()))
    }
}

fn cents_of(text: &str) -> Option<i64> {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let place = |index: usize| {
        fraction
            .as_bytes()
            .get(index)
            .map_or(0, |byte| i64::from(byte - b'0'))
    };
    let rounding = i64::from(place(2) >= 5);
    let euros: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let cents = euros
        .checked_mul(100)?
        .checked_add(place(0) * 10 + place(1) + rounding)?;
    Some(sign * cents)
}

impl fmt::Display for Money {
    /// `€1,234.50`; with a minus sign in front when negative.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.0.unsigned_abs();
        let digits = (cents / 100).to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 6);
        grouped.push_str(if self.0 < 0 { "-€" } else { "€" });
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&format!("{grouped}.{:02}", cents % 100))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_and_rounded_to_the_cent() {
        let cases = [
            ("75", 7_500),
            ("75.5", 7_550),
            ("0.07", 7),
            (".5", 50),
            ("10.005", 1_001),
            ("-6.38", -638),
        ];
        for (text, cents) in cases {
            assert_eq!(text.parse::<Money>().unwrap().cents(), cents, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_amount_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "1,50",
            "1e3",
            "12.3.4",
            "€5",
            "NULL",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_written_with_two_decimals_and_thousands() {
        assert_eq!(Money::from_cents(123_456_789).to_string(), "€1,234,567.89");
        assert_eq!(Money::from_cents(-5).to_string(), "-€0.05");
        assert_eq!(Money::from_euros(999).to_string(), "€999.00");
    }

    #[test]
    fn percentages_round_halves_away_from_zero() {
        assert_eq!(Money::from_cents(25).percent(30), Money::from_cents(8));
        assert_eq!(Money::from_cents(-25).percent(30), Money::from_cents(-8));
        assert_eq!(
            Money::from_cents(i64::MAX).percent(200),
            Money::from_cents(i64::MAX)
        );
    }

    proptest! {
        #[test]
        fn what_is_written_plainly_is_read_back(cents in -1_000_000_000_000i64..1_000_000_000_000) {
            let sign = if cents < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
            prop_assert_eq!(text.parse::<Money>().unwrap().cents(), cents);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,30}") {
            let _ = text.parse::<Money>();
        }
    }
}
