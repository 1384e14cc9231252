//! [`Logs`]: the log of this process.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use super::colony;
use super::filter::LogFilter;
use super::follow::Follow;
use super::layer::{InForce, QUIET, Recorder};
use super::level::threshold;
use super::levels::{LevelChange, LevelInForce, Levels};
use super::output::Output;
use super::recent::Recent;
use super::record::LogRecord;
use crate::call::Clock;
use crate::config::{LogLevel, LogSettings};
use crate::runtime::Runtime;

/// The environment variable that wins over `[log] level`.
const VARIABLE: &str = "RUST_LOG";

static OF_THIS_PROCESS: OnceLock<Logs> = OnceLock::new();

/// The log of a process: levels that can change, the last records, and whoever follows it. Cheap to clone; all clones are
/// the same log.
///
/// A program calls [`Logs::begin`]. One that has a tracing subscriber of its own makes a [`Logs::new`] and adds its
/// [`layer`](Self::layer) to that.
#[derive(Debug, Clone)]
pub struct Logs {
    journal: Arc<Journal>,
    /// Directives for all that has no level of its own.
    directives: Arc<str>,
    level: LogLevel,
}

/// Where records go.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) levels: Arc<Levels>,
    recent: Recent,
    output: Output,
}

impl Journal {
    pub(super) fn keep(&self, record: LogRecord) {
        self.output.write(&record);
        self.recent.add(record);
    }
}

impl Logs {
    /// Begins to log to the standard error stream: from now on what this process logs through `tracing` or `log` goes here.
    /// `RUST_LOG` wins over the configured level.
    ///
    /// A process has one log: a second call returns the first one's. In a process that has a subscriber already, it works, but
    /// gets no records.
    #[must_use]
    pub fn begin(settings: &LogSettings) -> Self {
        let begun = OF_THIS_PROCESS.get_or_init(|| {
            let logs = Self::new(settings);
            if Registry::default().with(logs.layer()).try_init().is_ok() {
                logs.rebuild();
                logs.warn_of_variable();
            }
            logs
        });
        begun.clone()
    }

    fn warn_of_variable(&self) {
        let wanted = std::env::var(VARIABLE).unwrap_or_default();
        if let Err(error) = EnvFilter::try_new(wanted) {
            tracing::warn!(%error, "{VARIABLE} cannot be read, so [log] level holds");
        }
    }

    /// A log that gets records from wherever its [`layer`](Self::layer) is added.
    #[must_use]
    pub fn new(settings: &LogSettings) -> Self {
        let wanted = std::env::var(VARIABLE).ok();
        let wanted = wanted.filter(|text| !text.trim().is_empty());
        Self::writing(settings, wanted.as_deref(), Output::stderr(settings.format))
    }

    pub(super) fn writing(settings: &LogSettings, wanted: Option<&str>, output: Output) -> Self {
        let readable = wanted.filter(|text| EnvFilter::try_new(text).is_ok());
        let directives = readable.map_or_else(|| directives(settings.level), str::to_owned);
        let num_recent = usize::try_from(settings.recent).unwrap_or(usize::MAX);
        Self {
            journal: Arc::new(Journal {
                levels: Arc::new(Levels::new(&settings.capabilities)),
                recent: Recent::new(num_recent),
                output,
            }),
            directives: directives.into(),
            level: settings.level,
        }
    }

    /// What feeds this log, to be added to a tracing subscriber. Once: added twice, every record comes twice.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let in_force = InForce {
            journal: Arc::clone(&self.journal),
            base: EnvFilter::new(&*self.directives),
        };
        Recorder(Arc::clone(&self.journal)).with_filter(in_force)
    }

    /// Lets timed levels end when they are due, by the clock of this runtime and as long as it runs. One that was set before
    /// ends now.
    ///
    /// Where the runtime is joined with others, operators may read this log and change its levels over the network from now on.
    pub fn attend(&self, runtime: &Runtime) {
        runtime.spawn(self.keep_time(runtime.clock().clone()));
        colony::answer(self, runtime);
    }

    pub(super) fn keep_time(&self, clock: Clock) -> impl Future<Output = ()> + Send + 'static {
        let logs = self.clone();
        Arc::clone(&self.journal.levels).keep_time(clock, move || logs.rebuild())
    }

    /// Gives a capability a level of its own, also a more talkative one than that for all; for a while, or until it is changed.
    ///
    /// A level for a while lies on top of what holds without it, and only one does: setting another replaces it, and what
    /// then comes back is what was before the first. Whoever takes a name from a person checks it first, against
    /// [`Runtime::capabilities`]: any name is taken.
    pub fn set_level(
        &self,
        capability: &str,
        level: LogLevel,
        lasting: Option<Duration>,
    ) -> LevelChange {
        let change = self.journal.levels.set(capability, level, lasting);
        self.rebuild();
        change
    }

    /// Takes back a level for a while if there is one, else the one that was set to last: exactly what was before holds again.
    pub fn restore(&self, capability: &str) -> LevelChange {
        let change = self.journal.levels.restore(capability);
        self.rebuild();
        change
    }

    /// The configured level for all first, then those of single capabilities by name.
    #[must_use]
    pub fn levels(&self) -> Vec<LevelInForce> {
        let for_all = LevelInForce {
            capability: None,
            level: self.level,
            until: None,
        };
        let mut levels = vec![for_all];
        levels.extend(self.journal.levels.list());
        levels
    }

    /// The last records that match and are still kept (`[log] recent`), oldest first, so many at most.
    #[must_use]
    pub fn recent(&self, filter: &LogFilter, num_max: usize) -> Vec<Arc<LogRecord>> {
        self.journal.recent.last(filter, num_max)
    }

    /// The last records that match, so many at most, and then what comes. Who does not keep up misses some and is told how
    /// many; nobody who logs waits.
    #[must_use]
    pub fn follow(&self, filter: LogFilter, num_recent: usize) -> Follow {
        self.journal.recent.follow(filter, num_recent)
    }

    /// How many follow it now, near and far.
    #[must_use]
    pub fn num_followers(&self) -> usize {
        self.journal.recent.num_followers()
    }

    /// Lets tracing ask again which of its events are wanted, and `log` too.
    fn rebuild(&self) {
        tracing::callsite::rebuild_interest_cache();
        let own = self.journal.levels.own().most().map(threshold);
        let for_all = EnvFilter::new(&*self.directives).max_level_hint();
        log::set_max_level(as_log(own.max(for_all)));
    }
}

fn as_log(level: Option<tracing::level_filters::LevelFilter>) -> log::LevelFilter {
    match level.and_then(tracing::level_filters::LevelFilter::into_level) {
        None => log::LevelFilter::Off,
        Some(tracing::Level::ERROR) => log::LevelFilter::Error,
        Some(tracing::Level::WARN) => log::LevelFilter::Warn,
        Some(tracing::Level::INFO) => log::LevelFilter::Info,
        Some(tracing::Level::DEBUG) => log::LevelFilter::Debug,
        Some(tracing::Level::TRACE) => log::LevelFilter::Trace,
    }
}

/// The application's own level; its libraries only speak when something is wrong.
fn directives(level: LogLevel) -> String {
    let for_all = threshold(level);
    let quiet = threshold(level.min(LogLevel::Warn));
    let libraries = QUIET.iter().map(|library| format!(",{library}={quiet}"));
    std::iter::once(for_all.to_string())
        .chain(libraries)
        .collect()
}
