//! The hotels of the city: where they are, and what they are like.

use super::ask::{Answer, Failed};
use super::words::{HotelProfiles, Hotels, Near, Profile, Profiles};
use super::{HOTELS, hotel_name};

/// Knows every hotel.
#[derive(Debug)]
pub(crate) struct Catalogue {
    sites: Vec<Site>,
}

/// A hotel and its place.
#[derive(Debug)]
struct Site {
    east: i32,
    north: i32,
    profile: Profile,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self {
            sites: (0..HOTELS).map(Site::of).collect(),
        }
    }
}

impl Site {
    /// Hotels lie on a grid of ten columns, half a kilometre apart.
    fn of(number: u32) -> Self {
        let (column, row) = (number % 10, number / 10);
        let east = i32::try_from(column).unwrap_or_default() * 500 - 2250;
        let north = i32::try_from(row).unwrap_or_default() * 500 - 1750;
        let profile = Profile {
            hotel: hotel_name(number),
            address: format!("{} Long Street, {} Quarter", 10 + number, 1 + row),
            phone: format!("+351 21 555 {number:04}"),
            description: "A quiet house with a garden, close to the river and to the old town; breakfast until eleven"
                .to_owned(),
            stars: 1 + number % 5,
            metres: east.unsigned_abs() + north.unsigned_abs(),
        };
        Self {
            east,
            north,
            profile,
        }
    }

    const fn distance(&self, east: i32, north: i32) -> u32 {
        self.east.abs_diff(east) + self.north.abs_diff(north)
    }
}

impl<N: Sync> Answer<Near, N> for Catalogue {
    async fn answer(&self, near: Near, _: &N) -> Result<Hotels, Failed> {
        let Near { east, north, most } = near;
        let mut sites: Vec<&Site> = self.sites.iter().collect();
        sites.sort_by_key(|site| site.distance(east, north));
        let closest = sites.into_iter().take(most as usize);
        let hotels = closest.map(|site| site.profile.hotel.clone()).collect();
        Ok(Hotels { hotels })
    }
}

impl<N: Sync> Answer<Profiles, N> for Catalogue {
    async fn answer(&self, asked: Profiles, _: &N) -> Result<HotelProfiles, Failed> {
        let profile = |hotel: &String| {
            let number: usize = hotel.strip_prefix("hotel-")?.parse().ok()?;
            Some(self.sites.get(number)?.profile.clone())
        };
        let profiles = asked.hotels.iter().filter_map(profile).collect();
        Ok(HotelProfiles { profiles })
    }
}
