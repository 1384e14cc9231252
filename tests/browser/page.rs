//! The API page as a person uses it: opens a message, sends it, reads what comes back. The hotel is behind it.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

mod browser;
mod hotel;

use browser::{Browser, Screen};
use fantoccini::Locator;
use fantoccini::key::Key;
use hotel::Hotel;

/// A key that is not pressed alone.
fn with_control(key: &Key) -> String {
    format!("{}{}", char::from(Key::Control), char::from(*key))
}

#[tokio::test]
async fn a_message_is_opened_sent_and_answered() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&hotel.url, Screen::Desk).await;
    page.click("[id='reservations.reserve'] > summary").await;
    let editor = page.find("[id='reservations.reserve'] textarea").await;
    editor
        .send_keys(&with_control(&Key::Enter))
        .await
        .expect("keys reach the editor");
    page.find_with_text("[id='reservations.reserve'] .result", "200 OK in")
        .await;
    let reply = page
        .json("[id='reservations.reserve'] .outcome pre.json")
        .await;
    assert_eq!(reply["reference"], "A-1001", "{reply}");
    page.find_with_text("[id='reservations.reserve'] .trace", "hotel trace")
        .await;
    page.close().await;
}

#[tokio::test]
async fn every_mistake_in_a_body_is_shown_with_its_place() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&format!("{}/#search.find_rooms", hotel.url), Screen::Desk).await;
    page.write(
        "[id='search.find_rooms'] textarea",
        r#"{"arrival": "2030-05-01", "nigths": 2, "guests": "two"}"#,
    )
    .await;
    page.click("[id='search.find_rooms'] .send").await;
    page.find_with_text("[id='search.find_rooms'] .result", "422")
        .await;
    for (place, mistake) in [
        ("/nigths", "did you mean"),
        ("/nights", "required"),
        ("/guests", "integer"),
    ] {
        let shown = page
            .find_with_text("[id='search.find_rooms'] .mistake", place)
            .await;
        assert!(shown.contains(mistake), "{shown}");
    }
    page.find_with_text("[id='search.find_rooms'] li.wrong", "guests")
        .await;
    page.close().await;
}

#[tokio::test]
async fn a_refusal_says_why() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&format!("{}/#reservations.find", hotel.url), Screen::Desk).await;
    page.write(
        "[id='reservations.find'] textarea",
        r#"{"reference": "NOT-THERE"}"#,
    )
    .await;
    page.click("[id='reservations.find'] .send").await;
    page.find_with_text("[id='reservations.find'] .result", "409 Conflict")
        .await;
    let error = page
        .json("[id='reservations.find'] .problem pre.json")
        .await;
    assert_eq!(error["reference"], "NOT-THERE", "{error}");
    page.close().await;
}

#[tokio::test]
async fn an_event_appears_as_it_happens() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&hotel.url, Screen::Desk).await;
    page.click("[id='reservations.reserved.watch'] > summary")
        .await;
    page.click("[id='reservations.reserved.watch'] .send").await;
    page.find_with_text("[id='reservations.reserved.watch'] .state", "Watching.")
        .await;
    page.click("[id='reservations.reserve'] > summary").await;
    page.click("[id='reservations.reserve'] .send").await;
    let event = page
        .find_with_text("[id='reservations.reserved.watch'] .events li", "A-1001")
        .await;
    assert!(event.contains("reservations.reserved"), "{event}");
    page.click("[id='reservations.reserved.watch'] .send").await;
    page.find_with_text("[id='reservations.reserved.watch'] .state", "Not watching.")
        .await;
    page.close().await;
}

#[tokio::test]
async fn where_nothing_is_exposed_the_page_says_what_to_set() {
    let hotel = Hotel::start(&["gateway.expose=[]"]);
    let page = Browser::open(&hotel.url, Screen::Desk).await;
    page.find_with_text("main", "gateway.expose").await;
    page.close().await;
}

#[tokio::test]
async fn a_phone_has_nothing_to_scroll_sideways() {
    let hotel = Hotel::start(&["gateway.expose=[\"*\"]"]);
    let page = Browser::open(&hotel.url, Screen::Phone).await;
    page.find("[id='reports.audit'] > summary").await;
    page.run("for (const one of document.querySelectorAll('details')) one.open = true;")
        .await;
    page.find("[id='reports.audit'] textarea").await;
    let widths = page
        .run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth];")
        .await;
    assert_eq!(widths[0], widths[1], "{widths}");
    page.close().await;
}

#[tokio::test]
async fn the_search_leaves_what_has_its_words() {
    let hotel = Hotel::start(&[]);
    let page = Browser::open(&hotel.url, Screen::Desk).await;
    page.find("[id='search.find_rooms'] > summary").await;
    page.write("#search", "look up").await;
    page.find_with_text("#found", "1 of 8").await;
    let shown = page
        .client
        .find_all(Locator::Css(".card:not([hidden])"))
        .await
        .expect("the page is there");
    assert_eq!(shown.len(), 1);
    page.close().await;
}
