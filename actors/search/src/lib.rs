//! Finds rooms over all hotels, with what answers in time.

pub mod find_rooms;
pub mod settings;
