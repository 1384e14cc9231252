//! What `doctor` looks at.

use std::fs::File;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use super::doctor::Check;
use crate::cli::client::{Client, Door, Route, Whereabouts};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::session::Session;
use crate::cli::stopwatch::wall_ms;
use crate::cli::views::{Capabilities, Process};
use crate::config::{Config, GatewaySettings, Origin, StoreSettings};
use crate::store;

/// Less free room than this is worth a warning.
const FREE_BYTES_LOW: u64 = 512 * 1024 * 1024;
/// With less than this a store may stop at any moment.
const FREE_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// More undelivered events and sends than this are worth a warning.
const BACKLOG_HIGH: u64 = 1000;
/// 2025-01-01: a clock that stands before this is wrong.
const CLOCK_MS_MIN: u64 = 1_735_689_600_000;

/// Looks at everything; a wrong configuration hides what depends on it.
pub(super) async fn all(session: &Session) -> Vec<Check> {
    let name = session.application();
    let config = match session.read_config() {
        Ok(config) => config,
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().to_owned();
            let mend = format!("`{name} config` tells what and where");
            return vec![Check::failed("configuration", last, mend)];
        }
    };
    let mut checks = vec![Check::ok(
        "configuration",
        "every key is known and within its bounds",
    )];
    let (Ok(settings), Ok(gateway), Ok(whereabouts)) = (
        config.section::<StoreSettings>("store"),
        config.section::<GatewaySettings>("gateway"),
        Whereabouts::of(&config),
    ) else {
        return checks;
    };
    let seen = seen(session, &whereabouts).await;
    checks.push(folder(&settings.path));
    checks.extend(free_room(&settings.path));
    checks.push(store_state(name, &settings.path, seen.process.as_ref()));
    checks.push(clock(&settings.path));
    checks.push(port(&config, &gateway, seen.process.as_ref()));
    checks.push(seen.check);
    checks.extend(seen.capabilities.iter().flat_map(|all| work(name, all)));
    checks
}

/// What could be learnt from the process.
struct Seen {
    check: Check,
    process: Option<Process>,
    capabilities: Option<Capabilities>,
}

async fn seen(session: &Session, whereabouts: &Whereabouts) -> Seen {
    let name = session.application();
    let unseen = |check| Seen {
        check,
        process: None,
        capabilities: None,
    };
    let file = whereabouts.file.display();
    let client = match Door::read(&whereabouts.file) {
        Ok(Some(door)) => Client::new(name, door),
        Ok(None) if whereabouts.is_enabled => {
            let mend = format!("`{name} run` starts it");
            return unseen(Check::warning("process", "not running here", mend));
        }
        Ok(None) => {
            let mend = "set admin.enabled = true to look into it";
            return unseen(Check::warning(
                "process",
                "its operator's door is closed",
                mend,
            ));
        }
        Err(failure) => return unseen(unreadable(&failure, &format!("look at {file}"))),
    };
    let process: Process = match client.get(&Route::of(&["process"])).await {
        Ok(process) => process,
        Err(failure) if failure.exit() == Exit::Unavailable => {
            let found = format!(
                "not running; process {} left {file} behind",
                client.door().pid
            );
            let mend = format!("`{name} run` replaces the file");
            return unseen(Check::warning("process", found, mend));
        }
        Err(failure) => return unseen(unreadable(&failure, &format!("start {name} again"))),
    };
    let capabilities = client.get(&Route::of(&["capabilities"])).await.ok();
    Seen {
        check: health(name, &process),
        process: Some(process),
        capabilities,
    }
}

fn unreadable(failure: &Failure, mend: &str) -> Check {
    let found = failure.message().lines().next().unwrap_or_default();
    Check::failed("process", found, mend)
}

fn health(name: &str, process: &Process) -> Check {
    let Process {
        pid,
        uptime_ms,
        health,
        version,
        ..
    } = process;
    let application = output::plain(&process.application);
    let up = output::micros(uptime_ms.saturating_mul(1000));
    let version = match version.as_str() {
        "" => String::new(),
        version => format!(" {}", output::plain(version)),
    };
    let status = &health.status;
    let found = format!("{application}{version} is {status}, process {pid}, up {up}");
    match health.status.as_str() {
        "ready" => Check::ok("process", found),
        "failed" => {
            let reason = health.reason.clone().unwrap_or_default();
            Check::failed(
                "process",
                format!("{found}: {reason}"),
                format!("`{name} tail --level error` tells more; start it again to recover"),
            )
        }
        _ => Check::warning("process", found, "look again in a moment"),
    }
}

/// Whether the folder of the data can be written, tried with a file that is gone again.
fn folder(path: &Path) -> Check {
    const NAME: &str = "data folder";
    let shown = path.display();
    if !path.exists() {
        return Check::ok(NAME, format!("{shown} is made by the first start"));
    }
    let probe = path.join(format!("skep.doctor.{}", std::process::id()));
    let tried = File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Check::ok(NAME, format!("{shown} can be written")),
        Err(error) => Check::failed(
            NAME,
            format!("{shown} cannot be written: {error}"),
            "let the user who runs it write there, or choose another with --data",
        ),
    }
}

