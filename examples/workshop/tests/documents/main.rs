//! Runs the documentation. A page that shows a command which does not work, or not so, fails its test.
//!
//! Of every page – `README.md`, those of `docs/`, those of the hotel, the greeting, the marketplace and the workshop – in the order of the page:
//!
//! * ```` ```console ```` blocks are run, see [`terminal`] and [`programs`]. `$ ` begins a command; what stands below it is
//!   its output, compared as [`expected`] says; without a line below it the output does not matter. A command ends with 0, or `$ echo $?` comes next. A program whose output ends in `Ctrl-C stops it.`, or that is
//!   followed by `^C`, stays, with its shown lines waited for, until `^C` or the end of the page.
//! * ```` ```rust,quote=FILE ```` blocks stand in that file, which is compiled and tested.
//! * ```` ```toml ```` blocks are settings that the page's program accepts (`file=NAME` puts them there), or dependencies in
//!   the versions of this workspace.
//! * ```` ```json ```` blocks are JSON. ```` ```text ```` is what nobody checks.
//! * `ignore` says that a block is not run. `the_blocks_that_are_not_run_are_these` names them all.
//!
//! Links to files lead somewhere. An own runner and not a package: those that run the consoles of Markdown have no
//! programs that stay between two commands, and a platform's documents are about little else.

mod document;
mod expected;
mod page;
mod process;
mod programs;
mod script;
mod terminal;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use document::Document;
use page::mistakes;
use programs::Curl;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../..").canonicalize().expect("the repository")
}

/// Held by a page that starts a nats-server at its usual address, or shows that none is there.
static USUAL_SERVER: Mutex<()> = Mutex::new(());

/// Whether a page has to do with the nats-server at its usual address.
fn is_about_usual_server(document: &Document) -> bool {
    let mut run = document.blocks.iter().filter(|block| !block.is_ignored());
    run.any(|block| {
        let text = block.text();
        [":4222", " up -c", "-c split.toml"]
            .iter()
            .any(|sign| text.contains(sign))
    })
}

#[track_caller]
fn holds(path: &str, curl: Curl) {
    let document = Document::read(&root(), Path::new(path));
    // A page that failed leaves nothing behind that would harm the next.
    let _alone = is_about_usual_server(&document)
        .then(|| USUAL_SERVER.lock().unwrap_or_else(PoisonError::into_inner));
    let mistakes = mistakes(&root(), &document, curl);
    assert!(mistakes.is_empty(), "\n{}\n", mistakes.join("\n"));
}

/// A test for each page, and the list of them.
macro_rules! pages {
    ($($test:ident: $path:literal;)+) => {
        const PAGES: &[&str] = &[$($path),+];
        $(
            #[test]
            fn $test() {
                holds($path, Curl::Real);
            }
        )+
    };
}

pages! {
    what_the_readme_shows_is_true: "README.md";
    what_the_contributing_page_shows_is_true: "CONTRIBUTING.md";
    what_the_page_of_the_greeting_shows_is_true: "actors/greeting/README.md";
    what_the_page_of_the_marketplace_shows_is_true: "actors/marketplace/README.md";
    what_the_page_of_the_workshop_shows_is_true: "examples/workshop/README.md";
    what_the_page_of_the_hotel_shows_is_true: "actors/hotel/README.md";
    what_the_list_of_pages_shows_is_true: "docs/README.md";
    what_the_page_of_the_command_line_shows_is_true: "docs/command-line.md";
    what_the_page_of_http_shows_is_true: "docs/http.md";
    what_the_page_about_splitting_shows_is_true: "docs/splitting.md";
    what_the_page_of_logs_and_traces_shows_is_true: "docs/logs-and-traces.md";
    what_the_page_of_metrics_shows_is_true: "docs/metrics.md";
    what_the_guide_shows_is_true: "docs/guide/README.md";
    what_chapter_1_shows_is_true: "docs/guide/1-a-capability.md";
    what_chapter_2_shows_is_true: "docs/guide/2-events.md";
    what_chapter_3_shows_is_true: "docs/guide/3-state-and-time.md";
    what_chapter_4_shows_is_true: "docs/guide/4-web-and-watching.md";
    what_chapter_5_shows_is_true: "docs/guide/5-tests.md";
    what_chapter_6_shows_is_true: "docs/guide/6-the-hotel.md";
    what_chapter_7_shows_is_true: "docs/guide/7-when-things-go-wrong.md";
    what_chapter_8_shows_is_true: "docs/guide/8-operating-the-hotel.md";
}

