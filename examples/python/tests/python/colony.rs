//! The Python programs in one colony with capabilities in Rust: one in the place of a capability, one as a client of others.

use marketplace::Storefront;
use marketplace_contract::{Marketplace, Page, ShowPage};
use recommendations::Recommender;
use recommendations_contract::{Recommend, Recommendations};
use serde_json::{Value, json};
use skep::Runtime;
use skep::testing::{Colony, Placement, Time};

use crate::client::{listening, text};
use crate::place::Place;

/// Joined with whatever else is on the server of this place.
fn joined(colony: Colony, place: &Place, namespace: &str) -> Colony {
    colony
        .set(format!(r#"nats.servers=["{}"]"#, place.server.url()))
        .set(format!("nats.namespace={namespace}"))
}

/// The marketplace with Python for so many of a hundred users, and patient enough for a slow machine.
fn shop(colony: Colony, place: &Place, percent: u8) -> Colony {
    let set = |key: &str, value: &str| {
        format!("capabilities.marketplace.settings.recommendations.{key}={value}")
    };
    joined(colony, place, "marketplace")
        .with::<Storefront>()
        .with::<Recommender>()
        .set(set("share_python", &percent.to_string()))
        .set(set("pause", "1ms"))
}

fn run<F: Future<Output = ()>>(body: impl FnOnce(Colony) -> F) {
    skep::testing::run(Placement::Local, Time::Real, body);
}

async fn page(runtime: &Runtime, user: &str) -> Page {
    let asked = ShowPage {
        user: user.to_owned(),
        category: "mystery".to_owned(),
    };
    let shown = runtime.get::<Marketplace>().ask(asked).await;
    shown.expect("a page, whatever becomes of the rest")
}

/// A page with recommendations, as soon as there is one. Each attempt waits for an answer or for the deadline of the settings.
async fn whole_page(runtime: &Runtime, user: &str) -> Page {
    for _ in 0..10_000 {
        let page = page(runtime, user).await;
        if !page.degraded {
            return page;
        }
    }
    panic!("no page has recommendations");
}

#[test]
fn python_answers_its_share_of_the_users_as_rust_would() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    run(async |colony| {
        let runtime = shop(colony, &place, 50).start().await;
        let mut by_python = 0;
        for number in 0..20 {
            let user = format!("user {number}");
            let page = whole_page(&runtime, &user).await;
            let question = Recommend {
                user,
                category: "mystery".to_owned(),
                max_results: 3,
            };
            let rust = runtime.get::<Recommendations>().ask(question).await;
            assert_eq!(page.recommended, rust.expect("books").books);
            by_python += usize::from(page.asked == "recommendations_python");
        }
        // Which users these are never changes.
        assert_eq!(by_python, 8);
        runtime.stop().await;
    });
}

#[test]
fn pages_go_without_python_while_it_is_away() {
    let Some(place) = Place::open() else { return };
    run(async |colony| {
        let runtime = shop(colony, &place, 100).start().await;
        assert!(page(&runtime, "ada").await.degraded);
        let service = place.start("recommendations.py", &[]);
        let whole = whole_page(&runtime, "ada").await;
        assert_eq!(whole.recommended.len(), 3);
        service.terminate();
        let without = page(&runtime, "ada").await;
        assert!(without.degraded && !without.shelf.is_empty(), "{without:?}");
        runtime.stop().await;
    });
}

#[test]
fn the_client_uses_a_hotel_and_hears_of_what_it_did() {
    let Some(place) = Place::open() else { return };
    run(async |colony| {
        let hotel = joined(colony, &place, "hotel")
            .with::<reservations::Book>()
            .with::<payments::Desk>();
        let runtime = hotel.start().await;
        let follow = ["follow", "--name", "bookkeeping", "--count", "1"];
        let (mut follower, _follower_stderr) = listening(&place, &follow);
        let (mut watcher, _watcher_stderr) = listening(&place, &["watch", "--count", "1"]);
        let reserve = |room| {
            let who = ["reserve", "City Hotel", "ADA-1", "Ada", "ada@example.com"];
            let what = [room, "2030-06-01", "3"];
            place.run("client.py", &[&who[..], &what[..]].concat())
        };
        let refused = reserve("Z");
        assert!(
            text(&refused.stderr).starts_with("refused: {'unknown_room_type'"),
            "{refused:?}"
        );
        let reserved = reserve("A");
        let reservation: Value = serde_json::from_slice(&reserved.stdout)
            .unwrap_or_else(|error| panic!("{error}: {reserved:?}"));
        assert_eq!(reservation["reference"], "ADA-1");
        let again: Value = serde_json::from_slice(&reserve("A").stdout).expect("JSON");
        assert_eq!(again, reservation);
        let found = place.run("client.py", &["find", "City Hotel", "ADA-1"]);
        let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
        assert_eq!(found, reservation);
        let event = json!({ "reservation": reservation });
        for heard in [follower.line(), watcher.line()] {
            let heard = heard.expect("an event");
            let said = heard
                .strip_prefix("reserved City Hotel ")
                .unwrap_or_else(|| panic!("{heard:?}"));
            let said: Value = serde_json::from_str(said).expect("JSON");
            assert_eq!(said, event);
        }
        runtime.stop().await;
    });
}

#[test]
fn rust_and_python_stand_in_one_list() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    run(async |colony| {
        let runtime = shop(colony, &place, 0).start().await;
        let listed = place.run("list.py", &["--json"]);
        let listed = text(&listed.stdout);
        let names: Vec<String> = listed
            .lines()
            .map(|line| {
                let service: Value = serde_json::from_str(line).expect("JSON");
                service["name"].as_str().unwrap_or_default().to_owned()
            })
            .collect();
        assert_eq!(
            names,
            ["marketplace", "recommendations", "recommendations_python"]
        );
        runtime.stop().await;
    });
}
