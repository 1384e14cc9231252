//! [`RateLimit`]: how many requests one caller may send.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;

use crate::call::{Clock, Tick};

/// Callers that are remembered. When there are more than that at once, all begin anew: a flood of addresses must not cost memory.
const CALLERS_MAX: usize = 65_536;

/// How many requests one caller may send: `burst` at once, then one every `interval`.
///
/// A caller is an IPv4 address or an IPv6 network of 64 bits, which is what one party is usually given. Algorithm: GCRA,
/// <https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm>; of a caller only one moment is remembered.
#[derive(Debug)]
pub(super) struct RateLimit {
    clock: Clock,
    interval: Duration,
    /// How far ahead of time a caller may be.
    tolerance: Duration,
    /// When each would have sent what it has sent, at its rate.
    due: Mutex<HashMap<IpAddr, Tick>>,
}

impl RateLimit {
    /// A limit of so many requests a second; `None` for 0, which is no limit.
    pub(super) fn new(clock: Clock, per_second: u32, burst: u32) -> Option<Self> {
        let interval = Duration::from_secs(1).checked_div(per_second)?;
        Some(Self {
            clock,
            interval,
            tolerance: interval * burst.saturating_sub(1),
            due: Mutex::default(),
        })
    }

    /// Takes a request of a caller.
    ///
    /// # Errors
    ///
    /// How long to wait before the next one would be taken.
    pub(super) fn take(&self, caller: IpAddr) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut due = self.due.lock();
        let caller = network_of(caller);
        let from = due.get(&caller).copied().unwrap_or(now).max(now);
        let wait = from.since(now).saturating_sub(self.tolerance);
        if !wait.is_zero() {
            return Err(wait);
        }
        if due.len() >= CALLERS_MAX && !due.contains_key(&caller) {
            due.retain(|_, due| *due > now);
            if due.len() >= CALLERS_MAX {
                due.clear();
            }
        }
        due.insert(caller, from.after(self.interval));
        Ok(())
    }
}

fn network_of(caller: IpAddr) -> IpAddr {
    match caller.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(network.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        let clock = Clock::virtual_time(tokio::runtime::Handle::current(), UNIX_EPOCH);
        RateLimit::new(clock, per_second, burst).expect("a limit")
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_may_send_a_burst_and_then_at_its_rate() {
        let limit = limit(10, 3);
        let caller = address("192.0.2.1");
        assert_eq!(
            [(); 4].map(|()| limit.take(caller)),
            [Ok(()), Ok(()), Ok(()), Err(Duration::from_millis(100))]
        );
        assert_eq!(
            limit.take(address("192.0.2.2")),
            Ok(()),
            "others are not concerned"
        );
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(limit.take(caller), Ok(()));
        assert!(limit.take(caller).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_ipv6_network_is_one_caller() {
        let limit = limit(1, 1);
        assert_eq!(limit.take(address("2001:db8::1")), Ok(()));
        assert!(limit.take(address("2001:db8::2")).is_err());
        assert_eq!(limit.take(address("2001:db8:0:1::1")), Ok(()));
        assert_eq!(limit.take(address("192.0.2.1")), Ok(()));
        assert!(
            limit.take(address("::ffff:192.0.2.1")).is_err(),
            "the same host"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_callers_costs_no_memory() {
        let limit = limit(1, 1);
        for number in 0..2 * u32::try_from(CALLERS_MAX).expect("small") {
            assert_eq!(limit.take(IpAddr::V4(number.into())), Ok(()));
        }
        assert!(limit.due.lock().len() <= CALLERS_MAX);
    }
}
