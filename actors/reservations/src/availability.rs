//! Which room types are free for a whole stay.

use hotel_vocabulary::{HotelName, Stay};
use reservations_contract::{FreeRooms, RoomOffer};

use crate::nights::{Nights, free};
use crate::settings::Inventory;

/// The room types with a free room in every night of the stay.
pub fn free_rooms(
    hotel: HotelName,
    inventory: &Inventory,
    book: &impl Nights,
    stay: &Stay,
) -> FreeRooms {
    let offers = inventory.iter().filter_map(|(room, rooms)| {
        let free = free(book, room, rooms.rooms, stay);
        (free > 0).then(|| RoomOffer {
            room: room.clone(),
            free,
            sleeps: rooms.sleeps,
            rate: rooms.rate_cents,
        })
    });
    FreeRooms {
        hotel,
        rooms: offers.collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::nights::take;
    use crate::settings::Settings;
    use crate::testing::reservation;

    #[test]
    fn a_room_type_that_is_full_in_one_night_is_not_offered() {
        let hotels = Settings::default().hotels;
        let name: HotelName = "Resort Hotel".parse().unwrap();
        let stay = reservation("B-1").stay;
        let last_night = Stay {
            arrival: stay.arrival.plus_days(1),
            nights: 1,
        };
        let mut book = BTreeMap::new();
        take(&mut book, &"L".parse().unwrap(), 1, &last_night).unwrap();
        let offered = free_rooms(name.clone(), &hotels[&name], &book, &stay);
        assert_eq!(offered.rooms.len(), hotels[&name].len() - 1);
        assert!(offered.rooms.iter().all(|offer| offer.room.as_str() != "L"));
    }
}
