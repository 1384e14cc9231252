//! Reserve a room: what makes a reservation acceptable, what it costs up front, and what is kept.

use hotel_vocabulary::{Day, HotelName, MAX_NIGHTS, Money};
use payments_contract::{Charge, ChargeError, ChargeId, Payments, Purpose};
use reservations_contract::{Deposit, Reservation, Reserve, ReserveError, Reserved, Status};
use skep::{AskError, Cx};

use crate::book::Book;
use crate::nights::take;
use crate::settings::{Inventory, Percent};

/// The largest party: a coach.
const MAX_PARTY: u32 = 60;

/// The highest rate of one night.
const MAX_RATE: Money = Money::from_euros(100_000);

impl Book {
    /// Takes the rooms, charges the deposit, and keeps the reservation. A refusal on the way leaves nothing behind but,
    /// perhaps, a deposit that payments give back when no reservation follows.
    pub(crate) async fn book(
        &mut self,
        asked: Reserve,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, ReserveError> {
        if let Some(known) = self.known(&asked.reference) {
            return again(known, &asked);
        }
        let booked_on = asked.booked_on.unwrap_or_else(|| Day::at(cx.now()));
        let inventory = self.inventory().ok_or_else(|| ReserveError::UnknownHotel {
            hotel: self.hotel.clone(),
            known: self.known_hotels(),
        })?;
        let rooms = check(&asked, booked_on, inventory)?;
        take(&mut self.nights, &asked.room, rooms, &asked.stay).map_err(|full| {
            ReserveError::Full {
                room: asked.room.clone(),
                night: full.0,
            }
        })?;
        let deposit = deposit_due(&asked, self.settings.refundable_deposit_percent);
        if deposit.is_positive() {
            let charge = charge(&asked, self.hotel.clone(), deposit, booked_on);
            let charged = cx.to::<Payments>().ask(charge).await;
            charged.map_err(unpaid)?;
        }
        let reservation = reservation(asked, self.hotel.clone(), booked_on, deposit);
        self.keep(&reservation);
        cx.emit(Reserved {
            reservation: reservation.clone(),
        });
        Ok(reservation)
    }
}

/// The charge of a deposit.
fn charge(asked: &Reserve, hotel: HotelName, amount: Money, on: Day) -> Charge {
    Charge {
        id: ChargeId {
            hotel,
            reference: asked.reference.clone(),
            purpose: Purpose::Deposit,
        },
        guest: asked.guest.clone(),
        amount,
        on,
    }
}

/// What the guest is told when the deposit was not charged: to try again, or not to.
fn unpaid(error: AskError<ChargeError>) -> ReserveError {
    match error {
        AskError::Domain(ChargeError::Declined { reason }) => {
            ReserveError::PaymentDeclined { reason }
        }
        AskError::Domain(ChargeError::BankUnavailable) => ReserveError::PaymentUnavailable {
            reason: ChargeError::BankUnavailable.to_string(),
        },
        AskError::Domain(refused) => ReserveError::PaymentDeclined {
            reason: refused.to_string(),
        },
        AskError::Call(error) => ReserveError::PaymentUnavailable {
            reason: error.to_string(),
        },
    }
}

/// Checks everything about a reservation that does not depend on other reservations, and finds its room type.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(asked: &Reserve, booked_on: Day, inventory: &Inventory) -> Result<u32, ReserveError> {
    let Reserve {
        stay, party, rate, ..
    } = asked;
    if stay.nights > MAX_NIGHTS {
        return Err(ReserveError::TooLong {
            nights: stay.nights,
            most: MAX_NIGHTS,
        });
    }
    if stay.arrival < booked_on {
        return Err(ReserveError::ArrivalInThePast {
            arrival: stay.arrival,
            booked_on,
        });
    }
    if !(1..=MAX_PARTY).contains(&party.size()) {
        return Err(ReserveError::WrongPartySize {
            size: party.size(),
            most: MAX_PARTY,
        });
    }
    if !(Money::ZERO..=MAX_RATE).contains(rate) {
        return Err(ReserveError::WrongRate {
            rate: *rate,
            most: MAX_RATE,
        });
    }
    let rooms = inventory
        .get(&asked.room)
        .ok_or_else(|| ReserveError::UnknownRoomType {
            room: asked.room.clone(),
            known: inventory.keys().cloned().collect(),
        })?;
    Ok(rooms.rooms)
}

/// What is charged at once: the whole stay, a part of it, or nothing.
#[must_use]
pub fn deposit_due(asked: &Reserve, refundable: Percent) -> Money {
    let total = asked.rate.times(asked.stay.billed_nights());
    match asked.deposit {
        Deposit::None => Money::ZERO,
        Deposit::Refundable => refundable.of(total),
        Deposit::NonRefundable => total,
    }
}

