//! [`Alarm`]: wakes a caller at its deadline, and mostly never rings.
//!
//! Almost every call is over long before its deadline, and to register a timer and take it back again costs as much as the rest of a
//! queued call. So threads keep some timers that were registered for earlier calls. One that is lent again still rings at the
//! moment for which it was registered: before the borrower's deadline, for which it is set anew then. That happens once in
//! a deadline, and not once in a call.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::task::coop;
use tokio::time::Sleep;

use super::{Clock, Tick};

/// Timers that a thread keeps at most.
const SPARES: usize = 64;

thread_local! {
    static SPARE: RefCell<Vec<Spare>> = const { RefCell::new(Vec::new()) };
}

/// A timer that is registered, and lent to nobody.
struct Spare {
    timer: Pin<Box<Sleep>>,
    /// Which clock it belongs to. The clock itself would keep its thread.
    clock: u64,
}

/// Wakes whoever polls it at a moment. Whoever has it [puts it away](Self::put_away) when it need not ring any more.
#[derive(Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ready from the moment `until` on, which is the same at each poll.
    pub(crate) fn poll(&mut self, clock: &Clock, until: Tick, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.is_none() {
            self.0 = borrow(clock, until);
        }
        loop {
            if let Some(timer) = &mut self.0 {
                ready!(timer.as_mut().poll(cx));
                if timer.deadline() >= clock.instant(until) {
                    return Poll::Ready(());
                }
            }
            // What has rung is of no use to anybody else.
            self.0 = Some(Box::pin(clock.sleep_until(until)));
        }
    }

    /// Leaves its timer to others.
    #[inline]
    pub(crate) fn put_away(&mut self, clock: &Clock) {
        if let Some(timer) = self.0.take() {
            give_back(timer, clock);
        }
    }
}

/// A timer of this thread that does not ring too late, if there is one.
fn borrow(clock: &Clock, until: Tick) -> Option<Pin<Box<Sleep>>> {
    let (number, until) = (clock.number(), clock.instant(until));
    loop {
        let top = SPARE.try_with(|spare| {
            let may_go = |top: &mut Spare| top.clock != number || top.timer.deadline() <= until;
            spare.borrow_mut().pop_if(may_go)
        });
        // A thread that ends has none.
        let top = top.ok()??;
        if top.clock == number {
            return Some(top.timer);
        }
        // Those of clocks that are gone go when they come up.
    }
}

fn give_back(mut timer: Pin<Box<Sleep>>, clock: &Clock) {
    // In virtual time a timer that nobody waits for would still be a moment to which time jumps.
    if clock.number() == Clock::VIRTUAL || !forget_waker(&mut timer) {
        return;
    }
    let clock = clock.number();
    // A thread that ends keeps nothing.
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < SPARES {
            spare.push(Spare { timer, clock });
        }
    });
}

/// Lets go of whoever the timer would wake, who may be all that keeps an actor in memory. False when it is of no use any more.
fn forget_waker(timer: &mut Pin<Box<Sleep>>) -> bool {
    let nobody = &mut Context::from_waker(Waker::noop());
    // Without budget a poll would not reach the timer.
    coop::has_budget_remaining() && timer.as_mut().poll(nobody).is_pending()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use futures_util::future::poll_fn;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn num_spare() -> usize {
        SPARE.with_borrow(Vec::len)
    }

    fn clock() -> Clock {
        Clock::real().expect("a thread")
    }

    /// An alarm that is set.
    fn set(clock: &Clock, until: Tick) -> Alarm {
        let mut alarm = Alarm::default();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(alarm.poll(clock, until, &mut cx).is_pending());
        alarm
    }

    async fn rung(alarm: &mut Alarm, clock: &Clock, until: Tick) {
        poll_fn(|cx| alarm.poll(clock, until, cx)).await;
    }

    #[tokio::test]
    async fn an_alarm_with_a_borrowed_timer_rings_at_its_own_moment() {
        let clock = clock();
        let soon = clock.now().after(Duration::from_millis(200));
        set(&clock, soon).put_away(&clock);
        assert_eq!(num_spare(), 1);
        let later = soon.after(Duration::from_millis(50));
        let mut alarm = set(&clock, later);
        assert_eq!(num_spare(), 0, "it is lent");
        rung(&mut alarm, &clock, later).await;
        // The clock that is read may be behind by one of its steps.
        assert!(clock.now().after(Duration::from_millis(10)) >= later);
        alarm.put_away(&clock);
        assert_eq!(num_spare(), 0, "it has rung");
    }

    #[tokio::test]
    async fn a_timer_that_would_ring_too_late_is_not_lent() {
        let clock = clock();
        set(&clock, clock.now().after(HOUR)).put_away(&clock);
        let soon = clock.now().after(Duration::from_millis(5));
        rung(&mut Alarm::default(), &clock, soon).await;
    }

    #[test]
    fn a_timer_comes_back_on_a_thread_without_an_executor() {
        let clock = clock();
        let until = clock.now().after(HOUR);
        for _ in 0..3 {
            set(&clock, until).put_away(&clock);
            assert_eq!(num_spare(), 1);
        }
    }

    #[test]
    fn timers_of_another_clock_are_let_go() {
        let (one, other) = (clock(), clock());
        set(&one, one.now().after(HOUR)).put_away(&one);
        drop(one);
        let mut alarm = set(&other, other.now().after(HOUR));
        assert_eq!(num_spare(), 0);
        alarm.put_away(&other);
        assert!(SPARE.with_borrow(|spare| spare.iter().all(|spare| spare.clock == other.number())));
    }

    #[test]
    fn a_timer_that_nobody_has_borrowed_keeps_nobody_in_memory() {
        struct Caller;
        impl std::task::Wake for Caller {
            fn wake(self: Arc<Self>) {}
        }
        let (clock, caller) = (clock(), Arc::new(Caller));
        let until = clock.now().after(HOUR);
        let mut alarm = Alarm::default();
        let waker = Waker::from(Arc::clone(&caller));
        assert!(
            alarm
                .poll(&clock, until, &mut Context::from_waker(&waker))
                .is_pending()
        );
        alarm.put_away(&clock);
        drop(waker);
        assert_eq!(num_spare(), 1);
        assert_eq!(Arc::strong_count(&caller), 1);
    }

    #[test]
    fn a_thread_keeps_a_bounded_number_of_timers() {
        let clock = clock();
        let until = clock.now().after(HOUR);
        let alarms: Vec<_> = (0..SPARES + 9).map(|_| set(&clock, until)).collect();
        for mut alarm in alarms {
            alarm.put_away(&clock);
        }
        assert_eq!(num_spare(), SPARES);
    }

    #[tokio::test(start_paused = true)]
    async fn in_virtual_time_no_timer_stays_behind() {
        let clock = Clock::virtual_time(tokio::runtime::Handle::current(), UNIX_EPOCH);
        set(&clock, clock.now().after(HOUR)).put_away(&clock);
        assert_eq!(num_spare(), 0);
    }
}
