//! The hotel, written once: what its capabilities are asked, what they answer, and what they do for it. Nothing here knows over what the
//! questions travel.

mod ask;
mod catalogue;
mod guests;
mod notifications;
mod payments;
mod rates;
mod recommendations;
mod reservations;
mod search;
mod words;

pub(crate) use ask::{Answer, Ask, Failed, Question, Service};
pub(crate) use catalogue::Catalogue;
pub(crate) use guests::Guests;
pub(crate) use notifications::Notifications;
pub(crate) use payments::Payments;
pub(crate) use rates::Rates;
pub(crate) use recommendations::Recommendations;
pub(crate) use reservations::Reservations;
pub(crate) use search::Search;
pub(crate) use words::{
    Availability, Booking, Charge, FindGuest, FindRooms, Found, FreeRooms, Guest, HotelProfiles,
    Hotels, LogIn, LoggedIn, Near, Noted, Notify, Profiles, Quote, Quoted, Receipt, Recommend,
    Recommended, Reserve,
};

/// Hotels of the city, numbered from 0.
pub(crate) const HOTELS: u32 = 80;
/// Guests who have an account, numbered from 0.
pub(crate) const GUESTS: u32 = 500;
/// Days that can be booked, numbered from 0.
pub(crate) const DAYS: u32 = 365;

/// The name of a hotel.
pub(crate) fn hotel_name(number: u32) -> String {
    format!("hotel-{number}")
}

/// The name under which a guest logs in.
pub(crate) fn guest_name(number: u32) -> String {
    format!("guest-{number}")
}

/// What opens a guest's account.
pub(crate) fn password(number: u32) -> String {
    format!("secret of {number}")
}

/// Hands a list of all capabilities, each with what it is asked, to a macro.
macro_rules! every_service {
    ($macro:ident) => {
        $macro! {
            Catalogue, catalogue: Near, Profiles;
            Rates, rates: Quote;
            Guests, guests: LogIn, FindGuest;
            Notifications, notifications: Notify;
            Payments, payments: Charge;
            Reservations, reservations: Availability, Reserve;
            Recommendations, recommendations: Recommend;
            Search, search: FindRooms;
        }
    };
}
pub(crate) use every_service;
