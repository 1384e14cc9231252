//! [`Doors`]: opens the application's API and the operator's door of a runtime, and closes them.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::admin::{AdminFile, Desk, Notice, Process, Taken, Token};
use super::api::{Front, Site};
use super::bodies::Bodies;
use super::call::Calls;
use super::cors::Cors;
use super::error::DoorError;
use super::exposure::Exposure;
use super::limits::RateLimit;
use super::listen;
use super::server::{AdminDoor, ApiDoor, Patience, Serving};
use super::streams::Closing;
use crate::config::{AdminSettings, GatewaySettings, Origin, RuntimeSettings, StoreSettings};
use crate::observe::log::Logs;
use crate::observe::metrics::Metrics;
use crate::runtime::Runtime;

/// The longest deadline that an operator may ask for.
const ADMIN_DEADLINE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose doors they are, and what is seen through them besides the runtime.
#[derive(Debug, Clone)]
pub struct DoorsOptions {
    application: String,
    version: String,
    logs: Option<Logs>,
}

impl DoorsOptions {
    /// Doors of an application; its version may be empty.
    #[must_use]
    pub fn new(application: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            application: application.into(),
            version: version.into(),
            logs: None,
        }
    }

    /// The log that operators may read, and whose levels they may change. Default: none.
    #[must_use]
    pub fn logs(mut self, logs: Logs) -> Self {
        self.logs = Some(logs);
        self
    }
}

/// The open doors of a runtime: the application's API (`[gateway]`), and the operator's (`[admin]`).
///
/// They have threads of their own, so that they open beside any async runtime. Dropped without [`close`](Self::close), they
/// close at once, and requests under way are cut off.
///
/// A program with a `main` of its own opens them for the runtime inside it:
///
/// ```
/// # use skep::prelude::*;
/// # #[derive(Serialize, Deserialize, JsonSchema, Message)]
/// # #[message(reply = String)]
/// # pub struct Greet { name: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
/// # pub struct Greeted { name: String }
/// # skep::contract! { pub Greeting v1 { Greet; emits Greeted } }
/// # #[derive(Default)]
/// # struct Greeter;
/// # #[capability(contract = Greeting)]
/// # impl Greeter {
/// #     #[handle]
/// #     async fn greet(&mut self, m: Greet, cx: &mut Cx<Self>) -> String {
/// #         let reply = format!("Hi, {}!", m.name);
/// #         cx.emit(Greeted { name: m.name });
/// #         reply
/// #     }
/// # }
/// use skep::config::Sources;
/// use skep::gateway::{Doors, DoorsOptions};
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("admin.json");
/// # tokio::runtime::Runtime::new()?.block_on(async {
///
/// let sources = Sources::of("hello")
/// #   .set(format!("admin.file={}", file.display()))
///     .set("gateway.listen=127.0.0.1:0")
///     .set("gateway.expose=[\"greeting\"]");
/// let builder = skep::Runtime::builder().application("hello").sources(sources);
/// let runtime = builder.with::<Greeter>().start().await?;
/// let doors = Doors::open(&runtime, DoorsOptions::new("hello", "1.0.0"))?;
/// assert!(doors.api_url().is_some_and(|url| url.starts_with("http://127.0.0.1:")));
///
/// doors.close().await;
/// runtime.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Doors {
    runtime: Runtime,
    api: Option<SocketAddr>,
    admin_file: Option<PathBuf>,
    patience: Patience,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    serving: Serving,
    file: Option<AdminFile>,
    /// Dropped, it ends the answers that would go on for ever.
    streams: watch::Sender<()>,
}

/// What is needed to open a door.
struct Opening<'a> {
    runtime: &'a Runtime,
    options: DoorsOptions,
    bodies: Arc<Bodies>,
    metrics: Arc<Metrics>,
    patience: Patience,
    closing: Closing,
}

/// The operator's door, with the file that tells of it.
type Admin = (AdminDoor, AdminFile);

