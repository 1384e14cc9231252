//! Checks one page from its first block to its last.

use std::path::Path;

use super::document::{Block, Document};
use super::programs::Curl;
use super::script::{Step, steps};
use super::terminal::Terminal;

/// Every mistake of a page, each with its place.
pub(crate) fn mistakes(root: &Path, document: &Document, curl: Curl) -> Vec<String> {
    let mut mistakes = broken_links(root, document);
    let mut terminal = None;
    for block in document.blocks.iter().filter(|block| !block.is_ignored()) {
        let open = || Terminal::open(root, curl);
        let checked = match block.language.as_str() {
            "console" => run(terminal.get_or_insert_with(open), block),
            "rust" => quotes(root, document, block).map(|()| {
                let file = block.option("quote").unwrap_or_default();
                terminal.get_or_insert_with(open).programs.quoted(file);
            }),
            "toml" => settings(root, terminal.get_or_insert_with(open), block),
            "json" => serde_json::from_str::<serde_json::Value>(&block.text())
                .map(|_| ())
                .map_err(|error| error.to_string()),
            "text" => Ok(()),
            other => Err(format!(
                "nobody checks {other:?}: say console, rust, toml, json or text"
            )),
        };
        if let Err(what) = checked {
            mistakes.push(format!(
                "{}:{}: {what}",
                document.path.display(),
                block.line
            ));
            // What comes after it may need it.
            return mistakes;
        }
    }
    if let Some(Err(what)) = terminal.map(Terminal::close) {
        mistakes.push(format!("{}: {what}", document.path.display()));
    }
    mistakes
}

fn run(terminal: &mut Terminal, block: &Block) -> Result<(), String> {
    steps(&block.lines)?
        .iter()
        .try_for_each(|step: &Step| terminal.take(step))
}

/// What a page shows of Rust stands in a file that is compiled and tested; the README is compiled itself.
fn quotes(root: &Path, document: &Document, block: &Block) -> Result<(), String> {
    let Some(file) = block.option("quote") else {
        return match document.path == Path::new("README.md") {
            true => Ok(()),
            false => Err("say whose text it is: ```rust,quote=examples/…".to_owned()),
        };
    };
    let source =
        std::fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let shown: Vec<&str> = block.lines.iter().map(|line| line.trim()).collect();
    match lines.windows(shown.len().max(1)).any(|part| part == shown) {
        true => Ok(()),
        false => Err(format!("this is not what stands in {file}")),
    }
}

/// A file of settings is read by the program that the page runs; of a manifest the versions are ours.
fn settings(root: &Path, terminal: &mut Terminal, block: &Block) -> Result<(), String> {
    let text = block.text();
    let table: toml::Table = toml::from_str(&text).map_err(|error| error.to_string())?;
    if let Some(dependencies) = table.get("dependencies").and_then(toml::Value::as_table) {
        return dependencies
            .iter()
            .try_for_each(|(name, dependency)| is_ours(root, name, dependency));
    }
    let file = block.option("file").unwrap_or("settings-of-the-page.toml");
    terminal.put(file, &text)?;
    terminal.accepts(&format!("cargo run -- config -c {file}"))
}

/// Whether a dependency is one of the workspace, in its version.
fn is_ours(root: &Path, name: &str, dependency: &toml::Value) -> Result<(), String> {
    let manifest =
        std::fs::read_to_string(root.join("Cargo.toml")).map_err(|error| error.to_string())?;
    let manifest: toml::Table = toml::from_str(&manifest).map_err(|error| error.to_string())?;
    let version = |value: &toml::Value| {
        let table = value.get("version").unwrap_or(value);
        table.as_str().map(str::to_owned)
    };
    let ours = manifest["workspace"]["dependencies"].get(name);
    let ours = ours.ok_or_else(|| format!("skep itself does not use {name}"))?;
    match version(dependency) == version(ours) {
        true => Ok(()),
        false => Err(format!("skep itself uses {name} = {ours}")),
    }
}

/// Links to files of the repository that are not there.
fn broken_links(root: &Path, document: &Document) -> Vec<String> {
    let folder = root.join(&document.path);
    let folder = folder.parent().unwrap_or(root);
    let broken = |target: &str| {
        let file = target.split('#').next().unwrap_or_default();
        !target.contains("://") && !file.is_empty() && !folder.join(file).exists()
    };
    let links = document.links.iter().filter(|(_, target)| broken(target));
    links
        .map(|(line, target)| format!("{}:{line}: there is no {target}", document.path.display()))
        .collect()
}
