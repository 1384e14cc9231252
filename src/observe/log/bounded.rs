//! Texts of bounded length: what a record quotes is cut, with a mark that says so.

use std::fmt::{self, Write};

/// What stands where a text was cut.
pub(super) const CUT: &str = "…[cut]";

/// A text that takes so many bytes, and no more.
#[derive(Debug)]
pub(super) struct Bounded {
    text: String,
    bytes_max: usize,
    is_cut: bool,
}

impl Bounded {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self {
            text: String::new(),
            bytes_max,
            is_cut: false,
        }
    }

    /// The text of a value. A long one is not even written to its end.
    pub(super) fn of(value: impl fmt::Display, bytes_max: usize) -> String {
        let mut bounded = Self::new(bytes_max);
        let _ = write!(bounded, "{value}");
        bounded.into_text()
    }

    pub(super) fn into_text(mut self) -> String {
        if self.is_cut {
            self.text.push_str(CUT);
        }
        self.text
    }
}

impl Write for Bounded {
    /// Fails once it is full, which ends the formatting.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let room = self.bytes_max - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        self.is_cut = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(Bounded::of("abc", 3), "abc");
        assert_eq!(Bounded::of("abcd", 3), format!("abc{CUT}"));
        assert_eq!(Bounded::of("aää", 4), format!("aä{CUT}"));
        assert_eq!(
            Bounded::of(format_args!("{}{}", "ab", "cd"), 3),
            format!("abc{CUT}")
        );
    }
}
