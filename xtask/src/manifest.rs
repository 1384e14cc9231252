//! What the chores read from Cargo manifests, line by line: the features of skep and the contract packages.

use std::path::PathBuf;

use crate::step::{Failure, root};

/// Every feature of the root package but `default`, as written.
///
/// # Errors
///
/// [`Failure::Unreadable`] if the manifest is.
pub(crate) fn features() -> Result<Vec<String>, Failure> {
    let path = root().join("Cargo.toml");
    match std::fs::read_to_string(&path) {
        Ok(manifest) => Ok(feature_names(&manifest)),
        Err(error) => Err(Failure::Unreadable { path, error }),
    }
}

/// The manifests of `actors/*/contract`, sorted. None if there is no such folder.
pub(crate) fn contracts() -> Vec<PathBuf> {
    let Ok(capabilities) = std::fs::read_dir(root().join("actors")) else {
        return Vec::new();
    };
    let manifest = |entry: std::fs::DirEntry| entry.path().join("contract/Cargo.toml");
    let mut found: Vec<_> = capabilities
        .flatten()
        .map(manifest)
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

/// Keys of `[features]`: they open a line, what they stand for may go on over several.
fn feature_names(manifest: &str) -> Vec<String> {
    let section = manifest
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1);
    let entries = section.take_while(|line| !line.starts_with('['));
    let keys = entries
        .filter(|line| line.starts_with(char::is_alphanumeric))
        .filter_map(|line| line.split_once('='));
    keys.map(|(key, _)| key.trim().to_owned())
        .filter(|key| key != "default")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_found_over_comments_and_long_lists() {
        let manifest = "[package]\nname = \"x\"\n[features]\ndefault = [\"a\"]\n## About a.\na = [\n    \"dep:b\",\n]\nc-d = []\n\n[dependencies]\ne = \"1\"\n";
        assert_eq!(feature_names(manifest), ["a", "c-d"]);
    }

    #[test]
    fn the_features_of_this_project_are_found() {
        assert!(features().unwrap().contains(&"runtime".to_owned()));
    }
}
