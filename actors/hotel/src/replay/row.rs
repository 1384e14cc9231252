//! A row of a file, checked and read as a booking.

use csv::StringRecord;
use hotel_vocabulary::{BookingReference, Day, Guest, HotelName, Money, Party, Stay};
use reservations_contract::Deposit;

use super::booking::{Booking, Ending};
use super::column::{Column, Places};
use super::date;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// The row has more or fewer fields than the heading.
    #[error("{found} fields instead of {expected}")]
    Fields {
        /// In the row.
        found: usize,
        /// In the heading.
        expected: usize,
    },
    /// A field cannot be read.
    #[error("{column} is `{value}`: {expected} is expected")]
    Value {
        /// The column.
        column: &'static str,
        /// What stands there, shortened.
        value: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The date of arrival is not in the calendar.
    #[error("there is no {0}")]
    NoSuchDay(String),
    /// Nobody stays.
    #[error("nobody stays: adults, children and babies are all 0")]
    Nobody,
    /// Two fields contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
}

/// Reads rows of one file.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) places: Places,
    /// How many fields a row has.
    pub(super) num_fields: usize,
    /// A short digest of the file, so that references of two files differ.
    pub(super) digest: String,
}

/// A row under examination: fields are read one by one, and every fault is kept.
struct Row<'r> {
    reader: &'r Reader,
    record: &'r StringRecord,
    faults: Vec<RowFault>,
}

impl Reader {
    /// Reads a row as a booking.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(&self, line: u64, record: &StringRecord) -> Result<Booking, Vec<RowFault>> {
        if record.len() != self.num_fields {
            return Err(vec![RowFault::Fields {
                found: record.len(),
                expected: self.num_fields,
            }]);
        }
        let mut row = Row {
            reader: self,
            record,
            faults: Vec::new(),
        };
        let booking = row.booking(line);
        match booking {
            Some(booking) if row.faults.is_empty() => Ok(booking),
            _ => Err(row.faults),
        }
    }
}

