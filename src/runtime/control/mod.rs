//! What processes of one colony ask each other on behalf of operators: questions and answers as JSON, typed on both sides.

mod agreement;
mod answering;
mod asking;
mod higher;
mod log_pages;
mod onlooker;
mod span_pages;
mod verbs;

pub(super) use agreement::{Standing, agreeing, settling};
pub(super) use answering::{answering, dead_letters, drop_letter, replay_letter, timers};
pub(super) use asking::{PATIENCE, ask, ask_all, ask_everybody};
pub(super) use higher::Higher;
pub(super) use onlooker::{FarReader, Onlooking};
pub(crate) use verbs::Verb;
pub(super) use verbs::{
    DeadLettersOf, Describe, DropLetter, Emit, EmitAsked, LetterNumber, LettersAsked, Of,
    ReplayLetter, Survey, Timers, TimersAsked,
};