impl Doors {
    /// Opens the doors that the runtime's configuration asks for. Their ports are taken when this returns; requests are
    /// answered from then on.
    ///
    /// If another living process has its admin file at the same place, or the file cannot be written, the operator's
    /// door stays shut, with a warning in the log.
    ///
    /// # Errors
    ///
    /// [`DoorError`]; no door is open then.
    pub fn open(runtime: &Runtime, options: DoorsOptions) -> Result<Self, DoorError> {
        let gateway: GatewaySettings = runtime.config().section("gateway")?;
        let admin: AdminSettings = runtime.config().section("admin")?;
        let (open, closing) = Closing::channel();
        let opening = Opening::new(runtime, options, closing)?;
        let patience = opening.patience;
        let api = gateway.enabled.then(|| opening.api(&gateway)).transpose()?;
        let api_address = api
            .as_ref()
            .map(|door| address(&door.listener))
            .transpose()?;
        let admin = match admin.enabled {
            true => opening.admin(&admin, api_address)?,
            false => None,
        };
        let (admin, file) = admin.unzip();
        let admin_file = file.as_ref().map(|file| file.path().to_owned());
        let open = if api.is_some() || admin.is_some() {
            let serving = Serving::start(api, admin, patience);
            let serving = serving.map_err(|error| DoorError::System {
                reason: format!("the doors cannot be served: {error}"),
            })?;
            Some(Open {
                serving,
                file,
                streams: open,
            })
        } else {
            None
        };
        Ok(Self {
            runtime: runtime.clone(),
            api: api_address,
            admin_file,
            patience,
            open: Mutex::new(open),
        })
    }

    /// Looks whether the settings of the doors fit the runtime's capabilities, before anything is done for which they are
    /// opened. Takes no port.
    ///
    /// # Errors
    ///
    /// [`DoorError`], as [`open`](Self::open) would say it.
    pub fn check(runtime: &Runtime) -> Result<(), DoorError> {
        let gateway: GatewaySettings = runtime.config().section("gateway")?;
        let _: AdminSettings = runtime.config().section("admin")?;
        if gateway.enabled {
            Exposure::of(&gateway.expose, runtime.capabilities())?;
            Cors::new(&gateway.cors_origins).map_err(|reason| DoorError::Setting { reason })?;
        }
        Ok(())
    }

    /// Where the API is, such as `http://127.0.0.1:4080`; `None` without one.
    #[must_use]
    pub fn api_url(&self) -> Option<String> {
        self.api.map(url)
    }

    /// The file that says where the operator's door is and what opens it; `None` without one.
    #[must_use]
    pub fn admin_file(&self) -> Option<&Path> {
        self.admin_file.as_deref()
    }

    /// Closes the doors: takes no new requests, finishes those under way – for as long as `[runtime] shutdown_deadline`
    /// at most – and removes the admin file. Close them before the runtime stops. More than once does nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropped half way, the doors take no new requests, and those under way are cut off.
    pub async fn close(&self) {
        let open = self.open.lock().take();
        if let Some(open) = open {
            // Nobody is sent to a door that is about to shut.
            drop(open.file);
            drop(open.streams);
            open.serving
                .stop(self.runtime.clock(), self.patience.shutdown)
                .await;
        }
    }
}

/// An operator's door that nobody else is told of, on this machine; closed when it is dropped.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct PrivateDoor {
    pub(crate) url: String,
    pub(crate) token: String,
    _serving: Serving,
    _streams: watch::Sender<()>,
}

#[cfg(feature = "cli")]
impl PrivateDoor {
    /// Opens the door of a runtime for whoever holds it.
    ///
    /// # Errors
    ///
    /// [`DoorError`] when there is no port, no thread or no randomness.
    pub(crate) fn open(runtime: &Runtime, options: DoorsOptions) -> Result<Self, DoorError> {
        let (streams, closing) = Closing::channel();
        let opening = Opening::new(runtime, options, closing)?;
        let patience = opening.patience;
        let listener = listen::loopback(&AdminSettings::default().listen)?;
        let url = url(address(&listener)?);
        let token = fresh_token()?;
        let revealed = token.reveal().to_owned();
        let desk = opening.desk(token, opening.process(None));
        let door = AdminDoor { listener, desk };
        let serving = Serving::start(None, Some(door), patience);
        let serving = serving.map_err(|error| DoorError::System {
            reason: format!("the door cannot be served: {error}"),
        })?;
        Ok(Self {
            url,
            token: revealed,
            _serving: serving,
            _streams: streams,
        })
    }
}

