//! The commands that every application has, as a script sees them: against an answer that was written down beforehand, and against the
//! greeting itself.

mod door;
mod live;
mod played;
mod program;
mod refused;
mod servers;
mod up;
