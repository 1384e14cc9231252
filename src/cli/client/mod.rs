//! The commands' side of a running process' operator's door: the file that says where it is, requests, streams, refusals.
//! Knows the door's addresses and JSON, and nothing of the gateway's code.

mod door;
mod http;
mod lines;
mod problem;
mod route;
mod sse;

pub(super) use door::{Door, Whereabouts};
pub(super) use http::{Answer, Client};
pub(super) use problem::Refusal;
pub(super) use route::Route;
pub(super) use sse::{Event, Events};
