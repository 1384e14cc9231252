//! A day of the hotel's calendar.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The first and the last year that a hotel plans in; wide enough for any booking, narrow enough that adding a year
/// of nights to a day never leaves the calendar.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;

/// The day of a clock that is out of order: long ago enough to be seen as wrong.
const NO_DAY: Date = date(1970, 1, 1);

/// A day between 1900 and 2999, on the wire `"2017-08-31"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Date", into = "Date")]
pub struct Day(Date);

/// The text or date is no day a hotel plans.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotADay {
    /// Not a date such as `2017-08-31`.
    #[error(transparent)]
    Unreadable(#[from] jiff::Error),
    /// Outside the years a hotel plans in.
    #[error("{0} is outside the years 1900 to 2999")]
    OutsideCalendar(Date),
}

impl Day {
    /// The day of a moment, in universal time.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        let moment = Timestamp::try_from(time).ok();
        let day = moment.map_or(NO_DAY, |moment| moment.to_zoned(TimeZone::UTC).date());
        Self::try_from(day).unwrap_or(Self(NO_DAY))
    }

    /// The day `count` days after this one; before it, when `count` is negative.
    ///
    /// Stops at the ends of the calendar that `jiff` knows, which stays of bounded length never reach.
    #[must_use]
    pub fn plus_days(self, count: i32) -> Self {
        Self(
            self.0
                .saturating_add(SignedDuration::from_hours(24 * i64::from(count))),
        )
    }

    /// How many days `later` lies after this day; negative when it lies before.
    #[must_use]
    pub fn days_until(self, later: Self) -> i32 {
        (later.0 - self.0).get_days()
    }

    /// The calendar date.
    #[must_use]
    pub fn date(self) -> Date {
        self.0
    }
}

impl TryFrom<Date> for Day {
    type Error = NotADay;

    fn try_from(date: Date) -> Result<Self, NotADay> {
        if YEARS.contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(NotADay::OutsideCalendar(date))
        }
    }
}

impl From<Day> for Date {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        Self::try_from(text.parse::<Date>()?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "description": "A day between 1900 and 2999." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_travels_as_an_iso_date() {
        let json = serde_json::to_string(&day("2016-02-29")).unwrap();
        assert_eq!(json, r#""2016-02-29""#);
        assert_eq!(
            serde_json::from_str::<Day>(&json).unwrap(),
            day("2016-02-29")
        );
    }

    #[test]
    fn a_day_that_is_not_in_the_calendar_is_refused() {
        for text in [
            r#""2015-02-29""#,
            r#""0001-01-01""#,
            r#""9999-12-31""#,
            r#""7/1/2015""#,
            "20150701",
        ] {
            assert!(serde_json::from_str::<Day>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_has_its_day() {
        let noon = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_456_747_200);
        assert_eq!(Day::at(noon), day("2016-02-29"));
    }

    #[test]
    fn days_are_counted_over_leap_days_and_year_ends() {
        assert_eq!(day("2015-12-31").plus_days(1), day("2016-01-01"));
        assert_eq!(day("2016-03-01").plus_days(-1), day("2016-02-29"));
        assert_eq!(day("2015-03-01").days_until(day("2016-03-01")), 366);
        assert_eq!(day("2016-03-01").days_until(day("2015-03-01")), -366);
    }
}
