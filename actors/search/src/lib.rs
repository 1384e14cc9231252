//! Finds rooms over all hotels, with what answers in time.

mod finder;
pub mod find_rooms;
pub mod settings;

pub use finder::Finder;
