//! [`Command`]: what an application adds to its command line.

use futures_util::future::BoxFuture;

use super::exit::Exit;
use super::session::Session;

/// A command of an application's own, beside those that every application has.
pub trait Command: Send + Sync + 'static {
    /// Its name, arguments and help.
    fn define(&self) -> clap::Command;

    /// Does it. The session knows the application's capabilities and configuration; nothing is started yet.
    fn run(&self, arguments: clap::ArgMatches, session: Session) -> BoxFuture<'static, Exit>;
}
