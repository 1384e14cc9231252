//! What `up` promises of its processes, told with processes that only play nodes.

mod doors;
mod orders;
mod printing;
mod processes;
mod servers;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tempfile::TempDir;

use super::process::ProcessId;
use super::*;
use crate::actor::Kind;
use crate::call::Clock;
use crate::config::{Config, Schemas, Sources};
use crate::placement::{Part, Topology};

/// Ends a test that hangs.
const HANGS: Duration = Duration::from_secs(120);

const NODES: &str = r#"
nats.servers = ["nats://127.0.0.1:4222"]
[nodes.front]
hosts = ["*"]
[nodes.reports]
hosts = ["reports"]
replicas = 2
[nodes.money]
hosts = ["payments", "rates"]
"#;

/// A colony whose processes are played, and what they did and printed.
struct Played {
    folder: TempDir,
    colony: Arc<Colony>,
    out: Printed,
    err: Printed,
}

/// What was printed on a stream.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).expect("text")
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn parts() -> Vec<Part> {
    let kinds = [
        ("search", Kind::Stateless),
        ("reservations", Kind::Keyed),
        ("reports", Kind::Stateless),
        ("payments", Kind::Singleton),
        ("rates", Kind::Stateless),
    ];
    let part = |(name, kind): (&str, Kind)| Part {
        name: name.to_owned(),
        kind,
        durable: false,
        uses: Vec::new(),
        listens: Vec::new(),
    };
    kinds.map(part).to_vec()
}

impl Played {
    fn new(drain_limit: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("hotel.toml");
        fs::write(&file, NODES).expect("a file");
        let sources = Sources::of("hotel").file(file);
        let config = Config::load(&sources, &Schemas::platform()).expect("valid");
        let topology = Topology::read("hotel", &config, &parts()).expect("valid");
        let script = folder.path().join("node.py");
        fs::write(&script, include_str!("node.py")).expect("a script");
        let leading: [OsString; 2] = [script.into(), folder.path().into()];
        let (out, err) = (Printed::default(), Printed::default());
        let (lines, _) = Lines::to(9, [false; 2], out.clone(), err.clone()).expect("a printer");
        let colony = Colony::new(
            (topology, parts()),
            Launch::of("python3", &leading),
            lines,
            Clock::real().expect("a clock"),
            folder.path().to_owned(),
            drain_limit,
        );
        Self {
            folder,
            colony,
            out,
            err,
        }
    }

    /// With all processes ready.
    async fn ready() -> Self {
        let played = Self::new(HANGS);
        within(played.colony.start_nodes())
            .await
            .expect("all are ready");
        played
    }

    /// Lets a process fail at its next start.
    fn fails(&self, name: &str, code: u8) {
        fs::write(self.folder.path().join(name), code.to_string()).expect("a file");
    }

    /// Lets a process not end when it should.
    fn stubborn(&self, name: &str) {
        let file = self.folder.path().join(format!("{name}.stubborn"));
        fs::write(file, "").expect("a file");
    }

    fn events(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("events")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// How the processes are, by name.
    fn states(&self) -> BTreeMap<String, State> {
        let named = |one: Status| (ProcessId::new(one.node, one.replica).to_string(), one.state);
        self.colony.list().into_iter().map(named).collect()
    }

    fn status(&self, name: &str) -> Status {
        let is_it =
            |one: &Status| ProcessId::new(one.node.clone(), one.replica).to_string() == name;
        self.colony
            .list()
            .into_iter()
            .find(is_it)
            .expect("a process")
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANGS, work).await.expect("it ends")
}
