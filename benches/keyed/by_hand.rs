//! What somebody would write who needs a state for each key and nothing else that an actor is: how much of an ask's growth is that of
//! the memory it touches.

use std::collections::HashMap;
use std::hint::black_box;
use std::mem::size_of;
use std::sync::{Arc, Mutex, PoisonError};

use benches::threads::on_one_thread;
use benches::{nanos_each, now, resident_bytes};

use crate::actors::{ASKS, Add, grown};
use crate::runs::{Measured, at_random};

#[derive(Default)]
struct Tally {
    total: u64,
}

impl Tally {
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }
}

/// The states by their keys.
#[derive(Default)]
struct Tallies(Mutex<HashMap<Arc<str>, Arc<tokio::sync::Mutex<Tally>>>>);

impl Tallies {
    async fn ask(&self, number: u64) {
        let key: Arc<str> = number.to_string().into();
        let tally = {
            let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tallies.entry(key).or_default())
        };
        black_box(tally.lock().await.add(Add { number: 1 }).await);
    }
}

/// Measures.
pub(crate) fn work(size: u64) -> Measured {
    on_one_thread(async move {
        let tallies = Tallies::default();
        let before = resident_bytes();
        let begin = now();
        for number in 0..size {
            tallies.ask(number).await;
        }
        let activation = nanos_each(begin.elapsed(), size);
        let bytes = grown(before, size) - size_of::<Tally>() as f64;
        let begin = now();
        for number in at_random(size).take(ASKS) {
            tallies.ask(number).await;
        }
        Measured {
            activation,
            ask: nanos_each(begin.elapsed(), ASKS as u64),
            bytes,
            ..Measured::default()
        }
    })
}
