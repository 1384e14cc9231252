//! Which processor a process works on: what measures must not take time from what is measured.

/// The processors of a run: one for what is measured, another one for what measures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cores {
    /// Where everything runs that is measured.
    pub measured: usize,
    /// Where load comes from.
    pub measuring: usize,
}

impl Cores {
    /// The first two that this process may use; `None` where there is one only, or the system lets nobody choose.
    #[must_use]
    pub fn find() -> Option<Self> {
        let mut allowed = allowed().into_iter();
        Some(Self {
            measured: allowed.next()?,
            measuring: allowed.next()?,
        })
    }
}

/// Keeps this thread, and whatever it starts from now on, on one processor. `false` where the system does not do that.
#[cfg(target_os = "linux")]
#[must_use]
pub fn pin(core: usize) -> bool {
    let mut cores = rustix::thread::CpuSet::new();
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores).is_ok()
}

/// Keeps nothing anywhere: the system does not do that.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn pin(_: usize) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn allowed() -> Vec<usize> {
    let cores = rustix::thread::sched_getaffinity(None);
    cores.map_or_else(
        |_| Vec::new(),
        |cores| {
            let all = 0..rustix::thread::CpuSet::MAX_CPU;
            all.filter(|core| cores.is_set(*core)).collect()
        },
    )
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Vec<usize> {
    Vec::new()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_is_pinned() {
        // A thread of its own: the others of this test stay as they are.
        let pinned = std::thread::spawn(|| {
            let core = allowed()[0];
            (pin(core), allowed() == [core])
        });
        assert_eq!(pinned.join().unwrap(), (true, true));
    }
}
