//! [`Web`]: a client for tests that look in through a door, as a browser or `curl` does.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// How long an answer is waited for: it ends a test that hangs, nothing else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client for the HTTP of one address. It sends one request after the other, each over a connection of its own, and blocks
/// the test's thread until the answer is whole; streams of events, which have no end, are not for it (see
/// [`Probe`](super::Probe)).
#[derive(Debug, Clone)]
pub struct Web {
    address: String,
    headers: Vec<(String, String)>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct WebAnswer {
    /// Its status, such as 200.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Web {
    /// A client of this address, such as `http://127.0.0.1:4080`.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap_or(url);
        Self {
            address: address.trim_end_matches('/').to_owned(),
            headers: Vec::new(),
        }
    }

    /// The same client with a header more on each request.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut more = self.clone();
        more.headers.push((name.to_owned(), value.to_owned()));
        more
    }

    /// Gets what is at a path.
    ///
    /// # Panics
    ///
    /// When no whole answer comes: the test has failed.
    #[must_use]
    pub fn get(&self, path: &str) -> WebAnswer {
        self.send("GET", path, &[], b"")
    }

    /// Posts a message as JSON: `web.post("/v1/greeting/greet", &Greet { .. })`, or any [`json!`](serde_json::json).
    ///
    /// # Panics
    ///
    /// When the message is no JSON, or no whole answer comes: the test has failed.
    #[allow(
        clippy::expect_used,
        reason = "a test whose message cannot be written has failed"
    )]
    pub fn post(&self, path: &str, message: &impl Serialize) -> WebAnswer {
        let body = serde_json::to_vec(message).expect("the message can be written as JSON");
        self.post_text(path, &body)
    }

    /// Posts these bytes as if they were JSON, for whoever wants to know what becomes of what is none.
    ///
    /// # Panics
    ///
    /// When no whole answer comes: the test has failed.
    pub fn post_text(&self, path: &str, body: impl AsRef<[u8]>) -> WebAnswer {
        let headers = [("Content-Type", "application/json")];
        self.send("POST", path, &headers, body.as_ref())
    }

    #[allow(clippy::panic, reason = "a test that cannot reach the door has failed")]
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> WebAnswer {
        let own = self.headers.iter();
        let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        let length = body.len().to_string();
        let usual = [
            ("Host", self.address.as_str()),
            ("Connection", "close"),
            ("Content-Length", length.as_str()),
        ];
        for (name, value) in usual.into_iter().chain(headers.iter().copied()).chain(own) {
            request += &format!("{name}: {value}\r\n");
        }
        let mut request = (request + "\r\n").into_bytes();
        request.extend_from_slice(body);
        match exchange(&self.address, &request) {
            Ok(answer) => WebAnswer::read(&answer)
                .unwrap_or_else(|| panic!("{method} {path}: no whole answer, but {answer:?}")),
            Err(error) => panic!("{method} {path} at {}: {error}", self.address),
        }
    }
}

/// Sends a request, and reads until the other side closes.
fn exchange(address: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // A door that has already refused and hung up is no fault of the client: its answer tells.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

impl WebAnswer {
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = (bytes.get(..end)?, bytes.get(end + 4..)?);
        let head = str::from_utf8(head).ok()?;
        let (first, rest) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let headers = rest.lines().filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let answer = Self {
            status,
            headers: headers.collect(),
            body: body.to_vec(),
        };
        let length = answer.header("content-length")?.parse::<usize>().ok()?;
        (answer.body.len() == length).then_some(answer)
    }

    /// The value of a header, whose name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; what is none is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    #[allow(
        clippy::panic,
        reason = "a test that expects JSON and gets none has failed"
    )]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON: {error}: {self:?} says {}", self.text()))
    }
}
