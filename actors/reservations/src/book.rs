//! The actor: the book of one hotel.

use hotel_vocabulary::{BookingReference, Day, HotelName, MAX_NIGHTS, RoomType};
use payments_contract::Payments;
use reservations_contract::{
    Audit, Availability, AvailabilityError, BookAudit, Cancel, Cancelled, CheckOut, CheckedOut,
    CloseError, Find, FreeRooms, NoShow, NoShowRecorded, NotFound, Reservation, Reservations,
    Reserve, ReserveError,
};
use skep::{Cx, StartError, Table, capability};

use crate::ending::{Ended, Ending, end, nights_given_back};
use crate::nights::{Nights, give_back};
use crate::settings::{Inventory, Settings};
use crate::{audit, availability};

/// The book of one hotel.
#[derive(Debug)]
pub struct Book {
    pub(crate) hotel: HotelName,
    pub(crate) settings: Settings,
    /// Every reservation ever made, by its reference.
    pub(crate) reservations: Table<String, Reservation>,
    pub(crate) nights: NightTable,
}

/// How many rooms are taken, by room type and night; nights are written as dates.
#[derive(Debug)]
pub(crate) struct NightTable(Table<(String, String), u32>);

#[capability(contract = Reservations, durable, uses(Payments))]
impl Book {
    #[start]
    async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError> {
        let hotel = cx.key().as_str().parse();
        Ok(Self {
            hotel: hotel.map_err(StartError::no_such_key)?,
            settings,
            reservations: cx.table("reservations"),
            nights: NightTable(cx.table("nights")),
        })
    }

    #[handle]
    async fn reserve(
        &mut self,
        asked: Reserve,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, ReserveError> {
        self.book(asked, cx).await
    }

    #[handle]
    async fn cancel(
        &mut self,
        asked: Cancel,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, CloseError> {
        self.finish(&asked.reference, Ending::Cancel, asked.on, cx)
    }

    #[handle]
    async fn no_show(
        &mut self,
        asked: NoShow,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, CloseError> {
        self.finish(&asked.reference, Ending::NoShow, asked.on, cx)
    }

    #[handle]
    async fn check_out(
        &mut self,
        asked: CheckOut,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, CloseError> {
        self.finish(&asked.reference, Ending::CheckOut, asked.on, cx)
    }

    #[handle]
    async fn find(&mut self, asked: Find) -> Result<Reservation, NotFound> {
        self.known(&asked.reference).ok_or(NotFound {
            reference: asked.reference,
        })
    }

    #[handle]
    async fn availability(&mut self, asked: Availability) -> Result<FreeRooms, AvailabilityError> {
        let stay = asked.stay;
        if stay.nights > MAX_NIGHTS {
            return Err(AvailabilityError::TooLong {
                nights: stay.nights,
                most: MAX_NIGHTS,
            });
        }
        let inventory = self
            .inventory()
            .ok_or_else(|| AvailabilityError::UnknownHotel {
                hotel: self.hotel.clone(),
                known: self.known_hotels(),
            })?;
        Ok(availability::free_rooms(
            self.hotel.clone(),
            inventory,
            &self.nights,
            &stay,
        ))
    }

    #[handle]
    async fn audit(&mut self, _: Audit) -> BookAudit {
        let none = Inventory::new();
        let reservations = self.reservations.iter().map(|(_, reservation)| reservation);
        audit::audit(
            self.hotel.clone(),
            self.inventory().unwrap_or(&none),
            reservations,
            self.nights.counters(),
        )
    }
}

impl Book {
    /// The rooms of this hotel; none when it is not configured.
    pub(crate) fn inventory(&self) -> Option<&Inventory> {
        self.settings.hotels.get(&self.hotel)
    }

    pub(crate) fn known_hotels(&self) -> Vec<HotelName> {
        self.settings.hotels.keys().cloned().collect()
    }

    pub(crate) fn known(&self, reference: &BookingReference) -> Option<Reservation> {
        self.reservations.get(&reference.to_string())
    }

    pub(crate) fn keep(&mut self, reservation: &Reservation) {
        self.reservations
            .insert(&reservation.reference.to_string(), reservation);
    }

    fn finish(
        &mut self,
        reference: &BookingReference,
        ending: Ending,
        on: Option<Day>,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, CloseError> {
        let Some(before) = self.known(reference) else {
            return Err(CloseError::UnknownReference {
                reference: reference.clone(),
            });
        };
        let on = on.unwrap_or_else(|| Day::at(cx.now()));
        let reservation = match end(before.clone(), ending, on)? {
            Ended::Before(reservation) => return Ok(reservation),
            Ended::Now(reservation) => reservation,
        };
        let free_again = nights_given_back(&before, &reservation);
        give_back(&mut self.nights, &reservation.room, free_again);
        self.keep(&reservation);
        let known = reservation.clone();
        match ending {
            Ending::Cancel => cx.emit(Cancelled { reservation: known }),
            Ending::NoShow => cx.emit(NoShowRecorded { reservation: known }),
            Ending::CheckOut => cx.emit(CheckedOut { reservation: known }),
        }
        Ok(reservation)
    }
}

impl NightTable {
    /// Every counter that is not zero.
    fn counters(&self) -> impl Iterator<Item = ((RoomType, Day), u32)> {
        self.0.iter().filter_map(|((room, night), taken)| {
            Some(((room.parse().ok()?, night.parse().ok()?), taken))
        })
    }
}

impl Nights for NightTable {
    fn taken(&self, room: &RoomType, night: Day) -> u32 {
        self.0
            .get(&(room.to_string(), night.to_string()))
            .unwrap_or(0)
    }

    fn set_taken(&mut self, room: &RoomType, night: Day, taken: u32) {
        let key = (room.to_string(), night.to_string());
        if taken == 0 {
            self.0.remove(&key);
        } else {
            self.0.insert(&key, &taken);
        }
    }
}
