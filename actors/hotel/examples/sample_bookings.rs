//! Writes `data/sample_bookings.csv` to standard output: made-up bookings in the format of the public data set.
//!
//! `cargo run -p hotel --example sample_bookings > actors/hotel/data/sample_bookings.csv`

use std::error::Error;
use std::io;

use hotel::demo;
use hotel::replay::{Booking, COLUMNS, Ending};
use jiff::civil::Weekday;
use reservations_contract::Deposit;

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

fn main() -> Result<(), Box<dyn Error>> {
    let middle = "2016-07-01".parse()?;
    let mut file = csv::Writer::from_writer(io::stdout().lock());
    file.write_record(COLUMNS)?;
    for booking in demo::bookings(1, 200, middle) {
        file.write_record(COLUMNS.map(|column| field(&booking, column)))?;
    }
    file.flush()?;
    Ok(())
}

fn field(booking: &Booking, column: &str) -> String {
    let arrival = booking.stay.arrival.date();
    let month = usize::try_from(arrival.month()).unwrap_or(1);
    match column {
        "hotel" => booking.hotel.to_string(),
        "is_canceled" => u8::from(booking.ending != Ending::CheckedOut).to_string(),
        "lead_time" => booking
            .booked_on
            .days_until(booking.stay.arrival)
            .to_string(),
        "arrival_date_year" => arrival.year().to_string(),
        "arrival_date_month" => MONTHS[month - 1].to_owned(),
        "arrival_date_week_number" => arrival.iso_week_date().week().to_string(),
        "arrival_date_day_of_month" => arrival.day().to_string(),
        "stays_in_weekend_nights" => weekend_nights(booking).to_string(),
        "stays_in_week_nights" => (booking.stay.nights - weekend_nights(booking)).to_string(),
        "adults" => booking.party.adults.to_string(),
        "children" => booking.party.children.to_string(),
        "reserved_room_type" | "assigned_room_type" => booking.room.to_string(),
        "deposit_type" => deposit(booking.deposit).to_owned(),
        "adr" => format!(
            "{}.{:02}",
            booking.rate.cents() / 100,
            booking.rate.cents() % 100
        ),
        "reservation_status" => ending(booking.ending).to_owned(),
        "reservation_status_date" => month_first(booking),
        "meal" => "BB".to_owned(),
        "country" => "PRT".to_owned(),
        "market_segment" | "distribution_channel" => "Direct".to_owned(),
        "agent" | "company" => "NULL".to_owned(),
        "customer_type" => "Transient".to_owned(),
        _ => "0".to_owned(),
    }
}

fn weekend_nights(booking: &Booking) -> u32 {
    let is_weekend = |weekday| matches!(weekday, Weekday::Saturday | Weekday::Sunday);
    let nights = booking
        .stay
        .taken_nights()
        .take(booking.stay.nights as usize);
    nights
        .map(|night| u32::from(is_weekend(night.date().weekday())))
        .sum()
}

fn month_first(booking: &Booking) -> String {
    let day = booking.ended_on.date();
    format!("{}/{}/{}", day.month(), day.day(), day.year())
}

fn deposit(deposit: Deposit) -> &'static str {
    match deposit {
        Deposit::None => "No Deposit",
        Deposit::Refundable => "Refundable",
        Deposit::NonRefundable => "Non Refund",
    }
}

fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Cancelled => "Canceled",
        Ending::NoShow => "No-Show",
        Ending::CheckedOut => "Check-Out",
    }
}
