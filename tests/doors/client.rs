//! A client for HTTP/1.1 that sends what it is told, right or wrong, and shows what comes back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Ends a test that hangs; nothing else depends on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

pub(crate) fn get(path: &str) -> Request {
    request("GET", path)
}

/// A call with a JSON body.
pub(crate) fn post(path: &str, body: &Value) -> Request {
    request("POST", path).json(&body.to_string())
}

pub(crate) fn request(method: &'static str, path: &str) -> Request {
    Request {
        method,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

impl Request {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A body that says that it is JSON, whatever it is.
    pub(crate) fn json(self, text: &str) -> Self {
        let mut request = self.header("Content-Type", "application/json");
        request.body = text.as_bytes().to_vec();
        request
    }

    fn bytes(&self, host: &str) -> Vec<u8> {
        let has_host = self.headers.iter().any(|(name, _)| name == "Host");
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !has_host {
            head += &format!("Host: {host}\r\n");
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if self.method == "POST" || !self.body.is_empty() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Sends it over a connection of its own.
    pub(crate) fn send(&self, url: &str) -> Reply {
        Connection::to(url).send(self)
    }
}

impl Connection {
    pub(crate) fn to(url: &str) -> Self {
        let address = url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("the door is open");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self {
            stream,
            received: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, request: &Request) -> Reply {
        let host = self.stream.peer_addr().expect("connected").to_string();
        self.write(&request.bytes(&host));
        self.read(request.method == "HEAD")
    }

    /// Sends bytes as they are. A door that has already answered and hung up is no fault of the test.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The next answer.
    pub(crate) fn read(&mut self, is_head: bool) -> Reply {
        let head = loop {
            if let Some(at) = self
                .received
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            {
                break self.received.drain(..at + 4).collect::<Vec<u8>>();
            }
            assert!(
                self.more(),
                "the door hung up before its answer: {:?}",
                String::from_utf8_lossy(&self.received)
            );
        };
        let head = String::from_utf8(head).expect("a head is text");
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Reply {
            status: status.expect("a status"),
            headers,
            body: Vec::new(),
        };
        let length: usize = reply
            .header("content-length")
            .map_or(0, |text| text.parse().expect("a length"));
        while !is_head && self.received.len() < length {
            assert!(self.more(), "the door hung up within its answer");
        }
        reply.body = self
            .received
            .drain(..if is_head { 0 } else { length })
            .collect();
        reply
    }

    /// The next chunk of an answer that goes on; `None` at its end.
    pub(crate) fn chunk(&mut self) -> Option<String> {
        let length = loop {
            if let Some(at) = self.received.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.received.drain(..at + 2).collect();
                let line = String::from_utf8(line).expect("a length is text");
                break usize::from_str_radix(line.trim(), 16).expect("a length");
            }
            assert!(self.more(), "the door hung up within an answer");
        };
        while self.received.len() < length + 2 {
            assert!(self.more(), "the door hung up within an answer");
        }
        let chunk = self.received.drain(..length + 2).take(length).collect();
        (length > 0).then(|| String::from_utf8(chunk).expect("text"))
    }

    /// Whether the door has hung up.
    pub(crate) fn is_over(&mut self) -> bool {
        self.received.is_empty() && !self.more()
    }

    /// Whether nothing has come so far.
    pub(crate) fn is_silent(&self) -> bool {
        self.stream.set_nonblocking(true).expect("a socket");
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).expect("a socket");
        peeked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    fn more(&mut self) -> bool {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(0) => false,
            Ok(number) => {
                self.received.extend_from_slice(&chunk[..number]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer within {PATIENCE:?}: {error}"),
        }
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The body of a refusal: a problem of this status and code, which says so in every way.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let shown = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{shown}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{shown}"
        );
        let problem = self.value();
        assert_eq!(problem["status"], status, "{shown}");
        assert_eq!(problem["code"], code, "{shown}");
        assert!(
            problem["title"].is_string() && problem["detail"].is_string(),
            "{shown}"
        );
        problem
    }
}
