//! How far a replay is: a bar on a terminal, a line now and then elsewhere; both on the standard error stream.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How many plain lines a whole replay prints.
const LINES: u64 = 20;

/// How far a replay is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    done: AtomicU64,
    total: u64,
}

impl Progress {
    /// Nothing is done yet of `total` steps.
    #[must_use]
    pub fn new(total: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let look = "{bar:32} {percent:>3} %  {human_pos}/{human_len} steps  {per_sec}  ready in {eta}  {msg}";
        if let Ok(style) = ProgressStyle::with_template(look) {
            bar.set_style(style);
        }
        Self {
            bar,
            is_terminal,
            done: AtomicU64::new(0),
            total,
        }
    }

    /// Tells nobody.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            is_terminal: true,
            done: AtomicU64::new(0),
            total: 0,
        }
    }

    /// A step is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.inc(1);
        let share = |done: u64| done * LINES / self.total.max(1);
        if !self.is_terminal && share(done) > share(done - 1) {
            let seconds = self.elapsed().as_secs_f64().max(0.001);
            let rate = done as f64 / seconds;
            let left = (self.total - done) as f64 / rate;
            note(&format!(
                "replayed {done} of {} steps, {rate:.0}/s, {left:.0} s left",
                self.total
            ));
        }
    }

    /// All steps are done, but not all that follows from them.
    pub fn waiting_for(&self, undelivered: u64) {
        let message = format!("{undelivered} events under way");
        if self.is_terminal {
            self.bar.set_message(message);
            self.bar.tick();
        } else {
            note(&message);
        }
    }

    /// How many steps are done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How long it has taken so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.bar.elapsed()
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
