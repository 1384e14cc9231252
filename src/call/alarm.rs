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
    static SPARE: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

/// A timer that is registered.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    rings_at: Tick,
    /// Which clock it belongs to. The clock itself would keep its thread.
    clock: u64,
}

/// Wakes whoever polls it at a moment.
#[derive(Default)]
pub(super) struct Alarm(Option<Timer>);

impl Alarm {
    /// Ready from the moment `until` on, which is the same at each poll.
    pub(super) fn poll(&mut self, clock: &Clock, until: Tick, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.is_none() {
            self.0 = borrow(clock, until);
        }
        loop {
            if let Some(timer) = &mut self.0 {
                ready!(timer.sleep.as_mut().poll(cx));
                if timer.rings_at >= until {
                    return Poll::Ready(());
                }
            }
            // What has rung is of no use to anybody else.
            self.0 = Some(Timer {
                sleep: Box::pin(clock.sleep_until(until)),
                rings_at: until,
                clock: clock.number(),
            });
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(mut timer) = self.0.take()
            && timer.clock != Clock::VIRTUAL
            && timer.forget_waker()
        {
            give_back(timer);
        }
    }
}

impl Timer {
    /// Lets go of whoever it would wake, who may be all that keeps an actor in memory. False when it is of no use any more.
    fn forget_waker(&mut self) -> bool {
        let nobody = &mut Context::from_waker(Waker::noop());
        // Without budget a poll would not reach the timer.
        coop::has_budget_remaining() && self.sleep.as_mut().poll(nobody).is_pending()
    }
}

/// A timer of this thread that does not ring too late, if there is one.
fn borrow(clock: &Clock, until: Tick) -> Option<Timer> {
    let number = clock.number();
    loop {
        let top = SPARE.try_with(|spare| {
            let may_go = |timer: &mut Timer| timer.clock != number || timer.rings_at <= until;
            spare.borrow_mut().pop_if(may_go)
        });
        // A thread that ends has none.
        let timer = top.ok()??;
        if timer.clock == number {
            return Some(timer);
        }
        // Those of clocks that are gone go when they come up.
    }
}

fn give_back(timer: Timer) {
    // A thread that ends keeps nothing.
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < SPARES {
            spare.push(timer);
        }
    });
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
        drop(set(&clock, soon));
        assert_eq!(num_spare(), 1);
        let later = soon.after(Duration::from_millis(50));
        let mut alarm = set(&clock, later);
        assert_eq!(num_spare(), 0, "it is lent");
        rung(&mut alarm, &clock, later).await;
        // The clock that is read may be behind by one of its steps.
        assert!(clock.now().after(Duration::from_millis(10)) >= later);
        drop(alarm);
        assert_eq!(num_spare(), 0, "it has rung");
    }

    #[tokio::test]
    async fn a_timer_that_would_ring_too_late_is_not_lent() {
        let clock = clock();
        drop(set(&clock, clock.now().after(HOUR)));
        let soon = clock.now().after(Duration::from_millis(5));
        rung(&mut Alarm::default(), &clock, soon).await;
    }

    #[test]
    fn a_timer_comes_back_on_a_thread_without_an_executor() {
        let clock = clock();
        let until = clock.now().after(HOUR);
        for _ in 0..3 {
            drop(set(&clock, until));
            assert_eq!(num_spare(), 1);
        }
    }

    #[test]
    fn timers_of_another_clock_are_let_go() {
        let (one, other) = (clock(), clock());
        drop(set(&one, one.now().after(HOUR)));
        drop(one);
        let alarm = set(&other, other.now().after(HOUR));
        assert_eq!(num_spare(), 0);
        drop(alarm);
        assert!(SPARE.with_borrow(|spare| spare.iter().all(|timer| timer.clock == other.number())));
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
        drop((alarm, waker));
        assert_eq!(num_spare(), 1);
        assert_eq!(Arc::strong_count(&caller), 1);
    }

    #[test]
    fn a_thread_keeps_a_bounded_number_of_timers() {
        let clock = clock();
        let until = clock.now().after(HOUR);
        let alarms: Vec<_> = (0..SPARES + 9).map(|_| set(&clock, until)).collect();
        drop(alarms);
        assert_eq!(num_spare(), SPARES);
    }

    #[tokio::test(start_paused = true)]
    async fn in_virtual_time_no_timer_stays_behind() {
        let clock = Clock::virtual_time(tokio::runtime::Handle::current(), UNIX_EPOCH);
        drop(set(&clock, clock.now().after(HOUR)));
        assert_eq!(num_spare(), 0);
    }
}
