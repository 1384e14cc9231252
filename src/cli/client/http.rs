//! [`Client`]: requests to the operator's door of a running process, over HTTP/1.1 on this machine.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::door::Door;
use super::lines::Lines;
use super::problem::Refusal;
use super::route::Route;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::gateway::{DoorsOptions, PrivateDoor};
use crate::runtime::Runtime;

/// How long the process may take for anything but a call, whose deadline is its own.
const PATIENCE: Duration = Duration::from_secs(30);
/// A longer answer is not one of ours.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Talks to the operator's door of a running process.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Client {
    application: &'static str,
    door: Door,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
    /// What stands behind the door, where this process opened it itself.
    colony: Option<Arc<Colony>>,
}

/// A door of this process to the processes of an application.
#[derive(Debug)]
struct Colony {
    _door: PrivateDoor,
    runtime: Runtime,
}

/// An answer, whole.
#[derive(Debug)]
pub(in crate::cli) struct Answer {
    pub(in crate::cli) status: u16,
    pub(in crate::cli) headers: HeaderMap,
    pub(in crate::cli) body: Bytes,
}

impl Client {
    /// The client of the process that runs with the session's configuration; nothing is sent yet.
    ///
    /// Where the application is split, or the session is no application's, there is no one process whose door that would be: then
    /// this process opens one itself, which leads to all of them over NATS.
    pub(in crate::cli) async fn find(session: &Session) -> Result<Self, Failure> {
        match session.is_spread()? {
            true => Self::of_colony(session).await,
            false => Self::of_process(session),
        }
    }

    /// The client of the one process that the session's configuration points to, if it runs; else, where the application is split or
    /// the session is no application's, of all its processes. Who names a `node` means these.
    pub(in crate::cli) async fn of_process_or_colony(
        session: &Session,
        node: Option<&str>,
    ) -> Result<Self, Failure> {
        if !session.is_spread()? {
            if node.is_some() {
                let application = session.application();
                let reason =
                    format!("{application} is one process here, without nodes: leave --node out");
                return Err(Failure::new(Exit::Usage, reason));
            }
            return Self::of_process(session);
        }
        if node.is_none()
            && !session.is_of_operator()
            && let Ok(client) = Self::of_process(session)
            && client.get::<Value>(&Route::of(&["process"])).await.is_ok()
        {
            return Ok(client);
        }
        Self::of_colony(session).await
    }

    /// The client of all processes of an application, over NATS.
    async fn of_colony(session: &Session) -> Result<Self, Failure> {
        let runtime = session.operate().await?;
        let options = DoorsOptions::new(session.application(), "");
        let opened = PrivateDoor::open(&runtime, options);
        let opened = opened.map_err(|error| Failure::new(Exit::from(&error), error.to_string()))?;
        let door = Door {
            url: opened.url.clone(),
            token: opened.token.clone(),
            pid: std::process::id(),
            file: PathBuf::new(),
        };
        Ok(Self {
            colony: Some(Arc::new(Colony {
                _door: opened,
                runtime,
            })),
            ..Self::new(session.application(), door)
        })
    }

    /// The client of one process: of the one whose admin file the session's configuration names.
    pub(in crate::cli) fn of_process(session: &Session) -> Result<Self, Failure> {
        Door::find(session).map(|door| Self::new(session.application(), door))
    }

    /// The client of a door.
    pub(in crate::cli) fn new(application: &'static str, door: Door) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(PATIENCE));
        Self {
            application,
            door,
            http: legacy::Client::builder(TokioExecutor::new()).build(connector),
            colony: None,
        }
    }

    /// Whether it talks to all processes of an application, and not to one.
    pub(in crate::cli) const fn is_of_colony(&self) -> bool {
        self.colony.is_some()
    }

    /// Lets the processes whose log was followed know that nobody follows any more: they would find out by themselves, later.
    pub(in crate::cli) async fn follow_no_more(&self) {
        if let Some(colony) = &self.colony {
            crate::observe::log::colony::leave(&colony.runtime).await;
        }
    }

    /// The door.
    pub(in crate::cli) const fn door(&self) -> &Door {
        &self.door
    }

    /// Reads something as a value.
    pub(in crate::cli) async fn get<T: DeserializeOwned>(
        &self,
        route: &Route,
    ) -> Result<T, Failure> {
        self.ask(Method::GET, route, None).await
    }

