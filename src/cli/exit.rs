//! How a command ends: exit codes after BSD's `sysexits.h`, so that scripts and supervisors can tell.

use std::process::ExitCode;

use crate::gateway::DoorError;
use crate::runtime::RuntimeError;
use crate::store;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: it did what was asked.
    Success,
    /// 1: it ran, and what it looked at is not as it should be.
    Findings,
    /// 64: the command line is wrong.
    Usage,
    /// 65: the data given to it is wrong.
    Data,
    /// 66: an input file cannot be read.
    NoInput,
    /// 69: nobody answers: the application does not run here, or cannot be reached.
    Unavailable,
    /// 70: the application failed.
    Software,
    /// 74: the store or a file cannot be read or written.
    Io,
    /// 75: something is in use at the moment; try again later.
    Busy,
    /// 76: what answered is not what this program understands.
    Protocol,
    /// 77: whoever asks may not.
    NoPermission,
    /// 78: the configuration is wrong.
    Config,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::Usage => 64,
            Self::Data => 65,
            Self::NoInput => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::Io => 74,
            Self::Busy => 75,
            Self::Protocol => 76,
            Self::NoPermission => 77,
            Self::Config => 78,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<&DoorError> for Exit {
    fn from(error: &DoorError) -> Self {
        match error {
            error if error.is_busy() => Self::Busy,
            error if error.is_setting() => Self::Config,
            DoorError::Refused { .. } => Self::Io,
            _ => Self::Software,
        }
    }
}

impl From<&RuntimeError> for Exit {
    fn from(error: &RuntimeError) -> Self {
        match error {
            RuntimeError::Config(_)
            | RuntimeError::Split { .. }
            | RuntimeError::NotSplit
            | RuntimeError::StateElsewhere { .. }
            | RuntimeError::StateUnderWay { .. }
            | RuntimeError::NoSuchNode { .. } => Self::Config,
            RuntimeError::Store(store::Error::Locked { .. }) => Self::Busy,
            RuntimeError::Store(_) => Self::Io,
            RuntimeError::NotJoined { .. } => Self::Unavailable,
            RuntimeError::NotLetIn { .. } => Self::NoPermission,
            _ => Self::Software,
        }
    }
}
