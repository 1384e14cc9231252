//! The hotel: which capabilities it is made of, what of them guests may use, and nothing else.

use hotel::first_run;
use hotel::replay::Replay;

/// What guests may do through the API. What the desk does – no-shows, check-outs, audits, money – is for operators; `gateway.expose` says otherwise.
const EXPOSED: &str = r#"["search", "reservations.reserve", "reservations.cancel", "reservations.find", "reservations.availability", "reservations.reserved", "reservations.cancelled"]"#;

fn main() -> skep::ExitCode {
    skep::app("hotel")
        .about("A hotel: search, reservations, payments, reports and notifications in one process")
        .version(env!("CARGO_PKG_VERSION"))
        .with::<search::Finder>()
        .with::<reservations::Book>()
        .with::<payments::Desk>()
        .with::<reports::Printer>()
        .with::<notifications::Mailer>()
        .preset("gateway.expose", EXPOSED)
        .command(Replay)
        .prepare(first_run::prepare)
        .main()
}
