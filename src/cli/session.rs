//! [`Session`]: what a command works with – the application's capabilities and configuration, terminal and signals.

use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use parking_lot::Mutex;

use super::exit::Exit;
use super::failure::Failure;
use super::leash::{Leash, Ready};
use super::spans::Spans;
use crate::config::{Config, LogSettings, NatsSettings, Sources};
use crate::contract::Description;
use crate::gateway::{Doors, DoorsOptions};
use crate::observe::log::Logs;
use crate::placement::{Part, Topology};
use crate::runtime::{Builder, Runtime, RuntimeError};

/// What a command works with.
pub struct Session {
    name: &'static str,
    version: &'static str,
    capabilities: Vec<fn(Builder) -> Builder>,
    sources: Sources,
    /// The node that this process is, and the number of its replica.
    node: Option<(String, u16)>,
    /// Whether this process is to be all of the application.
    is_whole: bool,
    /// Whether this process knows no application.
    is_operator: bool,
    definition: clap::Command,
    colour: Colour,
    spans: Spans,
    logs: OnceLock<Logs>,
    /// What ties it to the `up` that started it.
    leash: Mutex<Option<Leash>>,
}

/// Whether the environment allows colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Colour {
    /// On a terminal.
    #[default]
    Allowed,
    /// Nowhere: `NO_COLOR` is set, or the terminal knows none.
    Refused,
}

impl Colour {
    /// What this environment says; see <https://no-color.org>.
    pub(super) fn of(environment: &[(OsString, OsString)]) -> Self {
        let refuses = |(name, value): &(OsString, OsString)| {
            (name == "NO_COLOR" && !value.is_empty()) || (name == "TERM" && value == "dumb")
        };
        if environment.iter().any(refuses) {
            Self::Refused
        } else {
            Self::Allowed
        }
    }
}

impl Session {
    pub(super) fn new(
        name: &'static str,
        version: &'static str,
        capabilities: Vec<fn(Builder) -> Builder>,
        sources: Sources,
    ) -> Self {
        Self {
            name,
            version,
            capabilities,
            sources,
            node: None,
            is_whole: false,
            is_operator: false,
            logs: OnceLock::new(),
            leash: Mutex::new(None),
            definition: clap::Command::new(name),
            colour: Colour::default(),
            spans: Spans::default(),
        }
    }

    /// The same with the whole command line, for whatever tells of it.
    #[must_use]
    pub(super) fn with_definition(mut self, definition: clap::Command) -> Self {
        self.definition = definition;
        self
    }

    /// The same with what the environment says of colour.
    #[must_use]
    pub(super) fn with_colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// The same, tied to the `up` that started this process, if one did.
    #[must_use]
    pub(super) fn with_leash(self, leash: Option<Leash>) -> Self {
        *self.leash.lock() = leash;
        self
    }

    /// Tells the `up` that started this process, if one did, that it is ready; `pid` does the work.
    pub(super) fn ready(&self, pid: u32, api: Option<String>) {
        if let Some(leash) = &*self.leash.lock()
            && let Err(error) = leash.say(&Ready { pid, api })
        {
            self.note(&format!(
                "`up` cannot be told that this process is ready: {error}"
            ));
        }
    }

    /// Ends when `up` lets go of this process, or has ended; the first time only, and never where no `up` started it.
    fn let_go(&self) -> impl Future<Output = ()> + Send + use<> {
        let cut = self.leash.lock().as_mut().and_then(Leash::take);
        async move {
            match cut {
                Some(cut) => drop(cut.await),
                None => std::future::pending().await,
            }
        }
    }

    /// The same as all of the application.
    #[must_use]
    pub(super) const fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    /// The same as one node of the application.
    #[must_use]
    pub(super) fn with_node(mut self, name: String, replica: u16) -> Self {
        self.node = Some((name, replica));
        self
    }

    /// The whole command line.
    pub(super) const fn definition(&self) -> &clap::Command {
        &self.definition
    }

