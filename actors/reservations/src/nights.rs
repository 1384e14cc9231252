//! How many rooms of each type are taken in each night, and the one rule about it: never more than there are.
//!
//! Knows nothing of reservations, payments or where the counters are kept.

use std::collections::BTreeMap;

use hotel_vocabulary::{Day, RoomType, Stay};

/// The counters: how many rooms of a type are taken in a night.
pub trait Nights {
    /// How many rooms are taken; 0 for a night nobody has asked for.
    fn taken(&self, room: &RoomType, night: Day) -> u32;

    /// Sets how many rooms are taken; 0 may be forgotten.
    fn set_taken(&mut self, room: &RoomType, night: Day, taken: u32);
}

/// No room of the type is free in this night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full(pub Day);

/// Takes one room in every night, or none at all.
///
/// # Errors
/// The first night in which all `rooms` are taken.
pub fn take(book: &mut impl Nights, room: &RoomType, rooms: u32, stay: &Stay) -> Result<(), Full> {
    let mut nights = stay.taken_nights();
    if let Some(full) = nights.find(|night| book.taken(room, *night) >= rooms) {
        return Err(Full(full));
    }
    for night in stay.taken_nights() {
        let taken = book.taken(room, night);
        book.set_taken(room, night, taken + 1);
    }
    Ok(())
}

/// Gives one room back in every night.
pub fn give_back(book: &mut impl Nights, room: &RoomType, nights: impl Iterator<Item = Day>) {
    for night in nights {
        let taken = book.taken(room, night);
        debug_assert!(
            taken > 0,
            "a room is given back that was not taken: {room} {night}"
        );
        book.set_taken(room, night, taken.saturating_sub(1));
    }
}

/// How many rooms are free in the fullest of the nights.
pub fn free(book: &impl Nights, room: &RoomType, rooms: u32, stay: &Stay) -> u32 {
    let fullest = stay
        .taken_nights()
        .map(|night| book.taken(room, night))
        .max()
        .unwrap_or(0);
    rooms.saturating_sub(fullest)
}

impl Nights for BTreeMap<(RoomType, Day), u32> {
    fn taken(&self, room: &RoomType, night: Day) -> u32 {
        self.get(&(room.clone(), night)).copied().unwrap_or(0)
    }

    fn set_taken(&mut self, room: &RoomType, night: Day, taken: u32) {
        if taken == 0 {
            self.remove(&(room.clone(), night));
        } else {
            self.insert((room.clone(), night), taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stay(offset: i32, nights: u32) -> Stay {
        let first: Day = "2016-12-30".parse().unwrap();
        Stay {
            arrival: first.plus_days(offset),
            nights,
        }
    }

    fn room() -> RoomType {
        "A".parse().unwrap()
    }

    #[test]
    fn a_full_night_refuses_the_whole_stay_and_takes_nothing() {
        let mut book = BTreeMap::new();
        take(&mut book, &room(), 1, &stay(2, 1)).unwrap();
        let before = book.clone();
        let refused = take(&mut book, &room(), 1, &stay(0, 5));
        assert_eq!(refused, Err(Full(stay(2, 0).arrival)));
        assert_eq!(book, before);
    }

    #[test]
    fn the_day_of_departure_is_free_for_the_next_guest() {
        let mut book = BTreeMap::new();
        take(&mut book, &room(), 1, &stay(0, 2)).unwrap();
        take(&mut book, &room(), 1, &stay(2, 2)).unwrap();
        assert_eq!(free(&book, &room(), 1, &stay(4, 9)), 1);
    }

    #[test]
    fn free_counts_the_fullest_night() {
        let mut book = BTreeMap::new();
        take(&mut book, &room(), 5, &stay(0, 3)).unwrap();
        take(&mut book, &room(), 5, &stay(2, 3)).unwrap();
        assert_eq!(free(&book, &room(), 5, &stay(0, 5)), 3);
        assert_eq!(free(&book, &room(), 1, &stay(0, 5)), 0);
    }

    proptest! {
        #[test]
        fn no_order_of_bookings_and_returns_overbooks_or_loses_count(
            rooms in 0u32..4,
            steps in prop::collection::vec((0i32..20, 0u32..7, any::<bool>()), 0..120),
        ) {
            let mut book = BTreeMap::new();
            let mut guests: Vec<Stay> = Vec::new();
            for (offset, nights, leaves) in steps {
                if leaves && !guests.is_empty() {
                    let gone = guests.remove(offset as usize % guests.len());
                    give_back(&mut book, &room(), gone.taken_nights());
                } else if take(&mut book, &room(), rooms, &stay(offset, nights)).is_ok() {
                    guests.push(stay(offset, nights));
                }
            }
            let mut recount: BTreeMap<(RoomType, Day), u32> = BTreeMap::new();
            for night in guests.iter().flat_map(Stay::taken_nights) {
                *recount.entry((room(), night)).or_default() += 1;
            }
            prop_assert_eq!(&book, &recount);
            prop_assert!(book.values().all(|taken| *taken <= rooms));
        }
    }
}
