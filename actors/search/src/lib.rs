//! Finds rooms over all hotels, with what answers in time.

pub mod find_rooms;
mod finder;
pub mod settings;

pub use finder::Finder;
