//! [`Browser`]: Chromium without a window, and what a person does with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::session::{Element, Session};

/// Milliseconds after which a test that hangs is ended; nothing else depends on it.
const PATIENCE_MS: u32 = 30_000;

/// Hands over the first element that the selector finds, can be seen and has the text in it, as soon as there is one.
const AWAIT: &str = "
    const [selector, text, done] = arguments;
    const look = () => [...document.querySelectorAll(selector)].find((found) => found.checkVisibility() && found.textContent.includes(text));
    if (look()) return done(look());
    const observer = new MutationObserver(() => {
        if (!look()) return;
        observer.disconnect();
        done(look());
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
";

/// As whom it calls itself in PATH.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Without a window and a profile, and without a word to anybody but the page. Chromium's sandbox does not start for root,
/// and the only page it sees is ours.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // What moves while it is clicked is missed.
    "--force-prefers-reduced-motion",
    "--window-size=1280,900",
];

/// On what the page is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Screen {
    Desk,
    /// 360 pixels wide, as the narrowest that are still sold.
    Phone,
}

/// One page in one browser. The session ends before its driver does.
#[derive(Debug)]
pub(crate) struct Browser {
    session: Session,
    _process: Process,
    _profile: TempDir,
}

#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    /// Asked to end, it ends its browsers too; one that is killed leaves them behind.
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Starts a browser at this address.
    pub(crate) fn open(url: &str, screen: Screen) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let (process, address) = chromedriver();
        let session = Session::begin(address, &capabilities(&profile, screen));
        session.open(url);
        Self {
            session,
            _process: process,
            _profile: profile,
        }
    }

    /// What the selector finds first, as soon as it can be seen.
    pub(crate) fn find(&self, selector: &str) -> Element {
        self.session.element(AWAIT, &json!([selector, ""]))
    }

    /// The text of what the selector finds, as soon as it has `part` in it.
    pub(crate) fn read(&self, selector: &str, part: &str) -> String {
        let found = self.session.element(AWAIT, &json!([selector, part]));
        self.session.text(&found)
    }

    pub(crate) fn click(&self, selector: &str) {
        self.session.click(&self.find(selector));
    }

    /// Types into a field what a keyboard would.
    pub(crate) fn press(&self, selector: &str, keys: &str) {
        self.session.type_keys(&self.find(selector), keys);
    }

    /// Replaces what a field has.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        let field = self.find(selector);
        self.session.clear(&field);
        self.session.type_keys(&field, text);
    }

    /// The JSON that an element shows.
    pub(crate) fn json(&self, selector: &str) -> Value {
        let text = self.read(selector, "");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.session.run(script, &json!([]))
    }
}

/// A driver on any free port, and where it is.
fn chromedriver() -> (Process, String) {
    let started = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut process = Process(started.expect("`cargo xtask browser-test` looks for chromedriver"));
    let output = BufReader::new(process.0.stdout.take().expect("it is piped"));
    let port = output.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    let port = port.expect("chromedriver says on which port it listens");
    (process, format!("127.0.0.1:{port}"))
}

fn capabilities(profile: &TempDir, screen: Screen) -> Value {
    let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
    arguments.push(format!("--user-data-dir={}", profile.path().display()));
    let mut options = json!({ "args": arguments });
    if let Some(binary) = binary() {
        options["binary"] = json!(binary);
    }
    if matches!(screen, Screen::Phone) {
        options["mobileEmulation"] =
            json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0 } });
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "timeouts": { "script": PATIENCE_MS },
    })
}

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}
