//! The API page as a person uses it: opens a message, sends it, reads what comes back. The hotel is behind it.

mod browser;
mod hotel;
mod session;

use browser::{Browser, Screen};
use hotel::Hotel;

/// Ctrl and Enter, as WebDriver writes them.
const CTRL_ENTER: &str = "\u{e009}\u{e007}";

#[test]
fn a_message_is_opened_sent_and_answered() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&hotel.url, Screen::Desk);
    page.click("[id='reservations.reserve'] > summary");
    page.press("[id='reservations.reserve'] textarea", CTRL_ENTER);
    page.read("[id='reservations.reserve'] .result", "200 OK in");
    let reply = page.json("[id='reservations.reserve'] .outcome pre.json");
    assert_eq!(reply["reference"], "A-1001", "{reply}");
    page.read("[id='reservations.reserve'] .trace", "hotel trace");
}

#[test]
fn every_mistake_in_a_body_is_shown_with_its_place() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&format!("{}/#search.find_rooms", hotel.url), Screen::Desk);
    page.write(
        "[id='search.find_rooms'] textarea",
        r#"{"arrival": "2030-05-01", "nigths": 2, "guests": "two"}"#,
    );
    page.click("[id='search.find_rooms'] .send");
    page.read("[id='search.find_rooms'] .result", "422");
    for (place, mistake) in [
        ("/nigths", "did you mean"),
        ("/nights", "required"),
        ("/guests", "integer"),
    ] {
        let shown = page.read("[id='search.find_rooms'] .mistake", place);
        assert!(shown.contains(mistake), "{shown}");
    }
    page.read("[id='search.find_rooms'] li.wrong", "guests");
}

#[test]
fn a_refusal_says_why() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&format!("{}/#reservations.find", hotel.url), Screen::Desk);
    page.write(
        "[id='reservations.find'] textarea",
        r#"{"reference": "NOT-THERE"}"#,
    );
    page.click("[id='reservations.find'] .send");
    page.read("[id='reservations.find'] .result", "409 Conflict");
    let error = page.json("[id='reservations.find'] .problem pre.json");
    assert_eq!(error["reference"], "NOT-THERE", "{error}");
}

#[test]
fn an_event_appears_as_it_happens() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&hotel.url, Screen::Desk);
    page.click("[id='reservations.reserved.watch'] > summary");
    page.click("[id='reservations.reserved.watch'] .send");
    page.read("[id='reservations.reserved.watch'] .state", "Watching.");
    page.click("[id='reservations.reserve'] > summary");
    page.click("[id='reservations.reserve'] .send");
    let event = page.read("[id='reservations.reserved.watch'] .events li", "A-1001");
    assert!(event.contains("reservations.reserved"), "{event}");
    page.click("[id='reservations.reserved.watch'] .send");
    page.read("[id='reservations.reserved.watch'] .state", "Not watching.");
}

#[test]
fn where_nothing_is_exposed_the_page_says_what_to_set() {
    let hotel = Hotel::start(&["gateway.expose=[]"]);
    let page = Browser::open(&hotel.url, Screen::Desk);
    page.read("main", "gateway.expose");
}

#[test]
fn a_phone_has_nothing_to_scroll_sideways() {
    let hotel = Hotel::start(&["gateway.expose=[\"*\"]"]);
    let page = Browser::open(&hotel.url, Screen::Phone);
    page.find("[id='reports.audit'] > summary");
    page.run("for (const one of document.querySelectorAll('details')) one.open = true;");
    page.find("[id='reports.audit'] textarea");
    let widths = page.run(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth];",
    );
    assert_eq!(widths[0], widths[1], "{widths}");
}

#[test]
fn the_search_leaves_what_has_its_words() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&hotel.url, Screen::Desk);
    page.find("[id='search.find_rooms'] > summary");
    page.write("#search", "look up");
    page.read("#found", "1 of 8");
    let shown = page.run("return document.querySelectorAll('.card:not([hidden])').length;");
    assert_eq!(shown, 1);
}
