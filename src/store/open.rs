//! Opens a store's directory, or refuses it with a reason and leaves it byte for byte as it was.
//!
//! ```text
//! <path>/skep.lock    held by the one process that has the store open
//! <path>/skep.json    application, format version, engine
//! <path>/skep.seq     how far commits were acknowledged
//! <path>/<engine>/    the engine's files
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::compact;
use super::error::Error;
use super::header::Header;
use super::lock::Lock;
use super::port::Store;
use super::residents;

/// The format of stores that this build writes, and the only one it reads.
pub const FORMAT_VERSION: u32 = 1;

/// Which engine keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// sled 0.34.7, the default.
    #[default]
    Sled,
    /// fjall 3: several times the throughput, and younger.
    Fjall,
}

impl Engine {
    /// The name in configuration, header and directory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Fjall => "fjall",
        }
    }
}

/// What it takes to open a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// The store's directory; created, with its parents, when it is not there.
    pub path: PathBuf,
    /// The engine; default sled. A store keeps the engine it was created with.
    pub engine: Engine,
    /// The application the store belongs to; written at creation, held against it ever after.
    pub application: String,
    /// The engine's read cache in bytes; default 64 MiB. sled exceeds it at times.
    pub cache_bytes: u64,
}

impl OpenOptions {
    /// The default options for the store of `application` in `path`.
    pub fn new(path: impl Into<PathBuf>, application: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            engine: Engine::default(),
            application: application.into(),
            cache_bytes: 64 * 1024 * 1024,
        }
    }

    /// The same with another engine.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }
}

/// Whose store a directory holds, from its header alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The application that created it.
    pub application: String,
    /// The engine that keeps it, by its name.
    pub engine: String,
    /// The format of the store.
    pub format_version: u32,
    /// When it was created, in seconds since 1970.
    pub created: u64,
}

/// Tells whose store a directory holds, without opening it; `None` when it holds none.
///
/// # Errors
///
/// [`Error::Header`] when the header is damaged, [`Error::Io`] when it cannot be read.
pub fn identify(path: &Path) -> Result<Option<Identity>, Error> {
    let header = Header::read(path)?;
    Ok(header.map(|header| Identity {
        application: header.application,
        engine: header.engine,
        format_version: header.format_version,
        created: header.created,
    }))
}

/// Opens a store, creating it when the directory is empty or missing. It stays locked until the last
/// clone of the result is dropped.
///
/// # Errors
///
/// In the order of the checks: [`Error::NoEngine`], [`Error::Unwritable`], [`Error::NotAStore`],
/// [`Error::Header`], [`Error::OtherFormat`], [`Error::OtherApplication`], [`Error::OtherEngine`],
/// [`Error::Locked`] (none of these changes anything), then [`Error::EngineFiles`],
/// [`Error::LostCommits`], [`Error::DiskFull`], [`Error::Io`] and [`Error::Engine`].
pub fn open(options: &OpenOptions) -> Result<Arc<dyn Store>, Error> {
    let path = options.path.as_path();
    require_engine(options.engine)?;
    make_directory(path)?;
    // Looked at before the lock, so that a refused directory does not even get a lock file.
    check_directory(options)?;
    let mut lock = Lock::take(path)?;
    let known = check_directory(options)?;
    lock.sign(path)?;
    if known.is_none() {
        residents::begin(path)?;
        Header::new(&options.application, FORMAT_VERSION, options.engine.name()).write(path)?;
    }
    compact::finish(path, options.engine.name())?;
    let store = open_engine(options, lock)?;
    // Makes the names of new files durable, not only their bytes.
    sync_directory(&path.join(options.engine.name()))?;
    sync_directory(path)?;
    Ok(store)
}

fn require_engine(engine: Engine) -> Result<(), Error> {
    let is_built = match engine {
        Engine::Sled => cfg!(feature = "sled"),
        Engine::Fjall => cfg!(feature = "fjall"),
    };
    if is_built {
        Ok(())
    } else {
        Err(Error::NoEngine {
            engine: engine.name(),
        })
    }
}

fn make_directory(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::Unwritable {
        path: path.to_owned(),
        source,
    })
}

