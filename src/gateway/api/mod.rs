//! The application's API: what a path leads to.

mod front;
mod site;

pub(super) use front::Front;
pub(super) use site::Site;
