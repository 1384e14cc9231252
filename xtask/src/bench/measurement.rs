//! Builds the programs of the groups and runs them one after the other. Tables go to standard output; what is said besides goes to
//! standard error.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::arguments::Measurement;
use crate::step::{Failure, forget_own_package, root, target};

/// How a program is told which compiler has built it.
const COMPILER: &str = "SKEP_BENCH_COMPILER";

/// Builds and runs.
///
/// # Errors
///
/// [`Failure`] of the build, or of the first program that fails.
pub(crate) fn run(measurement: &Measurement) -> Result<(), Failure> {
    let report = Report::begin(measurement.json.as_deref())?;
    let programs = measurement.groups.iter().map(|group| group.program);
    build("benches", programs)?;
    for group in &measurement.groups {
        let mut command = Command::new(target().join("release").join(group.program));
        command.args(&measurement.passed).env(COMPILER, compiler());
        report.direct(&mut command);
        eprintln!("\n==> {}", group.name);
        succeed(group.name, &mut command)?;
    }
    report.end()
}

/// Builds programs of a package as they are measured.
///
/// # Errors
///
/// [`Failure`] of cargo.
pub(super) fn build<'p>(
    package: &str,
    programs: impl Iterator<Item = &'p str>,
) -> Result<(), Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    forget_own_package(&mut command);
    command
        .args(["build", "--release", "--locked", "-p", package])
        .args(programs.flat_map(|program| ["--bin", program]))
        .current_dir(root());
    eprintln!("==> build the benchmarks");
    succeed("build the benchmarks", &mut command)
}

fn succeed(step: &str, command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| Failure::Io {
        step: step.to_owned(),
        error,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Failed {
        step: step.to_owned(),
        command: format!("{command:?}"),
        status: status.to_string(),
    })
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    told.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// Where the figures of all groups meet.
enum Report {
    None,
    File(PathBuf),
    /// In a file first: standard output has room for one document.
    StandardOutput(PathBuf),
}

impl Report {
    /// An earlier report at the same place goes: this one is to hold what was measured now and nothing else.
    fn begin(asked: Option<&Path>) -> Result<Self, Failure> {
        let report = match asked {
            None => return Ok(Self::None),
            Some(path) if path == Path::new("-") => {
                let folder = target().join("bench");
                fs::create_dir_all(&folder).map_err(|error| unwritten(&folder, error))?;
                Self::StandardOutput(folder.join("report.json"))
            }
            Some(path) => Self::File(path.to_owned()),
        };
        let (Self::File(path) | Self::StandardOutput(path)) = &report else {
            return Ok(report);
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritten(path, error)),
            _ => Ok(report),
        }
    }

    fn direct(&self, command: &mut Command) {
        match self {
            Self::None => {}
            Self::File(path) => {
                command.arg("--json").arg(path);
            }
            Self::StandardOutput(path) => {
                command.arg("--json").arg(path);
                command.stdout(Stdio::from(io::stderr()));
            }
        }
    }

    fn end(self) -> Result<(), Failure> {
        if let Self::StandardOutput(path) = self {
            let json = fs::read_to_string(&path);
            print!(
                "{}",
                json.map_err(|error| Failure::Unreadable { path, error })?
            );
        }
        Ok(())
    }
}

fn unwritten(path: &Path, error: io::Error) -> Failure {
    Failure::Io {
        step: format!("write {}", path.display()),
        error,
    }
}