fn free_room(path: &Path) -> Option<Check> {
    const NAME: &str = "free space";
    let nearest = path.ancestors().find(|folder| folder.exists());
    let nearest = nearest.filter(|folder| !folder.as_os_str().is_empty());
    let system = rustix::fs::statvfs(nearest.unwrap_or(Path::new("."))).ok()?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let found = format!("{} left for {}", output::bytes(free), path.display());
    let mend = "make room, or choose another folder with --data";
    Some(match free {
        0..FREE_BYTES_MIN => Check::failed(NAME, found, mend),
        FREE_BYTES_MIN..FREE_BYTES_LOW => Check::warning(NAME, found, mend),
        _ => Check::ok(NAME, found),
    })
}

fn store_state(name: &str, path: &Path, process: Option<&Process>) -> Check {
    const NAME: &str = "store";
    let identity = match store::identify(path) {
        Ok(Some(identity)) => identity,
        Ok(None) => return Check::ok(NAME, "there is none yet"),
        Err(error) => {
            let code = error.code();
            return Check::failed(
                NAME,
                error.to_string(),
                format!("see `{name} explain {code}`"),
            );
        }
    };
    if identity.application != name {
        return Check::failed(
            NAME,
            format!("{} belongs to {}", path.display(), identity.application),
            format!("choose a folder for {name} with --data"),
        );
    }
    let engine = identity.engine;
    match (process, holder(path)) {
        (Some(process), _) => Check::ok(NAME, format!("{engine}, open by process {}", process.pid)),
        (None, Some(holder)) => Check::failed(
            NAME,
            format!("{engine}, held by {holder}, which does not answer"),
            "end that process if it hangs, or open its operator's door: admin.enabled",
        ),
        (None, None) => Check::ok(NAME, format!("{engine}, nobody has it open")),
    }
}

/// Who holds the lock of a store, if anybody does.
fn holder(path: &Path) -> Option<String> {
    let path = path.join("skep.lock");
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Err(std::fs::TryLockError::WouldBlock) => {
            let pid = std::fs::read_to_string(&path).unwrap_or_default();
            Some(match pid.trim() {
                "" => "a process".to_owned(),
                pid => format!("process {pid}"),
            })
        }
        _ => None,
    }
}

fn clock(path: &Path) -> Check {
    const NAME: &str = "clock";
    let now = wall_ms();
    let created = store::identify(path).ok().flatten();
    let created = created.map_or(0, |identity| identity.created.saturating_mul(1000));
    let found = output::moment(now);
    // A store's creation is kept in whole seconds.
    if now < CLOCK_MS_MIN || now + 1000 < created {
        let found = format!(
            "{found}, which is before {}",
            output::moment(created.max(CLOCK_MS_MIN))
        );
        return Check::failed(NAME, found, "set the clock of this machine");
    }
    Check::ok(NAME, found)
}

fn port(config: &Config, gateway: &GatewaySettings, process: Option<&Process>) -> Check {
    const NAME: &str = "port";
    let listen = &gateway.listen;
    if let Some(process) = process {
        return match &process.api {
            Some(api) => Check::ok(NAME, format!("the API is on {api}")),
            None => Check::ok(NAME, "the process has no API"),
        };
    }
    if !gateway.enabled {
        return Check::ok(NAME, "no API: gateway.enabled = false");
    }
    let is_chosen = config.origin("gateway.listen") != Some(Origin::Default);
    match TcpListener::bind(listen.as_str()) {
        Ok(_) => Check::ok(NAME, format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && !is_chosen => Check::warning(
            NAME,
            format!("{listen} is in use; the next free port will do"),
            "set gateway.listen to have the same each time",
        ),
        Err(error) => Check::failed(
            NAME,
            format!("{listen} cannot be had: {error}"),
            "set gateway.listen to another address or port",
        ),
    }
}

/// What has piled up in the running process.
fn work(name: &str, all: &Capabilities) -> Vec<Check> {
    let mut checks = Vec::new();
    let down = all.capabilities.iter().flat_map(|one| {
        let reasons = one.stats.down.iter();
        reasons.map(|reason| format!("{}: {reason}", one.name))
    });
    let down: Vec<String> = down.collect();
    checks.push(match down.as_slice() {
        [] => Check::ok("capabilities", format!("{} up", all.capabilities.len())),
        down => Check::failed(
            "capabilities",
            format!("down: {}", down.join("; ")),
            format!("`{name} tail --level error` tells why"),
        ),
    });
    let dead: u64 = all
        .capabilities
        .iter()
        .filter_map(|one| one.stats.num_dead_letters)
        .sum();
    checks.push(match dead {
        0 => Check::ok("dead letters", "none"),
        dead => Check::warning(
            "dead letters",
            format!("{dead} could not be delivered"),
            format!("`{name} dlq list` tells why; mend it and `{name} dlq replay --all`"),
        ),
    });
    let backlog: u64 = all
        .capabilities
        .iter()
        .map(|one| one.stats.num_undelivered)
        .sum();
    checks.push(match backlog {
        0..=BACKLOG_HIGH => Check::ok(
            "backlog",
            format!("{backlog} events and sends wait for delivery"),
        ),
        backlog => Check::warning(
            "backlog",
            format!("{backlog} events and sends wait for delivery"),
            format!("`{name} top` shows whose; a slow listener holds up its own only"),
        ),
    });
    checks
}
