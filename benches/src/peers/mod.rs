//! skep, its peers and the floors below all of them, each doing the same things in its own words.

pub mod actix;
pub mod channels;
pub mod heard;
pub mod kameo;
pub mod locks;
mod peer;
pub mod ractor;
pub mod skep;
pub mod xtra;

pub use self::actix::Actix;
pub use self::channels::Channels;
pub use self::heard::HEARD;
pub use self::kameo::Kameo;
pub use self::locks::Locks;
pub use self::peer::{Asked, Chained, Emitting, Peer, spin};
pub use self::ractor::Ractor;
pub use self::skep::{Skep, sources};
pub use self::xtra::Xtra;
