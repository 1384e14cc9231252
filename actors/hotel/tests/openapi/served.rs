//! What a running hotel serves at `/openapi.json`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

struct Hotel(Child);

impl Drop for Hotel {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The document of a hotel with these settings.
pub(crate) fn document(settings: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let (_hotel, address) = start(folder.path(), settings);
    let mut stream = TcpStream::connect(&address).expect("the API is open");
    write!(
        stream,
        "GET /openapi.json HTTP/1.0\r\nHost: {address}\r\n\r\n"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains(" 200 OK"), "{head}");
    serde_json::from_str(body).expect("JSON")
}

fn start(folder: &Path, settings: &[&str]) -> (Hotel, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotel"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOTEL_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .args(["run", "--set", "gateway.listen=127.0.0.1:0"])
        .args(settings.iter().flat_map(|setting| ["--set", setting]))
        .stdout(Stdio::piped());
    let mut hotel = Hotel(command.spawn().expect("the hotel starts"));
    let output = BufReader::new(hotel.0.stdout.take().expect("it is piped"));
    let address = output.lines().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("API on http://")?;
        Some(rest.split_once(". ")?.0.to_owned())
    });
    (hotel, address.expect("the hotel gets ready"))
}
