//! A way of running the hotel, with all of its processes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use benches::{CpuTime, Role, now, resident_bytes_of};
use tempfile::TempDir;

use crate::hotel::Service;
use crate::part::{Behind, Part};
use crate::process::Process;
use crate::ways::skeps;

/// A way of running the hotel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// The door with ready answers.
    Alone,
    /// One process, functions.
    Plain,
    /// One process, skep.
    Skep,
    /// One process, skep, every message through its codec.
    SkepWire,
    /// A process for each capability, skep over NATS.
    SkepNats,
    /// A process for each, HTTP and JSON.
    Http,
    /// A process for each, gRPC.
    Grpc,
}

impl Variant {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 7] = [
        Self::Skep,
        Self::SkepWire,
        Self::SkepNats,
        Self::Http,
        Self::Grpc,
        Self::Plain,
        Self::Alone,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Alone => "the door alone",
            Self::Plain => "function calls",
            Self::Skep => "skep, one process",
            Self::SkepWire => "skep, one process, all through the codec",
            Self::SkepNats => "skep, nine processes and a nats-server",
            Self::Http => "HTTP services",
            Self::Grpc => "gRPC services",
        }
    }

    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Alone | Self::Plain => Role::Floor,
            Self::Skep | Self::SkepWire | Self::SkepNats => Role::Skep,
            Self::Http => Role::Yardstick,
            Self::Grpc => Role::Peer,
        }
    }
}

/// The hotel, running. Dropped, all of its processes end.
#[derive(Debug)]
pub(crate) struct Running {
    /// In the order in which they end: the door first, the broker last.
    processes: Vec<Process>,
    /// The nats-server, if there is one.
    server: Option<u32>,
    /// The port of its door.
    pub(crate) port: u16,
    /// From nothing to an open door.
    pub(crate) started_in: Duration,
    /// Holds the streams of the server and the file of the nodes.
    _folder: TempDir,
}

impl Running {
    /// Starts all processes on one processor, and waits until each is ready.
    pub(crate) fn start(variant: Variant, core: Option<usize>) -> Self {
        let begin = now();
        let folder = tempfile::tempdir().expect("a folder");
        let mut staff = Staff {
            core,
            processes: Vec::new(),
            server: None,
        };
        let behind = match variant {
            Variant::Alone => Behind::Alone,
            Variant::Plain => Behind::Plain,
            Variant::Skep => Behind::Skep { wire: false },
            Variant::SkepWire => Behind::Skep { wire: true },
            Variant::SkepNats => Behind::SkepNodes(staff.nodes(&folder)),
            Variant::Http => Behind::Http(staff.services(Part::Http)),
            Variant::Grpc => Behind::Grpc(staff.services(Part::Grpc)),
        };
        let port = staff.ready(Part::Door(behind));
        staff.processes.reverse();
        Self {
            processes: staff.processes,
            server: staff.server,
            port,
            started_in: begin.elapsed(),
            _folder: folder,
        }
    }

    fn ids(&self) -> Vec<u32> {
        let own = self.processes.iter().map(Process::id);
        own.chain(self.server).collect()
    }

    /// The time that all of its processes have had a processor until now.
    pub(crate) fn worked(&self) -> CpuTime {
        CpuTime::of(&self.ids()).expect("the system tells how long processes work")
    }

    /// The time that its nats-server has had, if there is one.
    pub(crate) fn server_worked(&self) -> Option<CpuTime> {
        self.server.and_then(|server| CpuTime::of(&[server]))
    }

    /// What all of its processes have in memory, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        self.ids().into_iter().filter_map(resident_bytes_of).sum()
    }
}

/// The processes while they are being started.
struct Staff {
    core: Option<usize>,
    processes: Vec<Process>,
    server: Option<u32>,
}

impl Staff {
    fn ready(&mut self, part: Part) -> u16 {
        let (process, ready) = Process::ready(part, self.core);
        self.processes.push(process);
        self.server = self.server.or(ready.process);
        ready.port.expect("it listens")
    }

    /// Starts a service for each capability, behind those that it asks.
    fn services(
        &mut self,
        part: impl Fn(Service, BTreeMap<Service, String>) -> Part,
    ) -> BTreeMap<Service, String> {
        let mut addresses = BTreeMap::new();
        for service in Service::ALL {
            let port = self.ready(part(service, addresses.clone()));
            addresses.insert(service, format!("http://127.0.0.1:{port}"));
        }
        addresses
    }

    /// Starts a nats-server and a node for each capability, all nodes at once.
    fn nodes(&mut self, folder: &TempDir) -> PathBuf {
        let broker = Part::Broker {
            folder: folder.path().join("nats"),
        };
        let port = self.ready(broker);
        let file = folder.path().join("hotel.toml");
        let text = skeps::topology(&format!("nats://127.0.0.1:{port}"));
        std::fs::write(&file, text).expect("the file of the nodes is written");
        let start = |service| Process::start(Part::Node(service, file.clone()), self.core);
        let mut nodes: Vec<Process> = Service::ALL.into_iter().map(start).collect();
        for node in &mut nodes {
            node.hear::<crate::part::Ready>();
        }
        self.processes.extend(nodes);
        file
    }
}
