//! [`Syncing`]: whether what a nats-server confirms outlives a power failure there. Its default is to write to the disk every two
//! minutes, and clients are not told: its monitoring address is, and a server of our own says so with its name.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use super::claims::chain;
use super::server::SYNCING;
use crate::call::Clock;
use crate::config::{Monitoring, NatsSettings};

/// How long the monitoring address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A longer answer is none of a nats-server.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// What is known of how a server writes to its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Syncing {
    /// What it confirms is on the disk, or on those of other servers; or whoever set it up wants to hear nothing of it.
    Held,
    /// It writes now and then.
    Delayed(Duration),
    /// Nobody has said where that could be asked.
    Unasked,
    /// It was asked, and what came of it.
    Unknown(String),
}

/// What of the server's own account of itself matters here.
#[derive(Deserialize)]
struct Account {
    jetstream: JetStream,
}

#[derive(Deserialize)]
struct JetStream {
    config: Option<Disk>,
}

#[derive(Deserialize)]
struct Disk {
    #[serde(default)]
    sync_always: bool,
    /// In nanoseconds.
    #[serde(default)]
    sync_interval: u64,
}

impl Syncing {
    /// Finds out about the server of this name.
    pub(super) async fn find(settings: &NatsSettings, server_name: &str, clock: &Clock) -> Self {
        if settings.replicas > 1 || server_name == SYNCING {
            return Self::Held;
        }
        match &settings.monitoring {
            None => Self::Unasked,
            Some(Monitoring::Off) => Self::Held,
            Some(at) => {
                let asked = tokio::select! {
                    asked = ask(at) => asked,
                    () = clock.sleep(PATIENCE) => Err(format!("no answer within {PATIENCE:?}")),
                };
                asked.unwrap_or_else(|reason| Self::Unknown(format!("{at}/varz: {reason}")))
            }
        }
    }

    /// Says what is not as it should be.
    pub(super) fn warn(&self) {
        match self {
            Self::Held => {}
            Self::Delayed(interval) => tracing::warn!(
                sync_interval = %humantime::format_duration(*interval),
                "the nats-server confirms events before they are on its disk: a power failure there loses some that were acknowledged; \
                 set `sync_interval: always` in the `jetstream` block of its file, or keep copies on several servers (nats.replicas)"
            ),
            Self::Unasked => tracing::warn!(
                "it is not known whether the nats-server writes events to its disk before it confirms them, which is not its default: \
                 name its monitoring address in nats.monitoring, such as \"http://127.0.0.1:8222\", or say nats.monitoring = \"off\" \
                 when its file has `sync_interval: always`"
            ),
            Self::Unknown(reason) => tracing::warn!(
                %reason,
                "it cannot be found out whether the nats-server writes events to its disk before it confirms them: is nats.monitoring right?"
            ),
        }
    }
}

async fn ask(at: &Monitoring) -> Result<Syncing, String> {
    let uri = format!("{at}/varz");
    let uri = uri.parse().map_err(|_| "it is no address".to_owned())?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.get(uri).await.map_err(|error| chain(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("it answers {status}"));
    }
    let body = Limited::new(response.into_body(), ANSWER_MAX).collect();
    let body = body.await.map_err(|error| error.to_string())?.to_bytes();
    read(&body)
}

