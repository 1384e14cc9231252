//! The chores of the project: `cargo xtask help`. Needs Rust, and says so where a chore
//! needs more; knows the project's files, none of its code.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore speaks to the person or the machine that started it"
)]

mod arguments;
mod bench;
mod browser;
mod ci;
mod hotel;
mod manifest;
mod openapi;
mod startup;
mod step;
mod tally;
mod test;

use std::process::ExitCode;

use arguments::{Chore, Fault};
use bench::Bench;
use tally::Tally;

/// Usage errors end with the code that BSD's `sysexits` keeps for them.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let chore = match arguments::read(&given) {
        Ok(chore) => chore,
        Err(fault) => {
            if let Fault::Bench(_) = fault {
                eprintln!("error: {fault}\n\n{}", bench::Usage);
            } else {
                eprintln!("error: {fault}\n\n{}", arguments::HELP);
            }
            return ExitCode::from(USAGE);
        }
    };
    let mut tally = Tally::default();
    let outcome = run(&chore, &mut tally);
    if let Err(failure) = &outcome {
        eprintln!("\nerror: {failure}");
        tally.count_failure();
    }
    if chore.counts_tests() && !tally.is_empty() {
        println!("\n{tally}");
    }
    ExitCode::from(u8::from(outcome.is_err()))
}

fn run(chore: &Chore, tally: &mut Tally) -> Result<(), step::Failure> {
    match chore {
        Chore::Help => println!("{}", arguments::HELP),
        Chore::Test(options) if options.list => test::list(options)?,
        Chore::Test(options) => test::run(options, tally)?,
        Chore::Ci(options) => ci::run(options, tally)?,
        Chore::BrowserTest => browser::run(tally)?,
        Chore::OpenapiCheck(effort) => openapi::run(*effort)?,
        Chore::Startup => startup::run()?,
        Chore::Bench(Bench::Help) => println!("{}", bench::Usage),
        Chore::Bench(Bench::Measure(measurement)) => bench::measure(measurement)?,
        Chore::Bench(Bench::Check { renew }) => bench::check(*renew)?,
    }
    Ok(())
}
