//! Which folder of `src/` may know which: lower floors know nothing of higher ones, and the packages that we hide stay
//! where they are hidden.

use std::collections::BTreeMap;

use super::paths::{Path, paths};
use super::tree::{Offence, Source};

/// The floors of `src/` from the ground up, each with why it stands there. Folders of one floor do not know each other.
const FLOORS: &[(&[&str], &str)] = &[
    (
        &["contract", "config"],
        "what may be said and set needs no part that does it",
    ),
    (
        &["call", "store"],
        "what a caller holds and what is remembered know contracts, but no actor",
    ),
    (
        &["actor"],
        "what a user implements is written without knowing how turns run",
    ),
    (
        &["engine"],
        "how turns run does not depend on what survives or crosses a process",
    ),
    (
        &["delivery"],
        "inbox and outbox work the same with no transport at all",
    ),
    (
        &["transport"],
        "crossing a process does not depend on who decides who hosts what",
    ),
    (
        &["placement"],
        "who hosts what is decided below the runtime that puts it in effect",
    ),
    (
        &["runtime"],
        "the runtime puts the floors below together and serves whoever looks in from above",
    ),
    (
        &["observe"],
        "what can be seen of a runtime does not depend on the doors through which it is shown",
    ),
    (
        &["gateway"],
        "the doors are opened by programs and know none",
    ),
    (
        &["cli", "testing", "explain"],
        "these look in from outside; nothing is built on them",
    ),
];

/// Folders that may know every other: they put all of it in a person's hands.
const MAY_USE_ALL: &[&str] = &["cli", "testing"];

/// The roots of the programs stand above every floor, as `lib.rs` and its selection for users do.
const PROGRAMS: &[&str] = &["main", "bin", "prelude"];

/// Packages that we hide, and the only places that may name them.
const HIDDEN: &[(&[&str], &[&str])] = &[
    (
        &["actix", "actix_rt", "actix_web", "actix_http"],
        &["src/engine/host", "src/gateway"],
    ),
    (&["async_nats"], &["src/transport/nats"]),
    (&["sled", "fjall"], &["src/store"]),
];

/// Every `crate::` edge of `src/` that points up or sideways.
pub(crate) fn upward_edges(sources: &[Source]) -> Vec<Offence> {
    let exports = sources
        .iter()
        .find(|source| source.path == "src/lib.rs")
        .map(root_exports)
        .unwrap_or_default();
    let mut offences = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.is_in(&["src"]) && source.is_rust())
    {
        let module = module_of(source);
        let Some(folder) = module
            .first()
            .filter(|first| !PROGRAMS.contains(&first.as_str()))
        else {
            continue;
        };
        if floor(folder).is_none() {
            let what = format!(
                "`{folder}` stands on no floor: give it one, with the reason, in FLOORS of tests/tidy/layers.rs"
            );
            offences.push(Offence::new(source, 1, what));
            continue;
        }
        for path in paths(&source.text) {
            let wrong =
                target(&path, &module, &exports).and_then(|target| refusal(folder, &target));
            offences.extend(wrong.map(|what| {
                Offence::new(
                    source,
                    path.line,
                    format!("`{}`: {what}", path.segments.join("::")),
                )
            }));
        }
    }
    offences
}

/// Every `pub use folder::*` of the root: it would hide from the test above which folder a name comes from.
pub(crate) fn root_globs(sources: &[Source]) -> Vec<Offence> {
    let Some(root) = sources.iter().find(|source| source.path == "src/lib.rs") else {
        return Vec::new();
    };
    let is_glob = |path: &Path| {
        path.used && path.within.is_empty() && path.segments.last().is_some_and(|last| last == "*")
    };
    let globs = paths(&root.text).into_iter().filter(is_glob);
    globs
        .map(|path| {
            Offence::new(
                root,
                path.line,
                format!(
                    "`{}`: name what the root re-exports",
                    path.segments.join("::")
                ),
            )
        })
        .collect()
}

/// Every place that names a package which is hidden elsewhere.
pub(crate) fn leaks(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.is_in(&["src", "actors"]) && source.is_rust())
    {
        for path in paths(&source.text) {
            let hidden = HIDDEN
                .iter()
                .find(|(packages, _)| packages.contains(&path.segments[0].as_str()));
            let Some((_, homes)) = hidden else { continue };
            if !homes.iter().any(|home| is_home(&source.path, home)) {
                let what = format!(
                    "`{}`: only {} may name this package",
                    path.segments.join("::"),
                    homes.join(" and ")
                );
                offences.push(Offence::new(source, path.line, what));
            }
        }
    }
    offences
}

/// `home.rs`, `home_anything.rs` and everything in the folder `home/`.
fn is_home(path: &str, home: &str) -> bool {
    path.strip_prefix(home)
        .is_some_and(|rest| rest.starts_with(['/', '.', '_']))
}

/// `src/engine/host/mod.rs` is `[engine, host]`; the root is empty.
fn module_of(source: &Source) -> Vec<String> {
    let parts = source
        .path
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .split('/');
    let mut module: Vec<String> = parts.map(str::to_owned).collect();
    module.pop_if(|last| last == "mod" || last == "lib");
    module
}

