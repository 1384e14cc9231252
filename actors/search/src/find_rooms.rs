//! Find rooms: what may be asked, and how the answers of the hotels become one.

use hotel_vocabulary::{HotelName, MAX_NIGHTS, Money, Stay};
use reservations_contract::{FreeRooms, RoomOffer};
use search_contract::{FindRooms, Offer, Offers, SearchError, Unanswered};

/// The largest party that is looked for.
const MAX_PARTY: u32 = 60;

/// What one hotel said, or why it said nothing.
pub type Answer = Result<FreeRooms, String>;

/// Checks a search, and says for which stay hotels are asked.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(asked: &FindRooms) -> Result<Stay, SearchError> {
    let FindRooms {
        arrival,
        nights,
        guests,
        max_price,
    } = *asked;
    if nights > MAX_NIGHTS {
        return Err(SearchError::TooLong {
            nights,
            most: MAX_NIGHTS,
        });
    }
    if !(1..=MAX_PARTY).contains(&guests) {
        return Err(SearchError::WrongPartySize {
            guests,
            most: MAX_PARTY,
        });
    }
    match max_price {
        Some(max_price) if !max_price.is_positive() => Err(SearchError::WrongPrice { max_price }),
        _ => Ok(Stay { arrival, nights }),
    }
}

/// Makes one answer of what the hotels said: offers that fit, cheapest first, and the hotels that did not answer.
///
/// # Errors
/// [`SearchError::NoHotelAnswers`], when there were hotels and all of them failed.
pub fn merge(asked: &FindRooms, answers: Vec<(HotelName, Answer)>) -> Result<Offers, SearchError> {
    let num_asked = answers.len();
    let (mut offers, mut unanswered) = (Vec::new(), Vec::new());
    for (hotel, answer) in answers {
        match answer {
            Ok(free) => offers.extend(fitting(asked, &hotel, free)),
            Err(reason) => unanswered.push(Unanswered { hotel, reason }),
        }
    }
    if num_asked > 0 && unanswered.len() == num_asked {
        return Err(SearchError::NoHotelAnswers { unanswered });
    }
    offers.sort_by(|a, b| (a.rate, &a.hotel, &a.room).cmp(&(b.rate, &b.hotel, &b.room)));
    Ok(Offers { offers, unanswered })
}

fn fitting(asked: &FindRooms, hotel: &HotelName, free: FreeRooms) -> impl Iterator<Item = Offer> {
    let nights = Stay {
        arrival: asked.arrival,
        nights: asked.nights,
    }
    .billed_nights();
    let most = asked.max_price.unwrap_or(Money::from_cents(i64::MAX));
    let fits = move |offer: &RoomOffer, guests: u32| offer.sleeps >= guests && offer.rate <= most;
    let (guests, hotel) = (asked.guests, hotel.clone());
    free.rooms
        .into_iter()
        .filter(move |offer| fits(offer, guests))
        .map(move |offer| Offer {
            hotel: hotel.clone(),
            total: offer.rate.times(nights),
            room: offer.room,
            sleeps: offer.sleeps,
            free: offer.free,
            rate: offer.rate,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> FindRooms {
        FindRooms {
            arrival: "2016-02-01".parse().unwrap(),
            nights: 3,
            guests: 2,
            max_price: None,
        }
    }

    fn free(hotel: &str, rooms: &[(&str, u32, i32)]) -> (HotelName, Answer) {
        let offers = rooms.iter().map(|&(room, sleeps, euros)| RoomOffer {
            room: room.parse().unwrap(),
            free: 1,
            sleeps,
            rate: Money::from_euros(euros),
        });
        let hotel: HotelName = hotel.parse().unwrap();
        (
            hotel.clone(),
            Ok(FreeRooms {
                hotel,
                rooms: offers.collect(),
            }),
        )
    }

    fn silent(hotel: &str) -> (HotelName, Answer) {
        (hotel.parse().unwrap(), Err("down".to_owned()))
    }

    #[test]
    fn a_search_for_nobody_for_ever_or_for_nothing_is_refused() {
        assert!(check(&asked()).is_ok());
        assert!(
            check(&FindRooms {
                guests: 0,
                ..asked()
            })
            .is_err()
        );
        assert!(
            check(&FindRooms {
                nights: 367,
                ..asked()
            })
            .is_err()
        );
        assert!(
            check(&FindRooms {
                max_price: Some(Money::ZERO),
                ..asked()
            })
            .is_err()
        );
        assert!(
            check(&FindRooms {
                nights: 0,
                ..asked()
            })
            .is_ok(),
            "day use"
        );
    }

    #[test]
    fn offers_of_all_hotels_come_cheapest_first_with_the_price_of_the_stay() {
        let answers = vec![
            free("Resort", &[("B", 2, 90), ("A", 4, 70)]),
            free("City", &[("A", 2, 80)]),
        ];
        let offers = merge(&asked(), answers).unwrap().offers;
        let prices: Vec<(&str, i64)> = offers
            .iter()
            .map(|offer| (offer.hotel.as_str(), offer.total.cents()))
            .collect();
        assert_eq!(
            prices,
            [("Resort", 21_000), ("City", 24_000), ("Resort", 27_000)]
        );
    }

    #[test]
    fn rooms_that_are_too_small_or_too_dear_are_left_out() {
        let asked = FindRooms {
            guests: 3,
            max_price: Some(Money::from_euros(100)),
            ..asked()
        };
        let answers = vec![free("City", &[("A", 2, 80), ("B", 3, 100), ("C", 4, 101)])];
        let offers = merge(&asked, answers).unwrap().offers;
        assert_eq!(
            offers
                .iter()
                .map(|offer| offer.room.as_str())
                .collect::<Vec<_>>(),
            ["B"]
        );
    }

    #[test]
    fn a_hotel_that_fails_is_named_beside_the_offers_of_the_others() {
        let found = merge(
            &asked(),
            vec![silent("Resort"), free("City", &[("A", 2, 80)])],
        )
        .unwrap();
        assert_eq!(
            (found.offers.len(), found.unanswered[0].hotel.as_str()),
            (1, "Resort")
        );
    }

    #[test]
    fn when_no_hotel_answers_nothing_is_known() {
        let refused = merge(&asked(), vec![silent("Resort"), silent("City")]);
        assert!(
            matches!(refused, Err(SearchError::NoHotelAnswers { unanswered }) if unanswered.len() == 2)
        );
        assert!(
            merge(&asked(), Vec::new()).unwrap().offers.is_empty(),
            "no hotel was asked"
        );
    }
}
