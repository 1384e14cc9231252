//! Where settings come from: the application itself, a file, the environment, flags.

use std::ffi::OsString;
use std::path::PathBuf;

use super::spelling::shouted;

/// The sources of a configuration, from the weakest to the strongest: the application's presets, file, environment, flags.
///
/// ```
/// use skep::config::Sources;
///
/// let sources = Sources::of("hotel")
///     .preset("gateway.expose", "[\"search\"]")
///     .file("config/monolith.toml")
///     .env(std::env::vars_os())
///     .ignore_env(["HOTEL_CONFIG"])
///     .set("store.path=./elsewhere")
///     .flag("log.level", "debug", "--verbose");
/// # drop(sources);
/// ```
#[derive(Clone)]
pub struct Sources {
    pub(super) application: String,
    pub(super) prefix: String,
    pub(super) presets: Vec<Preset>,
    pub(super) file: Option<PathBuf>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) ignored: Vec<String>,
    pub(super) flags: Vec<Flag>,
}

/// A default of the application's own.
#[derive(Clone)]
pub(super) struct Preset {
    pub(super) key: String,
    pub(super) value: String,
}

/// One flag of the command line.
#[derive(Clone)]
pub(super) enum Flag {
    /// `--set key=value`, not yet taken apart.
    Set { pair: String },
    /// A flag of its own, which the caller maps to a key.
    Named {
        key: String,
        value: String,
        flag: String,
    },
}

impl Sources {
    /// No source yet; the application's name in capitals is the prefix of its environment variables.
    pub fn of(application: &str) -> Self {
        Self {
            application: application.to_owned(),
            prefix: shouted(application),
            presets: Vec::new(),
            file: None,
            env: Vec::new(),
            ignored: Vec::new(),
            flags: Vec::new(),
        }
    }

    /// A default of the application's own, which every other source may change. It takes the place of the built-in default;
    /// listings name the application as its origin. The value is written as in a `--set`.
    #[must_use]
    pub fn preset(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.presets.push(Preset {
            key: key.into(),
            value: value.into(),
        });
        self
    }

    /// The configuration file. It has to exist; an empty one is fine.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// The environment, as `std::env::vars_os()` gives it; variables without the prefix are passed by.
    ///
    /// `HOTEL_STORE__PATH` sets `store.path`: the prefix, one underscore, then the path of the key in capitals with
    /// two underscores between its levels and one in the place of a dash.
    #[must_use]
    pub fn env<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env.extend(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        self
    }

    /// Variables with the prefix that are no settings, by name; a `*` at the end stands for anything.
    ///
    /// A cluster that injects `HOTEL_SERVICE_HOST` for a service named `hotel` is the usual reason.
    #[must_use]
    pub fn ignore_env<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.ignored.extend(names.into_iter().map(Into::into));
        self
    }

    /// A `--set key=value` of the command line.
    #[must_use]
    pub fn set(mut self, pair: impl Into<String>) -> Self {
        self.flags.push(Flag::Set { pair: pair.into() });
        self
    }

    /// A flag that stands for a key, such as `--store ./x` for `store.path`; `flag` is what errors and listings name.
    #[must_use]
    pub fn flag(
        mut self,
        key: impl Into<String>,
        value: impl Into<String>,
        flag: impl Into<String>,
    ) -> Self {
        self.flags.push(Flag::Named {
            key: key.into(),
            value: value.into(),
            flag: flag.into(),
        });
        self
    }

    pub(super) fn ignores(&self, variable: &str) -> bool {
        self.ignored
            .iter()
            .any(|ignored| match ignored.strip_suffix('*') {
                Some(start) => variable.starts_with(start),
                None => variable == ignored,
            })
    }
}

impl std::fmt::Debug for Sources {
    /// Names the sources without their values: the environment is full of other people's secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources")
            .field("prefix", &self.prefix)
            .field("presets", &self.presets.len())
            .field("file", &self.file)
            .field("variables", &self.env.len())
            .field("flags", &self.flags.len())
            .finish_non_exhaustive()
    }
}