    /// Whether what is printed may have colour.
    pub(super) fn has_colour(&self) -> bool {
        self.may_colour() && std::io::stdout().is_terminal()
    }

    /// Whether the environment allows colour where a person reads.
    pub(super) fn may_colour(&self) -> bool {
        self.colour == Colour::Allowed
    }

    /// Whether a person reads the notes.
    pub(super) fn is_watched(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// The application's name.
    #[must_use]
    pub const fn application(&self) -> &'static str {
        self.name
    }

    /// Whose doors are opened, with the log that is written since [`start`](Self::start).
    pub(super) fn doors(&self) -> DoorsOptions {
        let options = DoorsOptions::new(self.name, self.version);
        match self.logs.get() {
            Some(logs) => options.logs(logs.clone()),
            None => options,
        }
    }

    fn builder(&self) -> Builder {
        let builder = Runtime::builder()
            .application(self.name)
            .sources(self.sources.clone());
        let builder = match (&self.node, self.is_whole) {
            (Some((name, replica)), _) => builder.node(name, *replica),
            (None, true) => builder,
            // Whoever only looks or calls is no node, and may do so where the application is split.
            (None, false) => builder.client(),
        };
        self.capabilities
            .iter()
            .fold(builder, |builder, with| with(builder))
    }

    /// Reads and checks the configuration.
    ///
    /// # Errors
    ///
    /// How to end; every mistake has been printed.
    pub fn config(&self) -> Result<Config, Exit> {
        self.read_config().map_err(|error| self.explain(&error))
    }

    /// Reads and checks the configuration without a word.
    pub(super) fn read_config(&self) -> Result<Config, RuntimeError> {
        self.builder().config()
    }

    /// Which node hosts what, and the capabilities that are hosted.
    ///
    /// # Errors
    ///
    /// How to end; every mistake has been printed.
    pub(super) fn topology(&self, config: &Config) -> Result<(Topology, Vec<Part>), Exit> {
        let builder = self.builder();
        let parts = builder
            .parts(config)
            .map_err(|error| self.explain(&error))?;
        let topology = Topology::read(self.name, config, &parts);
        let topology = topology.map_err(|problems| self.explain(&problems.into()))?;
        Ok((topology, parts))
    }

    /// Begins to log as configured, and starts the application; where the configuration splits it, this process hosts nothing of
    /// it, and calls its nodes.
    ///
    /// # Errors
    ///
    /// How to end; what is wrong has been printed.
    pub async fn start(&self) -> Result<Runtime, Exit> {
        let config = self.config()?;
        let log: LogSettings = config
            .section("log")
            .map_err(|problems| self.explain(&RuntimeError::Config(problems)))?;
        let logs = self.logs.get_or_init(|| Logs::begin(&log));
        let started = self.builder().start().await;
        let runtime = started.map_err(|error| self.explain(&error))?;
        logs.attend(&runtime);
        if let Err((exit, reason)) = self.spans.begin(&runtime, self.name, self.version) {
            runtime.stop().await;
            return Err(self.fail(exit, &reason));
        }
        Ok(runtime)
    }

    /// The same for an operator, who has no application's code.
    #[must_use]
    pub(super) const fn of_operator(mut self) -> Self {
        self.is_operator = true;
        self
    }

    /// Whether it is no application's, and knows one by its nats-server alone.
    pub(super) const fn is_of_operator(&self) -> bool {
        self.is_operator
    }

    /// Whether what the commands talk to is more than one process, or one that is known by its nats-server alone.
    pub(super) fn is_spread(&self) -> Result<bool, Failure> {
        if self.is_operator {
            return Ok(true);
        }
        let config = self.config()?;
        Ok(self.topology(&config)?.0.is_split())
    }

    /// The same at another nats-server.
    #[must_use]
    pub(super) fn at(mut self, url: &str) -> Self {
        self.sources = self
            .sources
            .flag("nats.servers", format!("[{url:?}]"), "--against");
        self
    }

    /// The contract of this name, if a capability of the application has or calls it.
    pub(super) fn contract(&self, name: &str) -> Option<Description> {
        self.builder().contract(name)
    }

