//! The application as a person starts it: it serves its page over HTTP, and ends well.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Status and body of what a request is answered.
fn post(address: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = serde_json::from_str(body).expect("JSON");
    (status.expect("a status"), body)
}

#[test]
fn the_example_of_a_configuration_is_accepted() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../config/marketplace-python.toml"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_marketplace"))
        .args(["config", "--config", file])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    let share = said
        .lines()
        .find(|line| line.contains("recommendations.share_python"));
    assert!(share.is_some_and(|line| line.contains(" 5 ")), "{said}");
}

#[test]
fn the_page_is_served_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let child = Command::new(env!("CARGO_BIN_EXE_marketplace"))
        .args(["--set", "gateway.listen=127.0.0.1:0"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut running = Running(child);
    let mut line = String::new();
    let mut stdout = BufReader::new(running.0.stdout.take().expect("its output"));
    stdout.read_line(&mut line).expect("a line");
    let address = line.split("http://").nth(1).expect("the API's address");
    let address = address.split(". ").next().expect("a sentence").to_owned();

    let asked = json!({ "user": "ada", "category": "mystery" });
    let (status, page) = post(&address, "/v1/marketplace/page", &asked);
    assert_eq!((status, &page["degraded"]), (200, &json!(false)), "{page}");
    assert_eq!(page["recommended"][0]["id"], 104);
    let inner = json!({ "user": "ada", "category": "mystery", "max_results": 1 });
    let (status, _) = post(&address, "/v1/recommendations/recommend", &inner);
    assert_eq!(status, 404);

    let pid = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    assert_eq!(running.0.wait().expect("it ends").code(), Some(0));
}
