//! What may be said to the reservations of one hotel.
//!
//! There is one actor per hotel, told apart by the hotel's name. A business day (`on`, `booked_on`) may be given with a
//! message, for books that are replayed or entered late; without it the day is today.

mod audit;
mod availability;
mod cancel;
mod check_out;
mod find;
mod no_show;
mod reservation;
mod reserve;

pub use audit::{Audit, BookAudit, Overbooked};
pub use availability::{Availability, AvailabilityError, FreeRooms, RoomOffer};
pub use cancel::{Cancel, Cancelled};
pub use check_out::{CheckOut, CheckedOut};
pub use find::{Find, NotFound};
pub use hotel_vocabulary::{
    BookingReference, Day, EmailAddress, Guest, HotelName, Money, Party, PersonName, RoomType, Stay,
};
pub use no_show::{NoShow, NoShowRecorded};
pub use reservation::{CloseError, Deposit, Reservation, Status};
pub use reserve::{Reserve, ReserveError, Reserved};

skep::contract! {
    /// Who sleeps where, and when: the book of one hotel. It never overbooks.
    pub Reservations v1 keyed by hotel {
        Reserve, Cancel, NoShow, CheckOut, Find, Availability, Audit;
        emits Reserved, Cancelled, NoShowRecorded, CheckedOut
    }
}

#[cfg(test)]
mod tests {
    use skep::Contract;

    use super::*;

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let described = Reservations::describe();
        let messages: Vec<&str> = described
            .messages
            .iter()
            .map(|message| message.name.as_str())
            .collect();
        let events: Vec<&str> = described
            .events
            .iter()
            .map(|event| event.name.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "reserve",
                "cancel",
                "no_show",
                "check_out",
                "find",
                "availability",
                "audit"
            ]
        );
        assert_eq!(
            events,
            ["reserved", "cancelled", "no_show_recorded", "checked_out"]
        );
        assert_eq!(
            (
                described.name.as_str(),
                described.version,
                Reservations::KEY
            ),
            ("reservations", 1, Some("hotel"))
        );
    }
}
