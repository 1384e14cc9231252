//! `openapi-check`: whether the hotel answers as its OpenAPI document says, asked by tools that know nothing of us.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::hotel::{Folder, Hotel};
use crate::step::{Failure, Step, root};

/// What must hold of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method,allow_header_conformance";

/// Streams of events have no end to wait for.
const ENDLESS: &str = "^/v1/events/";

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effort {
    pub(crate) minutes: u32,
    /// The same requests each time: a gate must not depend on luck.
    pub(crate) repeatable: bool,
}

/// Validates the document and holds the hotel against it.
///
/// # Errors
///
/// [`Failure`] when the hotel cannot be built or started, and when a tool finds something.
pub(crate) fn run(effort: Effort) -> Result<(), Failure> {
    let tools = match Tools::install() {
        Ok(tools) => tools,
        Err(reason) => {
            println!("\nnot run: {reason}");
            return Ok(());
        }
    };
    Step::cargo("build the hotel", "build --locked -p hotel").run()?;
    let folder = Folder::new("openapi-check")?;
    let hotel = Hotel::start("debug", folder.path())?;
    let document = folder.path().join("openapi.json");
    download(hotel.url(), &document).map_err(|error| Failure::Io {
        step: "read /openapi.json".to_owned(),
        error,
    })?;
    tools.validate(&document, folder.path())?;
    tools.try_out(hotel.url(), effort, folder.path())?;
    hotel.end();
    Ok(())
}

fn download(url: &str, to: &Path) -> io::Result<()> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /openapi.json HTTP/1.0\r\nHost: {address}\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    fs::write(to, body)
}

/// An environment of Python with the tools in it.
#[derive(Debug)]
struct Tools {
    programs: PathBuf,
}

impl Tools {
    /// Takes the environment of an earlier run, or makes one.
    ///
    /// # Errors
    ///
    /// Why there is none, in words.
    fn install() -> Result<Self, String> {
        let requirements = root().join("xtask/openapi-requirements.txt");
        let environment = root().join("target/openapi-tools");
        let wanted = fs::read_to_string(&requirements)
            .map_err(|error| format!("{} cannot be read: {error}", requirements.display()))?;
        let tools = Self {
            programs: environment.join("bin"),
        };
        // Written last, so that an environment that was interrupted is made anew.
        let installed = environment.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
            return Ok(tools);
        }
        println!(
            "\n==> tools: {}",
            wanted
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&environment);
        succeed(&mut make, "python3 -m venv")?;
        let mut install = Command::new(tools.programs.join("python"));
        install
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&requirements);
        succeed(&mut install, "pip install")?;
        fs::write(&installed, wanted).map_err(|error| error.to_string())?;
        Ok(tools)
    }

    fn validate(&self, document: &Path, folder: &Path) -> Result<(), Failure> {
        let step = Step::program(
            "validate",
            self.programs.join("openapi-spec-validator"),
            folder,
        );
        step.arguments(["--schema", "3.1", "--validation-errors", "all"])
            .argument(document.to_string_lossy())
            .run()
    }

    fn try_out(&self, url: &str, effort: Effort, folder: &Path) -> Result<(), Failure> {
        let seconds = effort.minutes * 60;
        let mut step = Step::program("schemathesis", self.programs.join("schemathesis"), folder)
            .argument("--config-file")
            .argument(root().join("xtask/openapi-check.toml").to_string_lossy())
            .argument("run")
            .argument(format!("{url}/openapi.json"))
            .arguments(["--checks", CHECKS, "--exclude-path-regex", ENDLESS])
            .arguments([
                "--phases",
                "examples,coverage,fuzzing",
                "--continue-on-failure",
            ])
            .arguments(["--request-timeout", "30"])
            .arguments(["--warnings", "off", "--no-color", "--max-time"])
            .argument(seconds.to_string());
        // Either way nothing of this run is left for the next.
        step = if effort.repeatable {
            step.argument("--generation-deterministic")
        } else {
            step.arguments(["--generation-database", "none"])
        };
        step.run()
    }
}

/// Runs a command for its effect; what it says is only of interest if it fails.
fn succeed(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("`{what}` cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(format!(
        "`{what}` failed: {}",
        last.unwrap_or("it does not say why").trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned() {
        let text = fs::read_to_string(root().join("xtask/openapi-requirements.txt")).unwrap();
        let mut lines = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .peekable();
        assert!(lines.peek().is_some());
        assert!(lines.all(|line| line.contains("==")), "{text}");
    }

    #[test]
    fn a_tool_that_is_missing_is_named() {
        let refused =
            succeed(&mut Command::new("skep-no-such-program"), "pip install").unwrap_err();
        assert!(
            refused.starts_with("`pip install` cannot be started"),
            "{refused}"
        );
    }
}
