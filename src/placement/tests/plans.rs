//! What a topology means.

use std::path::Path;

use super::*;

fn plan(text: &str) -> Plan {
    let topology = read(text).expect("a valid file");
    Plan::of(&topology, &hotel(), Path::new("data"))
}

#[test]
fn within_one_process_nothing_changes() {
    let plan = plan("");
    assert_eq!(plan.edges.len(), 3);
    assert!(plan.edges.iter().all(|edge| !edge.is_remote));
    assert_eq!(plan.changes(), []);
}

#[test]
fn what_crosses_a_process_is_told_with_what_that_changes() {
    let plan = plan(
        r#"
[nats]
servers = ["nats://127.0.0.1:4222"]
[nodes.front]
hosts = ["*"]
[nodes.money]
hosts = ["payments"]
[nodes.reports]
hosts = ["reports"]
replicas = 2
"#,
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&plan).expect("JSON"));
    assert_eq!(plan.changes(), Change::ALL);
}

#[test]
fn a_contract_that_the_application_does_not_have_is_elsewhere() {
    let parts = vec![part(
        "shop",
        Kind::Stateless,
        false,
        &["recommendations"],
        &[],
    )];
    let config =
        Config::load(&Sources::of("shop"), &Schemas::platform()).expect("defaults are valid");
    let topology = Topology::read("shop", &config, &parts).expect("a valid topology");
    let plan = Plan::of(&topology, &parts, Path::new("data"));
    assert!(plan.edges[0].is_remote);
    assert_eq!(topology.hosted_by("recommendations"), None);
}
