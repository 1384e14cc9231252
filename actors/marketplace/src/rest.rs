//! [`Rest`]: who did not answer is left alone for a moment, so that not every page waits for it.

use std::time::{Duration, SystemTime};

/// Whether somebody is left alone, and why.
#[derive(Debug, Default)]
pub struct Rest {
    last: Option<(SystemTime, String)>,
}

impl Rest {
    /// It did not answer, and is left alone from now on.
    pub fn begin(&mut self, now: SystemTime, reason: String) {
        self.last = Some((now, reason));
    }

    /// It has answered.
    pub fn end(&mut self) {
        self.last = None;
    }

    /// Why it did not answer, while that is less than `pause` ago. A clock that was set back meanwhile ends the rest.
    #[must_use]
    pub fn reason(&self, now: SystemTime, pause: Duration) -> Option<&str> {
        let (begun, reason) = self.last.as_ref()?;
        let passed = now.duration_since(*begun).ok()?;
        (passed < pause).then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(1);

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    #[test]
    fn a_rest_lasts_as_long_as_its_pause() {
        let mut rest = Rest::default();
        assert_eq!(rest.reason(at(5000), PAUSE), None);
        rest.begin(at(5000), "slow".to_owned());
        assert_eq!(rest.reason(at(5999), PAUSE), Some("slow"));
        assert_eq!(rest.reason(at(6000), PAUSE), None);
    }

    #[test]
    fn an_answer_and_a_clock_that_was_set_back_end_a_rest() {
        let mut rest = Rest::default();
        rest.begin(at(5000), "slow".to_owned());
        assert_eq!(rest.reason(at(4999), PAUSE), None);
        rest.end();
        assert_eq!(rest.reason(at(5001), PAUSE), None);
    }
}
