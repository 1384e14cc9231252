//! The columns of a file of bookings, found by name.

use csv::StringRecord;

/// The columns of the public data set, in its order.
#[rustfmt::skip]
pub const COLUMNS: [&str; 32] = [
    "hotel", "is_canceled", "lead_time", "arrival_date_year", "arrival_date_month", "arrival_date_week_number",
    "arrival_date_day_of_month", "stays_in_weekend_nights", "stays_in_week_nights", "adults", "children", "babies",
    "meal", "country", "market_segment", "distribution_channel", "is_repeated_guest", "previous_cancellations",
    "previous_bookings_not_canceled", "reserved_room_type", "assigned_room_type", "booking_changes", "deposit_type",
    "agent", "company", "days_in_waiting_list", "customer_type", "adr", "required_car_parking_spaces",
    "total_of_special_requests", "reservation_status", "reservation_status_date",
];

/// A column that a booking needs. The others are carried along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Hotel,
    IsCanceled,
    LeadTime,
    ArrivalYear,
    ArrivalMonth,
    ArrivalDay,
    WeekendNights,
    WeekNights,
    Adults,
    Children,
    Babies,
    ReservedRoomType,
    DepositType,
    Adr,
    Status,
    StatusDate,
}

/// A column that the file lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumn {
    /// The column.
    pub name: &'static str,
    /// A column of the file that looks like it and is none of the known ones.
    pub nearest: Option<String>,
}

/// Where each needed column stands in the file.
#[derive(Debug, Clone)]
pub(super) struct Places([usize; Column::ALL.len()]);

impl Column {
    pub(super) const ALL: [Self; 16] = [
        Self::Hotel,
        Self::IsCanceled,
        Self::LeadTime,
        Self::ArrivalYear,
        Self::ArrivalMonth,
        Self::ArrivalDay,
        Self::WeekendNights,
        Self::WeekNights,
        Self::Adults,
        Self::Children,
        Self::Babies,
        Self::ReservedRoomType,
        Self::DepositType,
        Self::Adr,
        Self::Status,
        Self::StatusDate,
    ];

    /// The name in the heading.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hotel => "hotel",
            Self::IsCanceled => "is_canceled",
            Self::LeadTime => "lead_time",
            Self::ArrivalYear => "arrival_date_year",
            Self::ArrivalMonth => "arrival_date_month",
            Self::ArrivalDay => "arrival_date_day_of_month",
            Self::WeekendNights => "stays_in_weekend_nights",
            Self::WeekNights => "stays_in_week_nights",
            Self::Adults => "adults",
            Self::Children => "children",
            Self::Babies => "babies",
            Self::ReservedRoomType => "reserved_room_type",
            Self::DepositType => "deposit_type",
            Self::Adr => "adr",
            Self::Status => "reservation_status",
            Self::StatusDate => "reservation_status_date",
        }
    }
}

impl Places {
    /// Finds the needed columns in a heading, in any order.
    ///
    /// # Errors
    /// Every column that is missing.
    pub(super) fn find(heading: &StringRecord) -> Result<Self, Vec<MissingColumn>> {
        let (mut places, mut missing) = ([0; Column::ALL.len()], Vec::new());
        for column in Column::ALL {
            match heading.iter().position(|name| name.trim() == column.name()) {
                Some(place) => places[column as usize] = place,
                None => missing.push(MissingColumn {
                    name: column.name(),
                    nearest: nearest(column.name(), heading),
                }),
            }
        }
        if missing.is_empty() {
            Ok(Self(places))
        } else {
            Err(missing)
        }
    }

    /// The field of a row, without blanks around it; nothing, when the row is too short.
    pub(super) fn field<'r>(&self, row: &'r StringRecord, column: Column) -> &'r str {
        row.get(self.0[column as usize]).unwrap_or("").trim()
    }
}

fn nearest(wanted: &str, heading: &StringRecord) -> Option<String> {
    let strangers = heading
        .iter()
        .map(str::trim)
        .filter(|name| !COLUMNS.contains(name));
    let rated = strangers.map(|name| (strsim::jaro_winkler(wanted, &name.to_lowercase()), name));
    let best = rated.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.85)
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_needed_column_is_one_of_the_data_set() {
        assert!(
            Column::ALL
                .iter()
                .all(|column| COLUMNS.contains(&column.name()))
        );
        assert!(
            Column::ALL
                .iter()
                .enumerate()
                .all(|(place, column)| *column as usize == place)
        );
    }

    #[test]
    fn columns_are_found_in_any_order_and_others_are_no_matter() {
        let mut names: Vec<&str> = COLUMNS
            .iter()
            .rev()
            .copied()
            .filter(|name| *name != "meal")
            .collect();
        names.push("mood");
        let places = Places::find(&StringRecord::from(names)).unwrap();
        let row = StringRecord::from(vec![" 7/1/2015 ", "Canceled"]);
        assert_eq!(places.field(&row, Column::StatusDate), "7/1/2015");
        assert_eq!(
            places.field(&row, Column::Hotel),
            "",
            "the row is too short"
        );
    }

    #[test]
    fn every_missing_column_is_named_with_the_one_that_was_meant() {
        let names = COLUMNS.map(|name| {
            if name == "lead_time" {
                "LeadTime"
            } else {
                name
            }
        });
        let heading: StringRecord = names
            .iter()
            .filter(|name| **name != "adr")
            .copied()
            .collect();
        let missing = Places::find(&heading).unwrap_err();
        assert_eq!(
            missing[0],
            MissingColumn {
                name: "lead_time",
                nearest: Some("LeadTime".to_owned())
            }
        );
        assert_eq!(
            missing[1],
            MissingColumn {
                name: "adr",
                nearest: None
            }
        );
        assert_eq!(missing.len(), 2);
    }
}
