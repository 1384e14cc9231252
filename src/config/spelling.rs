//! The nearest known name to a misspelt one.

/// The candidate that is probably meant, if any is near enough: one edit in three letters, at least one.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lowered = name.to_lowercase();
    let edits_max = (lowered.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let edits = strsim::damerau_levenshtein(&lowered, &candidate.to_lowercase());
        if edits <= edits_max && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The names in one line, for a help text: `a`, `b`, `c`.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    quoted.join(", ")
}

/// A key path as TOML writes it: dots between, quotes where a bare key would not do.
pub(super) fn dotted<S: AsRef<str>>(path: &[S]) -> String {
    let segments: Vec<String> = path
        .iter()
        .map(|segment| segment_of(segment.as_ref()))
        .collect();
    segments.join(".")
}

fn segment_of(segment: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !segment.is_empty() && segment.chars().all(bare) {
        return segment.to_owned();
    }
    toml::Value::String(segment.to_owned()).to_string()
}

/// The environment variable that sets a key: prefix, then the path in capitals with `__` between levels.
pub(super) fn variable<S: AsRef<str>>(prefix: &str, path: &[S]) -> String {
    let segments: Vec<String> = path
        .iter()
        .map(|segment| shouted(segment.as_ref()))
        .collect();
    format!("{prefix}_{}", segments.join("__"))
}

/// A name as an environment variable would spell it.
pub(super) fn shouted(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}
