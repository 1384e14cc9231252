//! What the capabilities of the hotel say to each other. Every word travels as JSON and as a protocol buffer, and is a message of skep: no way
//! of running the hotel has to translate anything.

mod booking;
mod finding;

pub(crate) use booking::{
    Booking, Charge, FindGuest, Guest, LogIn, LoggedIn, Noted, Notify, Receipt, Reserve,
};
pub(crate) use finding::{
    Availability, FindRooms, Found, FreeRooms, HotelProfiles, Hotels, Near, Offer, Profile,
    Profiles, Quote, Quoted, Recommend, Recommendation, Recommended, RoomOffer, RoomRate,
};
