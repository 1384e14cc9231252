//! The JSON that a command sends: from the command line, a file, or the standard input stream.

use std::io::{IsTerminal, Read};

use clap::Arg;
use hyper::body::Bytes;

use super::exit::Exit;
use super::failure::Failure;

/// The argument for it.
pub(super) fn argument(help: &'static str) -> Arg {
    Arg::new("body").value_name("JSON").help(help)
}

/// Reads what the argument says: JSON itself, `@file`, `-` for the standard input stream, which is read too when nothing is said and
/// it is no terminal. `None` when there is nothing.
pub(super) fn read(argument: Option<&str>) -> Result<Option<Bytes>, Failure> {
    let (text, source) = match argument {
        Some("-") => (from_stdin()?, "the standard input stream".to_owned()),
        Some(argument) => match argument.strip_prefix('@') {
            Some(path) => (from_file(path)?, path.to_owned()),
            None => (argument.to_owned(), "the command line".to_owned()),
        },
        None if std::io::stdin().is_terminal() => return Ok(None),
        None => (from_stdin()?, "the standard input stream".to_owned()),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    check(&text, &source)?;
    Ok(Some(Bytes::from(text)))
}

/// Refuses what is no JSON here, where line and column can be told and nothing was sent.
fn check(text: &str, source: &str) -> Result<(), Failure> {
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) else {
        return Ok(());
    };
    let is_bare_word = text
        .trim()
        .chars()
        .all(|char| char.is_alphanumeric() || char == ' ');
    let hint = if is_bare_word {
        format!("\na text stands in quotes: '\"{}\"'", text.trim())
    } else {
        String::new()
    };
    Err(Failure::new(
        Exit::Data,
        format!("{source} gives no JSON: {error}{hint}"),
    ))
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    match std::io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::new(
            Exit::NoInput,
            format!("the standard input stream cannot be read: {error}"),
        )),
    }
}

fn from_file(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::NoInput, format!("{path} cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let failure = read(Some("{\"a\": 1,}")).expect_err("a comma too many");
        assert_eq!(failure.exit(), Exit::Data);
        assert!(
            format!("{failure:?}").contains("line 1 column 9"),
            "{failure:?}"
        );
        let failure = read(Some("Ada")).expect_err("a bare word");
        assert!(
            format!("{failure:?}").contains("'\\\"Ada\\\"'"),
            "{failure:?}"
        );
    }

    #[test]
    fn a_file_is_read_and_a_missing_one_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("body.json");
        std::fs::write(&path, "[1]").expect("a file");
        let argument = format!("@{}", path.display());
        assert_eq!(read(Some(&argument)).expect("JSON"), Some("[1]".into()));
        let failure = read(Some("@nowhere.json")).expect_err("no file");
        assert_eq!(failure.exit(), Exit::NoInput);
    }
}
