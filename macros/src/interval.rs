//! Durations as a user writes them in `#[every("1h")]`.

use syn::{Error, LitStr, Result};

/// Milliseconds of a duration literal: a whole number and one of `ms`, `s`, `m`, `h`, `d`, more than nothing.
pub(crate) fn millis(literal: &LitStr) -> Result<u64> {
    let text = literal.value();
    parse(&text).ok_or_else(|| {
        let fault = format!(
            "`{text}` is not an interval: write a whole number above 0 and `ms`, `s`, `m`, `h` or `d`, as in `#[every(\"90s\")]`"
        );
        Error::new(literal.span(), fault)
    })
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let unit_millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let millis = count.parse::<u64>().ok()?.checked_mul(unit_millis)?;
    (millis > 0).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_interval_is_a_whole_number_and_a_unit() {
        for (text, millis) in [
            ("5ms", 5),
            ("90s", 90_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse(text), Some(millis));
        }
        for wrong in [
            "",
            "1",
            "h",
            "0s",
            "-1s",
            "1.5h",
            "1 h",
            "1w",
            "1h30m",
            "999999999999999999d",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
