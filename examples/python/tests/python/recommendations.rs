//! `recommendations.py` answers as the Rust capability does, and as NATS services do.

use serde_json::{Value, json};
use skep::testing::{Colony, Placement, Time};
use skep::{NamedAsk, NamedReply, Runtime};

use crate::asking::Asker;
use crate::place::Place;

const SUBJECT: &str = "skep.v1.marketplace.cap.recommendations_python.recommend";

fn asked(user: &str, category: &str, max_results: u64) -> String {
    json!({ "user": user, "category": category, "max_results": max_results }).to_string()
}

/// What the Rust capability says, and whether it refuses.
async fn said_by_rust(runtime: &Runtime, body: &str) -> (bool, String) {
    let ask = NamedAsk {
        capability: "recommendations".to_owned(),
        message: "recommend".to_owned(),
        key: None,
        body: body.as_bytes().to_vec(),
        deadline: None,
        id: None,
        trace: None,
    };
    let (is_refused, body) = match runtime.ask_by_name(ask).await.expect("an answer") {
        NamedReply::Reply(body) => (false, body),
        NamedReply::Refused(body) => (true, body),
    };
    (is_refused, String::from_utf8(body).expect("JSON is text"))
}

/// Questions that end in replies and in refusals, with everything that two writers of JSON could write differently.
fn questions() -> Vec<String> {
    let users = [
        "ada",
        "",
        "Zoë",
        "a\u{0}b",
        "\u{1F41D}",
        "tab\tquote\"slash/\\",
    ];
    let categories = [
        "mystery",
        "cooking",
        "self_help",
        "science_fiction",
        "Krimi \"ö\"\u{7f}\u{1}\n",
    ];
    let mut questions = Vec::new();
    for user in users {
        for category in categories {
            for max_results in [0, 1, 3, 10, 11, 4_294_967_295] {
                questions.push(asked(user, category, max_results));
            }
        }
    }
    questions
}

#[test]
fn it_says_byte_for_byte_what_rust_says() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    let mut asker = Asker::at(&place);
    skep::testing::run(Placement::Local, Time::Real, async |colony: Colony| {
        let colony = colony.with::<recommendations::Recommender>();
        let runtime = colony.start().await;
        let mut refusals = 0;
        for question in questions() {
            let (is_refused, body) = said_by_rust(&runtime, &question).await;
            let python = asker.told(SUBJECT, &question);
            assert_eq!(python.body, body, "{question}");
            let kind = if is_refused { "refusal" } else { "reply" };
            assert_eq!(python.headers["Skep-Answer"], kind, "{question}");
            refusals += usize::from(is_refused);
        }
        assert_eq!(
            refusals,
            36 + 4 * 6 * 3,
            "an unknown category, or a wrong number"
        );
        runtime.stop().await;
    });
}

#[test]
fn a_refusal_is_a_409_for_clients_that_know_only_nats() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    let answer = Asker::at(&place).told(SUBJECT, &asked("ada", "poetry", 3));
    assert_eq!(answer.headers["Nats-Service-Error-Code"], "409");
    let refusal: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(refusal["unknown_category"]["category"], "poetry");
}

#[test]
fn what_is_no_question_is_a_400_and_says_why() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    let mut asker = Asker::at(&place);
    for body in [
        "",
        "[]",
        "7",
        r#"{"user": "ada", "category": "mystery"}"#,
        r#"{"user": 1, "category": "mystery", "max_results": 3}"#,
        r#"{"user": "ada", "category": "mystery", "max_results": 3.5}"#,
        r#"{"user": "ada", "category": "mystery", "max_results": true}"#,
        r#"{"user": "ada", "category": "mystery", "max_results": -1}"#,
        r#"{"user": "ada", "category": "mystery", "max_results": 4294967296}"#,
        r#"{"user": "\ud800", "category": "mystery", "max_results": 3}"#,
    ] {
        let answer = asker.told(SUBJECT, body);
        assert_eq!(answer.headers["Nats-Service-Error-Code"], "400", "{body}");
        assert_eq!(answer.headers.get("Skep-Answer"), None);
        let error: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(error["code"], "codec", "{body}");
        assert_eq!(error["retryable"], false);
    }
}

