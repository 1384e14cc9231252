//! [`Door`]: plays the operator's door of a running process with answers that were written down beforehand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use super::program::{Ran, run};

/// Answers one request after the other, each on a connection of its own.
pub(crate) struct Door {
    folder: tempfile::TempDir,
    requests: Receiver<String>,
}

impl Door {
    /// Gives these answers, in their order, byte for byte.
    pub(crate) fn playing(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let folder = tempfile::tempdir().expect("a folder");
        write_admin_file(folder.path(), &format!("http://{address}"));
        let (sender, requests) = sync_channel(answers.len());
        // It ends with its last answer, or with the test that has not asked for it.
        std::thread::spawn(move || {
            for answer in answers {
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                if sender.send(receive(&stream)).is_err() {
                    return;
                }
                let mut stream = stream;
                let _ = stream.write_all(answer.as_bytes());
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        Self { folder, requests }
    }

    /// The folder in which commands find it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command against it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(self.folder(), arguments)
    }

    /// The next request that came, in lower case: names of headers have no case.
    pub(crate) fn request(&self) -> String {
        self.requests.recv().expect("a request").to_lowercase()
    }
}

/// Puts down where a process is said to be.
pub(crate) fn write_admin_file(folder: &Path, url: &str) {
    let notice = serde_json::json!({
        "url": url, "token": "secret-token", "pid": 4_000_123, "application": "greeting", "version": "9.9",
        "started_at": "2026-01-02T03:04:05Z", "api": null, "new_in_a_later_version": [],
    });
    std::fs::create_dir_all(folder.join("data")).expect("a folder");
    std::fs::write(folder.join("data/admin.json"), notice.to_string()).expect("a file");
}

/// Reads a request with its body.
fn receive(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        let read = reader.read_line(&mut line).unwrap_or(0);
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        text.push_str(&line);
        if read == 0 || line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    text.push_str(&String::from_utf8_lossy(&body));
    text
}

/// A whole answer.
pub(crate) fn answer(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nX-Trace-Id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// An answer with this JSON.
pub(crate) fn json(body: &str) -> String {
    answer("200 OK", "application/json", body)
}

/// A stream that goes on until the connection ends.
pub(crate) fn stream(content_type: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n{body}")
}

/// A stream whose connection breaks in the middle of a piece.
pub(crate) fn broken_stream(content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{body}\r\n40\r\ncut of",
        body.len()
    )
}
