//! Who hosts what.

use std::path::Path;

use super::*;

const SPLIT: &str = r#"
[nats]
servers = ["nats://127.0.0.1:4222"]
[nodes.front]
hosts = ["*"]
[nodes.reports]
hosts = ["reports"]
replicas = 2
"#;

fn name(name: &str) -> NodeName {
    name.parse().expect("a name")
}

#[test]
fn without_nodes_one_process_hosts_all_and_opens_the_door() {
    let topology = read("").expect("no file is a valid topology");
    assert!(!topology.is_split());
    assert_eq!(topology.nodes().len(), 1);
    let node = &topology.nodes()[0];
    assert_eq!(node.name, name("hotel"));
    assert!(node.gateway);
    assert_eq!(
        node.hosts,
        ["search", "reservations", "payments", "reports"]
    );
    let data = Path::new("data");
    assert_eq!(topology.folder(data, &node.name, 1), data);
}

#[test]
fn the_rest_is_whatever_no_other_node_hosts() {
    let topology = read(SPLIT).expect("a valid file");
    assert!(topology.is_split());
    assert_eq!(
        topology.hosts("front"),
        ["search", "reservations", "payments"]
    );
    assert_eq!(topology.hosts("reports"), ["reports"]);
    assert_eq!(topology.hosted_by("reports"), Some(&name("reports")));
    assert_eq!(topology.hosted_by("payments"), Some(&name("front")));
    assert_eq!(topology.hosted_by("nobody"), None);
    assert_eq!(topology.nearest("report"), Some(&name("reports")));
}

#[test]
fn each_process_keeps_its_state_in_a_folder_of_its_own() {
    let topology = read(SPLIT).expect("a valid file");
    let folder = |replica| topology.folder(Path::new("data"), &name("reports"), replica);
    assert_eq!(folder(1), Path::new("data/reports"));
    assert_eq!(folder(2), Path::new("data/reports-2"));
}

fn doors(nodes: &str) -> Vec<String> {
    let text = format!("nats.servers = [\"nats://127.0.0.1:4222\"]\n{nodes}");
    let topology = read(&text).expect("a valid file");
    let open = topology.nodes().iter().filter(|node| node.gateway);
    open.map(|node| node.name.to_string()).collect()
}

#[test]
fn the_door_is_where_somebody_says_or_else_with_the_rest() {
    let open = |front: &str, reports: &str| {
        doors(&format!(
            "[nodes.front]\nhosts = [\"*\"]\n{front}\n[nodes.reports]\nhosts = [\"reports\"]\n{reports}"
        ))
    };
    assert_eq!(open("", ""), ["front"]);
    assert_eq!(open("", "gateway = true"), ["reports"]);
    assert_eq!(
        open("gateway = true", "gateway = true"),
        ["front", "reports"]
    );
    assert_eq!(open("gateway = false", ""), Vec::<String>::new());
    let all = r#"hosts = ["search", "reservations", "payments", "reports"]"#;
    assert_eq!(doors(&format!("[nodes.all]\n{all}")), Vec::<String>::new());
    assert_eq!(
        doors(&format!(
            "[nodes.all]\n{all}\n[nodes.door]\nhosts = []\ngateway = true"
        )),
        ["door"]
    );
}

#[test]
fn nodes_may_be_said_by_flag_and_environment() {
    let sources = Sources::of("hotel")
        .env([("HOTEL_NODES__FRONT__HOSTS", "[\"*\"]")])
        .set("nats.servers=[\"nats://127.0.0.1:4222\"]");
    let config = Config::load(&sources, &Schemas::platform()).expect("a valid configuration");
    let topology = Topology::read("hotel", &config, &hotel()).expect("a valid topology");
    assert_eq!(topology.hosts("front").len(), 4);
}

#[test]
fn the_effective_configuration_shows_the_defaults_of_each_node() {
    let sources = Sources::of("hotel").set("nodes.front.hosts=[\"*\"]");
    let config = Config::load(&sources, &Schemas::platform()).expect("a valid configuration");
    let table = config.effective().to_table();
    let row = |key: &str| table.lines().find(|line| line.starts_with(key));
    let replicas = row("nodes.front.replicas").expect("a row");
    assert!(
        replicas.contains(" 1 ") && replicas.ends_with("default"),
        "{replicas}"
    );
    assert!(row("nodes.front.hosts").is_some_and(|row| row.ends_with("--set")));
}
