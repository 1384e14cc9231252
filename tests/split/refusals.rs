//! Servers that cannot be used: what is wrong is said at the start.

use crate::stage::{Stage, run};

/// What is said of a server with these lines in its configuration.
fn refusal(extra: &'static str, settings: &[&str]) -> String {
    let stage = Stage::with_server(extra).hosts("rest", r#""*""#);
    let stage = settings.iter().fold(stage, |stage, pair| stage.set(*pair));
    run(async {
        let error = stage.try_node("rest", 1).await.expect_err("it is refused");
        error.to_string()
    })
}

#[test]
fn a_server_that_does_not_let_us_in_is_told_with_its_address_and_reason() {
    let locked = r#"authorization { user: "skep", password: "right" }"#;
    for settings in [&[][..], &["nats.user=skep", "nats.password=wrong"]] {
        let said = refusal(locked, settings);
        for words in ["nats://127.0.0.1:", "does not let us in", "nats.password"] {
            assert!(said.contains(words), "{words} in {said}");
        }
    }
}

#[test]
fn who_has_the_password_gets_in() {
    run(async {
        let stage = Stage::with_server(r#"authorization { user: "skep", password: "right" }"#);
        let stage = stage.hosts("rest", r#""*""#);
        let stage = stage.set("nats.user=skep").set("nats.password=right");
        let node = stage.node("rest").await;
        assert_eq!(node.missing(), None);
        node.stop().await;
    });
}

#[test]
fn credentials_that_cannot_be_read_are_told_with_their_path() {
    let said = refusal("", &["nats.credentials=/no/such/file"]);
    assert!(said.contains("/no/such/file"), "{said}");
}

#[test]
fn a_server_without_jetstream_is_refused() {
    let said = refusal("jetstream: disabled", &[]);
    assert!(said.contains("has no JetStream"), "{said}");
    assert!(said.contains("start it with `-js`"), "{said}");
}

#[test]
fn a_server_that_takes_only_small_messages_is_refused_with_what_would_fit() {
    let said = refusal("max_payload: 65536", &[]);
    assert!(
        said.contains("65536, headers included: raise `max_payload`"),
        "{said}"
    );
    assert!(said.contains("message_size` to 57344"), "{said}");
}

#[test]
fn an_address_of_another_kind_is_a_mistake_of_the_configuration() {
    let said = refusal("", &[r#"nats.servers=["http://127.0.0.1:4222"]"#]);
    assert!(said.contains("nats.servers"), "{said}");
    assert!(said.contains("nats://"), "{said}");
}
