//! [`Server`]: whether a nats-server answers where the configuration says, and if not, whether one may be started there.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::config::{NatsSettings, ServerUrl};

/// How long a server may take to greet.
const GREETING: Duration = Duration::from_secs(3);
/// The first word of every nats-server.
const HELLO: &[u8; 5] = b"INFO ";

/// What there is where the nodes will look for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Server {
    /// One answers.
    Answers(ServerUrl),
    /// None answers, but one can be started on this machine.
    CanStart(ServerUrl),
}

impl Server {
    /// Looks at the addresses in turn.
    ///
    /// # Errors
    ///
    /// Why there is no server, and how to mend it.
    pub(in crate::cli) async fn find(settings: &NatsSettings) -> Result<Self, String> {
        let mut reasons = Vec::new();
        for server in &settings.servers {
            match greeting(server).await {
                Ok(()) => return Ok(Self::Answers(server.clone())),
                Err(reason) => reasons.push(format!("{server}: {reason}")),
            }
        }
        if let Some(server) = own_server(settings).filter(|_| is_free(&reasons)) {
            return Ok(Self::CanStart(server));
        }
        Err(format!(
            "no nats-server answers ({}); start one there, or say servers = [\"nats://127.0.0.1:4222\"] in [nats]: on this machine, and not encrypted, `up` starts one itself",
            reasons.join("; ")
        ))
    }
}

const REFUSED: &str = "nobody listens there";

/// Whether no address is taken by something else.
fn is_free(reasons: &[String]) -> bool {
    reasons.iter().all(|reason| reason.ends_with(REFUSED))
}

/// The address at which a server of our own may listen: the only one, and on this machine.
pub(in crate::cli) fn own_server(settings: &NatsSettings) -> Option<ServerUrl> {
    let [only] = settings.servers.as_slice() else {
        return None;
    };
    let is_here = only.host() == "127.0.0.1" || only.host().eq_ignore_ascii_case("localhost");
    (is_here && !only.is_encrypted()).then(|| only.clone())
}

/// Connects, and waits for the first word. That one comes unencrypted also from a server that wants encryption.
async fn greeting(server: &ServerUrl) -> Result<(), String> {
    let meeting = async {
        let connected = TcpStream::connect((server.host(), server.port())).await;
        let mut stream = connected.map_err(|error| match error.kind() {
            std::io::ErrorKind::ConnectionRefused => REFUSED.to_owned(),
            _ => error.to_string(),
        })?;
        let mut hello = [0; HELLO.len()];
        match stream.read_exact(&mut hello).await {
            Ok(_) if &hello == HELLO => Ok(()),
            _ => Err("what listens there is no nats-server".to_owned()),
        }
    };
    let met = tokio::time::timeout(GREETING, meeting).await;
    met.unwrap_or_else(|_| Err(format!("no answer within {} s", GREETING.as_secs())))
}
