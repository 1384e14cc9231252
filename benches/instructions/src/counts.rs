//! The file of counts: what it says, what it refuses to say, and what a new count means beside it.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::Path;

use serde::Deserialize;

use crate::paths::Way;

/// By how much a count may differ, in percent, before somebody has to look.
///
/// Counts of one program on one machine differ by less than 1 %; another C library or processor, whose copying and comparing of memory
/// take other instructions, by a few.
const TOLERANCE_PERCENT: f64 = 5.0;

/// Instructions of one operation of each way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    /// For which processor and system.
    pub(crate) target: String,
    /// With what they were compiled.
    pub(crate) compiler: String,
    tolerance_percent: f64,
    counts: BTreeMap<String, u64>,
}

/// What a new count means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// As it was.
    Same { count: u64, percent: f64 },
    /// Above the tolerance.
    TooMany {
        count: u64,
        expected: u64,
        percent: f64,
    },
    /// Below it: what was won can be lost again without anybody seeing it, until the file is renewed.
    Fewer {
        count: u64,
        expected: u64,
        percent: f64,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same { count, percent } => write!(f, "{count:>8}  {percent:+.1} %"),
            Self::TooMany {
                count,
                expected,
                percent,
            } => write!(
                f,
                "{count:>8}  {percent:+.1} %: too many, it was {expected}"
            ),
            Self::Fewer {
                count,
                expected,
                percent,
            } => write!(
                f,
                "{count:>8}  {percent:+.1} %: better than {expected}, renew: cargo xtask bench --check --renew"
            ),
        }
    }
}

/// The processor and the system, as they are compiled for.
pub(crate) fn target() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

impl Counts {
    /// No counts yet, for this target.
    pub(crate) fn new(compiler: String) -> Self {
        Self {
            target: target(),
            compiler,
            tolerance_percent: TOLERANCE_PERCENT,
            counts: BTreeMap::new(),
        }
    }

    /// Reads a file that has a count for every way and for nothing else.
    ///
    /// # Errors
    ///
    /// In words, with the place in the file.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::parse(&text).map_err(|reason| format!("{}: {reason}", file.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let counts: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(0.0..100.0).contains(&counts.tolerance_percent) {
            let given = counts.tolerance_percent;
            return Err(format!(
                "`tolerance_percent` is {given}, and must lie between 0 and 100"
            ));
        }
        let missing = Way::ALL
            .iter()
            .map(|way| way.name())
            .find(|name| !counts.counts.contains_key(*name));
        if let Some(name) = missing {
            return Err(format!(
                "`{name}` has no count: cargo xtask bench --check --renew"
            ));
        }
        if let Some(name) = counts.counts.keys().find(|name| Way::named(name).is_none()) {
            let names: Vec<_> = Way::ALL.iter().map(|way| way.name()).collect();
            return Err(format!(
                "`{name}` is not counted; what is: {}",
                names.join(", ")
            ));
        }
        if let Some((name, _)) = counts.counts.iter().find(|(_, count)| **count == 0) {
            return Err(format!("`{name}` cannot take 0 instructions"));
        }
        Ok(counts)
    }

    pub(crate) fn set(&mut self, name: &str, count: u64) {
        self.counts.insert(name.to_owned(), count);
    }

    /// What `count` means for the way of this name.
    pub(crate) fn judge(&self, name: &str, count: u64) -> Verdict {
        let expected = self.counts.get(name).copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let percent = (count as f64 - expected as f64) * 100.0 / expected as f64;
        if percent > self.tolerance_percent {
            return Verdict::TooMany {
                count,
                expected,
                percent,
            };
        }
        if percent < -self.tolerance_percent {
            return Verdict::Fewer {
                count,
                expected,
                percent,
            };
        }
        Verdict::Same { count, percent }
    }

    /// # Errors
    ///
    /// In words: the file cannot be written.
    pub(crate) fn write(&self, file: &Path) -> Result<(), String> {
        std::fs::write(file, self.text())
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    fn text(&self) -> String {
        let mut text = String::from(
            "# Instructions of one operation on each hot path of skep, counted by callgrind. Written by\n\
             # `cargo xtask bench --check --renew`; `cargo xtask bench --check` and the gates hold every change against it.\n",
        );
        let _ = writeln!(text, "target = \"{}\"", self.target);
        let _ = writeln!(text, "compiler = \"{}\"", self.compiler);
        let _ = writeln!(
            text,
            "tolerance_percent = {:.1}\n\n[counts]",
            self.tolerance_percent
        );
        for (name, count) in &self.counts {
            let _ = writeln!(text, "{name} = {count}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        let mut counts = Counts::new("rustc 1".to_owned());
        for way in Way::ALL {
            counts.set(way.name(), 1000);
        }
        counts
    }

    fn refused(from: &str, to: &str) -> String {
        let text = counts().text();
        assert!(text.contains(from), "{text}");
        Counts::parse(&text.replace(from, to)).unwrap_err()
    }

    #[test]
    fn a_count_above_the_tolerance_is_too_many() {
        assert!(matches!(
            counts().judge("ask-inline", 1050),
            Verdict::Same { .. }
        ));
        let verdict = counts().judge("ask-inline", 1051);
        assert_eq!(
            verdict.to_string(),
            "    1051  +5.1 %: too many, it was 1000"
        );
    }

    #[test]
    fn a_count_below_the_tolerance_asks_to_be_written_down() {
        assert!(matches!(
            counts().judge("ask-inline", 950),
            Verdict::Same { .. }
        ));
        let verdict = counts().judge("ask-inline", 949);
        assert!(matches!(verdict, Verdict::Fewer { .. }));
        assert!(verdict.to_string().contains("renew"), "{verdict}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(Counts::parse(&counts().text()), Ok(counts()));
    }

    #[test]
    fn every_way_needs_a_count_and_nothing_else_has_one() {
        let missing = refused("ask-inline = 1000\n", "");
        assert!(missing.contains("`ask-inline` has no count"), "{missing}");
        let unknown = refused("[counts]\n", "[counts]\nask-outline = 9\n");
        assert!(
            unknown.contains("`ask-outline` is not counted"),
            "{unknown}"
        );
        let zero = refused("ask-inline = 1000", "ask-inline = 0");
        assert!(zero.contains("`ask-inline` cannot take 0"), "{zero}");
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_the_place() {
        let broken = refused("[counts]", "[counts");
        assert!(broken.contains("line 7"), "{broken}");
        let extra = refused("[counts]", "speed = 1\n[counts]");
        assert!(extra.contains("unknown field `speed`"), "{extra}");
        let tolerance = refused("tolerance_percent = 5.0", "tolerance_percent = 100.0");
        assert!(tolerance.contains("between 0 and 100"), "{tolerance}");
    }
}
