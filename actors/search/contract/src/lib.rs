//! What may be said to the search.

mod find_rooms;

pub use find_rooms::{FindRooms, Offer, Offers, SearchError, Unanswered};
pub use hotel_vocabulary::{Day, HotelName, Money, RoomType, Stay};

skep::contract! {
    /// Finds rooms over all hotels.
    pub Search v1 { FindRooms }
}

#[cfg(test)]
mod tests {
    use skep::Contract;

    use super::*;

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let described = Search::describe();
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
        assert_eq!(messages, ["find_rooms"]);
        assert!(events.is_empty(), "{events:?}");
        assert_eq!(
            (described.name.as_str(), described.version, Search::KEY),
            ("search", 1, None)
        );
    }
}
