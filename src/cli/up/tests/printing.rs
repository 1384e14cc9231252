//! Whose line it is.

use super::super::lines::Stream;
use super::*;

async fn printed(colour: bool, from: &[u8]) -> (String, String) {
    let (out, err) = (Printed::default(), Printed::default());
    let (lines, printer) =
        Lines::to(5, [colour, false], out.clone(), err.clone()).expect("a printer");
    lines
        .clone()
        .follow(from, Stream::Out, "front".to_owned(), 1)
        .await;
    lines
        .clone()
        .follow(from, Stream::Err, "desk".to_owned(), 2)
        .await;
    lines.note("done").await;
    drop(lines);
    printer.finish();
    (out.text(), err.text())
}

#[tokio::test]
async fn each_line_goes_where_it_came_from_with_the_name_before_it() {
    let (out, err) = printed(false, b"one\r\n\ntwo").await;
    assert_eq!(out, "front | one\nfront | \nfront | two\n");
    assert_eq!(err, "desk  | one\ndesk  | \ndesk  | two\nup    | done\n");
}

#[tokio::test]
async fn names_have_colour_only_where_a_person_reads() {
    let (out, err) = printed(true, b"one\n").await;
    assert_eq!(out, "\u{1b}[33mfront |\u{1b}[0m one\n");
    assert_eq!(err, "desk  | one\nup    | done\n");
}

#[tokio::test]
async fn what_is_no_text_is_printed_all_the_same_and_endless_lines_are_cut() {
    let (out, _) = printed(false, b"\xff\n").await;
    assert_eq!(out, "front | \u{fffd}\n");
    let (out, _) = printed(false, &[b'x'; 100_000]).await;
    assert_eq!(out.lines().count(), 2);
    assert_eq!(out.matches('x').count(), 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_processes_print_and_what_is_done_with_them_can_be_told_apart() {
    let played = Played::new(HANGS);
    played.fails("money", 1);
    within(played.colony.start_nodes())
        .await
        .expect("all are ready");
    within(played.colony.stop()).await;
    let Played {
        colony, out, err, ..
    } = played;
    drop(colony);
    let whole = within(async {
        // The printer is behind by no more than it has to print.
        while !out.text().contains("front     | this is front") {
            tokio::task::yield_now().await;
        }
        err.text()
    });
    let err = whole.await;
    assert!(err.contains("money     | it cannot be\n"), "{err}");
    assert!(
        err.contains("up        | money ended by itself (exit status: 1)"),
        "{err}"
    );
}
