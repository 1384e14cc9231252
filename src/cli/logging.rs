//! Where the log goes: to the standard error stream, for people on a terminal and as JSON elsewhere.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogLevel, LogSettings};

/// Begins to log. `RUST_LOG` wins over the configured level. A process that logs already goes on as it does.
pub(super) fn begin(settings: &LogSettings) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(directive(settings.level)));
    let is_terminal = std::io::stderr().is_terminal();
    let as_json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !is_terminal,
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal);
    let _ = if as_json {
        log.json().flatten_event(true).try_init()
    } else {
        log.try_init()
    };
}

/// The application's own level; its libraries only speak when something is wrong.
fn directive(level: LogLevel) -> String {
    let level = match level {
        LogLevel::Off => return "off".to_owned(),
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    format!("{level},sled=warn,fjall=warn,lsm_tree=warn,actix=warn,actix_rt=warn")
}
