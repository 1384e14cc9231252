//! The book checked against itself: every night is counted again from the reservations.

use std::collections::BTreeMap;

use hotel_vocabulary::{Day, HotelName, RoomType};
use reservations_contract::{BookAudit, Overbooked, Reservation, Status};

use crate::settings::Inventory;

/// How many overbooked nights an audit lists.
const MAX_LISTED: usize = 20;

/// Recounts the nights of all reservations, and compares with the rooms there are and with the counters.
pub fn audit(
    hotel: HotelName,
    inventory: &Inventory,
    reservations: impl Iterator<Item = Reservation>,
    counters: impl Iterator<Item = ((RoomType, Day), u32)>,
) -> BookAudit {
    let mut audit = empty(hotel);
    let mut recount: BTreeMap<(RoomType, Day), u32> = BTreeMap::new();
    for reservation in reservations {
        *count_of(&mut audit, reservation.status) += 1;
        for night in reservation.taken_nights() {
            *recount
                .entry((reservation.room.clone(), night))
                .or_default() += 1;
        }
    }
    for ((room, night), taken) in &recount {
        let rooms = inventory.get(room).map_or(0, |rooms| rooms.rooms);
        audit.peak_percent = audit.peak_percent.max(share(*taken, rooms));
        if *taken > rooms && audit.overbooked.len() < MAX_LISTED {
            audit.overbooked.push(Overbooked {
                room: room.clone(),
                night: *night,
                taken: *taken,
                rooms,
            });
        }
    }
    audit.miscounted_nights = differences(recount, counters);
    audit
}

fn empty(hotel: HotelName) -> BookAudit {
    BookAudit {
        hotel,
        reserved: 0,
        cancelled: 0,
        no_shows: 0,
        checked_out: 0,
        overbooked: Vec::new(),
        miscounted_nights: 0,
        peak_percent: 0,
    }
}

fn count_of(audit: &mut BookAudit, status: Status) -> &mut u64 {
    match status {
        Status::Reserved => &mut audit.reserved,
        Status::Cancelled { .. } => &mut audit.cancelled,
        Status::NoShow { .. } => &mut audit.no_shows,
        Status::CheckedOut { .. } => &mut audit.checked_out,
    }
}

fn share(taken: u32, rooms: u32) -> u32 {
    let percent = u64::from(taken) * 100 / u64::from(rooms.max(1));
    u32::try_from(percent).unwrap_or(u32::MAX)
}

/// Nights whose counter is not what was counted, on either side.
fn differences(
    mut recount: BTreeMap<(RoomType, Day), u32>,
    counters: impl Iterator<Item = ((RoomType, Day), u32)>,
) -> u64 {
    let wrong = counters
        .filter(|(night, taken)| recount.remove(night).unwrap_or(0) != *taken)
        .count();
    (wrong + recount.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nights::take;
    use crate::settings::Rooms;
    use crate::testing::{day, reservation};

    fn one_room() -> Inventory {
        let rooms = Rooms {
            rooms: 1,
            sleeps: 2,
            rate_cents: hotel_vocabulary::Money::from_euros(80),
        };
        Inventory::from([("A".parse().unwrap(), rooms)])
    }

    fn run(reservations: Vec<Reservation>, counters: BTreeMap<(RoomType, Day), u32>) -> BookAudit {
        audit(
            "City Hotel".parse().unwrap(),
            &one_room(),
            reservations.into_iter(),
            counters.into_iter(),
        )
    }

    #[test]
    fn a_sound_book_has_nothing_to_complain_about() {
        let kept = reservation("B-1");
        let gone = Reservation {
            status: Status::Cancelled {
                on: day("2016-01-05"),
            },
            ..reservation("B-2")
        };
        let mut counters = BTreeMap::new();
        take(&mut counters, &kept.room, 1, &kept.stay).unwrap();
        let audit = run(vec![kept, gone], counters);
        assert_eq!(
            (audit.reserved, audit.cancelled, audit.reservations()),
            (1, 1, 2)
        );
        assert_eq!(
            (
                audit.overbooked.len(),
                audit.miscounted_nights,
                audit.peak_percent
            ),
            (0, 0, 100)
        );
    }

    #[test]
    fn a_room_sold_twice_is_found_even_when_the_counters_hide_it() {
        let counters = BTreeMap::from([(("A".parse().unwrap(), day("2016-02-01")), 1)]);
        let audit = run(vec![reservation("B-1"), reservation("B-2")], counters);
        assert_eq!(audit.overbooked[0].taken, 2);
        assert_eq!(audit.overbooked.len(), 2);
        assert_eq!(audit.miscounted_nights, 2);
    }

    #[test]
    fn a_counter_without_a_guest_is_found() {
        let counters = BTreeMap::from([(("A".parse().unwrap(), day("2016-02-01")), 1)]);
        assert_eq!(run(Vec::new(), counters).miscounted_nights, 1);
    }
}
