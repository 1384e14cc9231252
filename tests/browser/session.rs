//! [`Session`]: WebDriver's requests, as far as these tests need them (W3C WebDriver 2).
//!
//! The driver libraries that there are change how all of the workspace sees JSON, or bring a licence of another kind; what
//! is needed of the protocol is a page long.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// Ends a test whose driver hangs; a script ends sooner.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name under which WebDriver hands an element over.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser's session with its driver. It ends with this.
#[derive(Debug)]
pub(crate) struct Session {
    /// Host and port of the driver.
    address: String,
    id: String,
}

/// An element of the page, by the driver's name for it.
#[derive(Debug)]
pub(crate) struct Element(String);

impl Session {
    pub(crate) fn begin(address: String, capabilities: &Value) -> Self {
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let mut session = Self {
            address,
            id: String::new(),
        };
        let begun = session.request("POST", "", Some(&wanted));
        session.id = begun["sessionId"].as_str().expect("a session").to_owned();
        session
    }

    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub(crate) fn click(&self, element: &Element) {
        self.post(&format!("/element/{}/click", element.0), &json!({}));
    }

    pub(crate) fn clear(&self, element: &Element) {
        self.post(&format!("/element/{}/clear", element.0), &json!({}));
    }

    pub(crate) fn type_keys(&self, element: &Element, keys: &str) {
        let path = format!("/element/{}/value", element.0);
        self.post(&path, &json!({ "text": keys }));
    }

    pub(crate) fn text(&self, element: &Element) -> String {
        let text = self.request("GET", &format!("/element/{}/text", element.0), None);
        text.as_str().expect("text").to_owned()
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.post("/execute/sync", &body)
    }

    /// The element that a script hands to its last argument, whenever it does.
    pub(crate) fn element(&self, script: &str, arguments: &Value) -> Element {
        let body = json!({ "script": script, "args": arguments });
        let found = self.post("/execute/async", &body);
        let id = found[ELEMENT].as_str();
        Element(
            id.unwrap_or_else(|| panic!("no element: {found}"))
                .to_owned(),
        )
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.request("POST", path, Some(body))
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let session = match self.id.as_str() {
            "" => String::new(),
            id => format!("/{id}"),
        };
        let (status, answer) = self.send(method, &format!("/session{session}{path}"), body);
        assert_eq!(
            status, 200,
            "{method} {path}: {}",
            answer["value"]["message"]
        );
        answer["value"].clone()
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).expect("the driver listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream
            .write_all((head + &body).as_bytes())
            .expect("the driver reads");
        let mut answer = BufReader::new(stream);
        let (mut status, mut length) = (0, 0);
        for line in answer.by_ref().lines() {
            let line = line.expect("the driver answers");
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().expect("a status");
            } else if let Some((name, value)) = line.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().expect("a length");
                }
            } else {
                break;
            }
        }
        // The driver may keep the connection, whatever it is asked.
        let mut body = vec![0; length];
        answer.read_exact(&mut body).expect("the driver answers");
        (status, serde_json::from_slice(&body).expect("JSON"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A driver that does not answer any more has nothing to end.
        if !std::thread::panicking() || TcpStream::connect(&self.address).is_ok() {
            self.send("DELETE", &format!("/session/{}", self.id), None);
        }
    }
}
