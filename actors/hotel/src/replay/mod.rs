//! `hotel replay`: real bookings from a file, played through the hotel in the order in which they happened.
//!
//! [`File`] reads, [`plan`] puts in order, [`Summary`] counts what came of it, [`verify`] checks the capabilities
//! against each other afterwards.

mod booking;
mod column;
mod date;
mod encoding;
mod file;
mod plan;
mod rejects;
mod row;
mod summary;
mod verify;

pub use booking::{Booking, Ending};
pub use column::{COLUMNS, MissingColumn};
pub use encoding::{Guess, NotText};
pub use file::{File, FileError};
pub use plan::{Action, Step, plan};
pub use rejects::{Reject, rejects_path, write_rejects};
pub use row::RowFault;
pub use summary::{Happened, HotelSummary, Summary};
pub use verify::{Audits, Check, verify};
