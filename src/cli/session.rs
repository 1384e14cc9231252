//! [`Session`]: what a command works with – the application's capabilities and configuration, terminal and signals.

use std::fmt;
use std::future::Future;
use std::io::Write;

use super::exit::Exit;
use super::logging;
use crate::config::{Config, LogSettings, Sources};
use crate::gateway::{Doors, Identity};
use crate::runtime::{Builder, Runtime, RuntimeError};

/// What a command works with.
pub struct Session {
    name: &'static str,
    version: &'static str,
    capabilities: Vec<fn(Builder) -> Builder>,
    sources: Sources,
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
        }
    }

    /// The application's name.
    #[must_use]
    pub const fn application(&self) -> &'static str {
        self.name
    }

    /// Whose doors are opened.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            application: self.name.to_owned(),
            version: self.version.to_owned(),
        }
    }

    fn builder(&self) -> Builder {
        let builder = Runtime::builder()
            .application(self.name)
            .sources(self.sources.clone());
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
        self.builder()
            .config()
            .map_err(|error| self.explain(&error))
    }

    /// Begins to log as configured, and starts the application.
    ///
    /// # Errors
    ///
    /// How to end; what is wrong has been printed.
    pub async fn start(&self) -> Result<Runtime, Exit> {
        let config = self.config()?;
        let log: LogSettings = config
            .section("log")
            .map_err(|problems| self.explain(&RuntimeError::Config(problems)))?;
        logging::begin(&log);
        self.builder()
            .start()
            .await
            .map_err(|error| self.explain(&error))
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

    /// Ends when the process is asked to end: Ctrl-C, or SIGTERM where there is such a thing.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn interrupted(&self) {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminate) = signal(SignalKind::terminate()) {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
                return;
            }
        }
        let _ = tokio::signal::ctrl_c().await;
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
