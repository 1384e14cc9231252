//! `browser-test`: the API page in a real browser, where there is one.

use std::path::PathBuf;

use crate::step::{Failure, Step};
use crate::tally::Tally;

/// Runs the tests and counts them. Without a browser it says so and counts nothing: what was not run has not passed.
///
/// # Errors
///
/// The [`Failure`] of the step that fails.
pub(crate) fn run(tally: &mut Tally) -> Result<(), Failure> {
    if let Some(missing) = missing(in_path) {
        println!("\nnot run: no {missing} in PATH (Debian: apt install chromium chromium-driver)");
        return Ok(());
    }
    Step::cargo("build the hotel", "build --locked -p hotel").run()?;
    Step::cargo("browser", "test --locked -p browser --test page").stream(|line| tally.count(line))
}

/// What the tests need and the machine has not.
fn missing(is_there: impl Fn(&str) -> bool) -> Option<&'static str> {
    if !is_there("chromedriver") {
        return Some("chromedriver");
    }
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    (!browsers.into_iter().any(is_there)).then_some("chromium")
}

fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.iter().any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_and_browser_are_both_needed() {
        assert_eq!(missing(|_| true), None);
        assert_eq!(
            missing(|program| program != "chromedriver"),
            Some("chromedriver")
        );
        assert_eq!(
            missing(|program| program == "chromedriver"),
            Some("chromium")
        );
        assert_eq!(missing(|program| program != "chromium"), None);
    }
}
