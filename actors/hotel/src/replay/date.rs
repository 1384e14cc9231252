//! Dates as files of bookings write them: `7/1/2015` with the month first, or `2015-07-01`; months by English names.

use hotel_vocabulary::Day;
use jiff::civil::Date;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Reads a date in either form.
pub(super) fn day(text: &str) -> Option<Day> {
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    on(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// A day by its numbers, if the calendar has it.
pub(super) fn on(year: i16, month: i8, day: i8) -> Option<Day> {
    Date::new(year, month, day)
        .ok()
        .and_then(|date| Day::try_from(date).ok())
}

/// The number of a month, by its English name in any case.
pub(super) fn month(name: &str) -> Option<i8> {
    let place = MONTHS
        .iter()
        .position(|month| month.eq_ignore_ascii_case(name))?;
    i8::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_day() {
        assert_eq!(day("7/1/2015"), day("2015-07-01"));
        assert_eq!(
            day("12/31/2016").map(|day| day.to_string()),
            Some("2016-12-31".to_owned())
        );
        assert_eq!(day("07/01/2015"), day("7/1/2015"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "NULL",
            "31/12/2016",
            "2015-02-30",
            "7/1",
            "7/1/2015/1",
            "1/1/0001",
            "1.7.2015",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn months_have_english_names() {
        assert_eq!(
            (month("July"), month("DECEMBER"), month("Juillet")),
            (Some(7), Some(12), None)
        );
    }
}
