//! Letters to guests, which are kept and not sent.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::ask::{Answer, Failed};
use super::words::{Noted, Notify};

/// Letters that are kept; older ones make room.
const KEPT: usize = 1000;

/// Writes letters.
#[derive(Debug, Default)]
pub(crate) struct Notifications(Mutex<Desk>);

#[derive(Debug, Default)]
struct Desk {
    last: VecDeque<Notify>,
    letters: HashMap<String, u64>,
}

impl<N: Sync> Answer<Notify, N> for Notifications {
    async fn answer(&self, letter: Notify, _: &N) -> Result<Noted, Failed> {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let letters = desk.letters.entry(letter.to.clone()).or_default();
        *letters += 1;
        let letters = *letters;
        if desk.last.len() == KEPT {
            desk.last.pop_front();
        }
        desk.last.push_back(letter);
        Ok(Noted { letters })
    }
}
