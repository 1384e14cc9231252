//! The greeting on nats-servers that somebody else runs: ones that may lose what they confirm, and ones that do not let everybody in.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use skep::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use tempfile::{TempDir, tempdir};

use crate::program::{Running, greeting, run};

const NODE: &[&str] = &["node", "front", "-c", "split.toml"];
const UP: &[&str] = &["up", "-c", "split.toml"];
const LIST: &[&str] = &["list", "-c", "split.toml"];

/// A server with these lines in its configuration, and a folder with a file that splits the greeting over it.
struct Split {
    server: ServerProcess,
    folder: TempDir,
}

impl Split {
    /// `{}` in the lines is the folder.
    fn over(extra: &str) -> Self {
        let folder = tempdir().expect("a folder");
        let extra = extra.replace("{}", &folder.path().display().to_string());
        let binary = find_server(&mut |_| ()).expect("a server");
        let options = ServerOptions::in_folder(folder.path().join("server")).extra(&extra);
        let server = ServerProcess::start(&binary, options).expect("it starts");
        let split = Self { server, folder };
        split.set("");
        split
    }

    /// One of which clients do not know how it syncs, and that does so every two minutes.
    fn over_a_lazy_one() -> Self {
        Self::over(
            "server_name: theirs\nhttp: \"127.0.0.1:-1\"\njetstream { store_dir: \"{}/lazy\", sync_interval: \"2m\" }",
        )
    }

    /// The file, with these lines besides.
    fn set(&self, lines: &str) {
        let text = format!(
            "nats.servers = [{:?}]\n{lines}\n\
             gateway = {{ listen = \"127.0.0.1:0\", expose = [\"*\"] }}\n\
             runtime.arbiters = 1\n\
             [nodes.front]\nhosts = [\"*\"]\n\
             [nodes.ears]\nhosts = [\"listening\"]\n",
            self.server.url()
        );
        fs::write(self.folder.path().join("split.toml"), text).expect("a file");
    }

    /// Where the server tells how it is set up.
    fn monitoring(&self) -> String {
        let files = fs::read_dir(self.server.folder()).expect("a folder");
        let mut paths = files.map(|file| file.expect("a file").path());
        let is_ports =
            |path: &std::path::PathBuf| path.extension().is_some_and(|ext| ext == "ports");
        let file = paths.find(is_ports).expect("it runs");
        let ports = fs::read(file).expect("its ports");
        let ports: Value = serde_json::from_slice(&ports).expect("JSON");
        ports["monitoring"][0].as_str().expect("one").to_owned()
    }

    fn node(&self) -> Node {
        Node::ready(self.folder.path())
    }
}

/// A node that is ready, and what it says beside its output.
struct Node {
    running: Running,
    said: BufReader<std::process::ChildStderr>,
}

impl Node {
    fn ready(folder: &Path) -> Self {
        let mut command = greeting(folder, NODE);
        command.stderr(Stdio::piped());
        let mut running = Running::begin(command);
        let said = BufReader::new(running.stderr());
        let line = running.line();
        assert!(line.starts_with("greeting is ready"), "{line:?}");
        Self { running, said }
    }

    /// The first line with this word.
    fn says(&mut self, word: &str) -> String {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            let count = self.said.read_line(&mut line).expect("text");
            assert!(count > 0, "it ended and never said {word:?}");
        }
        line
    }

    /// All that it says until it has ended.
    fn all(mut self) -> String {
        assert_eq!(self.running.interrupt(), Some(0));
        let mut all = String::new();
        std::io::Read::read_to_string(&mut self.said, &mut all).expect("text");
        all
    }
}

#[test]
fn a_node_warns_of_a_server_of_which_it_cannot_know_whether_it_keeps_what_it_confirms() {
    let split = Split::over_a_lazy_one();
    let line = split.node().says("nats.monitoring");
    assert!(line.contains("sync_interval: always"), "{line}");
    split.set("nats.monitoring = \"off\"");
    let all = split.node().all();
    assert!(!all.contains("nats.monitoring"), "{all}");
}

#[test]
fn a_node_warns_of_a_server_that_confirms_before_it_syncs_and_says_what_to_set() {
    let split = Split::over_a_lazy_one();
    split.set(&format!("nats.monitoring = {:?}", split.monitoring()));
    let line = split.node().says("power failure");
    for words in ["2m", "sync_interval: always", "nats.replicas"] {
        assert!(line.contains(words), "{words} in {line}");
    }
}

#[test]
fn a_node_says_nothing_of_a_server_like_the_one_that_up_starts() {
    let all = Split::over("").node().all();
    assert!(!all.contains("sync"), "{all}");
}

/// One user, who has a password and may do everything, and one who may not use streams.
const LOCKED: &str = r#"authorization { users: [
    { user: "all", password: "right" },
    { user: "few", password: "right", permissions: { publish: { deny: "$JS.API.>" } } },
] }"#;

#[test]
fn whoever_is_not_let_in_ends_with_77_and_says_where_to_look() {
    let split = Split::over(LOCKED);
    for lines in ["", "nats.user = \"all\"\nnats.password = \"wrong\""] {
        split.set(lines);
        for command in [NODE, UP, LIST] {
            let ran = run(split.folder.path(), command);
            assert_eq!(ran.code, Some(77), "{command:?}: {ran:#?}");
            assert!(ran.stderr.contains("nats.password"), "{ran:#?}");
            assert!(!ran.stderr.contains("wrong"), "no secret: {ran:#?}");
        }
    }
}

#[test]
fn whoever_may_not_do_what_a_node_has_to_ends_with_77_and_says_what_is_needed() {
    let split = Split::over(LOCKED);
    split.set("nats.user = \"few\"\nnats.password = \"right\"");
    for command in [NODE, UP] {
        let ran = run(split.folder.path(), command);
        assert_eq!(ran.code, Some(77), "{command:?}: {ran:#?}");
        assert!(ran.stderr.contains("$JS.API"), "{ran:#?}");
    }
}

#[test]
fn whoever_has_the_right_password_is_let_in() {
    let split = Split::over(LOCKED);
    split.set("nats.user = \"all\"\nnats.password = \"right\"");
    let node = split.node();
    let listed = run(split.folder.path(), LIST);
    assert!(listed.stdout.contains("front"), "{listed:#?}");
    node.all();
}
