//! All mistakes of a configuration at once, each with its place, its code and what would be right.

use std::fmt;

use super::fault::Fault;
use super::place::{Origin, Place};
use super::quote::Quote;

/// One mistake and the place where it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    fault: Fault,
    place: Place,
}

/// Every mistake that was found, sorted by place; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Problems {
    found: Vec<Problem>,
}

// === impl Problem ===

impl Problem {
    pub(super) const fn new(fault: Fault, place: Place) -> Self {
        Self { fault, place }
    }

    /// The code whose page explains it, such as `SK0201`.
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// What is wrong.
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Who said it; [`Origin::Default`] when nobody did, as with a missing key.
    pub fn origin(&self) -> Origin {
        self.place.origin()
    }

    /// The application's presets, then the file in the order of its lines; then the environment by name, then flags as they came.
    fn rank(&self) -> (u8, usize, String) {
        match &self.place {
            Place::File { key, .. } => (1, key.start, String::new()),
            Place::Spoken(spoken) => match &spoken.origin {
                Origin::Preset { .. } => (0, 0, String::new()),
                Origin::Flag { .. } => (3, 0, String::new()),
                origin => (2, 0, origin.to_string()),
            },
            Place::Default => (
                u8::from(!matches!(self.fault, Fault::CannotRead { .. })) * 4,
                0,
                String::new(),
            ),
        }
    }

    /// Whether it is the same mistake, met twice: in its layer and again in the whole.
    fn repeats(&self, other: &Self) -> bool {
        let placed = !self.place.is_default() && !self.fault.is_of_a_whole();
        self.place == other.place
            && self.code() == other.code()
            && (placed || self.fault == other.fault)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code(), self.fault)?;
        let quote = Quote::of(&self.place, self.fault.concerns_key());
        let margin = quote.as_ref().map_or(1, Quote::margin);
        if let Some(quote) = quote {
            write!(f, "\n{quote}")?;
        }
        for line in self.fault.help() {
            write!(f, "\n{:margin$} = help: {line}", "")?;
        }
        Ok(())
    }
}

// === impl Problems ===

impl Problems {
    /// The problems in order and each once, or `None` when there is none.
    pub(super) fn from_found(found: Vec<Problem>) -> Option<Self> {
        let mut distinct: Vec<Problem> = Vec::with_capacity(found.len());
        for problem in found {
            if !distinct.iter().any(|known| known.repeats(&problem)) {
                distinct.push(problem);
            }
        }
        distinct.sort_by_key(Problem::rank);
        (!distinct.is_empty()).then_some(Self { found: distinct })
    }

    pub(super) fn one(fault: Fault, place: Place) -> Self {
        Self {
            found: vec![Problem::new(fault, place)],
        }
    }

    /// The problems, sorted by place.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.found.iter()
    }

    /// The code of each problem, in the same order.
    pub fn codes(&self) -> Vec<&'static str> {
        self.found.iter().map(Problem::code).collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.found {
            write!(f, "{problem}\n\n")?;
        }
        match self.found.len() {
            1 => f.write_str("1 mistake in the configuration"),
            count => write!(f, "{count} mistakes in the configuration"),
        }
    }
}

impl std::error::Error for Problems {}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}
