//! `contract!`: what may be said to a capability, from one line.

use crate::name;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::{
    Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, Path, Result, Token, Visibility, braced,
    parse::Parse, parse::ParseStream, spanned::Spanned,
};

mod words {
    syn::custom_keyword!(keyed);
    syn::custom_keyword!(by);
    syn::custom_keyword!(emits);
}

const FORM: &str = "the form is `pub Reservations v1 keyed by hotel { Reserve, Cancel; emits Reserved }`, where `keyed by ..` \
                    and `; emits ..` may be left out";

/// A contract as the user wrote it.
struct Face {
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    name: String,
    version: u32,
    key: Option<String>,
    messages: Vec<Path>,
    events: Vec<Path>,
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let face: Face = syn::parse2(input)?;
    refuse_twice(&face.messages, &face.ident)?;
    refuse_twice(&face.events, &face.ident)?;
    let unit = face.unit_struct();
    let contract = face.contract_impl();
    let keyed = face.keyed_impl();
    let messages = face.message_impls();
    let events = face.event_impls();
    let distinct = [
        face.distinct_names(&face.messages, "Message"),
        face.distinct_names(&face.events, "Event"),
    ];
    Ok(quote! { #unit #contract #keyed #(#messages)* #(#events)* #(#distinct)* })
}

// === parsing ===

impl Parse for Face {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ident: Ident = input
            .parse()
            .map_err(|error| formed(&error, "the contract's name is missing"))?;
        let given = parse_given_name(input)?;
        let name = name::wire_name(given.as_ref(), &ident)?;
        let version = parse_version(input, &ident)?;
        let key = parse_key(input)?;
        let (messages, events) = parse_members(input, &ident)?;
        if !input.is_empty() {
            return Err(input.error(format!("one contract in one `contract!`; {FORM}")));
        }
        Ok(Face {
            attrs,
            vis,
            ident,
            name,
            version,
            key,
            messages,
            events,
        })
    }
}

fn parse_given_name(input: ParseStream<'_>) -> Result<Option<LitStr>> {
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Ok(None);
    }
    input.parse().map(Some)
}

fn parse_version(input: ParseStream<'_>, ident: &Ident) -> Result<u32> {
    let wrong = |span, what: &str| Error::new(span, format!("{what}: write `{ident} v1`; {FORM}"));
    let Ok(version) = input.fork().parse::<Ident>() else {
        return Err(wrong(
            ident.span(),
            &format!("contract `{ident}` has no version"),
        ));
    };
    if version == "keyed" {
        return Err(wrong(
            ident.span(),
            &format!("contract `{ident}` has no version"),
        ));
    }
    input.parse::<Ident>()?;
    let text = version.to_string();
    match text
        .strip_prefix('v')
        .and_then(|number| number.parse().ok())
    {
        Some(number) if number > 0 && text == format!("v{number}") => Ok(number),
        _ => Err(wrong(
            version.span(),
            &format!("`{text}` is not a major version"),
        )),
    }
}

fn parse_key(input: ParseStream<'_>) -> Result<Option<String>> {
    if input.parse::<Option<words::keyed>>()?.is_none() {
        return Ok(None);
    }
    input
        .parse::<words::by>()
        .map_err(|error| formed(&error, "`keyed` needs `by` and what the key names"))?;
    let key: Ident = input
        .parse()
        .map_err(|error| formed(&error, "`keyed by` needs what the key names"))?;
    name::checked(key.to_string(), key.span()).map(Some)
}

fn parse_members(input: ParseStream<'_>, ident: &Ident) -> Result<(Vec<Path>, Vec<Path>)> {
    if !input.peek(syn::token::Brace) {
        return Err(input.error(format!(
            "the messages of `{ident}` belong here, in braces; {FORM}"
        )));
    }
    let members;
    braced!(members in input);
    let messages = parse_paths(&members)?;
    members.parse::<Option<Token![;]>>()?;
    let mut events = Vec::new();
    if members.parse::<Option<words::emits>>()?.is_some() {
        events = parse_paths(&members)?;
    }
    if !members.is_empty() {
        return Err(members.error(format!("expected a message, `;` or `emits`; {FORM}")));
    }
    Ok((messages, events))
}

/// Types up to `;`, `emits` or the end, separated by commas.
fn parse_paths(input: ParseStream<'_>) -> Result<Vec<Path>> {
    let mut paths = Vec::new();
    while !(input.is_empty() || input.peek(Token![;]) || input.peek(words::emits)) {
        paths.push(
            input
                .parse()
                .map_err(|error| formed(&error, "a message or an event is a type"))?,
        );
        if input.parse::<Option<Token![,]>>()?.is_none() {
            break;
        }
    }
    Ok(paths)
}

