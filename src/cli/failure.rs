//! [`Failure`]: why a command ended without having done what it was asked.

use std::io::Write;

use super::exit::Exit;

/// Why a command ended without having done what it was asked: how to end, and the words.
#[derive(Debug)]
pub(super) enum Failure {
    /// All was said before.
    Told(Exit),
    /// What is wrong, where, and how to mend it.
    Said {
        /// How to end.
        exit: Exit,
        /// The code whose page tells more.
        code: Option<&'static str>,
        /// The words, without `error:`; more lines may follow the first.
        message: String,
    },
    /// Whoever read the output has gone, as `head` does: no fault, and nothing more to do.
    ReaderGone,
}

impl Failure {
    /// A failure in these words.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Said {
            exit,
            code: None,
            message: message.into(),
        }
    }

    /// A failure with a code, which `binary` explains.
    pub(super) fn coded(exit: Exit, code: &'static str, message: &str, binary: &str) -> Self {
        Self::Said {
            exit,
            code: Some(code),
            message: format!("{message}\nfor more about it: {binary} explain {code}"),
        }
    }

    /// What the output stream said to a write.
    pub(super) fn of_output(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::new(Exit::Io, format!("the output cannot be written: {error}"))
        }
    }

    /// How it ends.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Told(exit) | Self::Said { exit, .. } => *exit,
            Self::ReaderGone => Exit::Success,
        }
    }

    /// The words; empty when all was said before.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Said { message, .. } => message,
            Self::Told(_) | Self::ReaderGone => "",
        }
    }

    /// Says it on the standard error stream, and how to end.
    pub(super) fn end(&self) -> Exit {
        if let Self::Said { code, message, .. } = self {
            let code = code.map_or_else(String::new, |code| format!("[{code}]"));
            let _ = writeln!(std::io::stderr().lock(), "error{code}: {message}");
        }
        self.exit()
    }
}

impl From<Exit> for Failure {
    fn from(exit: Exit) -> Self {
        Self::Told(exit)
    }
}