fn read(body: &[u8]) -> Result<Syncing, String> {
    let foreign = |error| format!("what answers is no nats-server of ours: {error}");
    let account: Account = serde_json::from_slice(body).map_err(foreign)?;
    match account.jetstream.config {
        None => Err("this server has no JetStream: name the one that has".to_owned()),
        Some(disk) if disk.sync_always => Ok(Syncing::Held),
        Some(disk) => Ok(Syncing::Delayed(Duration::from_nanos(disk.sync_interval))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::super::server::{ServerOptions, ServerProcess, find_server};
    use super::*;

    /// What is found out about a real server that syncs so, with this in the settings; `{}` is its monitoring address.
    async fn found(syncs: &str, monitoring: Option<&str>, replicas: u16) -> Syncing {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a server");
        let streams = folder.path().join("streams").display().to_string();
        let options = ServerOptions::in_folder(folder.path()).extra(&format!(
            "http: \"127.0.0.1:-1\"\nserver_name: theirs\njetstream {{ store_dir: {streams:?}, sync_interval: {syncs} }}"
        ));
        let server = ServerProcess::start(&binary, options).expect("it starts");
        let address = monitoring_of(server.folder());
        let monitoring = monitoring.map(|text| text.replace("{}", &address));
        let settings = NatsSettings {
            monitoring: monitoring.map(|text| text.parse().expect("an address")),
            replicas,
            ..NatsSettings::default()
        };
        let clock = Clock::real().expect("a clock");
        Syncing::find(&settings, "theirs", &clock).await
    }

    /// Where the server of this folder tells how it is set up, as it says itself.
    fn monitoring_of(folder: &Path) -> String {
        let files = fs::read_dir(folder).expect("a folder");
        let mut paths = files.map(|file| file.expect("a file").path());
        let is_ports =
            |path: &std::path::PathBuf| path.extension().is_some_and(|ext| ext == "ports");
        let file = paths.find(is_ports).expect("it runs");
        let ports: Value = serde_json::from_slice(&fs::read(file).expect("ports")).expect("ports");
        ports["monitoring"][0]
            .as_str()
            .expect("an address")
            .to_owned()
    }

    #[tokio::test]
    async fn a_server_that_syncs_always_holds_what_it_confirms() {
        assert_eq!(found("always", Some("{}"), 1).await, Syncing::Held);
    }

    #[tokio::test]
    async fn a_server_that_syncs_now_and_then_is_found_out() {
        let delayed = |seconds| Syncing::Delayed(Duration::from_secs(seconds));
        assert_eq!(found("\"2m\"", Some("{}"), 1).await, delayed(120));
        assert_eq!(found("\"1s\"", Some("{}"), 1).await, delayed(1));
    }

    #[tokio::test]
    async fn copies_on_several_servers_hold_it_too() {
        assert_eq!(found("\"2m\"", Some("{}"), 3).await, Syncing::Held);
    }

    #[tokio::test]
    async fn where_nobody_said_where_to_ask_that_is_known_and_can_be_switched_off() {
        assert_eq!(found("\"2m\"", None, 1).await, Syncing::Unasked);
        assert_eq!(found("\"2m\"", Some("off"), 1).await, Syncing::Held);
    }

    #[tokio::test]
    async fn an_address_that_is_wrong_is_told() {
        let told = |syncing| match syncing {
            Syncing::Unknown(reason) => reason,
            other => panic!("{other:?}"),
        };
        let nobody = told(found("always", Some("http://127.0.0.1:9"), 1).await);
        assert!(nobody.contains("http://127.0.0.1:9/varz"), "{nobody}");
        assert!(told(read(b"{}").unwrap_or_else(Syncing::Unknown)).contains("no nats-server"));
        assert!(
            told(read(b"{\"jetstream\":{}}").unwrap_or_else(Syncing::Unknown))
                .contains("JetStream")
        );
    }

    #[test]
    fn a_server_of_ours_holds_what_it_confirms_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a server");
        let options = ServerOptions::in_folder(folder.path());
        let server = ServerProcess::start(&binary, options).expect("it starts");
        let greeting = greeting(&server.url());
        assert!(
            greeting.contains(&format!("\"server_name\":\"{SYNCING}\"")),
            "{greeting}"
        );
        let told = fs::read_to_string(server.folder().join("server.conf")).expect("its settings");
        assert!(told.contains("sync_interval: always"), "{told}");
    }

    /// The first line that a server says.
    fn greeting(url: &str) -> String {
        use std::io::{BufRead, BufReader};
        let address = url.trim_start_matches("nats://");
        let stream = std::net::TcpStream::connect(address).expect("it answers");
        let mut line = String::new();
        BufReader::new(stream)
            .read_line(&mut line)
            .expect("a greeting");
        line
    }
}
