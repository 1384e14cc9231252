//! `hotel replay`: real bookings from a file, played through the hotel in the order in which they happened.
//!
//! [`File`] reads, [`plan`] puts in order, [`Drive`] plays, [`Summary`] counts what came of it, [`verify`] checks the capabilities
//! against each other afterwards.

mod audits;
mod booking;
mod column;
mod command;
mod date;
mod drive;
mod encoding;
mod file;
mod plan;
mod progress;
mod rejects;
mod row;
mod summary;
mod verify;

pub use audits::{audits, books};
pub use booking::{Booking, Ending};
pub use column::{COLUMNS, MissingColumn};
pub use command::Replay;
pub use drive::Drive;
pub use encoding::{Guess, NotText};
pub use file::{File, FileError};
pub use plan::{Action, Step, plan};
pub use progress::Progress;
pub use rejects::{Reject, rejects_path, write_rejects};
pub use row::RowFault;
pub use summary::{Happened, HotelSummary, Summary};
pub use verify::{Audits, Check, verify};
