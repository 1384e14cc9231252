//! An invoice, from what it says ([`Sheet`]) to the bytes of its file ([`pdf`]).

mod font;
mod page;
mod pdf;
mod sheet;

pub use pdf::pdf;
pub use sheet::{Line, Sheet, number};
