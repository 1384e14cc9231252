//! What rooms cost.

use super::ask::{Answer, Failed};
use super::words::{Quote, Quoted, RoomRate};

/// The types of rooms that every hotel has, with how many people sleep in each and what a night costs at least, in cents.
const ROOMS: [(&str, u32, i64); 3] = [
    ("single", 1, 6_000),
    ("double", 2, 9_000),
    ("family", 4, 14_000),
];

/// Knows what every night costs.
#[derive(Debug, Default)]
pub(crate) struct Rates;

impl<N: Sync> Answer<Quote, N> for Rates {
    async fn answer(&self, asked: Quote, _: &N) -> Result<Quoted, Failed> {
        // Each hotel has a level of its own, and every seventh day is dear.
        let level: i64 = asked.hotel.bytes().map(i64::from).sum::<i64>() % 40;
        let dear = (asked.arrival..asked.arrival + asked.nights)
            .filter(|day| day % 7 == 5)
            .count();
        let surcharge = i64::try_from(dear).unwrap_or_default() * 500;
        let rate = |(room, sleeps, base): (&str, u32, i64)| RoomRate {
            room: room.to_owned(),
            sleeps,
            rate: base + level * 100 + surcharge,
        };
        let rooms = ROOMS.into_iter().map(rate).collect();
        Ok(Quoted { rooms })
    }
}
