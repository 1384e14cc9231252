//! `explain`: the page behind an error code.

use clap::ArgMatches;
use serde_json::json;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::{arguments, output};
use crate::explain;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("explain")
        .about("Explains an error code, such as SK0101; without one lists them all")
        .arg(arguments::optional("code", "CODE", "The code of the error"))
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} explain SK0102   what the error means, and what to do\n  \
             {name} explain          every code with its title"
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let code = arguments::text(&arguments, "code");
    explain(session.application(), code, arguments.get_flag("json"))
}

/// Prints the page of a code, or all codes.
pub(in crate::cli) fn explain(
    binary: &str,
    code: Option<&str>,
    as_json: bool,
) -> Result<Exit, Failure> {
    let Some(code) = code else {
        let codes = explain::codes();
        let titles = codes.into_iter().map(|code| (code, title(code)));
        if as_json {
            let list = titles.map(|(code, title)| json!({ "code": code, "title": title }));
            output::json(&list.collect::<Vec<_>>())?;
        } else {
            titles.map(|(_, title)| title).try_for_each(output::line)?;
        }
        return Ok(Exit::Success);
    };
    let Some(page) = explain::page(code) else {
        let near = explain::nearest_code(code)
            .map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Err(Failure::new(
            Exit::Usage,
            format!("there is no error code {code}{near}\n`{binary} explain` lists them all"),
        ));
    };
    if as_json {
        output::json(&json!({ "code": code, "page": page }))?;
    } else {
        output::line(page.trim_end())?;
    }
    Ok(Exit::Success)
}

/// The first line of a page, which begins with the code.
fn title(code: &'static str) -> &'static str {
    let first = explain::page(code).and_then(|page| page.lines().next());
    first.unwrap_or(code).trim_start_matches("# ")
}
