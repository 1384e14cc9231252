//! Look up which mails a booking has caused.

use hotel_vocabulary::{BookingReference, Day, EmailAddress, HotelName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Look up which mails a booking has caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Mails, idempotent)]
pub struct FindMails {
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
}

/// The mails of a booking, by kind; none for a booking that was never heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mails {
    /// The mails.
    pub mails: Vec<Mail>,
}

/// A mail that was written to its file or handed to the mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mail {
    /// What it is about.
    pub kind: Kind,
    /// Who got it.
    pub to: EmailAddress,
    /// The subject line.
    pub subject: String,
    /// The business day of the event.
    pub on: Day,
    /// The `Message-ID`, the same for the same event.
    pub message_id: String,
}

/// What a mail is about. A booking causes at most one mail of each kind.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A room was reserved.
    Reserved,
    /// A reservation was cancelled.
    Cancelled,
    /// A deposit was charged.
    DepositCharged,
    /// The rest of a stay was charged.
    StayCharged,
    /// The first night was charged to a guest who never came.
    NoShowCharged,
    /// A deposit was given back.
    DepositRefunded,
    /// A charge at check-out was given back.
    StayRefunded,
    /// A no-show fee was given back.
    NoShowRefunded,
    /// The bank declined a charge.
    Declined,
    /// An invoice was issued.
    InvoiceIssued,
}

impl Kind {
    /// Every kind, in the order of a booking's life.
    pub const ALL: [Self; 10] = [
        Self::Reserved,
        Self::DepositCharged,
        Self::Cancelled,
        Self::DepositRefunded,
        Self::StayCharged,
        Self::StayRefunded,
        Self::NoShowCharged,
        Self::NoShowRefunded,
        Self::Declined,
        Self::InvoiceIssued,
    ];

    /// The kind as it stands in file names.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Cancelled => "cancelled",
            Self::DepositCharged => "deposit-charged",
            Self::StayCharged => "stay-charged",
            Self::NoShowCharged => "no-show-charged",
            Self::DepositRefunded => "deposit-refunded",
            Self::StayRefunded => "stay-refunded",
            Self::NoShowRefunded => "no-show-refunded",
            Self::Declined => "declined",
            Self::InvoiceIssued => "invoice-issued",
        }
    }
}
