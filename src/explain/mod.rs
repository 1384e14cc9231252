//! The page behind each error code: what happened, likely causes, what to try.

mod pages;

pub use pages::{codes, nearest_code, page};