    /// Looks on at the processes of the application, over NATS.
    pub(super) async fn operate(&self) -> Result<Runtime, Failure> {
        let mut sources = self.sources.clone();
        if !self.is_operator {
            let settings = self.config()?.section::<NatsSettings>("nats");
            let settings = settings
                .map_err(|problems| Failure::Told(self.explain(&RuntimeError::Config(problems))))?;
            let namespace = settings.namespace_of(self.name);
            sources = sources.flag("nats.namespace", namespace, "the application's name");
        }
        let sources = sources.flag("runtime.arbiters", "1", "an operator's command");
        let builder = self.builder().sources(sources).operator();
        builder
            .start()
            .await
            .map_err(|error| Failure::Told(self.explain(&error)))
    }

    fn explain(&self, error: &RuntimeError) -> Exit {
        let text = error.to_string();
        let code = match error {
            RuntimeError::Config(problems) => problems.codes().first().copied(),
            RuntimeError::Store(error) => Some(error.code()),
            _ => None,
        };
        let text = match error {
            RuntimeError::Config(_) => text,
            _ => code.map_or_else(
                || format!("error: {text}"),
                |code| format!("error[{code}]: {text}"),
            ),
        };
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "{text}");
        if let Some(code) = code {
            let _ = writeln!(stderr, "for more about it: {} explain {code}", self.name);
        }
        Exit::from(error)
    }

    /// Prints an error and says how to end.
    pub fn fail(&self, exit: Exit, message: &str) -> Exit {
        let _ = writeln!(std::io::stderr().lock(), "error: {message}");
        exit
    }

    /// Prints a line; a closed pipe is no fault.
    pub fn say(&self, line: &str) {
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// Prints a line for people, beside the output: on the standard error stream.
    pub fn note(&self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Ends when the process is asked to end: Ctrl-C, SIGTERM where there is such a thing, or, the first time that this is
    /// called, the end of the `up` that started it. From this call on – not from the
    /// first poll – such a signal does not end the process by itself any more.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    #[cfg(unix)]
    pub fn interrupted(&self) -> impl Future<Output = ()> + Send + use<> {
        use tokio::signal::unix::{Signal, SignalKind, signal};
        async fn come(signal: Option<Signal>) {
            match signal {
                Some(mut signal) => {
                    signal.recv().await;
                }
                // It cannot be caught, and does what it does by itself.
                None => std::future::pending().await,
            }
        }
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()];
        let (interrupt, terminate) = (signal(interrupt).ok(), signal(terminate).ok());
        let let_go = self.let_go();
        async move {
            tokio::select! {
                () = let_go => {}
                () = come(interrupt) => {}
                () = come(terminate) => {}
            }
        }
    }

    /// Ends when the process is asked to end: by Ctrl-C, or, the first time that this is called, the end of the `up` that
    /// started it.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    #[cfg(not(unix))]
    pub fn interrupted(&self) -> impl Future<Output = ()> + Send + use<> {
        let let_go = self.let_go();
        async move {
            tokio::select! {
                () = let_go => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
    }

    /// Stops the application: what was accepted is finished. A second Ctrl-C ends the process at once.
    pub async fn stop(&self, runtime: &Runtime) -> Exit {
        self.finish(runtime.stop()).await
    }

    /// As [`stop`](Self::stop), but nobody is let in any more before.
    pub(super) async fn stop_all(&self, doors: &Doors, runtime: &Runtime) -> Exit {
        let stopping = async {
            doors.close().await;
            runtime.stop().await;
        };
        self.finish(stopping).await
    }

    async fn finish(&self, stopping: impl Future<Output = ()>) -> Exit {
        let stopping = async {
            stopping.await;
            self.spans.end().await;
        };
        tokio::select! {
            () = stopping => Exit::Success,
            () = self.interrupted() => {
                self.note("interrupted again: ending at once, what was acknowledged is safe");
                Exit::Interrupted
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("application", &self.name)
            .finish_non_exhaustive()
    }
}
