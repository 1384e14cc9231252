//! Recommends books of a category, to each user others.

pub mod catalogue;
mod recommender;

pub use recommender::Recommender;