impl Row<'_> {
    fn booking(&mut self, line: u64) -> Option<Booking> {
        let hotel = self.parse::<HotelName>(Column::Hotel, "the name of a hotel");
        let room = self.parse(Column::ReservedRoomType, "a room type such as A");
        let (stay, booked_on) = self.stay().unzip();
        let party = self.party();
        let rate = self.rate();
        let deposit = self.deposit();
        let ending = self.ending();
        let ended_on = self.ended_on();
        let booking = Booking {
            line,
            reference: self.reference(line)?,
            guest: guest(line)?,
            hotel: hotel?,
            room: room?,
            stay: stay?,
            party: party?,
            rate: rate?,
            deposit: deposit?,
            booked_on: booked_on?,
            ending: ending?,
            ended_on: ended_on?,
        };
        self.check_order(&booking);
        Some(booking)
    }

    fn stay(&mut self) -> Option<(Stay, Day)> {
        let lead_time = self.parse::<u16>(Column::LeadTime, "a number of days");
        let arrival = self.arrival();
        let weekend = self.parse::<u16>(Column::WeekendNights, "a number of nights");
        let week = self.parse::<u16>(Column::WeekNights, "a number of nights");
        let stay = Stay {
            arrival: arrival?,
            nights: u32::from(weekend?) + u32::from(week?),
        };
        let booked_on = stay.arrival.plus_days(-i32::from(lead_time?));
        if Day::try_from(booked_on.date()).is_err() {
            return self.fault(
                Column::LeadTime,
                "a lead time that begins after the year 1900",
            );
        }
        Some((stay, booked_on))
    }

    fn arrival(&mut self) -> Option<Day> {
        let year = self.parse(Column::ArrivalYear, "a year");
        let name = self.field(Column::ArrivalMonth).to_owned();
        let month = date::month(&name)
            .or_else(|| self.fault(Column::ArrivalMonth, "the English name of a month"));
        let day = self.parse(Column::ArrivalDay, "a day of the month");
        let (year, month, day): (i16, i8, i8) = (year?, month?, day?);
        date::on(year, month, day).or_else(|| {
            self.faults
                .push(RowFault::NoSuchDay(format!("{day} {name} {year}")));
            None
        })
    }

    fn party(&mut self) -> Option<Party> {
        let adults = self.parse(Column::Adults, "a number of adults");
        let children = match self.field(Column::Children) {
            "NA" | "NULL" | "" => Some(0),
            _ => self.parse(Column::Children, "a number of children, or NA"),
        };
        let babies = self.parse(Column::Babies, "a number of babies");
        let party = Party {
            adults: adults?,
            children: children?,
            babies: babies?,
        };
        if party.size() == 0 {
            self.faults.push(RowFault::Nobody);
        }
        Some(party)
    }

    fn rate(&mut self) -> Option<Money> {
        let rate: Money = self.parse(Column::Adr, "an average daily rate such as 75.50")?;
        if rate < Money::ZERO {
            return self.fault(Column::Adr, "a rate of 0 or more");
        }
        Some(rate)
    }

    fn deposit(&mut self) -> Option<Deposit> {
        match self.field(Column::DepositType) {
            "No Deposit" => Some(Deposit::None),
            "Refundable" => Some(Deposit::Refundable),
            "Non Refund" => Some(Deposit::NonRefundable),
            _ => self.fault(
                Column::DepositType,
                "`No Deposit`, `Refundable` or `Non Refund`",
            ),
        }
    }

    fn ending(&mut self) -> Option<Ending> {
        let ending = match self.field(Column::Status) {
            "Canceled" => Ending::Cancelled,
            "No-Show" => Ending::NoShow,
            "Check-Out" => Ending::CheckedOut,
            _ => return self.fault(Column::Status, "`Canceled`, `No-Show` or `Check-Out`"),
        };
        let came = ending == Ending::CheckedOut;
        match (self.field(Column::IsCanceled), came) {
            ("0", true) | ("1", false) => {}
            ("0", false) => self.contradiction("is_canceled is 0, but the guest did not check out"),
            ("1", true) => self.contradiction("is_canceled is 1, but the guest checked out"),
            _ => return self.fault(Column::IsCanceled, "0 or 1"),
        }
        Some(ending)
    }

    fn ended_on(&mut self) -> Option<Day> {
        let day = date::day(self.field(Column::StatusDate));
        day.or_else(|| self.fault(Column::StatusDate, "a date such as 7/31/2015 or 2015-07-31"))
    }

    fn check_order(&mut self, booking: &Booking) {
        if booking.ended_on < booking.booked_on {
            self.contradiction("it ended before it was booked");
        } else if booking.ending != Ending::Cancelled && booking.ended_on < booking.stay.arrival {
            self.contradiction("it ended before the arrival, but was not cancelled");
        }
    }

    fn reference(&self, line: u64) -> Option<BookingReference> {
        format!("B-{line:06}-{}", self.reader.digest).parse().ok()
    }

    fn field(&self, column: Column) -> &str {
        self.reader.places.field(self.record, column)
    }

    fn parse<T: std::str::FromStr>(&mut self, column: Column, expected: &'static str) -> Option<T> {
        let value = self.field(column).parse().ok();
        value.or_else(|| self.fault(column, expected))
    }

    fn contradiction(&mut self, what: &'static str) {
        self.faults.push(RowFault::Contradiction(what));
    }

    fn fault<T>(&mut self, column: Column, expected: &'static str) -> Option<T> {
        let value = self.field(column).chars().take(40).collect();
        self.faults.push(RowFault::Value {
            column: column.name(),
            value,
            expected,
        });
        None
    }
}

