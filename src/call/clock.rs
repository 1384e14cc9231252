//! Time, in one place: deadlines count [`Tick`]s of a [`Clock`], records carry its wall time. Tests own both.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;

/// A moment on a [`Clock`]: nanoseconds since the clock was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(u64);

impl Tick {
    /// The moment `duration` later; the end of time when that is past it.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)),
        )
    }

    /// The moment `duration` earlier; `None` when the clock did not run then.
    #[must_use]
    pub fn before(self, duration: Duration) -> Option<Self> {
        self.0
            .checked_sub(u64::try_from(duration.as_nanos()).ok()?)
            .map(Self)
    }

    /// How long it is from `earlier` to this moment; zero if it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// As [`after`](Self::after), without the detour over seconds.
    pub(crate) const fn after_nanos(self, nanos: u64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// Past every moment.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    pub(crate) const fn as_nanos(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
}

/// The time of one runtime. Cheap to clone.
///
/// A real clock reads the system's coarse monotonic clock where there is one (Linux: about 5 ns instead of 20–25, at the
/// price of a resolution of 1–4 ms), since every call takes a reading. A virtual clock is tokio's paused one.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Tells the clocks of one process apart.
    number: u64,
    kind: Kind,
    started: tokio::time::Instant,
    started_coarse: u64,
    started_wall: SystemTime,
    timers: Handle,
    /// A real clock's own timers: a caller may wait with them while the runtime that it called ends.
    _own: Option<OwnTimers>,
}

static NUMBER: AtomicU64 = AtomicU64::new(Clock::VIRTUAL + 1);

/// One thread that wakes sleepers; ends with the clock.
#[derive(Debug)]
struct OwnTimers(Option<tokio::runtime::Runtime>);

impl Drop for OwnTimers {
    fn drop(&mut self) {
        // The last owner may be a task of any runtime, where nothing may be waited for.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Real,
    Virtual,
}

impl Clock {
    /// A clock that runs with the machine. It has a thread for its timers.
    ///
    /// # Errors
    ///
    /// What the system says when it gives no thread.
    pub fn real() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("skep-timers")
            .enable_time()
            .build()?;
        let timers = runtime.handle().clone();
        let own = OwnTimers(Some(runtime));
        Ok(Self::new(Kind::Real, timers, Some(own), wall_now()))
    }

    /// A clock that follows tokio's pausable time on the runtime of `timers`; its wall time starts at `wall`.
    #[must_use]
    pub fn virtual_time(timers: Handle, wall: SystemTime) -> Self {
        Self::new(Kind::Virtual, timers, None, wall)
    }

    fn new(kind: Kind, timers: Handle, own: Option<OwnTimers>, started_wall: SystemTime) -> Self {
        let started = {
            let _timers = timers.enter();
            tokio::time::Instant::now()
        };
        Self(Arc::new(Inner {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            kind,
            started,
            started_coarse: coarse_nanos(),
            started_wall,
            timers,
            _own: own,
        }))
    }

    /// The number of every virtual clock.
    pub(super) const VIRTUAL: u64 = 0;

    /// Tells real clocks apart.
    pub(super) fn number(&self) -> u64 {
        match self.0.kind {
            Kind::Real => self.0.number,
            Kind::Virtual => Self::VIRTUAL,
        }
    }

    /// Now.
    #[must_use]
    #[inline]
    pub fn now(&self) -> Tick {
        match self.0.kind {
            Kind::Real => Tick(coarse_nanos().saturating_sub(self.0.started_coarse)),
            Kind::Virtual => {
                Tick(u64::try_from(self.0.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
            }
        }
    }

    /// How long the clock has run, to the nanosecond: for what is measured, where [`now`](Self::now) is too coarse. Costs
    /// about five times as much.
    #[must_use]
    pub fn precise(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// The wall time: the system's, or virtual time counted from the clock's start.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        match self.0.kind {
            Kind::Real => wall_now(),
            Kind::Virtual => self.0.started_wall + self.now().since(Tick(0)),
        }
    }

    /// The wall time in milliseconds since 1970, as records and headers carry it.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        let since = self.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Ends at `tick`. Works on any executor: the timer belongs to the clock's own runtime.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    #[must_use = "it does nothing unless it is awaited"]
    pub fn sleep_until(&self, tick: Tick) -> tokio::time::Sleep {
        let _timers = self.0.timers.enter();
        tokio::time::sleep_until(self.instant(tick))
    }

    /// A moment as tokio's timers count it.
    pub(super) fn instant(&self, tick: Tick) -> tokio::time::Instant {
        // A tick far ahead must not overflow it: a century is as good as never.
        let ahead = Duration::from_nanos(tick.0).min(Duration::from_secs(100 * 365 * 86_400));
        self.0.started + ahead
    }

    /// Ends when [`now`](Self::now) says `tick` or later. The clock that is read may be behind the one that wakes: who looks at it
    /// after [`sleep_until`](Self::sleep_until) may find that it is not yet time.
    pub(crate) fn reach(&self, tick: Tick) -> tokio::time::Sleep {
        let behind = match self.0.kind {
            Kind::Real => coarse_resolution(),
            Kind::Virtual => Duration::ZERO,
        };
        self.sleep_until(tick.after(behind))
    }

    /// Ends after `duration`.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        self.sleep_until(self.now().after(duration))
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the system's wall clock"
)]
fn wall_now() -> SystemTime {
    SystemTime::now()
}

#[cfg(target_os = "linux")]
#[inline]
fn coarse_nanos() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

#[cfg(target_os = "linux")]
fn coarse_resolution() -> Duration {
    let step = rustix::time::clock_getres(rustix::time::ClockId::MonotonicCoarse);
    Duration::from_nanos(u64::try_from(step.tv_nsec).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
const fn coarse_resolution() -> Duration {
    Duration::ZERO
}

#[cfg(not(target_os = "linux"))]
fn coarse_nanos() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's monotonic clock"
    )]
    let elapsed = START.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}
