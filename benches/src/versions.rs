//! Versions of the packages that take part, from the lock file with which the programs were built.

use std::collections::BTreeMap;

const LOCK: &str = include_str!("../../Cargo.lock");

/// The versions of these packages; one that the lock file does not name is left out.
pub(crate) fn of(packages: &[&str]) -> BTreeMap<String, String> {
    let found = packages
        .iter()
        .filter_map(|package| Some(((*package).to_owned(), version(LOCK, package)?.to_owned())));
    found.collect()
}

fn version<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.by_ref().find(|line| *line == name)?;
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_tells_what_was_built() {
        let lock = "[[package]]\nname = \"ractor\"\nversion = \"0.16.5\"\n\n[[package]]\nname = \"xtra\"\nversion = \"0.6.0\"\n";
        assert_eq!(version(lock, "xtra"), Some("0.6.0"));
        assert_eq!(version(lock, "xtr"), None);
        assert!(of(&["tokio", "no such package"]).contains_key("tokio"));
    }
}
