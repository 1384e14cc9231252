//! The command line of every application built on skep: [`app`] and the commands that come with it.

mod app;
mod arguments;
mod body;
mod client;
mod command;
mod commands;
mod definition;
mod exit;
mod failure;
mod leash;
mod operator;
mod output;
mod run;
mod schema_text;
mod screen;
mod session;
mod spans;
mod stopwatch;
mod store_arrange;
mod store_files;
mod up;
mod views;

pub use app::{App, app};
pub use command::Command;
pub use exit::Exit;
pub use operator::operator;
pub use session::Session;
