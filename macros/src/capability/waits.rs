//! Whether a method can wait: one without a word of waiting is over when its future is polled first.

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ImplItemFn};

/// Macros that wait for nothing, by the last word of their path. Any other may have an `await` inside.
const HARMLESS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "error",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "info",
    "json",
    "matches",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "trace",
    "unimplemented",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
];

/// Attributes that leave the body of a method as it is.
const PLAIN: &[&str] = &[
    "allow",
    "cfg",
    "deprecated",
    "deny",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "warn",
];

/// Whether the method has no word that could make it wait.
pub(super) fn never_waits(function: &ImplItemFn) -> bool {
    function.attrs.iter().all(is_plain) && has_no_wait(function.block.to_token_stream())
}

fn is_plain(attr: &Attribute) -> bool {
    let first = attr.path().segments.first();
    first.is_some_and(|first| is_one_of(&first.ident, PLAIN) || first.ident == "clippy")
}

fn has_no_wait(tokens: TokenStream) -> bool {
    let mut last: Option<Ident> = None;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                if !has_no_wait(group.stream()) {
                    return false;
                }
                last = None;
            }
            TokenTree::Ident(ident) if ident == "await" => return false,
            TokenTree::Ident(ident) => last = Some(ident),
            // A word and `!` that is no part of `!=`: a macro.
            TokenTree::Punct(punct)
                if punct.as_char() == '!' && punct.spacing() == Spacing::Alone =>
            {
                if last.take().is_some_and(|name| !is_one_of(&name, HARMLESS)) {
                    return false;
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => last = None,
        }
    }
    true
}

fn is_one_of(ident: &Ident, names: &[&str]) -> bool {
    names.iter().any(|name| ident == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_method_without_a_word_of_waiting_never_waits() {
        assert!(never_waits(&parse_quote! {
            /// Adds.
            #[allow(clippy::unused_async)]
            async fn add(&mut self, m: Add) -> u64 {
                assert!(!m.is_big(), "{}", m.number);
                if m.number != 3 { self.total += m.number; }
                tracing::debug!("added");
                self.total
            }
        }));
    }

    #[test]
    fn an_await_wherever_it_is_waits() {
        assert!(!never_waits(&parse_quote! {
            async fn add(&mut self, m: Add) -> u64 {
                if m.number > 3 { let it = async { cx.to::<Other>().ask(m).await }; drop(it); }
                1
            }
        }));
    }

    #[test]
    fn an_unknown_macro_or_attribute_may_wait() {
        assert!(!never_waits(&parse_quote! {
            async fn add(&mut self, m: Add) -> u64 { tokio::join!(a, b); 1 }
        }));
        assert!(!never_waits(&parse_quote! {
            #[retry]
            async fn add(&mut self, m: Add) -> u64 { 1 }
        }));
    }
}
