//! One command of a chore: announced, run, timed, and named when it fails.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A chore stopped, and why.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command could not be started, or its output not be passed on.
    Io { step: String, error: io::Error },
    /// It ran and refused.
    Failed {
        step: String,
        command: String,
        status: String,
    },
    /// A file of the project cannot be read.
    Unreadable { path: PathBuf, error: io::Error },
    /// The filter fits no test.
    NoTest { filter: Option<String> },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { step, error } => write!(f, "step `{step}` could not run: {error}"),
            Self::Failed {
                step,
                command,
                status,
            } => {
                write!(
                    f,
                    "step `{step}` failed ({status})\n  to see it alone: {command}"
                )
            }
            Self::Unreadable { path, error } => {
                write!(f, "cannot read {}: {error}", path.display())
            }
            Self::NoTest {
                filter: Some(filter),
            } => {
                write!(
                    f,
                    "no test has `{filter}` in its name; `cargo xtask test --list` names them all"
                )
            }
            Self::NoTest { filter: None } => write!(f, "no test ran at all"),
        }
    }
}

/// One command, of `cargo` mostly.
#[derive(Debug)]
pub(crate) struct Step {
    name: String,
    program: PathBuf,
    folder: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
}

impl Step {
    /// Words are separated by spaces.
    pub(crate) fn cargo(name: impl Into<String>, words: &str) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::program(name, cargo, root()).arguments(words.split_whitespace())
    }

    /// Another program, in a folder of its own.
    pub(crate) fn program(
        name: impl Into<String>,
        program: impl Into<PathBuf>,
        folder: &Path,
    ) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            folder: folder.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    pub(crate) fn arguments<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        self.arguments.extend(words.into_iter().map(str::to_owned));
        self
    }

    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn environment(mut self, key: &'static str, value: &'static str) -> Self {
        self.environment.push((key, value));
        self
    }

    /// Runs it, its output going where ours goes.
    ///
    /// # Errors
    ///
    /// [`Failure::Io`] if it does not start, [`Failure::Failed`] if it ends with anything but success.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        self.announce();
        let begin = now();
        let status = self.command().status().map_err(|error| self.io(error))?;
        self.conclude(status, begin.elapsed())
    }

    /// Runs it and shows each line of its output to `line` too, as it comes.
    ///
    /// # Errors
    ///
    /// As [`Step::run`].
    pub(crate) fn stream(&self, line: impl FnMut(&str)) -> Result<(), Failure> {
        self.announce();
        let begin = now();
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| self.io(error))?;
        let copied = child.stdout.take().map_or(Ok(()), |output| {
            copy_lines(BufReader::new(output), io::stdout().lock(), line)
        });
        let status = child.wait().map_err(|error| self.io(error))?;
        copied.map_err(|error| self.io(error))?;
        self.conclude(status, begin.elapsed())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        forget_own_package(&mut command);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().copied())
            .current_dir(&self.folder);
        command
    }

    fn announce(&self) {
        println!("\n==> {}: {self}", self.name);
    }

    fn conclude(&self, status: std::process::ExitStatus, took: Duration) -> Result<(), Failure> {
        let seconds = took.as_secs_f64();
        if status.success() {
            println!("<== {}: ok in {seconds:.1} s", self.name);
            return Ok(());
        }
        println!("<== {}: FAILED after {seconds:.1} s", self.name);
        Err(Failure::Failed {
            step: self.name.clone(),
            command: self.to_string(),
            status: status.to_string(),
        })
    }

    fn io(&self, error: io::Error) -> Failure {
        Failure::Io {
            step: self.name.clone(),
            error,
        }
    }
}

/// As one would type it.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.environment {
            write!(f, "{key}={} ", quoted(value))?;
        }
        let name = self.program.file_name().unwrap_or_default();
        write!(f, "{}", name.to_string_lossy())?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, " {}", quoted(argument)))
    }
}

/// The folder of the workspace, wherever the chore was started.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"$&|;<>()*?".contains(c))
    {
        return format!("'{}'", word.replace('\'', "'\\''"));
    }
    word.to_owned()
}

/// Bytes pass through as they are: a test may print what is not UTF-8.
fn copy_lines(
    mut from: impl BufRead,
    mut to: impl Write,
    mut line: impl FnMut(&str),
) -> io::Result<()> {
    let mut bytes = Vec::new();
    while from.read_until(b'\n', &mut bytes)? > 0 {
        to.write_all(&bytes)?;
        to.flush()?;
        line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a chore takes real time, and no test owns it"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Takes away what cargo has told this program of its own package: a build script that looks at it (ring's does) would run again, and
/// all that depends on it be built again, each time after a build by hand.
pub(crate) fn forget_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let is_of_package = name.to_str().is_some_and(|name| {
            [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_CRATE_",
                "CARGO_BIN_",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        });
        if is_of_package {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_as_one_would_type_it() {
        let step = Step::cargo("docs", "doc --workspace")
            .environment("RUSTDOCFLAGS", "-D warnings")
            .argument("it's");
        assert_eq!(
            step.to_string(),
            "RUSTDOCFLAGS='-D warnings' cargo doc --workspace 'it'\\''s'"
        );
    }

    #[test]
    fn every_line_is_passed_on_and_seen_even_the_last_and_the_broken() {
        let (mut passed, mut seen) = (Vec::new(), Vec::new());
        copy_lines(&b"a\n\xff\nlast"[..], &mut passed, |line| {
            seen.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(passed, b"a\n\xff\nlast");
        assert_eq!(seen, ["a", "\u{fffd}", "last"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_step_that_fails_is_named_with_its_command() {
        let refused = std::os::unix::process::ExitStatusExt::from_raw(101 << 8);
        let failure = Step::cargo("docs", "doc --workspace")
            .conclude(refused, Duration::ZERO)
            .unwrap_err();
        assert!(matches!(&failure, Failure::Failed { step, .. } if step == "docs"));
        assert!(
            failure.to_string().contains("cargo doc --workspace"),
            "{failure}"
        );
    }

    #[test]
    fn what_this_program_is_told_of_its_own_package_is_not_handed_on() {
        let mut command = Command::new("cargo");
        forget_own_package(&mut command);
        let forgotten: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
        assert!(forgotten.contains(&"CARGO_PKG_NAME".as_ref()));
        assert!(forgotten.contains(&"CARGO_MANIFEST_DIR".as_ref()));
        assert!(!forgotten.contains(&"CARGO".as_ref()), "others need it");
    }
}
