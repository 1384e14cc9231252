//! What may be said to the search.

mod find_rooms;

pub use find_rooms::{FindRooms, Offer, Offers, SearchError, Unanswered};
pub use hotel_vocabulary::{Day, HotelName, Money, RoomType, Stay};

skep::contract! {
    /// Finds rooms over all hotels.
    pub Search v1 { FindRooms }
}
