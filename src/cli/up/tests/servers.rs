//! Whether there is a nats-server, and whether one may be started.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;
use crate::config::NatsSettings;

fn at(servers: &[String]) -> NatsSettings {
    NatsSettings {
        servers: servers
            .iter()
            .map(|server| server.parse().expect(server))
            .collect(),
        ..NatsSettings::default()
    }
}

/// Greets one caller with these words; where it listens.
async fn greeter(words: &'static [u8]) -> (String, impl Future<Output = ()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let greeting = async move {
        if let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(words).await;
        }
    };
    (format!("nats://{address}"), greeting)
}

/// An address at which nobody listens any more.
async fn deserted() -> String {
    greeter(b"").await.0
}

async fn found(words: &'static [u8]) -> Result<Server, String> {
    let (address, greeting) = greeter(words).await;
    let settings = at(&[address]);
    let (found, ()) = within(async { tokio::join!(Server::find(&settings), greeting) }).await;
    found
}

#[tokio::test]
async fn a_server_that_greets_is_used() {
    let found = found(b"INFO {}\r\n").await;
    assert!(matches!(found, Ok(Server::Answers(_))), "{found:?}");
}

#[tokio::test]
async fn what_is_no_server_is_told_and_nothing_is_started_beside_it() {
    let reason = found(b"HTTP/1.1 400 Bad Request\r\n")
        .await
        .expect_err("no server");
    assert!(
        reason.contains("what listens there is no nats-server"),
        "{reason}"
    );
}

#[tokio::test]
async fn where_nobody_listens_on_this_machine_one_can_be_started() {
    let settings = at(&[deserted().await]);
    let found = within(Server::find(&settings)).await;
    assert!(matches!(found, Ok(Server::CanStart(_))), "{found:?}");
}

#[tokio::test]
async fn none_is_started_for_an_encrypted_connection_or_for_a_cluster() {
    let encrypted = deserted().await.replace("nats://", "tls://");
    let several = [deserted().await, deserted().await];
    for servers in [&[encrypted][..], &several] {
        let reason = within(Server::find(&at(servers)))
            .await
            .expect_err("no server");
        assert!(reason.contains("nobody listens there"), "{reason}");
        assert!(reason.contains("start one there"), "{reason}");
    }
}

#[test]
fn a_server_of_our_own_is_on_this_machine() {
    let own = |server: &str| own_server(&at(&[server.to_owned()]));
    assert!(own("nats://127.0.0.1:4222").is_some());
    assert!(own("nats://localhost").is_some());
    for elsewhere in [
        "nats://nats.example",
        "nats://[::1]",
        "nats://127.0.0.2",
        "tls://127.0.0.1",
    ] {
        assert_eq!(own(elsewhere), None, "{elsewhere}");
    }
}
