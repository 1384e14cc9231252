//! [`House`]: a runtime with open doors, as one test wants it.

use std::path::PathBuf;

use serde_json::Value;
use skep::Runtime;
use skep::gateway::{DoorError, Doors, DoorsOptions};
use skep::testing::Colony;
use tempfile::TempDir;

use crate::client::{Reply, Request, post};
use crate::parlour::{Parlour, Vault};

/// A runtime with open doors. Its files are in a folder of their own.
pub(crate) struct House {
    pub(crate) runtime: Runtime,
    pub(crate) doors: Doors,
    _folder: TempDir,
}

/// What the admin file says.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Notice {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) pid: u32,
    pub(crate) application: String,
    pub(crate) version: String,
    pub(crate) started_at: String,
    pub(crate) api: Option<String>,
}

pub(crate) fn options() -> DoorsOptions {
    DoorsOptions::new("house", "1.2.3")
}

/// A colony with everything exposed, on any free ports.
pub(crate) fn colony(colony: Colony, folder: &TempDir) -> Colony {
    colony
        .with::<Parlour>()
        .with::<Vault>()
        .set("gateway.listen=127.0.0.1:0")
        .set("gateway.expose=[\"*\"]")
        .set(format!(
            "admin.file={}",
            folder.path().join("admin.json").display()
        ))
}

/// Opens the doors of a house with so many settings.
pub(crate) async fn open_with(base: Colony, settings: &[&str]) -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let base = settings
        .iter()
        .fold(colony(base, &folder), |colony, pair| colony.set(*pair));
    let runtime = base.start().await;
    let doors = Doors::open(&runtime, options()).expect("the doors open");
    House {
        runtime,
        doors,
        _folder: folder,
    }
}

pub(crate) async fn open(colony: Colony) -> House {
    open_with(colony, &[]).await
}

/// Why the doors do not open.
pub(crate) async fn refused(base: Colony, setting: &str) -> DoorError {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = colony(base, &folder).set(setting).start().await;
    let error = Doors::open(&runtime, options()).expect_err("the doors stay shut");
    runtime.stop().await;
    error
}

impl House {
    pub(crate) fn url(&self) -> String {
        self.doors.api_url().expect("an API")
    }

    pub(crate) fn send(&self, request: &Request) -> Reply {
        request.send(&self.url())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(&post(path, body))
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.doors
            .admin_file()
            .expect("an operator's door")
            .to_owned()
    }

    pub(crate) fn notice(&self) -> Notice {
        let text = std::fs::read(self.file()).expect("the admin file");
        serde_json::from_slice(&text).expect("it is JSON")
    }

    /// Sends to the operator's door, with the token.
    pub(crate) fn operate(&self, request: Request) -> Reply {
        let notice = self.notice();
        let bearer = format!("Bearer {}", notice.token);
        request.header("Authorization", bearer).send(&notice.url)
    }

    pub(crate) async fn close(self) {
        self.doors.close().await;
        self.runtime.stop().await;
    }
}
