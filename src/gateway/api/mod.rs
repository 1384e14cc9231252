//! The application's API: what a path leads to.

mod site;

pub(super) use site::Site;
