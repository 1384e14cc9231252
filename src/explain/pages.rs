//! Looks pages up in the tables that the subsystems contribute; knows no page itself.

use crate::{config, store};

/// The subsystems' tables of code and page, in the order of their codes. A subsystem with codes of its own adds its
/// table here.
const TABLES: &[&[(&str, &str)]] = &[store::PAGES, config::PAGES];

/// The page of a code, such as `SK0201`, as Markdown; letter case does not matter.
///
/// ```
/// let page = skep::explain::page("sk0201").expect("every code has its page");
/// assert!(page.starts_with("# SK0201"));
/// ```
pub fn page(code: &str) -> Option<&'static str> {
    let wanted = code.trim();
    pages()
        .find(|(known, _)| known.eq_ignore_ascii_case(wanted))
        .map(|(_, page)| *page)
}

/// Every code that has a page, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    pages().map(|(code, _)| *code)
}

/// The code that is probably meant by a misspelt one: `SK201`, `0201` and `SK0210x` all have one.
pub fn nearest_code(code: &str) -> Option<&'static str> {
    let digits = code
        .trim()
        .trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let exact = codes().find(|known| {
        !digits.is_empty() && known.trim_start_matches("SK0") == digits.trim_start_matches('0')
    });
    exact.or_else(|| config::nearest(code.trim(), codes()))
}

fn pages() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_opens_with_it() {
        for code in codes() {
            let text = page(code).expect("a listed code has a page");
            assert!(text.starts_with(&format!("# {code}: ")), "{code}");
            for part in ["What happened", "Likely causes", "What to try"] {
                assert!(text.contains(part), "the page of {code} lacks {part:?}");
            }
        }
    }

    #[test]
    fn codes_come_in_order_and_once() {
        let listed: Vec<_> = codes().collect();
        assert!(listed.is_sorted_by(|a, b| a < b), "{listed:?}");
    }

    #[test]
    fn a_misspelt_code_finds_its_neighbour() {
        assert_eq!(nearest_code("SK201"), Some("SK0201"));
        assert_eq!(nearest_code("0203"), Some("SK0203"));
        assert_eq!(nearest_code("sk02O4"), Some("SK0204"));
        assert_eq!(nearest_code("E0308"), None);
    }
}
