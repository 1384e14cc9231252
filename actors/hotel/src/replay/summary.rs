//! What came of a replay, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use hotel_vocabulary::{HotelName, Money};
use reservations_contract::ReserveError;
use serde::Serialize;

use super::booking::Ending;

/// What came of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows that are bookings.
    pub bookings: u64,
    /// Rows that are not.
    pub rejected: u64,
    /// What came of the bookings of each hotel.
    pub hotels: BTreeMap<HotelName, HotelSummary>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// What came of the bookings of one hotel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HotelSummary {
    /// Reservations that were made.
    pub reserved: u64,
    /// Reservations that were refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Reservations that were cancelled.
    pub cancelled: u64,
    /// Guests who never came.
    pub no_shows: u64,
    /// Completed stays.
    pub checked_out: u64,
    /// What the completed stays cost, in cents.
    pub turnover: Money,
    /// Messages that got no answer, although they were tried again.
    pub failed: u64,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A reservation was made.
    Reserved,
    /// A reservation was refused.
    Refused(ReserveError),
    /// A reservation ended, and what the stay cost.
    Ended(Ending, Money),
    /// The reservation that was to end had been refused: nothing to do.
    Skipped,
    /// No answer came.
    Failed,
}

impl Summary {
    /// Counts what came of a step.
    pub fn count(&mut self, hotel: &HotelName, happened: &Happened) {
        let summary = self.hotels.entry(hotel.clone()).or_default();
        match happened {
            Happened::Reserved => summary.reserved += 1,
            Happened::Refused(error) => *summary.refused.entry(reason(error)).or_default() += 1,
            Happened::Ended(Ending::Cancelled, _) => summary.cancelled += 1,
            Happened::Ended(Ending::NoShow, _) => summary.no_shows += 1,
            Happened::Ended(Ending::CheckedOut, total) => {
                summary.checked_out += 1;
                summary.turnover += *total;
            }
            Happened::Skipped => {}
            Happened::Failed => summary.failed += 1,
        }
    }

    /// The sums over all hotels.
    #[must_use]
    pub fn total(&self) -> HotelSummary {
        self.hotels
            .values()
            .fold(HotelSummary::default(), |mut total, hotel| {
                total.reserved += hotel.reserved;
                total.cancelled += hotel.cancelled;
                total.no_shows += hotel.no_shows;
                total.checked_out += hotel.checked_out;
                total.turnover += hotel.turnover;
                total.failed += hotel.failed;
                for (reason, count) in &hotel.refused {
                    *total.refused.entry(reason).or_default() += count;
                }
                total
            })
    }
}

impl HotelSummary {
    /// Reservations that were refused, for whatever reason.
    #[must_use]
    pub fn num_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// A refusal in a word or two.
fn reason(error: &ReserveError) -> &'static str {
    match error {
        ReserveError::UnknownHotel { .. } => "unknown hotel",
        ReserveError::UnknownRoomType { .. } => "unknown room type",
        ReserveError::Full { .. } => "full",
        ReserveError::TooLong { .. } => "too long",
        ReserveError::ArrivalInThePast { .. } => "arrival in the past",
        ReserveError::WrongPartySize { .. } => "wrong party size",
        ReserveError::WrongRate { .. } => "wrong rate",
        ReserveError::ReferenceTaken { .. } => "reference taken",
        ReserveError::PaymentDeclined { .. } => "payment declined",
        ReserveError::PaymentUnavailable { .. } => "payment unavailable",
    }
}

impl fmt::Display for Summary {
    /// A table for people: a line for each hotel, the sums, and the reasons of refusals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .hotels
            .keys()
            .map(|hotel| hotel.as_str().chars().count())
            .max()
            .unwrap_or(0)
            .max(10);
        writeln!(
            f,
            "{:width$} {:>9} {:>9} {:>10} {:>8} {:>12} {:>15}",
            "", "reserved", "refused", "cancelled", "no-show", "checked out", "turnover"
        )?;
        let total = ("all hotels", &self.total());
        let hotels = self
            .hotels
            .iter()
            .map(|(name, hotel)| (name.as_str(), hotel));
        for (name, hotel) in hotels.chain([total]) {
            let HotelSummary {
                reserved,
                cancelled,
                no_shows,
                checked_out,
                turnover,
                ..
            } = hotel;
            let refused = hotel.num_refused();
            writeln!(
                f,
                "{name:width$} {reserved:>9} {refused:>9} {cancelled:>10} {no_shows:>8} {checked_out:>12} {turnover:>15}"
            )?;
        }
        for (reason, count) in &total.1.refused {
            writeln!(f, "refused as {reason}: {count}")?;
        }
        if total.1.failed > 0 {
            writeln!(f, "without an answer: {}", total.1.failed)?;
        }
        write!(
            f,
            "{} bookings, {} rows rejected, {}.{:03} s",
            self.bookings,
            self.rejected,
            self.elapsed_ms / 1_000,
            self.elapsed_ms % 1_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let mut summary = Summary {
            bookings: 4,
            rejected: 1,
            elapsed_ms: 1_234,
            ..Summary::default()
        };
        let (resort, city) = (
            "Resort Hotel".parse().unwrap(),
            "City Hotel".parse().unwrap(),
        );
        let full = ReserveError::Full {
            room: "A".parse().unwrap(),
            night: "2016-02-01".parse().unwrap(),
        };
        for (hotel, happened) in [
            (&resort, Happened::Reserved),
            (
                &resort,
                Happened::Ended(Ending::CheckedOut, Money::from_euros(160)),
            ),
            (&resort, Happened::Refused(full.clone())),
            (&resort, Happened::Skipped),
            (&city, Happened::Reserved),
            (&city, Happened::Ended(Ending::Cancelled, Money::ZERO)),
            (&city, Happened::Refused(full)),
        ] {
            summary.count(hotel, &happened);
        }
        summary
    }

    #[test]
    fn hotels_add_up_to_the_total() {
        let total = summary().total();
        assert_eq!(
            (
                total.reserved,
                total.num_refused(),
                total.cancelled,
                total.checked_out
            ),
            (2, 2, 1, 1)
        );
        assert_eq!((total.turnover, total.failed), (Money::from_euros(160), 0));
    }

    #[test]
    fn people_see_a_table_and_the_reasons() {
        let text = summary().to_string();
        assert!(
            text.contains("refused as full: 2") && text.contains("1.234 s"),
            "{text}"
        );
        assert!(
            text.lines()
                .any(|line| line.starts_with("all hotels") && line.ends_with("€160.00")),
            "{text}"
        );
    }

    #[test]
    fn programs_see_every_number() {
        let json = serde_json::to_value(summary()).unwrap();
        assert_eq!(json["hotels"]["City Hotel"]["refused"]["full"], 1);
        assert_eq!(json["hotels"]["Resort Hotel"]["turnover"], 16_000);
    }
}
