//! Every mistake at once, each at its place.

use super::*;

#[test]
fn all_mistakes_are_told_at_once_each_at_its_place() {
    insta::assert_snapshot!(refused(
        r#"
[nodes.front]
hosts = ["search", "reservation", "payments"]
replicas = 3

[nodes.Reports]
hosts = ["reports", "search"]

[nodes.spare]
hosts = []
"#
    ));
}

#[test]
fn the_rest_cannot_be_in_two_nodes() {
    insta::assert_snapshot!(refused(
        "[nodes.a]\nhosts = [\"*\"]\n[nodes.b]\nhosts = [\"*\"]\n"
    ));
}

#[test]
fn a_node_that_says_something_twice_is_told_so() {
    insta::assert_snapshot!(refused(
        "[nodes.a]\nhosts = [\"*\", \"search\", \"search\"]\n"
    ));
}

#[test]
fn nodes_without_a_server_are_refused() {
    insta::assert_snapshot!(said_of("[nodes.a]\nhosts = [\"*\"]\n"));
}

#[test]
fn an_empty_table_of_nodes_is_refused() {
    insta::assert_snapshot!(refused("[nodes]\n"));
}

#[test]
fn replicas_are_refused_for_every_capability_that_keeps_state() {
    insta::assert_snapshot!(refused("[nodes.a]\nhosts = [\"*\"]\nreplicas = 2\n"));
}

#[test]
fn a_name_that_is_a_folder_of_something_else_is_refused() {
    insta::assert_snapshot!(refused(
        "[nodes.a]\nhosts = [\"*\"]\n[nodes.a-2]\nhosts = [\"search\"]\n[nodes.nats]\nhosts = [\"reports\"]\n"
    ));
}

#[test]
fn a_node_must_say_what_it_hosts() {
    insta::assert_snapshot!(refused(
        "[nodes.a]\n[nodes.b]\nhost = [\"*\"]\nreplicas = 0\n"
    ));
}

#[test]
fn credentials_that_contradict_each_other_are_refused() {
    insta::assert_snapshot!(said_of(
        r#"
[nats]
servers = ["nats://127.0.0.1:4222"]
credentials = "hotel.creds"
user = "hotel"
token = "hunter2"
tls = { key = "hotel.key" }
"#
    ));
}

#[test]
fn what_is_no_address_and_no_namespace_is_refused_and_no_password_is_shown() {
    let said = said_of(
        r#"
[nats]
servers = ["nats://desk:hunter2@10.0.0.1", "127.0.0.1:4222"]
namespace = "hotel.one"
replicas = 6
pasword = "hunter2"
"#,
    );
    assert!(!said.contains("hunter2"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn an_address_with_a_password_is_not_shown_wherever_it_was_said() {
    let sources = Sources::of("hotel")
        .env([("HOTEL_NATS__SERVERS", "[\"nats://desk:hunter2@10.0.0.1\"]")])
        .set("nats.servers=[\"nats://desk:hunter3@10.0.0.1\"]");
    let problems = Config::load(&sources, &Schemas::platform()).expect_err("a password");
    let said = problems.to_string();
    assert!(!said.contains("hunter"), "{said}");
    assert_eq!(problems.codes(), ["SK0211", "SK0211"]);
}

#[test]
fn every_capability_without_a_node_is_named() {
    let said = refused("[nodes.a]\nhosts = [\"search\"]\n");
    for capability in ["reservations", "payments", "reports"] {
        assert!(
            said.contains(&format!("no node hosts `{capability}`")),
            "{said}"
        );
    }
}
