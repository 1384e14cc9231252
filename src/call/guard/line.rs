//! [`Line`]: so many calls at once, and the others in line, first come first served.
//!
//! Who came first goes first even when another one is looked at before: one that is not its turn yet goes on waiting. A semaphore
//! would let pass whoever holds a permit and is polled first, and so turn round the order of one sender's messages.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, Waker};

use parking_lot::Mutex;

/// The calls under way to one capability, and those before them.
#[derive(Debug)]
pub(super) struct Line {
    size: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    next_number: u64,
    /// Who waits, by the order of arrival.
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    waker: Waker,
}

/// The place of one call in the line. Dropped, it leaves it.
#[derive(Debug)]
pub(super) struct Place {
    line: Arc<Line>,
    number: u64,
}

/// The room of one call under way. Dropped, it is the next one's.
#[derive(Debug)]
pub(super) struct Room(Arc<Line>);

impl Line {
    pub(super) fn new(size: usize) -> Arc<Self> {
        Arc::new(Self {
            size,
            state: Mutex::new(State {
                free: size,
                next_number: 0,
                waiting: VecDeque::new(),
            }),
        })
    }

    /// How many calls are under way.
    pub(super) fn num_under_way(&self) -> usize {
        self.size - self.state.lock().free
    }

    /// Room now, if there is some and nobody waits for it.
    pub(super) fn try_enter(self: &Arc<Self>) -> Option<Room> {
        let has_room = self.state.lock().take_room();
        has_room.then(|| Room(Arc::clone(self)))
    }

    /// Room now, or a place in the line that will wake `waker`.
    pub(super) fn enter(self: &Arc<Self>, waker: &Waker) -> Result<Room, Place> {
        let mut state = self.state.lock();
        if state.take_room() {
            return Ok(Room(Arc::clone(self)));
        }
        let number = state.next_number;
        state.next_number += 1;
        state.waiting.push_back(Waiting {
            number,
            waker: waker.clone(),
        });
        Err(Place {
            line: Arc::clone(self),
            number,
        })
    }
}

impl State {
    /// Takes room for one who comes now, unless others wait for it.
    fn take_room(&mut self) -> bool {
        let has_room = self.free > 0 && self.waiting.is_empty();
        self.free -= usize::from(has_room);
        has_room
    }

    fn position(&self, number: u64) -> Option<usize> {
        let found = self
            .waiting
            .binary_search_by_key(&number, |waiting| waiting.number);
        found.ok()
    }

    /// Who has to be woken because it may enter now.
    fn first_may_enter(&self) -> Option<Waker> {
        let first = self.waiting.front().filter(|_| self.free > 0)?;
        Some(first.waker.clone())
    }
}

// Wakers are foreign code, and may be the last to hold a future that has a place of its own: they are woken and dropped outside
// the lock.
impl Place {
    /// Room, if this is the first in the line and there is some; otherwise `waker` is woken when it may be.
    pub(super) fn poll(&self, waker: &Waker) -> Poll<Room> {
        let mut state = self.line.state.lock();
        match state.position(self.number) {
            Some(0) if state.free > 0 => {
                let entered = state.waiting.pop_front();
                state.free -= 1;
                let next = state.first_may_enter();
                drop(state);
                drop(entered);
                wake(next);
                Poll::Ready(Room(Arc::clone(&self.line)))
            }
            Some(position) => {
                let own = state.waiting.get_mut(position);
                let known = own.map(|own| std::mem::replace(&mut own.waker, waker.clone()));
                drop(state);
                drop(known);
                Poll::Pending
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.line.state.lock();
        let Some(position) = state.position(self.number) else {
            return;
        };
        let gone = state.waiting.remove(position);
        let first = state.first_may_enter();
        drop(state);
        drop(gone);
        wake(first);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.free += 1;
        let first = state.first_may_enter();
        drop(state);
        wake(first);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use proptest::prelude::*;

    use super::*;

    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn place(line: &Arc<Line>, waker: &Waker) -> Place {
        line.enter(waker).expect_err("there is no room")
    }

    #[test]
    fn who_came_first_goes_first_whoever_is_looked_at_first() {
        let line = Line::new(2);
        let rooms = [(); 2].map(|()| line.try_enter().expect("room"));
        let [first, second] = [(); 2].map(|()| place(&line, Waker::noop()));
        drop(rooms);
        assert!(second.poll(Waker::noop()).is_pending());
        assert!(line.try_enter().is_none(), "others wait for it");
        let entered = first.poll(Waker::noop());
        assert!(entered.is_ready());
        assert!(second.poll(Waker::noop()).is_ready());
    }

    #[test]
    fn the_next_one_is_woken_when_there_is_room_and_when_the_one_before_goes() {
        let line = Line::new(1);
        let room = line.try_enter();
        let counted = Arc::new(Counted(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&counted));
        let first = place(&line, Waker::noop());
        let second = place(&line, &waker);
        drop(room);
        assert_eq!(counted.0.load(Ordering::SeqCst), 0, "it is not its turn");
        drop(first);
        assert_eq!(counted.0.load(Ordering::SeqCst), 1);
        assert!(second.poll(&waker).is_ready());
    }

    proptest! {
        /// Against a plain model: never more than the size at once, and in the order of arrival.
        #[test]
        fn never_too_many_and_always_in_order(size in 1_usize..4, steps in proptest::collection::vec((0_u8..4, 0_usize..6), 1..80)) {
            let line = Line::new(size);
            let mut rooms = Vec::new();
            let mut places = VecDeque::new();
            for (step, which) in steps {
                match step {
                    0 => match line.enter(Waker::noop()) {
                        Ok(room) => {
                            prop_assert!(places.is_empty(), "nobody is overtaken");
                            rooms.push(room);
                        }
                        Err(place) => places.push_back(place),
                    },
                    1 if which < places.len() => {
                        let entered = places[which].poll(Waker::noop());
                        let may_enter = which == 0 && rooms.len() < size;
                        prop_assert_eq!(entered.is_ready(), may_enter);
                        if let Poll::Ready(room) = entered {
                            places.pop_front();
                            rooms.push(room);
                        }
                    }
                    2 if which < places.len() => drop(places.remove(which)),
                    3 if which < rooms.len() => drop(rooms.swap_remove(which)),
                    _ => {}
                }
                prop_assert_eq!(line.num_under_way(), rooms.len());
                prop_assert!(rooms.len() <= size);
            }
            drop((rooms, places));
            prop_assert!(line.try_enter().is_some(), "all have gone");
        }
    }
}
