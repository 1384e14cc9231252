//! An environment of Python with what `requirements.txt` pins, made once for all tests.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// What the package installer says when it reaches nobody.
const UNREACHABLE: &[&str] = &[
    "(from versions: none)",
    "Max retries exceeded",
    "Connection refused",
];

/// The folder of the programs.
pub(crate) fn programs() -> &'static Path {
    // From wherever in the workspace these tests are part of others.
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/python"
    ))
}

/// The interpreter; `None`, and a line on the terminal, when the packages can be had from nowhere.
pub(crate) fn interpreter() -> Option<&'static Path> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match MADE.get_or_init(environment) {
        Ok(interpreter) => Some(interpreter),
        Err(reason) => {
            // Past the test harness, which shows only what failing tests print.
            let _ = writeln!(std::io::stderr(), "not run: {reason}");
            None
        }
    }
}

/// Takes the environment of an earlier run, or makes one.
fn environment() -> Result<PathBuf, String> {
    let requirements = programs().join("requirements.txt");
    let wanted = fs::read(&requirements).expect("requirements.txt is there");
    let digest: [u8; 32] = Sha256::digest(&wanted).into();
    let name = format!("python-{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2]);
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tools.join(&name);
    let interpreter = folder.join("bin/python");
    // Of several processes that want it at once, one makes it.
    let lock = fs::File::create(tools.join(format!("{name}.lock"))).expect("a lock");
    lock.lock().expect("a lock");
    // Written last, so that an environment that was interrupted is made anew.
    let finished = folder.join("finished");
    if finished.is_file() {
        return Ok(interpreter);
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&folder);
    let made = make.output().expect("python3 is in PATH");
    assert!(made.status.success(), "python3 -m venv: {made:?}");
    install(&interpreter, &requirements)?;
    fs::write(&finished, "").expect("the folder can be written");
    Ok(interpreter)
}

fn install(interpreter: &Path, requirements: &Path) -> Result<(), String> {
    let mut pip = Command::new(interpreter);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(["--require-hashes", "--only-binary=:all:", "--requirement"])
    .arg(requirements);
    let Output { status, stderr, .. } = pip.output().expect("the environment has pip");
    let said = String::from_utf8_lossy(&stderr);
    if status.success() {
        return Ok(());
    }
    assert!(
        UNREACHABLE.iter().any(|sign| said.contains(sign)),
        "pip install: {said}"
    );
    let last = said.trim().lines().last().unwrap_or("pip says nothing");
    Err(format!("the packages of Python cannot be fetched: {last}"))
}
