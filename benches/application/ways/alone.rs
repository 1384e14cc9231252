//! No capability at all: the same answer to every question of a kind. What is left is what the door costs in every way of running the hotel.

use super::plain::House;
use crate::hotel::{
    Ask, Availability, Booking, Failed, FindRooms, Found, FreeRooms, LogIn, LoggedIn, Recommend,
    Recommended, Reserve,
};
use crate::load::{self, Request};

/// One answer of each kind.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    found: Found,
    recommended: Recommended,
    logged_in: LoggedIn,
    free: FreeRooms,
    booked: Booking,
}

impl Alone {
    /// Takes its answers from the house itself.
    pub(crate) async fn of(house: &House) -> Result<Self, Failed> {
        let mut alone = Self::default();
        for request in load::requests(load::SEED, 200) {
            match request {
                Request::FindRooms(asked) => alone.found = house.ask(asked).await?,
                Request::Recommend(asked) => alone.recommended = house.ask(asked).await?,
                Request::LogIn(asked) => alone.logged_in = house.ask(asked).await?,
                Request::Availability(asked) => alone.free = house.ask(asked).await?,
                Request::Reserve(asked) => alone.booked = house.ask(asked).await?,
            }
        }
        Ok(alone)
    }
}

macro_rules! repeat {
    ($($question:ident => $answer:ident, $field:ident;)*) => {$(
        impl Ask<$question> for Alone {
            async fn ask(&self, _: $question) -> Result<$answer, Failed> {
                Ok(self.$field.clone())
            }
        }
    )*};
}

repeat! {
    FindRooms => Found, found;
    Recommend => Recommended, recommended;
    LogIn => LoggedIn, logged_in;
    Availability => FreeRooms, free;
    Reserve => Booking, booked;
}
