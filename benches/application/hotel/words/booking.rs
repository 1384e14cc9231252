//! Words of booking one: guests, bookings, money and letters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hotel::Failed;

/// May this guest come in?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = LoggedIn, error = Failed)]
pub(crate) struct LogIn {
    /// Who.
    #[prost(string, tag = "1")]
    pub(crate) guest: String,
    /// What opens the account.
    #[prost(string, tag = "2")]
    pub(crate) password: String,
}

/// Whether the guest may.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct LoggedIn {
    /// The password is right.
    #[prost(bool, tag = "1")]
    pub(crate) welcome: bool,
    /// How the guest is addressed; empty for a stranger.
    #[prost(string, tag = "2")]
    pub(crate) name: String,
}

/// Who is this guest?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Guest, error = Failed)]
pub(crate) struct FindGuest {
    /// Who.
    #[prost(string, tag = "1")]
    pub(crate) guest: String,
}

/// A guest.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Guest {
    /// How the guest is addressed; empty for a stranger.
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    /// Where letters go.
    #[prost(string, tag = "2")]
    pub(crate) email: String,
    /// What pays.
    #[prost(string, tag = "3")]
    pub(crate) card: String,
}

/// Write to a guest.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Noted, error = Failed)]
pub(crate) struct Notify {
    /// The address.
    #[prost(string, tag = "1")]
    pub(crate) to: String,
    /// What it is about.
    #[prost(string, tag = "2")]
    pub(crate) subject: String,
    /// What it says.
    #[prost(string, tag = "3")]
    pub(crate) text: String,
}

/// The letter lies with the others.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Noted {
    /// How many there were for this address.
    #[prost(uint64, tag = "1")]
    pub(crate) letters: u64,
}

/// Charge a card.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Receipt, error = Failed)]
pub(crate) struct Charge {
    /// Which.
    #[prost(string, tag = "1")]
    pub(crate) card: String,
    /// Who gets the receipt.
    #[prost(string, tag = "2")]
    pub(crate) email: String,
    /// What for.
    #[prost(string, tag = "3")]
    pub(crate) purpose: String,
    /// How much, in cents.
    #[prost(int64, tag = "4")]
    pub(crate) amount: i64,
}

/// Whether it was charged.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Receipt {
    /// It was.
    #[prost(bool, tag = "1")]
    pub(crate) paid: bool,
    /// What tells this charge from others; empty when it was refused.
    #[prost(string, tag = "2")]
    pub(crate) code: String,
}

/// Reserve a room.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Booking, error = Failed)]
pub(crate) struct Reserve {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// The type of the room.
    #[prost(string, tag = "2")]
    pub(crate) room: String,
    /// The day of arrival.
    #[prost(uint32, tag = "3")]
    pub(crate) arrival: u32,
    /// How many nights.
    #[prost(uint32, tag = "4")]
    pub(crate) nights: u32,
    /// Who comes.
    #[prost(string, tag = "5")]
    pub(crate) guest: String,
}

/// A room that was reserved, or why none was.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Booking {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// The hotel's number of the booking; 0 when nothing was reserved.
    #[prost(uint64, tag = "2")]
    pub(crate) number: u64,
    /// The type of the room.
    #[prost(string, tag = "3")]
    pub(crate) room: String,
    /// The day of arrival.
    #[prost(uint32, tag = "4")]
    pub(crate) arrival: u32,
    /// How many nights.
    #[prost(uint32, tag = "5")]
    pub(crate) nights: u32,
    /// What was paid, in cents.
    #[prost(int64, tag = "6")]
    pub(crate) total: i64,
    /// The code of the charge.
    #[prost(string, tag = "7")]
    pub(crate) receipt: String,
    /// Why nothing was reserved; empty when something was.
    #[prost(string, tag = "8")]
    pub(crate) refused: String,
}
