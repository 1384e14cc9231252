//! Who sleeps where, and when.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ask::{Answer, Ask, Failed};
use super::words::{
    Availability, Booking, Charge, FindGuest, FreeRooms, Guest, Notify, Quote, Receipt, Reserve,
    RoomOffer, RoomRate,
};

/// Rooms of each type that a hotel has.
const ROOMS: u32 = 40;

/// The books of hotels: of all of them, or of one where each hotel has a book of its own. Its lock is held between two awaits and never over one.
#[derive(Debug, Default)]
pub(crate) struct Reservations(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    /// Rooms that are taken, by hotel, type and night.
    taken: HashMap<String, HashMap<String, HashMap<u32, u32>>>,
    /// The last number of a booking, by hotel.
    numbers: HashMap<String, u64>,
}

impl Books {
    /// How many rooms of a type are free in every one of the nights.
    fn free(&self, hotel: &str, room: &str, arrival: u32, nights: u32) -> u32 {
        let Some(taken) = self.taken.get(hotel).and_then(|rooms| rooms.get(room)) else {
            return ROOMS;
        };
        let taken = (arrival..arrival + nights).filter_map(|night| taken.get(&night));
        ROOMS.saturating_sub(taken.copied().max().unwrap_or(0))
    }

    fn take(&mut self, asked: &Reserve) -> u64 {
        let rooms = self.taken.entry(asked.hotel.clone()).or_default();
        let taken = rooms.entry(asked.room.clone()).or_default();
        for night in asked.arrival..asked.arrival + asked.nights {
            *taken.entry(night).or_default() += 1;
        }
        let number = self.numbers.entry(asked.hotel.clone()).or_default();
        *number += 1;
        *number
    }

    fn give_back(&mut self, asked: &Reserve) {
        let rooms = self.taken.get_mut(&asked.hotel);
        let Some(taken) = rooms.and_then(|rooms| rooms.get_mut(&asked.room)) else {
            return;
        };
        for night in asked.arrival..asked.arrival + asked.nights {
            taken.entry(night).and_modify(|taken| *taken -= 1);
        }
    }
}

impl Reservations {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a room if one is free, and says under which number.
    fn take(&self, asked: &Reserve) -> Option<u64> {
        let mut books = self.books();
        let free = books.free(&asked.hotel, &asked.room, asked.arrival, asked.nights);
        (free > 0).then(|| books.take(asked))
    }
}

impl<N: Ask<Quote>> Answer<Availability, N> for Reservations {
    async fn answer(&self, asked: Availability, neighbours: &N) -> Result<FreeRooms, Failed> {
        let Availability {
            hotel,
            arrival,
            nights,
            guests,
        } = asked;
        let quoted = neighbours.ask(quote(&hotel, arrival, nights)).await?;
        let books = self.books();
        let fits = quoted
            .rooms
            .into_iter()
            .filter(|rate| rate.sleeps >= guests);
        let offers = fits.map(|rate| RoomOffer {
            free: books.free(&hotel, &rate.room, arrival, nights),
            room: rate.room,
            sleeps: rate.sleeps,
            rate: rate.rate,
        });
        let rooms = offers.filter(|offer| offer.free > 0).collect();
        Ok(FreeRooms { hotel, rooms })
    }
}

impl<N> Answer<Reserve, N> for Reservations
where
    N: Ask<FindGuest> + Ask<Quote> + Ask<Charge> + Ask<Notify>,
{
    async fn answer(&self, asked: Reserve, neighbours: &N) -> Result<Booking, Failed> {
        let guest = neighbours
            .ask(FindGuest {
                guest: asked.guest.clone(),
            })
            .await?;
        let quoted = neighbours
            .ask(quote(&asked.hotel, asked.arrival, asked.nights))
            .await?;
        let Some(rate) = quoted
            .rooms
            .into_iter()
            .find(|rate| rate.room == asked.room)
        else {
            return Ok(refused(asked, "no such room"));
        };
        let Some(number) = self.take(&asked) else {
            return Ok(refused(asked, "no room is free"));
        };
        let total = rate.rate * i64::from(asked.nights);
        let receipt = neighbours
            .ask(charge(&asked, &guest, number, total))
            .await?;
        if !receipt.paid {
            self.books().give_back(&asked);
            return Ok(refused(asked, "the card was refused"));
        }
        neighbours
            .ask(confirmation(&asked, &guest, &rate, number))
            .await?;
        Ok(booked(asked, number, total, receipt))
    }
}

fn quote(hotel: &str, arrival: u32, nights: u32) -> Quote {
    Quote {
        hotel: hotel.to_owned(),
        arrival,
        nights,
    }
}

fn charge(asked: &Reserve, guest: &Guest, number: u64, amount: i64) -> Charge {
    Charge {
        card: guest.card.clone(),
        email: guest.email.clone(),
        purpose: format!("booking {number} in {}", asked.hotel),
        amount,
    }
}

fn confirmation(asked: &Reserve, guest: &Guest, rate: &RoomRate, number: u64) -> Notify {
    Notify {
        to: guest.email.clone(),
        subject: format!("Your booking {number} in {}", asked.hotel),
        text: format!(
            "Dear {}, we expect you on day {} in a room for {}, for {} nights",
            guest.name, asked.arrival, rate.sleeps, asked.nights
        ),
    }
}

fn booked(asked: Reserve, number: u64, total: i64, receipt: Receipt) -> Booking {
    Booking {
        number,
        total,
        receipt: receipt.code,
        ..refused(asked, "")
    }
}

fn refused(asked: Reserve, reason: &str) -> Booking {
    Booking {
        hotel: asked.hotel,
        room: asked.room,
        arrival: asked.arrival,
        nights: asked.nights,
        refused: reason.to_owned(),
        ..Booking::default()
    }
}
