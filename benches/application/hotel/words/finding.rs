//! Words of finding a room: places, hotels, rates and offers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hotel::Failed;

/// Which hotels are close to a place?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Hotels, error = Failed)]
pub(crate) struct Near {
    /// Metres east of the middle of the city.
    #[prost(int32, tag = "1")]
    pub(crate) east: i32,
    /// Metres north of it.
    #[prost(int32, tag = "2")]
    pub(crate) north: i32,
    /// How many, at most.
    #[prost(uint32, tag = "3")]
    pub(crate) most: u32,
}

/// The closest hotels, the closest first.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Hotels {
    /// Their names.
    #[prost(string, repeated, tag = "1")]
    pub(crate) hotels: Vec<String>,
}

/// What are these hotels like?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = HotelProfiles, error = Failed)]
pub(crate) struct Profiles {
    /// Their names.
    #[prost(string, repeated, tag = "1")]
    pub(crate) hotels: Vec<String>,
}

/// The hotels in the order in which they were named.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct HotelProfiles {
    /// One each.
    #[prost(message, repeated, tag = "1")]
    pub(crate) profiles: Vec<Profile>,
}

/// A hotel, as a guest sees it.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Profile {
    /// Its name.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// Where it is.
    #[prost(string, tag = "2")]
    pub(crate) address: String,
    /// How it is called.
    #[prost(string, tag = "3")]
    pub(crate) phone: String,
    /// In a few words.
    #[prost(string, tag = "4")]
    pub(crate) description: String,
    /// One to five.
    #[prost(uint32, tag = "5")]
    pub(crate) stars: u32,
    /// How far from the middle of the city.
    #[prost(uint32, tag = "6")]
    pub(crate) metres: u32,
}

/// What do rooms of a hotel cost in these nights?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Quoted, error = Failed)]
pub(crate) struct Quote {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// The day of arrival.
    #[prost(uint32, tag = "2")]
    pub(crate) arrival: u32,
    /// How many nights.
    #[prost(uint32, tag = "3")]
    pub(crate) nights: u32,
}

/// What each type of room costs.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Quoted {
    /// One a type.
    #[prost(message, repeated, tag = "1")]
    pub(crate) rooms: Vec<RoomRate>,
}

/// What a type of room costs.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct RoomRate {
    /// The type.
    #[prost(string, tag = "1")]
    pub(crate) room: String,
    /// How many people sleep in it.
    #[prost(uint32, tag = "2")]
    pub(crate) sleeps: u32,
    /// One night, in cents.
    #[prost(int64, tag = "3")]
    pub(crate) rate: i64,
}

/// Which rooms of a hotel are free in these nights?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = FreeRooms, error = Failed)]
pub(crate) struct Availability {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// The day of arrival.
    #[prost(uint32, tag = "2")]
    pub(crate) arrival: u32,
    /// How many nights.
    #[prost(uint32, tag = "3")]
    pub(crate) nights: u32,
    /// How many people sleep in the room.
    #[prost(uint32, tag = "4")]
    pub(crate) guests: u32,
}

/// The rooms that are free.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct FreeRooms {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// One a type.
    #[prost(message, repeated, tag = "2")]
    pub(crate) rooms: Vec<RoomOffer>,
}

/// A type of room that is free.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct RoomOffer {
    /// The type.
    #[prost(string, tag = "1")]
    pub(crate) room: String,
    /// How many people sleep in it.
    #[prost(uint32, tag = "2")]
    pub(crate) sleeps: u32,
    /// How many there are.
    #[prost(uint32, tag = "3")]
    pub(crate) free: u32,
    /// One night, in cents.
    #[prost(int64, tag = "4")]
    pub(crate) rate: i64,
}

/// Where would you go?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Recommended, error = Failed)]
pub(crate) struct Recommend {
    /// Metres east of the middle of the city.
    #[prost(int32, tag = "1")]
    pub(crate) east: i32,
    /// Metres north of it.
    #[prost(int32, tag = "2")]
    pub(crate) north: i32,
    /// The day of arrival.
    #[prost(uint32, tag = "3")]
    pub(crate) arrival: u32,
    /// How many nights.
    #[prost(uint32, tag = "4")]
    pub(crate) nights: u32,
    /// The cheapest of the closest first, and not the closest.
    #[prost(bool, tag = "5")]
    pub(crate) cheapest: bool,
}

/// A few hotels.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Recommended {
    /// The best first.
    #[prost(message, repeated, tag = "1")]
    pub(crate) recommendations: Vec<Recommendation>,
}

/// A hotel and its cheapest room.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Recommendation {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// Where it is.
    #[prost(string, tag = "2")]
    pub(crate) address: String,
    /// In a few words.
    #[prost(string, tag = "3")]
    pub(crate) description: String,
    /// One to five.
    #[prost(uint32, tag = "4")]
    pub(crate) stars: u32,
    /// One night in its cheapest room, in cents.
    #[prost(int64, tag = "5")]
    pub(crate) rate: i64,
}

/// Which rooms close to a place are free?
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, skep::Message, prost::Message)]
#[message(reply = Found, error = Failed)]
pub(crate) struct FindRooms {
    /// Metres east of the middle of the city.
    #[prost(int32, tag = "1")]
    pub(crate) east: i32,
    /// Metres north of it.
    #[prost(int32, tag = "2")]
    pub(crate) north: i32,
    /// The day of arrival.
    #[prost(uint32, tag = "3")]
    pub(crate) arrival: u32,
    /// How many nights.
    #[prost(uint32, tag = "4")]
    pub(crate) nights: u32,
    /// How many people sleep in the room.
    #[prost(uint32, tag = "5")]
    pub(crate) guests: u32,
    /// The most that a night may cost, in cents.
    #[prost(int64, tag = "6")]
    pub(crate) max_rate: i64,
}

/// Rooms that are free.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Found {
    /// The cheapest first.
    #[prost(message, repeated, tag = "1")]
    pub(crate) offers: Vec<Offer>,
}

/// A type of room of a hotel that is free.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, prost::Message)]
pub(crate) struct Offer {
    /// The hotel.
    #[prost(string, tag = "1")]
    pub(crate) hotel: String,
    /// Where it is.
    #[prost(string, tag = "2")]
    pub(crate) address: String,
    /// How it is called.
    #[prost(string, tag = "3")]
    pub(crate) phone: String,
    /// One to five.
    #[prost(uint32, tag = "4")]
    pub(crate) stars: u32,
    /// The type.
    #[prost(string, tag = "5")]
    pub(crate) room: String,
    /// How many people sleep in it.
    #[prost(uint32, tag = "6")]
    pub(crate) sleeps: u32,
    /// How many there are.
    #[prost(uint32, tag = "7")]
    pub(crate) free: u32,
    /// One night, in cents.
    #[prost(int64, tag = "8")]
    pub(crate) rate: i64,
    /// The whole stay, in cents.
    #[prost(int64, tag = "9")]
    pub(crate) total: i64,
}