    /// Asks for something and reads the answer; a refusal is a failure.
    pub(in crate::cli) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        route: &Route,
        body: Option<&Value>,
    ) -> Result<T, Failure> {
        let answer = self.order(method, route, body).await?;
        self.read(&answer.body)
    }

    /// Asks for something to be done; a refusal is a failure.
    pub(in crate::cli) async fn order(
        &self,
        method: Method,
        route: &Route,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let body = body.map(|value| Bytes::from(value.to_string()));
        let sent = self.send(method, route, &[], body);
        let answer = tokio::time::timeout(PATIENCE, sent)
            .await
            .map_err(|_| self.silent())??;
        answer
            .granted()
            .map_err(|refusal| self.refused(&refusal.untraced()))
    }

    /// Sends a request and waits for its answer, whatever that says, as long as it takes.
    pub(in crate::cli) async fn send(
        &self,
        method: Method,
        route: &Route,
        headers: &[(HeaderName, String)],
        body: Option<Bytes>,
    ) -> Result<Answer, Failure> {
        let response = self.open(method, route, headers, body).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| self.broken(&error.to_string()))?;
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    /// Asks for a stream; a refusal is a failure.
    pub(in crate::cli) async fn stream(
        &self,
        route: &Route,
        headers: &[(HeaderName, String)],
    ) -> Result<Lines, Failure> {
        let opened = self.open(Method::GET, route, headers, None);
        let response = tokio::time::timeout(PATIENCE, opened)
            .await
            .map_err(|_| self.silent())??;
        if response.status().is_success() {
            return Ok(Lines::of(response.into_body()));
        }
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await;
        let body = body.map_err(|error| self.broken(&error.to_string()))?;
        Err(self.refused(&Refusal::read(status, &body.to_bytes(), None)))
    }

    /// Reads an answer's body as what the command expects.
    pub(in crate::cli) fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(body).map_err(|error| self.garbled(&error.to_string()))
    }

    /// The failure of a command that got an answer it does not understand.
    pub(in crate::cli) fn garbled(&self, reason: &str) -> Failure {
        let Door { url, pid, .. } = &self.door;
        Failure::new(
            Exit::Protocol,
            format!(
                "process {pid} at {url} answered something that this {} does not understand: {reason}\nis the one that runs of the same version?",
                self.application
            ),
        )
    }

    /// The failure of a command that was refused.
    pub(in crate::cli) fn refused(&self, refusal: &Refusal) -> Failure {
        if refusal.status != 401 {
            return refusal.failure();
        }
        let Door { url, pid, file, .. } = &self.door;
        let file = file.display();
        Failure::new(
            Exit::NoPermission,
            format!(
                "whoever answers at {url} does not take the token of {file}: process {pid}, which wrote it, may have ended and another have taken its port\nstart {} again, or point to the folder of the one that runs with --data or -c",
                self.application
            ),
        )
    }

    async fn open(
        &self,
        method: Method,
        route: &Route,
        headers: &[(HeaderName, String)],
        body: Option<Bytes>,
    ) -> Result<Response<Incoming>, Failure> {
        let uri = format!("{}{}", self.door.url.trim_end_matches('/'), route.as_str());
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, format!("Bearer {}", self.door.token));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(body.unwrap_or_default()));
        let request = request.map_err(|error| self.unsendable(&error.to_string()))?;
        self.http.request(request).await.map_err(|error| {
            if error.is_connect() {
                return self.stale();
            }
            let mut reason = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                reason = cause.to_string();
                source = cause.source();
            }
            self.broken(&reason)
        })
    }

    /// Nobody listens where the file says.
    fn stale(&self) -> Failure {
        let Door { url, pid, file, .. } = &self.door;
        let (application, file) = (self.application, file.display());
        Failure::new(
            Exit::Unavailable,
            format!(
                "{application} is not running: nobody answers at {url}, and process {pid} left {file} behind\nstart it with `{application} run`, which replaces the file"
            ),
        )
    }

    fn broken(&self, reason: &str) -> Failure {
        let Door { url, pid, .. } = &self.door;
        Failure::new(
            Exit::Unavailable,
            format!(
                "the connection to process {pid} at {url} broke before the answer was whole: {reason}"
            ),
        )
    }

    fn silent(&self) -> Failure {
        let Door { url, pid, .. } = &self.door;
        Failure::new(
            Exit::Busy,
            format!(
                "process {pid} at {url} did not answer within {} s",
                PATIENCE.as_secs()
            ),
        )
    }

    /// A part of the request that HTTP cannot carry: the address of the file, or a header of the command line.
    fn unsendable(&self, reason: &str) -> Failure {
        let file = self.door.file.display();
        Failure::new(
            Exit::Usage,
            format!(
                "the request cannot be put into HTTP: {reason}\nlook at what was given on the command line, and at `url` and `token` in {file}"
            ),
        )
    }
}

impl Answer {
    /// Itself when it grants what was asked, else the refusal.
    pub(in crate::cli) fn granted(self) -> Result<Self, Box<Refusal>> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let trace = self.trace();
        Err(Box::new(Refusal::read(self.status, &self.body, trace)))
    }

    /// The trace it belongs to, if the process says so.
    pub(in crate::cli) fn trace(&self) -> Option<String> {
        let value = self.headers.get("x-trace-id")?;
        value.to_str().ok().map(str::to_owned)
    }
}
