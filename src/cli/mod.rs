//! The command line of every application built on skep: [`app`] and the commands that come with it.

mod app;
mod command;
mod config;
mod exit;
mod explain;
mod operator;
mod run;
mod session;

pub use app::{App, app};
pub use command::Command;
pub use exit::Exit;
pub use operator::operator;
pub use session::Session;