fn fresh_token() -> Result<Token, DoorError> {
    Token::fresh().map_err(|error| DoorError::System {
        reason: format!("the system gives no randomness for the admin token: {error}"),
    })
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn address(listener: &TcpListener) -> Result<SocketAddr, DoorError> {
    listener.local_addr().map_err(|error| DoorError::System {
        reason: error.to_string(),
    })
}

impl<'a> Opening<'a> {
    fn new(
        runtime: &'a Runtime,
        options: DoorsOptions,
        closing: Closing,
    ) -> Result<Self, DoorError> {
        let gateway: GatewaySettings = runtime.config().section("gateway")?;
        let shutdown: RuntimeSettings = runtime.config().section("runtime")?;
        let metrics = Metrics::new(runtime, &options.application, &options.version);
        Ok(Self {
            runtime,
            options,
            bodies: Arc::default(),
            metrics: Arc::new(metrics),
            patience: Patience {
                receive: gateway.receive_timeout.get(),
                shutdown: shutdown.shutdown_deadline.get(),
            },
            closing,
        })
    }

    fn calls(&self, exposure: Arc<Exposure>, deadline_max: Duration) -> Calls {
        Calls {
            runtime: self.runtime.clone(),
            exposure,
            bodies: Arc::clone(&self.bodies),
            deadline_max,
            receive_timeout: self.patience.receive,
            closing: self.closing.clone(),
        }
    }

    fn api(&self, settings: &GatewaySettings) -> Result<ApiDoor, DoorError> {
        let runtime = self.runtime;
        let exposure = Exposure::of(&settings.expose, runtime.capabilities())?;
        let exposure = Arc::new(exposure);
        let cors =
            Cors::new(&settings.cors_origins).map_err(|reason| DoorError::Setting { reason })?;
        let DoorsOptions {
            application,
            version,
            ..
        } = &self.options;
        let clock = runtime.clock().clone();
        let site = Site {
            front: Front::new(Arc::clone(&exposure), application, version, settings.page),
            calls: self.calls(exposure, settings.deadline_max.get()),
            cors,
            rate_limit: RateLimit::new(clock, settings.rate_limit, settings.rate_burst),
            metrics: Arc::clone(&self.metrics),
        };
        let is_unsaid = runtime.config().origin("gateway.listen") == Some(Origin::Default);
        let listener = if is_unsaid {
            listen::next_free()?
        } else {
            listen::named("gateway.listen", &settings.listen)?
        };
        Ok(ApiDoor {
            listener,
            site: Arc::new(site),
            workers: settings.workers.into(),
            connections: usize::try_from(settings.connections).unwrap_or(usize::MAX),
        })
    }

    /// `None` when another process keeps its admin file there.
    fn admin(
        &self,
        settings: &AdminSettings,
        api: Option<SocketAddr>,
    ) -> Result<Option<Admin>, DoorError> {
        let runtime = self.runtime;
        let listener = listen::loopback(&settings.listen)?;
        let token = fresh_token()?;
        let path = match &settings.file {
            Some(path) => path.clone(),
            None => {
                let store: StoreSettings = runtime.config().section("store")?;
                store.path.join("admin.json")
            }
        };
        let process = self.process(api);
        let notice = Notice::of(&process, url(address(&listener)?), &token);
        let file = match AdminFile::write(&path, &notice) {
            Ok(file) => file,
            Err(taken) => {
                warn(&path, &taken);
                return Ok(None);
            }
        };
        let desk = self.desk(token, process);
        Ok(Some((AdminDoor { listener, desk }, file)))
    }

    fn process(&self, api: Option<SocketAddr>) -> Process {
        Process {
            application: self.options.application.clone(),
            version: self.options.version.clone(),
            since: self.runtime.clock().precise(),
            started_at: self.runtime.clock().wall(),
            api: api.map(url),
        }
    }

    fn desk(&self, token: Token, process: Process) -> Arc<Desk> {
        let exposure = Arc::new(Exposure::all(self.runtime.capabilities()));
        let calls = self.calls(exposure, ADMIN_DEADLINE_MAX);
        let (logs, metrics) = (self.options.logs.clone(), Arc::clone(&self.metrics));
        Arc::new(Desk::new(calls, token, process, logs, metrics))
    }
}

fn warn(path: &Path, taken: &Taken) {
    let path = path.display();
    match taken {
        Taken::ByAnother { pid } => {
            tracing::warn!(%path, pid, "another running process has its admin file here: this one goes on without an operator's door; give it an admin.file of its own");
        }
        Taken::Unwritable(error) => {
            tracing::warn!(%path, %error, "the admin file cannot be written: there is no operator's door; say another place with admin.file");
        }
    }
}
