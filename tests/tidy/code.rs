//! Rust text as a rule needs it: without comments and literals, cut into tokens, with the line of each. No parser of the
//! language: the rules look for paths and calls only.

/// A word, `::`, or one other character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// The first line is 1.
    pub(crate) line: usize,
}

impl Token<'_> {
    /// Whether it is a name or keyword, and no number or sign.
    pub(crate) fn is_word(&self) -> bool {
        self.text
            .starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

/// The text with every comment and every string and character literal replaced by blanks, line for line.
pub(crate) fn without_prose(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = prose_end(&chars, at).unwrap_or(at);
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            code.extend(
                chars[at..end]
                    .iter()
                    .map(|&c| if c == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        }
    }
    code
}

/// The tokens of a text that [`without_prose`] returned.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if rest.starts_with("::") {
                2
            } else if is_name(first) {
                rest.find(|c| !is_name(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (text, after) = rest.split_at(length);
            tokens.push(Token {
                text,
                line: number + 1,
            });
            rest = after.trim_start();
        }
    }
    tokens
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the comment or literal that opens at `at` is over; nothing if none opens there.
fn prose_end(chars: &[char], at: usize) -> Option<usize> {
    let next = chars.get(at + 1);
    match chars[at] {
        '/' if next == Some(&'/') => Some(find(chars, at, |c| c == '\n')),
        '/' if next == Some(&'*') => Some(block_comment_end(chars, at)),
        '"' => Some(quoted_end(chars, at)),
        'r' => raw_string_end(chars, at),
        '\'' if next == Some(&'\\') || chars.get(at + 2) == Some(&'\'') => {
            Some(quoted_end(chars, at))
        }
        _ => None,
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    chars[from..]
        .iter()
        .position(|&c| wanted(c))
        .map_or(chars.len(), |found| from + found)
}

/// Block comments nest.
fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut here = at;
    while here < chars.len() {
        match (chars[here], chars.get(here + 1)) {
            ('/', Some('*')) => (depth, here) = (depth + 1, here + 2),
            ('*', Some('/')) => (depth, here) = (depth - 1, here + 2),
            _ => here += 1,
        }
        if depth == 0 {
            return here;
        }
    }
    chars.len()
}

/// A literal ends at the quote that opened it, unless a backslash stands before that quote.
fn quoted_end(chars: &[char], at: usize) -> usize {
    let mut here = at + 1;
    while here < chars.len() && chars[here] != chars[at] {
        here += if chars[here] == '\\' { 2 } else { 1 };
    }
    chars.len().min(here + 1)
}

fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let open = find(chars, at + 1, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let hashes = open - at - 1;
    let closes = |quote: usize| {
        chars[quote] == '"'
            && chars[quote + 1..]
                .iter()
                .take(hashes)
                .filter(|&&c| c == '#')
                .count()
                == hashes
    };
    let close = (open + 1..chars.len()).find(|&quote| closes(quote));
    Some(close.map_or(chars.len(), |quote| quote + 1 + hashes))
}

#[test]
fn comments_and_literals_are_blank_and_lines_stay() {
    let text = "a /* b /* c */ d */ e // f\n\"g\\\"h\" i 'j' '\\'' k r#\"l\" m\"# n<'o>\n";
    let words: Vec<(String, usize)> = tokens(&without_prose(text))
        .iter()
        .map(|t| (t.text.to_owned(), t.line))
        .collect();
    let expected = [
        ("a", 1),
        ("e", 1),
        ("i", 2),
        ("k", 2),
        ("n", 2),
        ("<", 2),
        ("'", 2),
        ("o", 2),
        (">", 2),
    ];
    assert_eq!(words, expected.map(|(word, line)| (word.to_owned(), line)));
}
