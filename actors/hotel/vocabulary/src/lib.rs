//! The words that the hotel's contracts share: days, money, names, guests, stays.
//!
//! Every type checks itself when it is read, so that a message which arrived is well-formed. What a hotel makes of it
//! (is there such a room, is the stay too long) is the capability's business and not decided here.

mod day;
mod guest;
mod money;
mod name;
mod stay;

pub use day::{Day, NotADay};
pub use guest::{Guest, Party};
pub use money::{Money, NotAnAmount};
pub use name::{BookingReference, EmailAddress, HotelName, NotAName, PersonName, RoomType};
pub use stay::{MAX_NIGHTS, Stay};