/// The header of an existing store that fits, `None` for an empty directory, else the reason to refuse.
fn check_directory(options: &OpenOptions) -> Result<Option<Header>, Error> {
    let path = options.path.as_path();
    match Header::read(path)? {
        Some(header) => check_header(options, &header).map(|()| Some(header)),
        // Its nodes keep their stores in folders of their own in it.
        None if has_stores(path, &options.application)? => Ok(None),
        None => check_empty(path).map(|()| None),
    }
}

fn check_header(options: &OpenOptions, header: &Header) -> Result<(), Error> {
    let path = options.path.clone();
    // The format first: a newer one may give the other fields another meaning.
    if header.format_version != FORMAT_VERSION {
        return Err(Error::OtherFormat {
            path,
            found: header.format_version,
            supported: FORMAT_VERSION,
        });
    }
    if header.application != options.application {
        let (found, expected) = (header.application.clone(), options.application.clone());
        return Err(Error::OtherApplication {
            path,
            found,
            expected,
        });
    }
    if header.engine != options.engine.name() {
        let (found, expected) = (header.engine.clone(), options.engine.name().to_owned());
        return Err(Error::OtherEngine {
            path,
            found,
            expected,
        });
    }
    Ok(())
}

/// Whether a folder in it holds a store of this application.
fn has_stores(path: &Path, application: &str) -> Result<bool, Error> {
    for folder in residents::folders(path).into_iter().skip(1) {
        if Header::read(&folder)?.is_some_and(|header| header.application == application) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What there can be in a directory before its header.
const LEFT_BEHIND: [&str; 4] = [
    "skep.lock",
    "skep.json.tmp",
    "skep.residents",
    "skep.residents.tmp",
];

/// Allows what a process leaves behind that was killed while it created the store.
fn check_empty(path: &Path) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable {
        path: path.to_owned(),
        source,
    };
    for entry in fs::read_dir(path).map_err(unwritable)? {
        let name = entry.map_err(unwritable)?.file_name();
        let is_ours = LEFT_BEHIND.iter().any(|left| name == *left);
        if !is_ours {
            let found = name.to_string_lossy().into_owned();
            return Err(Error::NotAStore {
                path: path.to_owned(),
                found,
            });
        }
    }
    Ok(())
}

fn open_engine(options: &OpenOptions, lock: Lock) -> Result<Arc<dyn Store>, Error> {
    match options.engine {
        #[cfg(feature = "sled")]
        Engine::Sled => {
            use super::sled_engine::{Sled, is_busy};
            let directory = make_engine_directory(options)?;
            let raw = wait_while(is_busy, || Sled::open(&directory, options.cache_bytes))?;
            Ok(Arc::new(super::durable::Durable::open(
                raw,
                &options.path,
                lock,
            )?))
        }
        #[cfg(feature = "fjall")]
        Engine::Fjall => {
            use super::fjall_engine::{Fjall, is_busy};
            let directory = make_engine_directory(options)?;
            let raw = wait_while(is_busy, || Fjall::open(&directory, options.cache_bytes))?;
            Ok(Arc::new(super::durable::Durable::open(
                raw,
                &options.path,
                lock,
            )?))
        }
        #[cfg(not(all(feature = "sled", feature = "fjall")))]
        absent => {
            drop(lock);
            Err(Error::NoEngine {
                engine: absent.name(),
            })
        }
    }
}

#[cfg(any(feature = "sled", feature = "fjall"))]
fn make_engine_directory(options: &OpenOptions) -> Result<PathBuf, Error> {
    let directory = options.path.join(options.engine.name());
    match fs::create_dir_all(&directory) {
        Ok(()) => Ok(directory),
        Err(source) => Err(Error::io("create", &directory, source)),
    }
}

/// Both engines let go of their files a little after they are dropped, from threads of their own. Since
/// we hold the store's lock, nobody else can be at them: wait, 5 seconds at most.
#[cfg(any(feature = "sled", feature = "fjall"))]
#[expect(
    clippy::disallowed_methods,
    reason = "the engines say nothing when they let go; opening again is the only way to ask"
)]
fn wait_while<T>(
    is_busy: fn(&Error) -> bool,
    open: impl Fn() -> Result<T, Error>,
) -> Result<T, Error> {
    let mut result = open();
    for _ in 0..100 {
        match &result {
            Err(error) if is_busy(error) => {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            _ => return result,
        }
        result = open();
    }
    result
}

pub(super) fn sync_directory(path: &Path) -> Result<(), Error> {
    let synced = fs::File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|source| Error::io("sync", path, source))
}
