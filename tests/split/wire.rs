//! A client of NATS that knows nothing of skep: the text protocol over a socket, and nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Where the answers come.
const INBOX: &str = "stranger.inbox";

pub(crate) struct Stranger {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        let text = || String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", text()))
    }

    /// The code and the number of an error.
    pub(crate) fn error(&self) -> (String, u16) {
        let said = self.json();
        let code = said["code"].as_str().unwrap_or_default().to_owned();
        let headers = self.headers.lines();
        let number = headers.filter_map(|line| line.strip_prefix("Nats-Service-Error-Code:"));
        let number = number
            .filter_map(|number| number.trim().parse().ok())
            .next();
        (code, number.unwrap_or_default())
    }
}

impl Stranger {
    /// Connects to a server.
    pub(crate) fn connect(url: &str) -> Self {
        let address = url.strip_prefix("nats://").expect("an address");
        let writer = TcpStream::connect(address).expect("the server is there");
        let patience = Some(Duration::from_secs(60));
        writer.set_read_timeout(patience).expect("a socket");
        let reader = BufReader::new(writer.try_clone().expect("a socket"));
        let mut stranger = Self { reader, writer };
        stranger.say("CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n");
        stranger.say(&format!("SUB {INBOX} 1\r\n"));
        stranger
    }

    fn say(&mut self, text: &str) {
        self.writer
            .write_all(text.as_bytes())
            .expect("the server listens");
    }

    /// Asks without a header.
    pub(crate) fn ask(&mut self, subject: &str, body: &str) -> Answered {
        self.say(&format!(
            "PUB {subject} {INBOX} {}\r\n{body}\r\n",
            body.len()
        ));
        self.answer()
    }

    /// Asks with headers, each `Name: value`.
    pub(crate) fn ask_with(&mut self, subject: &str, headers: &[&str], body: &str) -> Answered {
        let head = format!("NATS/1.0\r\n{}\r\n\r\n", headers.join("\r\n"));
        let (head_len, len) = (head.len(), head.len() + body.len());
        self.say(&format!(
            "HPUB {subject} {INBOX} {head_len} {len}\r\n{head}{body}\r\n"
        ));
        self.answer()
    }

    /// What is answered next.
    pub(crate) fn answer(&mut self) -> Answered {
        loop {
            let line = self.line();
            let mut words = line.split_whitespace();
            let verb = words.next().unwrap_or_default().to_owned();
            let mut sizes = words.rev().map_while(|word| word.parse::<usize>().ok());
            match &*verb {
                "PING" => self.say("PONG\r\n"),
                "MSG" => {
                    let len = sizes.next().expect("a size");
                    let body = self.bytes(len);
                    let headers = String::new();
                    return Answered { headers, body };
                }
                "HMSG" => {
                    let (len, head_len) = (sizes.next(), sizes.next());
                    let (len, head_len) = (len.expect("a size"), head_len.expect("a size"));
                    let mut head = self.bytes(len);
                    let body = head.split_off(head_len);
                    let headers = String::from_utf8_lossy(&head).into_owned();
                    return Answered { headers, body };
                }
                "-ERR" => panic!("the server says {line}"),
                _ => {}
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).expect("an answer");
        assert!(read > 0, "the server has hung up");
        line
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len + 2];
        self.reader.read_exact(&mut bytes).expect("an answer");
        bytes.truncate(len);
        bytes
    }
}
