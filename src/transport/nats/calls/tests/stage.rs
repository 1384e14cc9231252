//! A server, a link to it for who calls, and one for who is called.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::actor::services::Tasks;
use crate::call::Clock;
use crate::call::route::{Remote, Request, RequestKind};
use crate::config::NatsSettings;
use crate::transport::nats::calls::{Callee, Caller, UnderWay};
use crate::transport::nats::link::Link;
use crate::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use crate::transport::network::{Far, Near};

/// The capability that is called.
pub(super) const CAPABILITY: &str = "ear";
/// Its message.
pub(super) const MESSAGE: &str = "hear";
/// A test that waits this long has failed.
const MINUTE: Duration = Duration::from_secs(60);

pub(super) struct Stage {
    pub(super) clock: Clock,
    pub(super) tasks: Tasks,
    pub(super) caller: Caller,
    pub(super) under_way: UnderWay,
    /// Of who calls.
    pub(super) link: Link,
    /// Of who is called.
    pub(super) other: Link,
    _server: ServerProcess,
    _folder: TempDir,
}

impl Stage {
    /// Nobody listens yet.
    pub(super) async fn new() -> Self {
        Self::with(NatsSettings::default(), "").await
    }

    /// As [`new`](Self::new), with other settings than the defaults, and further lines of the server's.
    pub(super) async fn with(settings: NatsSettings, lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a server");
        let options = ServerOptions::in_folder(folder.path()).extra(lines);
        let server = ServerProcess::start(&binary, options).expect("it starts");
        let clock = Clock::real().expect("a clock");
        let tasks = Tasks::new(Handle::current());
        let settings = NatsSettings {
            servers: vec![server.url().parse().expect("an address")],
            ..settings
        };
        let connect = async || {
            let link = Link::connect(&settings, "test", "a process", &tasks, clock.clone()).await;
            let link = link.expect("a link");
            link.look_up_limit();
            link
        };
        let (link, other) = (connect().await, connect().await);
        let far = Far {
            capability: CAPABILITY,
            remembers: false,
            idempotent: Default::default(),
            is_foreign: false,
            window: 1024,
        };
        let under_way = UnderWay::default();
        let caller = Caller::new(far, link.clone(), tasks.clone(), Arc::clone(&under_way));
        Self {
            clock,
            tasks,
            caller,
            under_way,
            link,
            other,
            _server: server,
            _folder: folder,
        }
    }

    /// Somebody listens from now on.
    pub(super) async fn host(&self, remote: Arc<dyn Remote>) -> Arc<Callee> {
        let near = Near {
            capability: CAPABILITY,
            version: 1,
            digest: String::new(),
            about: String::new(),
            deadline: MINUTE,
            messages: vec![MESSAGE.to_owned()],
            message_size: 1024 * 1024,
            is_exclusive: false,
            remote,
        };
        let opened = Callee::open(near, &self.other, &self.tasks).await;
        opened.expect("it may listen")
    }

    pub(super) fn request(&self, body: impl Into<Vec<u8>>) -> Request {
        Request {
            contract: CAPABILITY.into(),
            version: 1,
            message: MESSAGE.into(),
            key: None,
            id: None,
            deadline: self.clock.now().after(MINUTE),
            waiting: Vec::new(),
            trace: None,
            inside: false,
            kind: RequestKind::Ask,
            body: body.into(),
        }
    }
}
