//! [`Browser`]: Chromium without a window, and what a person does with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::wd::{Capabilities, TimeoutConfiguration};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Ends a test that hangs; nothing else depends on it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Hands over the first element that the selector finds, can be seen and has the text in it, as soon as there is one.
const AWAIT: &str = "
    const [selector, text, done] = arguments;
    const fits = (found) => found.checkVisibility() && found.textContent.includes(text);
    const look = () => [...document.querySelectorAll(selector)].find(fits);
    if (look()) return done(look());
    const observer = new MutationObserver(() => {
        if (!look()) return;
        observer.disconnect();
        done(look());
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
";

/// As what a script's element comes back (W3C WebDriver).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

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
    pub(crate) client: Client,
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
    pub(crate) async fn open(url: &str, screen: Screen) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let (process, driver_url) = chromedriver();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&profile, screen))
            .connect(&driver_url)
            .await
            .expect("a browser starts");
        let patience = TimeoutConfiguration::new(Some(PATIENCE), None, None);
        client
            .update_timeouts(patience)
            .await
            .expect("the driver has timeouts");
        client.goto(url).await.expect("the page is served");
        Self {
            client,
            _process: process,
            _profile: profile,
        }
    }

    /// What the selector finds first that can be seen, as soon as there is such a thing.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        self.find_if(selector, "").await
    }

    /// The text of what the selector finds, as soon as it has `part` in it.
    pub(crate) async fn find_with_text(&self, selector: &str, part: &str) -> String {
        let found = self.find_if(selector, part).await;
        found.text().await.expect("it is still there")
    }

    async fn find_if(&self, selector: &str, part: &str) -> Element {
        let arguments = vec![json!(selector), json!(part)];
        let found = self.client.execute_async(AWAIT, arguments).await;
        let found = found.unwrap_or_else(|error| {
            panic!("no {selector} with {part:?} on the page: {error}");
        });
        let id = found[ELEMENT].as_str().expect("an element");
        Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned()))
    }

    pub(crate) async fn click(&self, selector: &str) {
        let found = self.find(selector).await;
        found.click().await.expect("it can be clicked");
    }

    /// Replaces what a field has.
    pub(crate) async fn write(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.expect("it is a field");
        field.send_keys(text).await.expect("it takes keys");
    }

    /// The JSON that an element shows.
    pub(crate) async fn json(&self, selector: &str) -> Value {
        let text = self.find(selector).await.text().await.expect("it has text");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let returned = self.client.execute(script, Vec::new()).await;
        returned.expect("the script runs")
    }

    pub(crate) async fn close(self) {
        self.client.close().await.expect("the browser ends");
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
    (process, format!("http://127.0.0.1:{port}"))
}

fn capabilities(profile: &TempDir, screen: Screen) -> Capabilities {
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
    let mut capabilities = Capabilities::new();
    capabilities.insert("browserName".to_owned(), json!("chrome"));
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    capabilities
}

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}