#[test]
fn a_question_whose_deadline_has_passed_is_not_begun() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    let mut asker = Asker::at(&place);
    let question = asked("ada", "mystery", 3);
    let late = asker.ask(SUBJECT, &json!({ "Skep-Deadline": "1000" }), &question);
    let code = &late.expect("an answer").headers["Nats-Service-Error-Code"];
    assert_eq!(code, "504");
    // The year 5138.
    let early = asker.ask(
        SUBJECT,
        &json!({ "Skep-Deadline": "99999999999999" }),
        &question,
    );
    assert_eq!(early.expect("an answer").headers["Skep-Answer"], "reply");
}

#[test]
fn of_two_members_one_answers_each_question() {
    let Some(place) = Place::open() else { return };
    let _services = [(); 2].map(|()| place.start("recommendations.py", &[]));
    let mut asker = Asker::at(&place);
    for _ in 0..40 {
        asker.told(SUBJECT, &asked("ada", "mystery", 3));
    }
    let listed = place.run("list.py", &["--json"]);
    let listed = String::from_utf8(listed.stdout).expect("text");
    let ids: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(ids.len(), 2, "{listed}");
    let counts = ids.iter().map(|service| {
        let id = service["id"].as_str().expect("an id");
        let subject = format!("$SRV.STATS.recommendations_python.{id}");
        let stats = asker.told(&subject, "").body;
        let stats: Value = serde_json::from_str(&stats).expect("JSON");
        stats["endpoints"][0]["num_requests"]
            .as_u64()
            .expect("a number")
    });
    let counts: Vec<u64> = counts.collect();
    assert_eq!(counts.iter().sum::<u64>(), 40, "{counts:?}");
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn it_is_listed_as_a_service_of_nats() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    let listed = place.run("list.py", &["--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("one line of JSON");
    assert_eq!(listed["name"], "recommendations_python");
    assert_eq!(listed["metadata"]["contract"], "recommendations_python/1");
    assert_eq!(listed["endpoints"][0]["subject"], SUBJECT);
    assert_eq!(listed["endpoints"][0]["queue_group"], "q");
    let table = place.run("list.py", &[]);
    let table = String::from_utf8(table.stdout).expect("text");
    assert!(
        table.starts_with("recommendations_python ") && table.contains(SUBJECT),
        "{table}"
    );
}

#[test]
fn another_name_and_another_namespace_can_be_said() {
    let Some(place) = Place::open() else { return };
    let told = ["--namespace", "shop", "--capability", "recommendations"];
    let _service = place.start("recommendations.py", &told);
    let mut asker = Asker::at(&place);
    let question = asked("ada", "mystery", 1);
    let answer = asker.told("skep.v1.shop.cap.recommendations.recommend", &question);
    assert_eq!(
        answer.body,
        r#"{"books":[{"id":104,"title":"The \"Accident\" at Quarry Lane"}]}"#
    );
    assert_eq!(asker.ask(SUBJECT, &json!({}), &question), None);
}

#[test]
fn it_answers_again_when_the_server_is_back() {
    let Some(mut place) = Place::open() else {
        return;
    };
    let _service = place.start("recommendations.py", &[]);
    place.server.restart().expect("it starts again");
    let mut asker = Asker::at(&place);
    let question = asked("ada", "mystery", 3);
    // Each attempt is a round trip to the server; the service comes back within seconds.
    let found = (0..1_000_000).find_map(|_| asker.ask(SUBJECT, &json!({}), &question));
    assert_eq!(found.expect("an answer").headers["Skep-Answer"], "reply");
}

#[test]
fn it_ends_well_when_it_is_asked_to() {
    let Some(place) = Place::open() else { return };
    let service = place.start("recommendations.py", &[]);
    let (code, said) = service.terminate();
    assert_eq!((code, said), (Some(0), vec!["stopped".to_owned()]));
}
