//! State that comes along when the configuration splits the hotel, and back.

use std::path::Path;

use super::process::{run, sample};

const SPLIT: &str = r#"
[nats]
servers = ["nats://127.0.0.1:1"]    # nobody is there, and nobody is asked
[nodes.front]
hosts = ["*"]
gateway = true
[nodes.money]
hosts = ["payments"]
"#;

fn arrange(folder: &Path, arguments: &[&str]) -> Vec<(String, u64)> {
    let ran = run(
        folder,
        &[&["store", "arrange", "--json"], arguments].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let moved: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let moved = moved.as_array().expect("a list").iter();
    moved
        .map(|moved| {
            let name = moved["capability"].as_str().expect("a name");
            let to = moved["to"].as_str().expect("a folder");
            let entries = moved["entries"].as_u64().expect("a number");
            (format!("{name} to {to}"), entries)
        })
        .collect()
}

fn verified(folder: &Path) -> String {
    let ran = run(folder, &["replay", "bookings.csv", "--verify", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    report["checks"].to_string()
}

#[test]
fn state_is_brought_to_its_node_and_back_and_nobody_begins_anew_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    sample(folder, 20);
    std::fs::write(folder.join("split.toml"), SPLIT).expect("a file");
    let before = verified(folder);

    let refused = run(folder, &["node", "money", "-c", "split.toml"]);
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("store arrange"),
        "{}",
        refused.stderr
    );

    let moved = arrange(folder, &["-c", "split.toml"]);
    let (names, entries): (Vec<_>, Vec<_>) = moved.into_iter().unzip();
    assert!(
        names.contains(&"payments to ./data/money".to_owned()),
        "{names:?}"
    );
    assert!(
        names.contains(&"reservations to ./data/front".to_owned()),
        "{names:?}"
    );
    assert!(entries.iter().all(|entries| *entries > 0), "{entries:?}");
    assert_eq!(
        arrange(folder, &["-c", "split.toml"]),
        [],
        "it is where it belongs"
    );

    let refused = run(folder, &["replay", "bookings.csv"]);
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);

    assert!(!arrange(folder, &[]).is_empty());
    assert_eq!(verified(folder), before);
}
