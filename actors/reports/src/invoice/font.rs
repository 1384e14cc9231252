//! Text in the fonts that every PDF reader brings along: Helvetica, plain and bold, in the encoding of Windows 1252.

/// A font of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Font {
    /// Helvetica.
    Plain,
    /// Helvetica Bold.
    Bold,
}

/// Stands for letters outside Windows 1252.
const UNKNOWN: u8 = b'?';

/// Widths of the characters from space to tilde, in thousandths of the size (Adobe Font Metrics, Core 14).
#[rustfmt::skip]
const PLAIN: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[rustfmt::skip]
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// The width of letters past the tilde: most accented letters, and the euro sign, are as wide as a digit.
const ACCENTED: u16 = 556;

impl Font {
    /// How wide encoded text is, in points.
    pub(super) fn width(self, text: &[u8], size: f32) -> f32 {
        let widths = if self == Self::Plain { &PLAIN } else { &BOLD };
        let width_of = |byte: &u8| {
            let place = usize::from(*byte).checked_sub(usize::from(b' '));
            u32::from(
                place
                    .and_then(|place| widths.get(place))
                    .copied()
                    .unwrap_or(ACCENTED),
            )
        };
        let thousandths: u32 = text.iter().map(width_of).sum();
        thousandths as f32 * size / 1_000.0
    }

    /// Encodes text, cut with an ellipsis where it is wider than `room` points.
    pub(super) fn fit(self, text: &str, size: f32, room: f32) -> Vec<u8> {
        let mut encoded = encode(text);
        if self.width(&encoded, size) <= room {
            return encoded;
        }
        while !encoded.is_empty() && self.width(&encoded, size) + self.width(b"...", size) > room {
            encoded.pop();
        }
        encoded.push(0x85);
        encoded
    }
}

/// Encodes text in Windows 1252. Control characters are left out, other letters become question marks.
pub(super) fn encode(text: &str) -> Vec<u8> {
    text.chars()
        .filter(|letter| !letter.is_control())
        .map(code)
        .collect()
}

fn code(letter: char) -> u8 {
    match letter {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(UNKNOWN),
        '€' => 0x80,
        '…' => 0x85,
        'Š' => 0x8a,
        'Œ' => 0x8c,
        'Ž' => 0x8e,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        'š' => 0x9a,
        'œ' => 0x9c,
        'ž' => 0x9e,
        'Ÿ' => 0x9f,
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_names_and_the_euro_survive() {
        assert_eq!(encode("João €5"), b"Jo\xe3o \x805");
        assert_eq!(encode("Łódź\n"), b"?\xf3d?");
    }

    #[test]
    fn digits_are_equally_wide_so_that_columns_align() {
        let widths: Vec<f32> = (b'0'..=b'9')
            .map(|digit| Font::Plain.width(&[digit], 10.0))
            .collect();
        assert!(
            widths.iter().all(|width| (width - 5.56).abs() < 0.001),
            "{widths:?}"
        );
    }

    #[test]
    fn text_that_is_too_wide_ends_in_an_ellipsis() {
        let cut = Font::Bold.fit(&"W".repeat(200), 20.0, 100.0);
        assert_eq!(cut.last(), Some(&0x85));
        assert!(Font::Bold.width(&cut, 20.0) <= 100.0);
        assert_eq!(Font::Bold.fit("short", 20.0, 100.0), b"short");
    }
}