/// The guest of a line: files of bookings name nobody.
fn guest(line: u64) -> Option<Guest> {
    let name = format!("Guest {line:06}").parse().ok()?;
    Some(Guest {
        name,
        email: format!("guest-{line:06}@example.com").parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::replay::column::COLUMNS;

    const GOOD: [&str; 32] = [
        "Resort Hotel",
        "0",
        "14",
        "2015",
        "July",
        "27",
        "1",
        "1",
        "2",
        "2",
        "0",
        "0",
        "BB",
        "PRT",
        "Direct",
        "Direct",
        "0",
        "0",
        "0",
        "C",
        "C",
        "0",
        "No Deposit",
        "NULL",
        "NULL",
        "0",
        "Transient",
        "98.5",
        "0",
        "1",
        "Check-Out",
        "7/4/2015",
    ];

    fn reader() -> Reader {
        let places = Places::find(&StringRecord::from(COLUMNS.to_vec())).unwrap();
        Reader {
            places,
            num_fields: COLUMNS.len(),
            digest: "9f3a1c".to_owned(),
        }
    }

    fn read(changes: &[(&str, &str)]) -> Result<Booking, Vec<RowFault>> {
        let mut row = GOOD;
        for (column, value) in changes {
            row[COLUMNS.iter().position(|name| name == column).unwrap()] = value;
        }
        reader().read(123, &StringRecord::from(row.to_vec()))
    }

    fn complaints(changes: &[(&str, &str)]) -> Vec<String> {
        read(changes)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_good_row_is_a_booking() {
        let booking = read(&[]).unwrap();
        assert_eq!(booking.reference.as_str(), "B-000123-9f3a1c");
        assert_eq!(booking.booked_on.to_string(), "2015-06-17");
        assert_eq!(
            (booking.stay.nights, booking.rate),
            (3, Money::from_cents(9_850))
        );
        assert_eq!(
            (booking.ending, booking.ended_on.to_string()),
            (Ending::CheckedOut, "2015-07-04".to_owned())
        );
    }

    #[test]
    fn both_date_formats_and_absent_children_are_read() {
        let other = read(&[
            ("reservation_status_date", "2015-07-04"),
            ("children", "NA"),
        ]);
        assert_eq!(other, read(&[]));
        let day_use = read(&[
            ("stays_in_weekend_nights", "0"),
            ("stays_in_week_nights", "0"),
            ("adr", "0"),
        ]);
        assert_eq!(day_use.unwrap().stay.nights, 0);
    }

    #[test]
    fn each_fault_names_its_column_and_what_is_expected() {
        for (column, value) in [
            ("lead_time", "-1"),
            ("lead_time", "99999999999"),
            ("lead_time", "60000"),
            ("arrival_date_month", "Juli"),
            ("stays_in_week_nights", "two"),
            ("adults", "-2"),
            ("adr", "-6.38"),
            ("adr", "98,5"),
            ("deposit_type", "Cash"),
            ("reservation_status", "Gone"),
            ("reservation_status_date", "31/7/2015"),
            ("is_canceled", "2"),
            ("reserved_room_type", ""),
        ] {
            let complaints = complaints(&[(column, value)]);
            assert_eq!(complaints.len(), 1, "{complaints:?}");
            assert!(
                complaints[0].starts_with(&format!("{column} is `{value}`")),
                "{complaints:?}"
            );
        }
    }

    #[test]
    fn all_faults_of_a_row_are_told_at_once() {
        let complaints = complaints(&[("adults", "x"), ("adr", "y"), ("hotel", "")]);
        assert_eq!(complaints.len(), 3, "{complaints:?}");
    }

    #[test]
    fn a_row_that_cannot_have_happened_is_refused() {
        assert_eq!(
            complaints(&[
                ("arrival_date_month", "June"),
                ("arrival_date_day_of_month", "31")
            ]),
            ["there is no 31 June 2015"]
        );
        assert_eq!(
            complaints(&[("adults", "0")]),
            ["nobody stays: adults, children and babies are all 0"]
        );
        assert_eq!(
            complaints(&[("is_canceled", "1")]),
            ["is_canceled is 1, but the guest checked out"]
        );
        assert_eq!(
            complaints(&[("reservation_status_date", "5/1/2015")]),
            ["it ended before it was booked"]
        );
        assert_eq!(
            complaints(&[("reservation_status_date", "6/30/2015")]),
            ["it ended before the arrival, but was not cancelled"]
        );
    }

    #[test]
    fn a_short_row_is_refused_as_a_whole() {
        let row = StringRecord::from(GOOD[..30].to_vec());
        assert_eq!(
            reader().read(5, &row),
            Err(vec![RowFault::Fields {
                found: 30,
                expected: 32
            }])
        );
    }

    proptest! {
        #[test]
        fn no_row_makes_the_reader_panic(fields in prop::collection::vec("\\PC{0,12}", 32), place in 0usize..32) {
            let _ = reader().read(1, &StringRecord::from(fields.clone()));
            let mut row: Vec<&str> = GOOD.to_vec();
            row[place] = &fields[place];
            let _ = reader().read(1, &StringRecord::from(row));
        }
    }
}
