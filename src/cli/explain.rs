//! `explain`: the page behind an error code.

use std::io::Write;

use super::exit::Exit;
use crate::explain;

/// Prints the page of a code, or all codes.
pub(super) fn explain(binary: &str, code: Option<&str>) -> Exit {
    let mut stdout = std::io::stdout().lock();
    let Some(code) = code else {
        for code in explain::codes() {
            let title = explain::page(code)
                .and_then(|page| page.lines().next())
                .unwrap_or(code);
            let _ = writeln!(stdout, "{}", title.trim_start_matches("# "));
        }
        return Exit::Success;
    };
    match explain::page(code) {
        Some(page) => {
            let _ = writeln!(stdout, "{}", page.trim_end());
            Exit::Success
        }
        None => {
            let near = explain::nearest_code(code)
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let mut stderr = std::io::stderr().lock();
            let _ = writeln!(stderr, "error: there is no error code {code}{near}");
            let _ = writeln!(stderr, "`{binary} explain` lists them all");
            Exit::Usage
        }
    }
}
