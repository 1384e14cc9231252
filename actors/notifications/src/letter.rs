//! What a mail says: one letter for each event, the same letter for the same event.

use hotel_vocabulary::{BookingReference, Day, Guest, HotelName, Money, Stay};
use notifications_contract::Kind;
use payments_contract::{ChargeId, Charged, Declined, Purpose, Refunded};
use reports_contract::InvoiceIssued;
use reservations_contract::{Cancelled, Reservation, Reserved, Status};
use serde::{Deserialize, Serialize};

/// What a mail says, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What it is about.
    pub kind: Kind,
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
    /// Who gets it.
    pub to: Guest,
    /// The business day of the event.
    pub on: Day,
    /// The subject line.
    pub subject: String,
    /// What stands between greeting and signature.
    pub text: String,
}

impl From<&Reserved> for Letter {
    fn from(event: &Reserved) -> Self {
        let booked = &event.reservation;
        let text = format!(
            "your room is reserved.\n\n{}\n  Price      {} for {}\n  Deposit    {} paid",
            particulars(booked),
            booked.total(),
            nights(&booked.stay),
            booked.deposit_paid,
        );
        about(
            booked,
            Kind::Reserved,
            booked.booked_on,
            "Your reservation",
            text,
        )
    }
}

impl From<&Cancelled> for Letter {
    fn from(event: &Cancelled) -> Self {
        let cancelled = &event.reservation;
        let on = match cancelled.status {
            Status::Cancelled { on } | Status::NoShow { on } | Status::CheckedOut { on } => on,
            Status::Reserved => cancelled.booked_on,
        };
        let text = format!(
            "your reservation is cancelled.\n\n{}",
            particulars(cancelled)
        );
        about(cancelled, Kind::Cancelled, on, "Your cancellation", text)
    }
}

impl From<&Charged> for Letter {
    fn from(event: &Charged) -> Self {
        let receipt = &event.receipt;
        let (kind, what) = match receipt.id.purpose {
            Purpose::Deposit => (Kind::DepositCharged, "as a deposit"),
            Purpose::Stay => (Kind::StayCharged, "for your stay"),
            Purpose::NoShowFee => (
                Kind::NoShowCharged,
                "because you did not arrive: the first night",
            ),
        };
        let text = format!(
            "we have charged you {} {what}.\n\n  Transaction  {}",
            receipt.amount, receipt.bank_number
        );
        payment(
            &receipt.id,
            &event.guest,
            kind,
            receipt.on,
            "Your payment",
            text,
        )
    }
}

impl From<&Refunded> for Letter {
    fn from(event: &Refunded) -> Self {
        let (kind, what) = match event.charge.purpose {
            Purpose::Deposit => (Kind::DepositRefunded, "of your deposit"),
            Purpose::Stay => (Kind::StayRefunded, "of the price of your stay"),
            Purpose::NoShowFee => (Kind::NoShowRefunded, "of the first night"),
        };
        let text = format!("we have given you back {} {what}.", event.amount);
        payment(
            &event.charge,
            &event.guest,
            kind,
            event.on,
            "Your refund",
            text,
        )
    }
}

impl From<&Declined> for Letter {
    fn from(event: &Declined) -> Self {
        let text = format!(
            "your bank has declined a payment of {} ({}). Please pay it within 14 days.",
            event.amount, event.reason
        );
        payment(
            &event.id,
            &event.guest,
            Kind::Declined,
            event.on,
            "Your payment was declined",
            text,
        )
    }
}

impl From<&InvoiceIssued> for Letter {
    fn from(event: &InvoiceIssued) -> Self {
        let invoice = &event.invoice;
        let balance = if invoice.open == Money::ZERO {
            "It is paid in full.".to_owned()
        } else {
            format!("{} of it are still to be paid.", invoice.open)
        };
        Self {
            kind: Kind::InvoiceIssued,
            hotel: invoice.hotel.clone(),
            reference: invoice.reference.clone(),
            to: event.guest.clone(),
            on: invoice.issued_on,
            subject: format!("Your invoice {}", invoice.number),
            text: format!(
                "your invoice {} over {} is ready. {balance}",
                invoice.number, invoice.total
            ),
        }
    }
}

fn about(reservation: &Reservation, kind: Kind, on: Day, subject: &str, text: String) -> Letter {
    Letter {
        kind,
        hotel: reservation.hotel.clone(),
        reference: reservation.reference.clone(),
        to: reservation.guest.clone(),
        on,
        subject: format!("{subject} {}", reservation.reference),
        text,
    }
}

fn payment(
    id: &ChargeId,
    guest: &Guest,
    kind: Kind,
    on: Day,
    subject: &str,
    text: String,
) -> Letter {
    Letter {
        kind,
        hotel: id.hotel.clone(),
        reference: id.reference.clone(),
        to: guest.clone(),
        on,
        subject: format!("{subject} for booking {}", id.reference),
        text,
    }
}

fn particulars(reservation: &Reservation) -> String {
    let Reservation {
        reference,
        room,
        stay,
        ..
    } = reservation;
    let (arrival, departure) = (stay.arrival, stay.departure());
    format!(
        "  Booking    {reference}\n  Room       type {room}\n  Arrival    {arrival}\n  Departure  {departure}"
    )
}

fn nights(stay: &Stay) -> String {
    match stay.nights {
        0 => "a day".to_owned(),
        1 => "one night".to_owned(),
        nights => format!("{nights} nights"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::{charged, declined, invoice_issued, refunded, reservation};

    fn all_letters() -> Vec<Letter> {
        let purposes = [Purpose::Deposit, Purpose::Stay, Purpose::NoShowFee];
        let mut letters = vec![
            Letter::from(&Reserved {
                reservation: reservation(),
            }),
            Letter::from(&Cancelled {
                reservation: reservation(),
            }),
            Letter::from(&declined()),
            Letter::from(&invoice_issued()),
        ];
        letters.extend(purposes.map(|purpose| Letter::from(&charged(purpose))));
        letters.extend(purposes.map(|purpose| Letter::from(&refunded(purpose))));
        letters
    }

    #[test]
    fn every_event_of_a_booking_has_its_own_kind_of_letter() {
        let kinds: BTreeSet<Kind> = all_letters().iter().map(|letter| letter.kind).collect();
        assert_eq!(kinds, BTreeSet::from(Kind::ALL));
    }

    #[test]
    fn every_letter_names_its_booking_and_goes_to_the_guest() {
        for letter in all_letters() {
            assert!(letter.subject.contains("B-000123"), "{}", letter.subject);
            assert_eq!(letter.to, reservation().guest);
        }
    }

    #[test]
    fn a_confirmation_says_when_and_how_much() {
        let letter = Letter::from(&Reserved {
            reservation: reservation(),
        });
        for text in ["2016-02-01", "2016-02-03", "€160.00", "2 nights", "€48.00"] {
            assert!(letter.text.contains(text), "{text} in {}", letter.text);
        }
    }
}
