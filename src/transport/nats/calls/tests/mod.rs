//! Calls between two processes of one program, over a server of their own.

mod bundles;
mod leftovers;
mod stage;
