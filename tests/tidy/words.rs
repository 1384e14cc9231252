//! What no file may say: addresses of registries, paths of one machine, work left undone, and tests that do not test.
//! The words are written in halves here, so that this file may be read by its own rules.

use super::code::without_prose;
use super::tree::{Offence, Source};

/// Hosts that only the package managers themselves should know.
const REGISTRIES: &[&str] = &[
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("crates.io", "-index"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("registry.npmjs", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Where the paths of somebody's machine begin.
const MACHINES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("C:\\", "Users"),
];

/// Marks of work left undone, in prose and code.
const MARKS: &[&str] = &[concat!("FIX", "ME"), concat!("XX", "X:")];

/// Macros that stand for code nobody wrote.
const HOLES: &[&str] = &["todo!", "unimplemented!"];

/// How a test avoids its answer.
const EVASIONS: &[(&str, &str)] = &[
    (
        "#[ignore",
        "mend the test or remove it: nobody runs what is ignored",
    ),
    (
        "should_panic",
        "assert what went wrong: a panic from anywhere passes this",
    ),
];

/// A sleep in a test, which the author of the test answers for.
#[derive(Debug)]
pub(crate) struct Allowed {
    pub(crate) path: &'static str,
    /// Why the test cannot wait for a condition or own the clock.
    pub(crate) reason: &'static str,
}

/// Files that name a registry, a machine or unfinished work. `Cargo.lock` is cargo's own.
pub(crate) fn unwelcome_words(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.name() != "Cargo.lock")
    {
        for (number, line) in source.text.lines().enumerate() {
            let mut found = Vec::new();
            found.extend(
                REGISTRIES
                    .iter()
                    .filter(|host| line.contains(*host))
                    .map(|host| (host, "only the package manager knows its registry")),
            );
            found.extend(
                MACHINES
                    .iter()
                    .filter(|path| begins_a_path(line, path))
                    .map(|path| (path, "a path of one machine is wrong on every other")),
            );
            found.extend(
                MARKS
                    .iter()
                    .filter(|mark| line.contains(*mark))
                    .map(|mark| (mark, "finish it, or file it where work is planned")),
            );
            offences.extend(
                found.into_iter().map(|(word, why)| {
                    Offence::new(source, number + 1, format!("`{word}`: {why}"))
                }),
            );
        }
    }
    offences
}

/// Rust code with a hole where code should be.
pub(crate) fn holes(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for (number, line) in without_prose(&source.text).lines().enumerate() {
            let found = HOLES.iter().filter(|hole| line.contains(*hole));
            offences.extend(found.map(|hole| {
                Offence::new(
                    source,
                    number + 1,
                    format!("`{hole}`: leave out what is not built yet"),
                )
            }));
        }
    }
    offences
}

/// Tests that are skipped, or that pass for any panic.
pub(crate) fn evasions(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for (number, line) in without_prose(&source.text).lines().enumerate() {
            let found = EVASIONS.iter().filter(|(word, _)| line.contains(word));
            offences.extend(
                found.map(|(word, why)| {
                    Offence::new(source, number + 1, format!("`{word}`: {why}"))
                }),
            );
        }
    }
    offences
}

/// Tests that wait for a while instead of for a condition.
pub(crate) fn sleeps(sources: &[Source], allowed: &[Allowed]) -> Vec<Offence> {
    let is_allowed = |source: &&Source| allowed.iter().any(|entry| entry.path == source.path);
    let mut offences = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.is_rust() && !is_allowed(source))
    {
        let code = without_prose(&source.text);
        let tested = test_lines(source, &code);
        for (number, line) in code
            .lines()
            .enumerate()
            .filter(|(number, _)| tested[*number])
        {
            if calls_sleep(line) {
                offences.push(Offence::new(
                    source,
                    number + 1,
                    "`sleep(` in a test: wait for the condition, or own the clock",
                ));
            }
        }
    }
    offences
}

/// Entries of the allow-list that allow nothing any more, or give no reason.
pub(crate) fn idle_entries(sources: &[Source], allowed: &[Allowed]) -> Vec<String> {
    let sleeps = |path: &str| {
        let source = sources.iter().find(|source| source.path == path);
        source.is_some_and(|source| without_prose(&source.text).lines().any(calls_sleep))
    };
    let idle = |entry: &&Allowed| entry.reason.is_empty() || !sleeps(entry.path);
    allowed
        .iter()
        .filter(idle)
        .map(|entry| format!("{}: no reason, or no sleep left there", entry.path))
        .collect()
}

