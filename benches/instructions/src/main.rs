//! Counts the instructions of skep's hot paths with valgrind's callgrind, and holds them against a file that is checked in.
//!
//! Times differ from run to run and from machine to machine; instructions of the same program hardly do. `cargo xtask bench --check`
//! starts it.

mod counting;
mod counts;
mod paths;

use std::path::Path;
use std::process::ExitCode;

use counts::{Counts, Verdict};
use paths::Way;

const USAGE: &str = "\
usage: instructions FILE            count, and compare with FILE
       instructions FILE --renew    count, and write FILE
       instructions run WAY N       go this way N times, to be counted";

#[expect(
    clippy::print_stderr,
    reason = "a program says on standard error why it fails"
)]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", way, times] => go(way, times),
        [file] => check(Path::new(file)),
        [file, "--renew"] => renew(Path::new(file)),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn go(way: &str, times: &str) -> Result<(), String> {
    let way = Way::named(way).ok_or_else(|| format!("there is no way `{way}`"))?;
    let times = times.parse().map_err(|_| USAGE.to_owned())?;
    way.go(times);
    Ok(())
}

fn check(file: &Path) -> Result<(), String> {
    let expected = Counts::read(file)?;
    if expected.target != counts::target() {
        say(&format!(
            "not run: {} has the counts of {}, this is {}",
            file.display(),
            expected.target,
            counts::target()
        ));
        return Ok(());
    }
    let mut refused = Vec::new();
    for way in Way::ALL {
        let name = way.name();
        let verdict = expected.judge(name, counting::instructions_each(way)?);
        say(&format!("  {name:<16} {verdict}"));
        if matches!(verdict, Verdict::TooMany { .. }) {
            refused.push(name);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more instructions than before: {}. Find what costs them; if they are worth it, or the compiler is another one ({} counted \
         with {}), run `cargo xtask bench --check --renew` and say why in the commit",
        refused.join(", "),
        file.display(),
        expected.compiler
    ))
}

fn renew(file: &Path) -> Result<(), String> {
    let mut renewed = Counts::new(counting::compiler());
    for way in Way::ALL {
        let count = counting::instructions_each(way)?;
        say(&format!("  {:<16} {count:>8}", way.name()));
        renewed.set(way.name(), count);
    }
    renewed.write(file)
}

#[expect(clippy::print_stdout, reason = "a program prints what it has found")]
fn say(line: &str) {
    println!("{line}");
}