/// From which folder each name comes that the root re-exports: `crate::Ref` is an edge to `call`.
fn root_exports(root: &Source) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for path in paths(&root.text)
        .into_iter()
        .filter(|path| path.used && path.within.is_empty())
    {
        let skipped = usize::from(path.starts_with("crate") || path.starts_with("self"));
        let [folder, .., last] = &path.segments[skipped..] else {
            continue;
        };
        if floor(folder).is_some() {
            exports.insert(path.alias.as_ref().unwrap_or(last).clone(), folder.clone());
        }
    }
    exports
}

/// The folder of `src/` that a path leads to; nothing for a path to somewhere else.
fn target(path: &Path, module: &[String], exports: &BTreeMap<String, String>) -> Option<String> {
    let mut base: Vec<String> = module.iter().chain(&path.within).cloned().collect();
    let mut rest = path.segments.as_slice();
    match rest[0].as_str() {
        "crate" => base.clear(),
        "self" | "super" => {}
        _ => return None,
    }
    while let Some((step, after)) = rest
        .split_first()
        .filter(|(step, _)| ["crate", "self", "super"].contains(&step.as_str()))
    {
        if step == "super" {
            base.pop();
        }
        rest = after;
    }
    let first = base.iter().chain(rest).next()?;
    if floor(first).is_some() {
        Some(first.clone())
    } else {
        exports.get(first).cloned()
    }
}

fn floor(folder: &str) -> Option<usize> {
    FLOORS
        .iter()
        .position(|(folders, _)| folders.contains(&folder))
}

/// Why `from` may not know `to`; nothing if it may.
fn refusal(from: &str, to: &str) -> Option<String> {
    if from == to || MAY_USE_ALL.contains(&from) || floor(to) < floor(from) {
        return None;
    }
    let (_, reason) = FLOORS[floor(from)?];
    let relation = if floor(to) == floor(from) {
        "stands beside it on the same floor"
    } else {
        "stands on a higher floor"
    };
    Some(format!(
        "edge {from} → {to}, but `{to}` {relation}: {reason}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lib() -> Source {
        Source::new(
            "src/lib.rs",
            "pub mod call;\npub use call::Ref;\npub use engine::{Engine as Motor};",
        )
    }

    fn edges(path: &str, text: &str) -> Vec<String> {
        upward_edges(&[lib(), Source::new(path, text)])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn an_upward_edge_is_refused_with_place_and_reason() {
        let found = edges(
            "src/call/route.rs",
            "//! Route.\nuse crate::contract::Message;\nuse crate::engine::Pump;",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("src/call/route.rs:3: `crate::engine::Pump`: edge call → engine"),
            "{found:?}"
        );
        assert!(found[0].ends_with("but no actor"), "{found:?}");
    }

    #[test]
    fn every_way_to_write_an_edge_is_seen() {
        for text in [
            "use crate::{contract::A, runtime::B};",
            "use super::super::runtime::B;",
            "use self::super::super::runtime::B;",
            "mod inner { use super::super::super::runtime::B; }",
            "fn f() { crate::runtime::start() }",
            "macro_rules! m { () => { $crate::runtime::start() } }",
        ] {
            assert_eq!(edges("src/engine/pump.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_name_of_the_root_counts_as_an_edge_to_its_folder() {
        assert_eq!(edges("src/store/mod.rs", "use crate::Ref;").len(), 1);
        assert_eq!(
            edges("src/actor/cx.rs", "fn f(m: crate::Motor) {}").len(),
            1
        );
        assert_eq!(edges("src/engine/pump.rs", "use crate::Ref;").len(), 0);
    }

    #[test]
    fn downward_edges_prose_and_children_are_fine() {
        let text = "//! See [`crate::runtime`].\nmod host;\nuse crate::{actor::Cx, store::Store};\nuse host::Host;\nuse super::engine::mailbox;";
        assert_eq!(edges("src/engine/mod.rs", text), Vec::<String>::new());
        assert_eq!(
            edges(
                "src/cli/run.rs",
                "use crate::{testing::Kit, observe::Metrics, runtime::R};"
            ),
            Vec::<String>::new()
        );
    }

    #[test]
    fn folders_of_one_floor_do_not_know_each_other() {
        assert!(edges("src/call/mod.rs", "use crate::store::Store;")[0].contains("beside it"));
    }

    #[test]
    fn a_folder_without_a_floor_is_refused() {
        assert!(edges("src/magic/mod.rs", "")[0].contains("stands on no floor"));
    }

    #[test]
    fn a_glob_at_the_root_is_refused() {
        assert_eq!(
            root_globs(&[Source::new("src/lib.rs", "pub use call::*;")]).len(),
            1
        );
    }

    #[test]
    fn a_hidden_package_is_refused_outside_its_home() {
        let leaked = |path: &str, text: &str| leaks(&[Source::new(path, text)]).len();
        assert_eq!(leaked("src/engine/pump.rs", "use actix::prelude::*;"), 1);
        assert_eq!(
            leaked("src/runtime/open.rs", "fn f() { ::sled::open(p) }"),
            1
        );
        assert_eq!(leaked("src/transport/natsy.rs", "use async_nats;"), 1);
        assert_eq!(leaked("actors/hotel/src/main.rs", "use actix_web::App;"), 1);
        assert_eq!(leaked("src/engine/host.rs", "use actix::prelude::*;"), 0);
        assert_eq!(
            leaked("src/engine/host/pump.rs", "use actix_rt::Arbiter;"),
            0
        );
        assert_eq!(
            leaked(
                "src/runtime/open.rs",
                "use crate::store::sled::open; // not sled::open"
            ),
            0
        );
    }
}
