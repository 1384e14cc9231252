//! Finds rooms over the hotels that are close.

use futures_util::future::try_join_all;

use super::ask::{Answer, Ask, Failed};
use super::words::{
    Availability, FindRooms, Found, FreeRooms, Near, Offer, Profile, Profiles, RoomOffer,
};

/// Hotels that are asked.
const ASKED: u32 = 4;

/// Finds rooms. It asks the hotels side by side.
#[derive(Debug, Default)]
pub(crate) struct Search;

impl<N: Ask<Near> + Ask<Availability> + Ask<Profiles>> Answer<FindRooms, N> for Search {
    async fn answer(&self, asked: FindRooms, neighbours: &N) -> Result<Found, Failed> {
        let near = Near {
            east: asked.east,
            north: asked.north,
            most: ASKED,
        };
        let hotels = neighbours.ask(near).await?.hotels;
        let answers = hotels.iter().map(|hotel| {
            neighbours.ask(Availability {
                hotel: hotel.clone(),
                arrival: asked.arrival,
                nights: asked.nights,
                guests: asked.guests,
            })
        });
        let free = try_join_all(answers).await?;
        let profiles = neighbours.ask(Profiles { hotels }).await?.profiles;
        Ok(merge(&asked, free, &profiles))
    }
}

/// Offers that fit, the cheapest first.
fn merge(asked: &FindRooms, free: Vec<FreeRooms>, profiles: &[Profile]) -> Found {
    let mut offers = Vec::new();
    for (free, profile) in free.into_iter().zip(profiles) {
        let fits = |room: &RoomOffer| room.rate <= asked.max_rate;
        let fitting = free.rooms.into_iter().filter(fits);
        offers.extend(fitting.map(|room| offer(room, profile, asked.nights)));
    }
    offers.sort_by(|one, other| (one.rate, &one.hotel).cmp(&(other.rate, &other.hotel)));
    Found { offers }
}

fn offer(room: RoomOffer, profile: &Profile, nights: u32) -> Offer {
    Offer {
        hotel: profile.hotel.clone(),
        address: profile.address.clone(),
        phone: profile.phone.clone(),
        stars: profile.stars,
        total: room.rate * i64::from(nights),
        room: room.room,
        sleeps: room.sleeps,
        free: room.free,
        rate: room.rate,
    }
}
