//! What guests ask: a mix of questions, the same for the same seed.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use crate::hotel::{
    Availability, DAYS, FindRooms, GUESTS, HOTELS, LogIn, Question, Recommend, Reserve, guest_name,
    hotel_name, password,
};

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    FindRooms(FindRooms),
    Recommend(Recommend),
    LogIn(LogIn),
    Availability(Availability),
    Reserve(Reserve),
}

impl Request {
    /// As HTTP.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::FindRooms(question) => written(question),
            Self::Recommend(question) => written(question),
            Self::LogIn(question) => written(question),
            Self::Availability(question) => written(question),
            Self::Reserve(question) => written(question),
        }
    }
}

fn written<M: Question + Serialize>(question: &M) -> Vec<u8> {
    let body = serde_json::to_string(question).expect("a question is JSON");
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: hotel\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        M::PATH,
        body.len()
    );
    (head + &body).into_bytes()
}

/// The first `number` questions of a seed: of a hundred, 60 searches, 20 times advice, 5 log ins, 5 looks at one hotel, 10 bookings.
pub(crate) fn requests(seed: u64, number: usize) -> Vec<Request> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..number).map(|_| request(&mut random)).collect()
}

fn request(random: &mut Xoshiro256PlusPlus) -> Request {
    let nights = random.random_range(1..=5);
    let arrival = random.random_range(0..DAYS - nights);
    let east = random.random_range(-2500..=2500);
    let north = random.random_range(-2000..=2000);
    let hotel = hotel_name(random.random_range(0..HOTELS));
    let guest = random.random_range(0..GUESTS);
    match random.random_range(0..100) {
        0..60 => Request::FindRooms(FindRooms {
            east,
            north,
            arrival,
            nights,
            guests: random.random_range(1..=4),
            max_rate: random.random_range(150..=250) * 100,
        }),
        60..80 => Request::Recommend(Recommend {
            east,
            north,
            arrival,
            nights,
            cheapest: random.random(),
        }),
        80..85 => Request::LogIn(LogIn {
            guest: guest_name(guest),
            password: password(guest),
        }),
        85..90 => Request::Availability(Availability {
            hotel,
            arrival,
            nights,
            guests: random.random_range(1..=4),
        }),
        _ => Request::Reserve(Reserve {
            hotel,
            room: "double".to_owned(),
            arrival,
            nights,
            guest: guest_name(guest),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_as_it_is_said_to_be() {
        let all = requests(1, 10_000);
        let share =
            |is: fn(&Request) -> bool| all.iter().filter(|request| is(request)).count() / 100;
        assert!((58..=62).contains(&share(|request| matches!(request, Request::FindRooms(_)))));
        assert!((18..=22).contains(&share(|request| matches!(request, Request::Recommend(_)))));
        assert!((3..=6).contains(&share(|request| matches!(request, Request::LogIn(_)))));
        assert!((3..=6).contains(&share(|request| matches!(
            request,
            Request::Availability(_)
        ))));
        assert!((8..=12).contains(&share(|request| matches!(request, Request::Reserve(_)))));
    }

    #[test]
    fn a_seed_asks_the_same_again_and_another_one_does_not() {
        assert_eq!(requests(7, 50), requests(7, 50));
        assert_ne!(requests(7, 50), requests(8, 50));
        assert_eq!(requests(7, 50)[..20], requests(7, 20));
    }
}