fn formed(error: &Error, what: &str) -> Error {
    Error::new(error.span(), format!("{what}; {FORM}"))
}

fn refuse_twice(members: &[Path], contract: &Ident) -> Result<()> {
    let mut seen = HashSet::new();
    for member in members {
        let text = member.to_token_stream().to_string();
        if !seen.insert(text.clone()) {
            return Err(Error::new_spanned(
                member,
                format!("`{text}` is in contract `{contract}` twice"),
            ));
        }
    }
    Ok(())
}

// === impl Face: what is written ===

impl Face {
    fn unit_struct(&self) -> TokenStream {
        let Face {
            attrs, vis, ident, ..
        } = self;
        quote! {
            #(#attrs)*
            #[derive(Debug, Clone, Copy)]
            #vis struct #ident;
        }
    }

    fn contract_impl(&self) -> TokenStream {
        let Face {
            ident,
            name,
            version,
            ..
        } = self;
        let key = self
            .key
            .as_ref()
            .map_or_else(|| quote!(None), |key| quote!(Some(#key)));
        let messages = nested(&self.messages);
        let events = nested(&self.events);
        let num_messages = self.messages.len();
        let doc = self.doc();
        quote! {
            impl ::skep::Contract for #ident {
                const NAME: &'static str = #name;
                const VERSION: u32 = #version;
                const KEY: ::core::option::Option<&'static str> = ::core::option::Option::#key;
                type Messages = #messages;
                const NUM_MESSAGES: usize = #num_messages;
                fn describe() -> ::skep::Description {
                    ::skep::contract::expansion::describe::<Self, #events>(#doc)
                }
            }
        }
    }

    fn keyed_impl(&self) -> TokenStream {
        let ident = &self.ident;
        match self.key {
            Some(_) => quote! { impl ::skep::Keyed for #ident {} },
            None => quote! { impl ::skep::Unkeyed for #ident {} },
        }
    }

    fn message_impls(&self) -> Vec<TokenStream> {
        let ident = &self.ident;
        let numbered = self.messages.iter().enumerate();
        numbered
            .map(|(slot, message)| {
                quote_spanned! {message.span()=>
                    impl ::skep::Accepts<#message> for #ident { const SLOT: usize = #slot; }
                }
            })
            .collect()
    }

    fn event_impls(&self) -> Vec<TokenStream> {
        let ident = &self.ident;
        let events = self.events.iter();
        events
            .map(|event| {
                quote_spanned! {event.span()=>
                    impl ::skep::Emitted for #event { type By = #ident; }
                    impl ::skep::Emits<#event> for #ident {}
                }
            })
            .collect()
    }

    /// One assertion for each member but the first: none before it has its name on the wire.
    fn distinct_names(&self, members: &[Path], kind: &str) -> Option<TokenStream> {
        if members.len() < 2 {
            return None;
        }
        let kind_ident = Ident::new(kind, Span::call_site());
        let checks = members.iter().enumerate().skip(1).map(|(at, member)| {
            let fault = format!(
                "`{}` has the name of an earlier {} of contract `{}`: give it its own with `name = \"..\"`",
                member.to_token_stream(),
                kind.to_lowercase(),
                self.ident,
            );
            quote_spanned! {member.span()=>
                ::core::assert!(!::skep::contract::expansion::repeats(NAMES, #at), #fault);
            }
        });
        Some(quote! {
            const _: () = {
                const NAMES: &[&str] = &[#(<#members as ::skep::#kind_ident>::NAME),*];
                #(#checks)*
            };
        })
    }

    /// The doc comment as text.
    fn doc(&self) -> String {
        let lines: Vec<String> = self.attrs.iter().filter_map(doc_line).collect();
        lines.join("\n").trim().to_owned()
    }
}

/// `(A, (B, ()))`, which generic code walks.
fn nested(members: &[Path]) -> TokenStream {
    members
        .iter()
        .rev()
        .fold(quote!(()), |rest, member| quote!((#member, #rest)))
}

fn doc_line(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attr.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &pair.value
    else {
        return None;
    };
    let line = text.value();
    attr.path()
        .is_ident("doc")
        .then(|| line.strip_prefix(' ').unwrap_or(&line).to_owned())
}