#[test]
fn pages_hold_where_there_is_no_curl() {
    holds("docs/http.md", Curl::StandIn);
    holds("docs/guide/4-web-and-watching.md", Curl::StandIn);
}

/// Every page below a folder.
fn pages_of(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages_of(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

#[test]
fn no_page_is_left_out() {
    let mut pages = Vec::new();
    pages_of(&root().join("docs"), &mut pages);
    assert!(!pages.is_empty());
    for page in pages {
        let page = page.strip_prefix(root()).expect("a page of ours");
        assert!(
            PAGES.iter().any(|listed| Path::new(listed) == page),
            "{}: name it in `pages!`",
            page.display()
        );
    }
}

#[test]
fn the_blocks_that_are_not_run_are_these() {
    let mut ignored = Vec::new();
    for page in PAGES {
        let document = Document::read(&root(), Path::new(page));
        for block in document.blocks.iter().filter(|block| block.is_ignored()) {
            ignored.push((*page, block.lines.first().cloned().unwrap_or_default()));
        }
    }
    let expected: &[(&str, &str)] = &[
        (
            "README.md",
            "$ cargo run --release      # the hotel: a booking system with durable state, events, PDF invoices and mails",
        ),
        (
            "README.md",
            "let runtime = Runtime::builder().application(\"shop\").with::<Counter>().start().await?;",
        ),
        (
            "CONTRIBUTING.md",
            "$ cargo xtask test                    # every test, doctests included; ends in `N passed, N failed`",
        ),
        (
            "CONTRIBUTING.md",
            "$ cargo xtask bench in-process --json before.json",
        ),
        (
            "docs/splitting.md",
            "$ nats consumer ls SKEP_hotel_EV_reservations        # SKEP_<namespace>_EV_<emitter>; `nats stream ls` has all",
        ),
        ("docs/guide/5-tests.md", "$ cargo test"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(page, line)| (*page, (*line).to_owned()))
        .collect();
    assert_eq!(ignored, expected);
}

/// The mistakes of a page with this text.
fn mistakes_of(text: &str) -> Vec<String> {
    mistakes(
        &root(),
        &Document::parse(Path::new("docs/made-up.md"), text),
        Curl::Real,
    )
}

#[test]
fn a_page_that_does_not_tell_the_truth_fails_with_the_place() {
    let pages = [
        (
            "```console\n$ cargo run -p greeting -- lst\n```",
            "ended with 64",
        ),
        (
            "```console\n$ cargo run -p greeting -- explain SK9999\n$ true\n```",
            "ended with 6",
        ),
        (
            "```console\n$ echo one\ntwo\n```",
            "`echo one` shows\none\ninstead of\ntwo",
        ),
        (
            "```console\n$ echo ready\nready. Ctrl-C stops it.\n```",
            "does not show\nready. Ctrl-C",
        ),
        ("```toml\n[store]\nengin = \"fjall\"\n```", "did you mean"),
        (
            "```toml\n[dependencies]\nserde = \"0.9\"\n```",
            "skep itself uses serde",
        ),
        ("```rust\nfn main() {}\n```", "say whose text it is"),
        (
            "```rust,quote=actors/greeting/src/main.rs\nfn main() {}\n```",
            "not what stands in",
        ),
        ("```json\n{]\n```", "line 1 column 2"),
        ("```console\nls\n```", "begins with `$ `"),
        ("```sh\nls\n```", "nobody checks \"sh\""),
        ("[a](../no/such/page.md)", "there is no ../no/such/page.md"),
    ];
    for (text, words) in pages {
        let found = mistakes_of(text).join("\n");
        assert!(found.contains(words), "{text}\n{found}");
        assert!(found.starts_with("docs/made-up.md"), "{found}");
    }
}

#[test]
fn a_page_that_tells_the_truth_holds() {
    let page = "```console\n$ cargo run -p greeting\ngreeting is ready after … ms: …; API on http://127.0.0.1:4080. Ctrl-C stops it.\n\
        $ cargo run -p greeting -- request greeting.greet '\"Ada\"'\n\"Hi, Ada!\"\n\
        $ curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:4080/health/ready\n200\n$ cd config\n$ ls monolith.toml\nmonolith.toml\n\
        $ NAME=Ada\n$ echo $NAME; false\nAda\n$ echo $?\n1\n```\n\n```console\n^C\nstopped\n```";
    assert_eq!(mistakes_of(page), Vec::<String>::new());
}
