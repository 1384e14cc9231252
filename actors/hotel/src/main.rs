//! The hotel: which capabilities it is made of, and nothing else.

use hotel::first_run;
use hotel::replay::Replay;

fn main() -> skep::ExitCode {
    skep::app("hotel")
        .about("A hotel: search, reservations, payments, reports and notifications in one process")
        .version(env!("CARGO_PKG_VERSION"))
        .with::<search::Finder>()
        .with::<reservations::Book>()
        .with::<payments::Desk>()
        .with::<reports::Printer>()
        .with::<notifications::Mailer>()
        .command(Replay)
        .prepare(first_run::prepare)
        .main()
}
