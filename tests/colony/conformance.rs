//! Whoever serves a contract is held against it, skep itself and others.

use async_nats::Client;
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skep::config::Sources;
use skep::{Contract, Message, Runtime};

use crate::operator::run;
use crate::town::{Criers, Town};

/// Put so many letters into the box.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u32)]
pub(crate) struct Put {
    pub(crate) letters: u32,
}

skep::contract! {
    /// Letter boxes, one for each name.
    pub(crate) Boxes v1 keyed by name { Put }
}

#[derive(Default)]
pub(crate) struct LetterBox;

#[skep::capability(contract = Boxes)]
impl LetterBox {
    #[handle]
    async fn put(&mut self, m: Put) -> u32 {
        m.letters
    }
}

#[tokio::test]
async fn a_capability_keeps_to_its_contract() {
    let town = Town::build();
    let (tower, crier) = (town.node("tower").await, town.node("crier").await);
    let against = town.server.url();
    let checked = run(
        &against,
        &["contract", "check", "criers", "--against", &against],
    )
    .await;
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    assert!(
        checked.stdout.contains("0 not as the contract says"),
        "{checked:#?}"
    );
    crier.stop().await;
    tower.stop().await;
}

/// Serves the criers' contract, and answers to everything with a text.
async fn serve_wrongly(client: Client) {
    let calls = "skep.v1.village.cap.criers.cry";
    let mut asked = client.subscribe(calls).await.expect("a subscription");
    let mut looked = client.subscribe("$SRV.INFO").await.expect("a subscription");
    let info = json!({
        "type": "io.nats.micro.v1.info_response", "name": "criers", "id": "wrong", "version": "1.0.0",
        "endpoints": [{ "name": "cry", "subject": calls }],
    });
    client.flush().await.expect("the server");
    #[allow(clippy::disallowed_methods, reason = "it plays another program")]
    tokio::spawn(async move {
        loop {
            let (message, said) = tokio::select! {
                Some(message) = asked.next() => (message, "\"what?\"".to_owned()),
                Some(message) = looked.next() => (message, info.to_string()),
                else => return,
            };
            if let Some(reply) = message.reply {
                client
                    .publish(reply, said.into())
                    .await
                    .expect("the server");
            }
        }
    });
}

#[tokio::test]
async fn a_service_that_does_not_keep_to_the_contract_is_found_out() {
    let town = Town::build();
    let against = town.server.url();
    let client = async_nats::connect(&against).await.expect("the server");
    serve_wrongly(client).await;
    let file = town.path("criers.json");
    let contract = serde_json::to_string(&Criers::describe()).expect("a contract");
    std::fs::write(&file, contract).expect("a file");
    let file = file.display().to_string();
    let checked = run(
        &against,
        &["contract", "check", "criers", "--contract", &file, "--json"],
    )
    .await;
    assert_eq!(checked.code, Some(1), "{checked:#?}");
    let trials = checked.json()["trials"].as_array().expect("trials").clone();
    let failed = |case: &str| {
        let trial = trials.iter().find(|trial| trial["case"] == case);
        let trial: &Value = trial.unwrap_or_else(|| panic!("{case}: {trials:#?}"));
        !trial["passed"].as_bool().expect("a verdict")
    };
    for case in [
        "an example",
        "no JSON",
        "a field less",
        "a deadline that has passed",
    ] {
        assert!(failed(case), "{case}: {trials:#?}");
    }
    assert!(
        !failed("a message that the contract does not have"),
        "nobody listens there: {trials:#?}"
    );
}

#[tokio::test]
async fn a_keyed_capability_is_checked_with_a_key() {
    let town = Town::build();
    let url = town.server.url();
    let sources = Sources::of("post").set(format!("nats.servers=[{url:?}]"));
    let sources = sources.set(format!("store.path={}", town.path("post").display()));
    let builder = Runtime::builder().application("post").sources(sources);
    let post = builder
        .with::<LetterBox>()
        .start()
        .await
        .expect("it starts");
    let check = ["contract", "check", "boxes", "--json"];
    let keyless = run(&url, &check).await;
    assert_eq!(keyless.code, Some(64), "{keyless:#?}");
    assert!(
        keyless.stderr.contains("keyed by name: say with --key"),
        "{keyless:#?}"
    );
    let checked = run(&url, &[&check[..], &["--key", "nobodys"]].concat()).await;
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    let trials = checked.json()["trials"].as_array().expect("trials").clone();
    let without = trials.iter().find(|trial| trial["case"] == "no key");
    let without = without.unwrap_or_else(|| panic!("{trials:#?}"));
    assert_eq!(without["got"], "error 400");
    post.stop().await;
}
