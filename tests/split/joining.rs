//! A process whose connection is lost in the middle of joining.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use skep::Runtime;

use crate::stage::{HANGS, Stage, run};
use crate::wire::Stranger;

/// Stands between a process and the server, and cuts the connection the first time that the process says this.
struct Cutter {
    url: String,
    has_cut: Arc<AtomicBool>,
}

impl Cutter {
    fn before(server: &str, words: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("nats://{}", listener.local_addr().expect("an address"));
        let has_cut = Arc::new(AtomicBool::new(false));
        let server = server.trim_start_matches("nats://").to_owned();
        let cut = Arc::clone(&has_cut);
        // The threads end with the connections, and those with the test.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&server) else {
                    return;
                };
                between(client, server, words, Arc::clone(&cut));
            }
        });
        Self { url, has_cut }
    }
}

fn between(client: TcpStream, server: TcpStream, words: &'static [u8], has_cut: Arc<AtomicBool>) {
    let (mut from_server, mut to_client) = (
        server.try_clone().expect("a socket"),
        client.try_clone().expect("a socket"),
    );
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    thread::spawn(move || carry(client, server, words, &has_cut));
}

fn carry(mut client: TcpStream, mut server: TcpStream, words: &[u8], has_cut: &AtomicBool) {
    let mut bytes = [0; 64 * 1024];
    let mut last = Vec::new();
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        // What is searched may come in two pieces.
        last.extend_from_slice(&bytes[..count]);
        let is_said = last.windows(words.len()).any(|window| window == words);
        if is_said && !has_cut.swap(true, Ordering::SeqCst) {
            break;
        }
        if server.write_all(&bytes[..count]).is_err() {
            break;
        }
        last.drain(..last.len().saturating_sub(words.len()));
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

async fn joined(node: &Runtime) {
    let joined = async {
        while node.missing().is_some() {
            tokio::task::yield_now().await;
        }
    };
    let joined = tokio::time::timeout(HANGS, joined).await;
    joined.expect("it joins at last");
}

/// Lets a node join whose connection is cut before it says this; then it can be called, listed and asked.
fn cut_before(words: &'static [u8]) {
    run(async {
        let stage = Stage::new().hosts("rest", r#""*""#);
        let direct = stage.server.url();
        let cutter = Cutter::before(&direct, words);
        let stage = stage.set(format!("nats.servers=[{:?}]", cutter.url));
        let node = stage.node("rest").await;
        joined(&node).await;
        assert!(cutter.has_cut.load(Ordering::SeqCst), "it was never said");
        let mut stranger = Stranger::connect(&direct);
        let added = stranger.ask("skep.v1.test.cap.counting.add", r#"{"number":2}"#);
        assert_eq!(added.json(), 2);
        let listed = stranger.ask("$SRV.PING.counting", "");
        assert_eq!(listed.json()["name"], "counting", "{listed:?}");
        let asked = stranger.ask(
            "skep.v1.test.ctl.@counting.hosts",
            r#"{"capability":"counting"}"#,
        );
        assert!(asked.json()["instance"].is_string(), "{asked:?}");
        let surveyed = stranger.ask("skep.v1.test.ctl.all.survey", "");
        assert_eq!(surveyed.json()["node"], "rest", "{surveyed:?}");
        node.stop().await;
    });
}

#[test]
fn a_connection_that_is_lost_before_calls_are_taken_only_delays_the_join() {
    cut_before(b"SUB skep.v1.test.cap.counting.");
}

#[test]
fn a_connection_that_is_lost_before_it_is_a_service_only_delays_the_join() {
    cut_before(b"SUB $SRV.");
}

#[test]
fn a_connection_that_is_lost_before_operators_are_answered_only_delays_the_join() {
    cut_before(b"SUB skep.v1.test.ctl.");
}
