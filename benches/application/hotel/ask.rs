//! How capabilities ask each other, whatever is between them.

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::words::{
    Availability, Booking, Charge, FindGuest, FindRooms, Found, FreeRooms, Guest, HotelProfiles,
    Hotels, LogIn, LoggedIn, Near, Noted, Notify, Profiles, Quote, Quoted, Receipt, Recommend,
    Recommended, Reserve,
};

/// A capability, by its name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Service {
    Catalogue,
    Rates,
    Guests,
    Notifications,
    Payments,
    Reservations,
    Recommendations,
    Search,
}

impl Service {
    /// In an order in which each comes behind those that it asks.
    pub(crate) const ALL: [Self; 8] = [
        Self::Catalogue,
        Self::Rates,
        Self::Guests,
        Self::Notifications,
        Self::Payments,
        Self::Reservations,
        Self::Recommendations,
        Self::Search,
    ];

    /// As skep names the capability.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Rates => "rates",
            Self::Guests => "guests",
            Self::Notifications => "notifications",
            Self::Payments => "payments",
            Self::Reservations => "reservations",
            Self::Recommendations => "recommendations",
            Self::Search => "search",
        }
    }
}

/// What both a question and its answer can do: travel as JSON, and as a protocol buffer.
pub(crate) trait Travels:
    Serialize + DeserializeOwned + prost::Message + Default + Clone + 'static
{
}

impl<T: Serialize + DeserializeOwned + prost::Message + Default + Clone + 'static> Travels for T {}

/// What one capability is asked.
pub(crate) trait Question: Travels {
    type Answer: Travels;
    /// Who is asked.
    const SERVICE: Service;
    /// The path of an HTTP request, and of a gRPC method.
    const PATH: &'static str;
}

/// There was no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Failed {
    /// In words.
    pub(crate) reason: String,
}

impl Failed {
    pub(crate) fn from_error(error: &dyn std::error::Error) -> Self {
        let reason = error.to_string();
        Self { reason }
    }
}

/// Whoever can be asked this: a neighbour, reached in one way or another.
pub(crate) trait Ask<M: Question>: Send + Sync {
    fn ask(&self, question: M) -> impl Future<Output = Result<M::Answer, Failed>> + Send;
}

/// A capability that answers this with the help of its neighbours.
pub(crate) trait Answer<M: Question, N>: Send + Sync {
    fn answer(
        &self,
        question: M,
        neighbours: &N,
    ) -> impl Future<Output = Result<M::Answer, Failed>> + Send;
}

macro_rules! questions {
    ($($service:ident: $question:ident => $answer:ident, $path:literal;)*) => {$(
        impl Question for $question {
            type Answer = $answer;
            const SERVICE: Service = Service::$service;
            const PATH: &'static str = $path;
        }
    )*};
}

questions! {
    Catalogue: Near => Hotels, "/hotel.catalogue/near";
    Catalogue: Profiles => HotelProfiles, "/hotel.catalogue/profiles";
    Rates: Quote => Quoted, "/hotel.rates/quote";
    Guests: LogIn => LoggedIn, "/hotel.guests/log_in";
    Guests: FindGuest => Guest, "/hotel.guests/find_guest";
    Notifications: Notify => Noted, "/hotel.notifications/notify";
    Payments: Charge => Receipt, "/hotel.payments/charge";
    Reservations: Availability => FreeRooms, "/hotel.reservations/availability";
    Reservations: Reserve => Booking, "/hotel.reservations/reserve";
    Recommendations: Recommend => Recommended, "/hotel.recommendations/recommend";
    Search: FindRooms => Found, "/hotel.search/find_rooms";
}
