//! Names on the wire: what they may look like, and how a type's name becomes one.

use proc_macro2::{Ident, Span};
use syn::{Error, LitStr, Result, ext::IdentExt};

/// Names are parts of subjects, store keys and file names; longer ones are mistakes.
const LEN_MAX: usize = 64;

/// The name on the wire: the one the user gave, or the type's name in `snake_case`.
pub(crate) fn wire_name(given: Option<&LitStr>, ident: &Ident) -> Result<String> {
    match given {
        Some(literal) => checked(literal.value(), literal.span()),
        None => checked(snake_case(&ident.unraw().to_string()), ident.span()),
    }
}

/// Refuses a name that is not `[a-z0-9_]+` of at most 64 characters.
pub(crate) fn checked(name: String, span: Span) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let fault = if name.is_empty() {
        "a name on the wire cannot be empty".to_owned()
    } else if !name.chars().all(is_plain) {
        format!(
            "`{name}` cannot be a name on the wire: only `a-z`, `0-9` and `_` can, as in `name = \"place_order\"`"
        )
    } else if name.len() > LEN_MAX {
        format!(
            "`{name}` is too long for a name on the wire: {} of at most {LEN_MAX} characters",
            name.len()
        )
    } else {
        return Ok(name);
    };
    Err(Error::new(span, fault))
}

/// `PlaceOrder` becomes `place_order`, `HTTPCall` `http_call`, `Room2Let` `room2_let`.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &c) in chars.iter().enumerate() {
        if c.is_uppercase() && starts_a_word(&chars, at) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Whether the capital at `at` follows a word, or is the last of a run of capitals (the `C` of `HTTPCall`).
fn starts_a_word(chars: &[char], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|before| chars.get(before)) else {
        return false;
    };
    let ends_a_run =
        before.is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
    before != '_' && (!before.is_uppercase() || ends_a_run)
}

#[cfg(test)]
mod tests {
    use super::{checked, snake_case};
    use proc_macro2::Span;

    #[test]
    fn a_type_name_becomes_snake_case_word_by_word() {
        for (name, snake) in [
            ("Reserve", "reserve"),
            ("PlaceOrder", "place_order"),
            ("HTTPCall", "http_call"),
            ("Room2Let", "room2_let"),
            ("Snake_Case", "snake_case"),
            ("A", "a"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn a_name_on_the_wire_is_lower_case_ascii_and_short() {
        assert!(checked("place_order_2".to_owned(), Span::call_site()).is_ok());
        assert!(checked("a".repeat(64), Span::call_site()).is_ok());
        for wrong in ["", "Place", "orders.placed", "größe", &"a".repeat(65)] {
            assert!(
                checked(wrong.to_owned(), Span::call_site()).is_err(),
                "{wrong}"
            );
        }
    }
}
