//! Law 1, as far as a macro can see: a message is owned, so its fields share nothing and borrow nothing.
//!
//! Only what is written in the field's type is seen; what hides behind another type's name is for that type's author.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Data, DeriveInput, Error, Fields, Result};

/// Types that share, and are followed by `<`: a type of the user's own named `Cell` is none of these.
const SHARING: &[&str] = &[
    "Arc",
    "Rc",
    "Weak",
    "Cell",
    "RefCell",
    "UnsafeCell",
    "OnceCell",
    "LazyCell",
    "Mutex",
    "RwLock",
    "OnceLock",
    "LazyLock",
    "Cow",
];

/// Refuses generics on the type, and fields that share or borrow. `what` is `"message"` or `"event"`.
pub(crate) fn check(input: &DeriveInput, what: &str) -> Result<()> {
    let name = &input.ident;
    if let Some(parameter) = input.generics.params.first() {
        let fault = format!(
            "{what} `{name}` cannot be generic: it has one schema and one name on the wire; write one type for each use"
        );
        return Err(Error::new_spanned(parameter, fault));
    }
    match &input.data {
        Data::Struct(data) => check_fields(&data.fields, what, name),
        Data::Enum(data) => data
            .variants
            .iter()
            .try_for_each(|variant| check_fields(&variant.fields, what, name)),
        Data::Union(data) => Err(Error::new_spanned(
            data.union_token,
            format!("a union cannot be a {what}"),
        )),
    }
}

fn check_fields(fields: &Fields, what: &str, name: &Ident) -> Result<()> {
    for field in fields {
        if let Some(part) = shared_part(field.ty.to_token_stream()) {
            let fault = format!(
                "`{part}` cannot be in {what} `{name}`: {what}s are owned and moved, because the capability may run in \
                 another process"
            );
            return Err(Error::new_spanned(&field.ty, fault));
        }
    }
    Ok(())
}

/// The first part of a type that shares or borrows.
fn shared_part(ty: TokenStream) -> Option<String> {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let generic =
            matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '<');
        let part = match token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => Some("&".to_owned()),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                tokens.peek().map(|name| format!("'{name}"))
            }
            TokenTree::Ident(ident) => sharing_type(&ident.to_string(), generic),
            TokenTree::Group(group) => shared_part(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        if part.is_some() {
            return part;
        }
    }
    None
}

fn sharing_type(name: &str, generic: bool) -> Option<String> {
    let is_atomic = name.strip_prefix("Atomic").is_some_and(|kind| {
        matches!(
            kind,
            "Bool"
                | "Ptr"
                | "I8"
                | "I16"
                | "I32"
                | "I64"
                | "Isize"
                | "U8"
                | "U16"
                | "U32"
                | "U64"
                | "Usize"
        )
    });
    (is_atomic || generic && SHARING.contains(&name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{check, shared_part};

    #[test]
    fn what_shares_or_borrows_is_found_wherever_it_stands() {
        for (ty, part) in [
            ("Arc<str>", "Arc"),
            ("Vec<std::rc::Rc<u8>>", "Rc"),
            ("(u8, Option<Mutex<u8>>)", "Mutex"),
            ("[AtomicU64; 2]", "AtomicU64"),
            ("&'static str", "&"),
            ("Line<'a>", "'a"),
        ] {
            assert_eq!(
                shared_part(ty.parse().unwrap()).as_deref(),
                Some(part),
                "{ty}"
            );
        }
    }

    #[test]
    fn owned_types_pass_even_if_their_names_sound_alike() {
        for ty in [
            "Vec<Cell>",
            "AtomicWeight",
            "HashMap<String, Arcade>",
            "Option<Box<Node>>",
        ] {
            assert_eq!(shared_part(ty.parse().unwrap()), None, "{ty}");
        }
    }

    #[test]
    fn a_generic_message_is_refused() {
        let input = syn::parse_str("struct Ask<T> { what: T }").unwrap();
        assert!(
            check(&input, "message")
                .unwrap_err()
                .to_string()
                .contains("cannot be generic")
        );
    }
}