/// `sleep(`, whatever stands before it, unless it is the end of a longer name.
fn calls_sleep(line: &str) -> bool {
    let is_longer = |before: char| before.is_alphanumeric() || before == '_';
    line.match_indices("sleep(")
        .any(|(at, _)| !line[..at].ends_with(is_longer))
}

/// Whether a path opens with `path` here, and does not merely go through a folder of that name.
fn begins_a_path(line: &str, path: &str) -> bool {
    let goes_on = |before: char| before.is_alphanumeric() || "._-~})>*".contains(before);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(goes_on))
}

/// For each line, whether it belongs to a test: all of a `tests/` folder or `tests.rs`, elsewhere the bodies under
/// `#[cfg(test)]` and `#[test]`.
fn test_lines(source: &Source, code: &str) -> Vec<bool> {
    let num_lines = code.lines().count();
    if source.name() == "tests.rs" || source.parts().contains(&"tests") {
        return vec![true; num_lines];
    }
    let mut tested = vec![false; num_lines];
    let mut body: Option<usize> = None;
    for (number, line) in code.lines().enumerate() {
        if body.is_none()
            && ["#[cfg(test)]", "#[test]", "::test]", "::test("]
                .iter()
                .any(|mark| line.contains(mark))
        {
            body = Some(0);
        }
        let Some(depth) = body else { continue };
        tested[number] = true;
        let opened = line.matches('{').count();
        let inside = (depth + opened).saturating_sub(line.matches('}').count());
        let over = inside == 0 && (depth > 0 || opened > 0 || line.trim_end().ends_with(';'));
        body = (!over).then_some(inside);
    }
    tested
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEPY: &str = "fn f() { sleep(a) }\n#[cfg(test)]\nmod tests {\n    fn g() {\n        sleep(b);\n    }\n}\nfn h() { sleep(c) }\n";

    fn source(text: &str) -> Vec<Source> {
        vec![Source::new("src/engine/pump.rs", text)]
    }

    #[test]
    fn registries_machines_and_marks_are_refused() {
        for word in REGISTRIES.iter().chain(MACHINES).chain(MARKS) {
            assert_eq!(
                unwelcome_words(&source(&format!("// see \"{word}me\""))).len(),
                1,
                "{word}"
            );
        }
        assert_eq!(
            unwelcome_words(&source(&format!("// docs{}a", MACHINES[3]))).len(),
            0,
            "a folder of that name"
        );
    }

    #[test]
    fn holes_are_refused_in_code_and_not_in_prose() {
        assert_eq!(
            holes(&source("fn f() { todo!() }\nfn g() { unimplemented!() }")).len(),
            2
        );
        assert_eq!(
            holes(&source("// no todo!() here\nconst A: &str = \"todo!\";")).len(),
            0
        );
    }

    #[test]
    fn ignored_and_panicking_tests_are_refused() {
        assert_eq!(
            evasions(&source(
                "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n#[should_panic]\nfn g() {}"
            ))
            .len(),
            2
        );
    }

    #[test]
    fn a_sleep_is_refused_in_tests_only() {
        let found = sleeps(&source(SLEEPY), &[]);
        assert_eq!(
            found
                .iter()
                .map(ToString::to_string)
                .filter(|place| place.contains("pump.rs:5:"))
                .count(),
            found.len()
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            sleeps(
                &source("#[cfg(test)]\nmod tests;\nfn h() { sleep(c) }"),
                &[]
            )
            .len(),
            0
        );
        assert_eq!(
            sleeps(
                &[Source::new("tests/laws/order.rs", "fn f() { sleep(a) }")],
                &[]
            )
            .len(),
            1
        );
    }

    #[test]
    fn an_allowed_sleep_needs_a_reason_and_a_sleep() {
        let entry = |path, reason| [Allowed { path, reason }];
        assert_eq!(
            sleeps(
                &source(SLEEPY),
                &entry("src/engine/pump.rs", "a real clock")
            )
            .len(),
            0
        );
        assert_eq!(
            idle_entries(&source(SLEEPY), &entry("src/engine/pump.rs", "")).len(),
            1
        );
        assert_eq!(
            idle_entries(&source(""), &entry("src/engine/pump.rs", "a real clock")).len(),
            1
        );
    }
}
