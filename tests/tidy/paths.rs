//! The paths that a Rust text speaks: every `a::b::c`, with `use` groups unfolded, and the inline module around each.

use super::code::{Token, tokens, without_prose};

/// One path, as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// The first is `crate`, `self`, `super`, a package, or anything in scope.
    pub(crate) segments: Vec<String>,
    /// The name that a `use … as` gives it.
    pub(crate) alias: Option<String>,
    /// Whether a `use` brings it into scope.
    pub(crate) used: bool,
    /// The inline modules of the file in which it stands, outermost first.
    pub(crate) within: Vec<String>,
    pub(crate) line: usize,
}

impl Path {
    pub(crate) fn starts_with(&self, first: &str) -> bool {
        self.segments[0] == first
    }
}

/// Every path of a Rust text in the order of the text. A lone name counts in a `use` only.
pub(crate) fn paths(text: &str) -> Vec<Path> {
    let code = without_prose(text);
    let mut reader = Reader {
        tokens: tokens(&code),
        at: 0,
        depth: 0,
        modules: Vec::new(),
        found: Vec::new(),
    };
    reader.read();
    reader.found
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    /// Open braces around `at`.
    depth: usize,
    /// The inline modules that are open, each with the depth outside of it.
    modules: Vec<(&'a str, usize)>,
    found: Vec<Path>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(token) = self.peek(0) {
            match token.text {
                "{" => self.open(),
                "}" => self.close(),
                "use" => self.use_item(),
                _ if token.is_word() && !self.continues() => self.expression(),
                _ => self.at += 1,
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn is(&self, ahead: usize, text: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.text == text)
    }

    fn open(&mut self) {
        if self.at >= 2 && self.tokens[self.at - 2].text == "mod" {
            self.modules
                .push((self.tokens[self.at - 1].text, self.depth));
        }
        self.depth += 1;
        self.at += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.modules.pop_if(|(_, outside)| *outside == self.depth);
        self.at += 1;
    }

    /// Whether the word at `at` goes on with what stands before it, as in `<T as A>::here` or `x.here`. A `::` that
    /// opens a path (`::here`) does not.
    fn continues(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map(|at| self.tokens[at]);
        match before(1) {
            Some(token) if token.text == "::" => {
                before(2).is_some_and(|token| token.is_word() || token.text == ">")
            }
            Some(token) => token.text == ".",
            None => false,
        }
    }

    fn expression(&mut self) {
        let first = self.at;
        let mut segments = Vec::new();
        while let Some(word) = self.peek(0).filter(Token::is_word) {
            segments.push(word.text.to_owned());
            self.at += 1;
            if !(self.is(0, "::") && self.peek(1).is_some_and(|next| next.is_word())) {
                break;
            }
            self.at += 1;
        }
        if segments.len() > 1 {
            self.push(segments, None, false, self.tokens[first].line);
        }
    }

    fn use_item(&mut self) {
        self.at += 1;
        // `impl Trait + use<'a>` is a bound and no import.
        if !self.is(0, "<") {
            self.use_tree(&[]);
        }
    }

    /// One branch: `a::b`, `a::b as c`, `a::*`, `a::{b, c::d}`.
    fn use_tree(&mut self, prefix: &[String]) {
        let line = self.peek(0).map_or(0, |token| token.line);
        let mut segments = prefix.to_vec();
        while let Some(token) = self.peek(0) {
            match token.text {
                "::" => self.at += 1,
                "{" => return self.use_group(&segments),
                "as" => break,
                "*" => {
                    segments.push("*".to_owned());
                    self.at += 1;
                }
                word if token.is_word() => {
                    segments.push(word.to_owned());
                    self.at += 1;
                }
                _ => break,
            }
        }
        let alias = self.alias();
        if !segments.is_empty() {
            self.push(segments, alias, true, line);
        }
    }

    fn use_group(&mut self, prefix: &[String]) {
        self.at += 1;
        while self.peek(0).is_some() && !self.is(0, "}") {
            self.use_tree(prefix);
            // The comma, or whatever a broken text has in its place: never stand still.
            if !self.is(0, "}") {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn alias(&mut self) -> Option<String> {
        if !self.is(0, "as") {
            return None;
        }
        let name = self.peek(1).map(|token| token.text.to_owned());
        self.at += 2;
        name
    }

    fn push(&mut self, segments: Vec<String>, alias: Option<String>, used: bool, line: usize) {
        let within = self
            .modules
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        self.found.push(Path {
            segments,
            alias,
            used,
            within,
            line,
        });
    }
}

#[test]
fn groups_are_unfolded_and_modules_known() {
    let text = "use crate::{a, b::{c as d, *}};\nmod inner {\n  fn f() { x.y; ::actix::spawn(super::g::<T>) }\n}\nuse e;";
    let spoken: Vec<String> = paths(text)
        .iter()
        .map(|p| {
            format!(
                "{}/{}:{}{}",
                p.line,
                p.within.concat(),
                p.segments.join("::"),
                p.alias
                    .iter()
                    .map(|a| format!(" as {a}"))
                    .collect::<String>()
            )
        })
        .collect();
    let expected = [
        "1/:crate::a",
        "1/:crate::b::c as d",
        "1/:crate::b::*",
        "3/inner:actix::spawn",
        "3/inner:super::g",
        "5/:e",
    ];
    assert_eq!(spoken, expected);
}
