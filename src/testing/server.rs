//! [`Server`]: the nats-server of one test.

use std::fmt;

use tempfile::TempDir;

use crate::transport::nats::server::{ServerOptions, ServerProcess, find_server};

/// A nats-server with a folder of its own; both go with it.
pub(super) struct Server {
    process: ServerProcess,
    _folder: TempDir,
}

impl Server {
    /// Starts one, which is found or fetched first.
    ///
    /// # Panics
    ///
    /// When there is none: the test has failed.
    #[allow(
        clippy::panic,
        clippy::expect_used,
        reason = "a test that cannot begin has failed"
    )]
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the nats-server");
        let started = find_server(&mut |_| ()).and_then(|binary| {
            ServerProcess::start(&binary, ServerOptions::in_folder(folder.path()))
        });
        match started {
            Ok(process) => Self {
                process,
                _folder: folder,
            },
            Err(error) => panic!("no nats-server for this test: {error}"),
        }
    }

    pub(super) fn url(&self) -> String {
        self.process.url()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.url()).finish()
    }
}
