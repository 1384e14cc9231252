//! The actor: asks every hotel at once. It keeps nothing, so that any number of it may run.

use std::time::Duration;

use futures_util::future::join_all;
use hotel_vocabulary::{HotelName, Stay};
use reservations_contract::{Availability, Reservations};
use search_contract::{FindRooms, Offers, Search, SearchError};
use skep::{Cx, StartError, capability};

use crate::find_rooms::{Answer, check, merge};
use crate::settings::Settings;

/// How much of the time that is left a hotel may take, so that the others' offers still arrive in time.
const SHARE: (u32, u32) = (4, 5);

/// How long a hotel may take when nobody waits.
const UNHURRIED: Duration = Duration::from_secs(5);

/// The finder.
#[derive(Debug)]
pub struct Finder {
    settings: Settings,
}

#[capability(contract = Search, stateless, uses(Reservations))]
impl Finder {
    #[start]
    async fn open(settings: Settings) -> Result<Self, StartError> {
        Ok(Self { settings })
    }

    #[handle]
    async fn find_rooms(
        &mut self,
        asked: FindRooms,
        cx: &mut Cx<Self>,
    ) -> Result<Offers, SearchError> {
        let stay = check(&asked)?;
        let patience = cx.time_left().unwrap_or(UNHURRIED) * SHARE.0 / SHARE.1;
        let asking = self
            .settings
            .hotels
            .iter()
            .map(|hotel| ask(hotel, stay, patience, cx));
        let answers = join_all(asking).await;
        merge(&asked, answers)
    }
}

async fn ask(
    hotel: &HotelName,
    stay: Stay,
    patience: Duration,
    cx: &Cx<Finder>,
) -> (HotelName, Answer) {
    let book = cx.to::<Reservations>().key(hotel.as_str());
    let asked = book.ask(Availability { stay }).deadline(patience).await;
    let answer = asked.map_err(|error| match error {
        skep::AskError::Domain(refused) => refused.to_string(),
        skep::AskError::Call(error) => error.to_string(),
    });
    (hotel.clone(), answer)
}
