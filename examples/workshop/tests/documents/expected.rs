//! Whether an output is what a page shows: `…` in a line stands for any text, `…` alone for any number of lines, and blanks
//! for any number of blanks, because the width of a table's columns depends on what is in them.

const ANYTHING: char = '…';

/// Whether these are the lines, all of them.
pub(crate) fn all_match(shown: &[String], lines: &[String]) -> bool {
    let Some((first, others)) = shown.split_first() else {
        return lines.is_empty();
    };
    if is_any_lines(first) {
        return (0..=lines.len()).any(|skipped| all_match(others, &lines[skipped..]));
    }
    lines
        .split_first()
        .is_some_and(|(line, rest)| line_matches(first, line) && all_match(others, rest))
}

/// Whether a shown line stands for any number of lines.
pub(crate) fn is_any_lines(shown: &str) -> bool {
    shown.trim() == ANYTHING.to_string()
}

/// Whether this is the line.
pub(crate) fn line_matches(shown: &str, line: &str) -> bool {
    let (shown, line) = (with_single_blanks(shown), with_single_blanks(line));
    // A blank beside an ellipsis is for the eye.
    let mut parts = shown.split(ANYTHING).map(str::trim);
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn with_single_blanks(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_ellipsis_stands_for_any_text_and_nothing_else_does() {
        assert!(line_matches(
            "ready after … ms: …",
            "ready after 31 ms: a, b"
        ));
        assert!(line_matches("a … a", "a b a  "));
        assert!(line_matches("A  B", "  A B "));
        assert!(line_matches("a … b", "a b"));
        assert!(!line_matches("a … a", "a"));
        assert!(!line_matches("ready", "ready!"));
        assert!(!line_matches("… ms", "31 s"));
    }

    #[test]
    fn a_line_that_is_an_ellipsis_stands_for_any_number_of_lines() {
        assert!(all_match(&lines("a\n…\nd"), &lines("a\nb\nc\nd")));
        assert!(all_match(&lines("a\n…"), &lines("a")));
        assert!(!all_match(&lines("a\n…\nd"), &lines("a\nb")));
        assert!(!all_match(&lines("a"), &lines("a\nb")));
    }
}
