//! Where one would go.

use futures_util::future::try_join_all;

use super::ask::{Answer, Ask, Failed};
use super::words::{
    Near, Profile, Profiles, Quote, Quoted, Recommend, Recommendation, Recommended,
};

/// Hotels that are recommended.
const RECOMMENDED: u32 = 3;

/// Recommends hotels.
#[derive(Debug, Default)]
pub(crate) struct Recommendations;

impl<N: Ask<Near> + Ask<Quote> + Ask<Profiles>> Answer<Recommend, N> for Recommendations {
    async fn answer(&self, asked: Recommend, neighbours: &N) -> Result<Recommended, Failed> {
        let near = Near {
            east: asked.east,
            north: asked.north,
            most: RECOMMENDED,
        };
        let hotels = neighbours.ask(near).await?.hotels;
        let quotes = hotels.iter().map(|hotel| {
            neighbours.ask(Quote {
                hotel: hotel.clone(),
                arrival: asked.arrival,
                nights: asked.nights,
            })
        });
        let quoted = try_join_all(quotes).await?;
        let profiles = neighbours.ask(Profiles { hotels }).await?.profiles;
        let both = profiles.into_iter().zip(quoted);
        let mut recommendations: Vec<_> = both.map(recommendation).collect();
        if asked.cheapest {
            recommendations.sort_by_key(|recommendation| recommendation.rate);
        }
        Ok(Recommended { recommendations })
    }
}

fn recommendation((profile, quoted): (Profile, Quoted)) -> Recommendation {
    let rates = quoted.rooms.iter().map(|room| room.rate);
    Recommendation {
        hotel: profile.hotel,
        address: profile.address,
        description: profile.description,
        stars: profile.stars,
        rate: rates.min().unwrap_or_default(),
    }
}
