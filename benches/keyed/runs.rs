//! The processes in which one number of actors is measured: all figures of a round come from one of them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use benches::measure_in_child;
use serde::{Deserialize, Serialize};

use crate::{actors, by_hand, leaving};

/// What a process has measured. What it has not is zero.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Nanoseconds of the first ask to each, with its activation.
    pub(crate) activation: f64,
    /// Nanoseconds of an ask of any of them.
    pub(crate) ask: f64,
    /// Bytes that the process has grown by for each, besides the actor's own state.
    pub(crate) bytes: f64,
    /// Nanoseconds for one of them to go.
    pub(crate) passivation: f64,
}

/// What is put up in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Actors that stay.
    Actors,
    /// Actors that go, and come back.
    Leaving,
    /// What somebody would write who needs no more than a state for each key.
    ByHand,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Actors, Self::Leaving, Self::ByHand];

    const fn name(self) -> &'static str {
        match self {
            Self::Actors => "actors",
            Self::Leaving => "leaving",
            Self::ByHand => "by-hand",
        }
    }

    /// As in tables.
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::Actors | Self::Leaving => "actors",
            Self::ByHand => "mutexes",
        }
    }
}

/// What processes have measured: several tables show figures of the same ones.
#[derive(Debug, Default)]
pub(crate) struct Runs(RefCell<BTreeMap<(Kind, u64), Vec<Measured>>>);

impl Runs {
    /// What the processes with so many actors measure, one for each turn of a table.
    pub(crate) fn one_by_one(&self, kind: Kind, size: u64) -> impl FnMut() -> Measured {
        let mut turn = 0;
        move || {
            turn += 1;
            loop {
                let known = self.0.borrow().get(&(kind, size)).map_or(0, Vec::len);
                if known >= turn {
                    return self.0.borrow()[&(kind, size)][turn - 1];
                }
                let measured = measure_in_child(&format!("{}:{size}", kind.name()));
                let mut runs = self.0.borrow_mut();
                runs.entry((kind, size)).or_default().push(measured);
            }
        }
    }
}

/// What a process does: measures, and prints it for whoever has started it.
#[expect(clippy::print_stdout, reason = "a child prints what it has measured")]
pub(crate) fn work(work: &str) {
    let (kind, size) = work.split_once(':').expect("a kind and a number of actors");
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind);
    let size: u64 = size.parse().expect("a number of actors");
    let measured = match kind.expect("a kind that there is") {
        Kind::Actors => actors::work(size),
        Kind::Leaving => leaving::work(size),
        Kind::ByHand => by_hand::work(size),
    };
    let json = serde_json::to_string(&measured).expect("figures are JSON");
    println!("{json}");
}

/// The numbers of actors that are asked at random, without end.
pub(crate) fn at_random(size: u64) -> impl Iterator<Item = u64> {
    // Walks in great steps through all numbers, and so through memory, in no order that a cache could guess.
    let numbers = std::iter::successors(Some(step(1)), |number| Some(step(*number)));
    numbers.map(move |number| (number >> 33) % size)
}

/// The next of Knuth's linear congruential generator of 64 bits, of which the upper half is good enough to pick an actor.
const fn step(number: u64) -> u64 {
    number
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
}
