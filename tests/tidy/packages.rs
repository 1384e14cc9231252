//! What a capability's folder must have, and what its contract may depend on. Reads Cargo manifests line by line, as
//! `cargo` writes and people format them.

use super::tree::{Offence, Source};

/// What a contract may link, so that it stays small enough for any client.
const FOR_CONTRACTS: &[&str] = &[
    "skep",
    "serde",
    "schemars",
    "jiff",
    "serde_json",
    "thiserror",
];

/// Packages in `actors/` without a page that says what they do.
pub(crate) fn without_readme(sources: &[Source]) -> Vec<Offence> {
    let is_package = |source: &&Source| matches!(source.parts()[..], ["actors", _, "Cargo.toml"]);
    let bare = |source: &&Source| {
        let readme = source.path.replace("Cargo.toml", "README.md");
        !sources.iter().any(|other| other.path == readme)
    };
    let complain = |source| {
        Offence::new(
            source,
            1,
            "no README.md beside it: what it does, messages in and out, settings, failures",
        )
    };
    sources
        .iter()
        .filter(is_package)
        .filter(bare)
        .map(complain)
        .collect()
}

/// Dependencies that make a contract more than a contract.
pub(crate) fn heavy_contracts(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources
        .iter()
        .filter(|source| matches!(source.parts()[..], ["actors", _, "contract", "Cargo.toml"]))
    {
        for dependency in dependencies(&source.text) {
            let wrong = refusal(&dependency);
            offences.extend(wrong.map(|what| {
                Offence::new(
                    source,
                    dependency.line,
                    format!("`{}`: {what}", dependency.name),
                )
            }));
        }
    }
    offences
}

/// Why the workspace's own entry for skep would make every contract heavy; nothing if it does not.
pub(crate) fn heavy_workspace(sources: &[Source]) -> Vec<Offence> {
    let Some(root) = sources.iter().find(|source| source.path == "Cargo.toml") else {
        return Vec::new();
    };
    let entry = root
        .text
        .lines()
        .enumerate()
        .find(|(_, line)| line.starts_with("skep = "));
    match entry {
        Some((_, line)) if line.contains("default-features = false") => Vec::new(),
        found => {
            let line = found.map_or(1, |(number, _)| number + 1);
            vec![Offence::new(
                root,
                line,
                "[workspace.dependencies] must name skep with `default-features = false`",
            )]
        }
    }
}

struct Dependency {
    name: String,
    /// What stands right of the `=`, or the whole table.
    entry: String,
    line: usize,
}

/// What a package links: its normal, build and target dependencies, and not those of its tests.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut section = Section::Other;
    let mut depth = 0;
    for (number, line) in manifest.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        if let Some(header) = line.strip_prefix('[').filter(|_| depth == 0) {
            section = Section::of(header.trim_end_matches(']'));
            if let Section::One(name) = &section {
                found.push(Dependency {
                    name: name.clone(),
                    entry: String::new(),
                    line: number + 1,
                });
            }
            continue;
        }
        let opens = matches!(section, Section::List)
            && depth == 0
            && !line.is_empty()
            && !line.starts_with('#');
        if let Some((key, entry)) = line.split_once('=').filter(|_| opens) {
            let (name, dotted) = key.trim().split_once('.').unwrap_or((key.trim(), ""));
            found.push(Dependency {
                name: name.to_owned(),
                entry: format!("{dotted} = {}", entry.trim()),
                line: number + 1,
            });
        } else if let Some(last) = found
            .last_mut()
            .filter(|_| !matches!(section, Section::Other))
        {
            last.entry.push_str(line);
        }
        depth += line.matches(['{', '[']).count();
        depth = depth.saturating_sub(line.matches(['}', ']']).count());
    }
    found
}

enum Section {
    /// `[dependencies]`: one entry a line.
    List,
    /// `[dependencies.serde]`: the table is the entry.
    One(String),
    Other,
}

impl Section {
    fn of(header: &str) -> Self {
        if header.contains("dev-dependencies") {
            return Self::Other;
        }
        match header.rsplit_once("dependencies") {
            Some((_, "")) => Self::List,
            Some((_, name)) => Self::One(name.trim_start_matches('.').to_owned()),
            None => Self::Other,
        }
    }
}

fn refusal(dependency: &Dependency) -> Option<String> {
    // A contract may speak of what another contract defines, and contracts may share a vocabulary: both are held to
    // the same limits.
    let is_shared =
        dependency.name.ends_with("-contract") || dependency.name.ends_with("-vocabulary");
    if is_shared {
        return None;
    }
    if !FOR_CONTRACTS.contains(&dependency.name.as_str()) {
        return Some(format!(
            "a contract links only {}",
            FOR_CONTRACTS.join(", ")
        ));
    }
    let entry = dependency.entry.replace(' ', "");
    if dependency.name != "skep" {
        return None;
    }
    let bare = entry.contains("workspace=true") || entry.contains("default-features=false");
    let more = entry.starts_with("features=")
        || entry.contains(",features=")
        || entry.contains("{features=")
        || entry.contains("default-features=true");
    (!bare || more)
        .then(|| "a contract takes skep without any feature: `skep.workspace = true`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(manifest: &str) -> Vec<String> {
        let source = Source::new("actors/payments/contract/Cargo.toml", manifest);
        heavy_contracts(&[source])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_contract_that_links_more_is_refused() {
        assert!(
            refused("[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\ntokio = \"1\"\n")[0]
                .contains("toml:6: `tokio`")
        );
        assert_eq!(
            refused("[dependencies.reqwest]\nversion = \"1\"\n").len(),
            1
        );
        assert_eq!(
            refused("[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n").len(),
            1
        );
        assert_eq!(refused("[build-dependencies]\ncc = \"1\"\n").len(), 1);
    }

    #[test]
    fn a_contract_with_features_of_skep_is_refused() {
        for entry in [
            "{ workspace = true, features = [\"runtime\"] }",
            "{ path = \"..\" }",
            "{ workspace = true, default-features = true }",
        ] {
            assert_eq!(
                refused(&format!("[dependencies]\nskep = {entry}\n")).len(),
                1,
                "{entry}"
            );
        }
    }

    #[test]
    fn a_small_contract_is_fine() {
        let manifest = "[dependencies]\njiff.workspace = true\nserde = { version = \"1\", features = [\n  \"derive\",\n] }\nskep.workspace = true\n\n[dev-dependencies]\ninsta = \"1\"\n";
        assert_eq!(refused(manifest), Vec::<String>::new());
    }

    #[test]
    fn a_capability_without_a_page_is_refused() {
        let package = || Source::new("actors/payments/Cargo.toml", "");
        assert_eq!(without_readme(&[package()]).len(), 1);
        assert_eq!(
            without_readme(&[package(), Source::new("actors/payments/README.md", "")]).len(),
            0
        );
    }

    #[test]
    fn a_workspace_with_default_features_of_skep_is_refused() {
        assert_eq!(
            heavy_workspace(&[Source::new("Cargo.toml", "skep = { path = \".\" }")]).len(),
            1
        );
    }
}