/// The reservation that was asked for.
#[must_use]
pub fn reservation(
    asked: Reserve,
    hotel: HotelName,
    booked_on: Day,
    deposit_paid: Money,
) -> Reservation {
    Reservation {
        reference: asked.reference,
        hotel,
        guest: asked.guest,
        room: asked.room,
        stay: asked.stay,
        party: asked.party,
        rate: asked.rate,
        deposit: asked.deposit,
        deposit_paid,
        booked_on,
        status: Status::Reserved,
    }
}

/// Answers a reference that is known already: with its reservation, if that is what is asked for again.
///
/// The day of the booking does not count, because a repeated request may come a day later.
///
/// # Errors
/// [`ReserveError::ReferenceTaken`], when the content differs.
pub fn again(known: Reservation, asked: &Reserve) -> Result<Reservation, ReserveError> {
    let same = known.guest == asked.guest
        && known.room == asked.room
        && known.stay == asked.stay
        && known.party == asked.party
        && known.rate == asked.rate
        && known.deposit == asked.deposit;
    if same {
        Ok(known)
    } else {
        Err(ReserveError::ReferenceTaken {
            reference: known.reference,
        })
    }
}

#[cfg(test)]
mod tests {
    use hotel_vocabulary::{Party, Stay};

    use super::*;
    use crate::settings::Settings;
    use crate::testing::{day, reserve};

    fn refusal(change: impl FnOnce(&mut Reserve)) -> ReserveError {
        let mut asked = reserve("B-1");
        change(&mut asked);
        let hotels = Settings::default().hotels;
        let booked_on = asked.booked_on.unwrap();
        check(
            &asked,
            booked_on,
            &hotels[&"City Hotel".parse::<HotelName>().unwrap()],
        )
        .unwrap_err()
    }

    #[test]
    fn each_fault_is_refused_with_what_would_be_right() {
        let arrival = reserve("B-1").stay.arrival;
        let too_long = refusal(|asked| asked.stay.nights = 367);
        assert_eq!(
            too_long,
            ReserveError::TooLong {
                nights: 367,
                most: 366
            }
        );
        let late = refusal(|asked| asked.booked_on = Some(arrival.plus_days(1)));
        assert_eq!(
            late,
            ReserveError::ArrivalInThePast {
                arrival,
                booked_on: arrival.plus_days(1)
            }
        );
        let nobody = refusal(|asked| asked.party = Party::of_adults(0));
        assert_eq!(nobody, ReserveError::WrongPartySize { size: 0, most: 60 });
        let gift = refusal(|asked| asked.rate = Money::from_cents(-1));
        assert_eq!(
            gift,
            ReserveError::WrongRate {
                rate: Money::from_cents(-1),
                most: MAX_RATE
            }
        );
        let other_room = refusal(|asked| asked.room = "Z".parse().unwrap());
        assert!(
            matches!(other_room, ReserveError::UnknownRoomType { known, .. } if known.len() == 7)
        );
    }

    #[test]
    fn a_deposit_is_nothing_a_part_or_the_whole_stay() {
        let due = |deposit| {
            let asked = Reserve {
                deposit,
                rate: Money::from_cents(3_333),
                ..reserve("B-1")
            };
            deposit_due(&asked, Settings::default().refundable_deposit_percent)
        };
        assert_eq!(due(Deposit::None), Money::ZERO);
        assert_eq!(due(Deposit::Refundable), Money::from_cents(2_000));
        assert_eq!(due(Deposit::NonRefundable), Money::from_cents(6_666));
    }

    #[test]
    fn day_use_pays_one_night() {
        let stay = Stay {
            nights: 0,
            ..reserve("B-1").stay
        };
        let asked = Reserve {
            stay,
            deposit: Deposit::NonRefundable,
            ..reserve("B-1")
        };
        assert_eq!(
            deposit_due(&asked, Settings::default().refundable_deposit_percent),
            asked.rate
        );
    }

    #[test]
    fn the_same_request_again_is_the_same_reservation_even_a_day_later() {
        let first = reservation(
            reserve("B-1"),
            "City Hotel".parse().unwrap(),
            day("2016-01-01"),
            Money::ZERO,
        );
        let later = Reserve {
            booked_on: Some(day("2016-01-02")),
            ..reserve("B-1")
        };
        assert_eq!(again(first.clone(), &later), Ok(first.clone()));
        let other = Reserve {
            rate: Money::from_euros(1),
            ..reserve("B-1")
        };
        let reference = first.reference.clone();
        assert_eq!(
            again(first, &other),
            Err(ReserveError::ReferenceTaken { reference })
        );
    }
}
