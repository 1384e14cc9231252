//! `#[derive(Message)]` and `#[derive(Event)]`.

use crate::{name, owned};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error, LitStr, Result, Type, meta::ParseNestedMeta, parse_quote};

/// What stands in `#[message(..)]` or `#[event(..)]`.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    reply: Option<Type>,
    error: Option<Type>,
    idempotent: bool,
}

pub(crate) fn derive_message(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let options = read_options(&input, "message", Options::read_of_message)?;
    owned::check(&input, "message")?;
    let ident = &input.ident;
    let name = name::wire_name(options.name.as_ref(), ident)?;
    let idempotent = options.idempotent;
    let reply = options.reply.unwrap_or_else(|| parse_quote!(()));
    let error = options.error.unwrap_or_else(|| parse_quote!(::skep::Never));
    Ok(quote_spanned! {ident.span()=>
        #[automatically_derived]
        impl ::skep::Message for #ident {
            const NAME: &'static str = #name;
            const IDEMPOTENT: bool = #idempotent;
            type Reply = #reply;
            type Error = #error;
        }
    })
}

pub(crate) fn derive_event(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let options = read_options(&input, "event", Options::read_of_event)?;
    owned::check(&input, "event")?;
    let ident = &input.ident;
    let name = name::wire_name(options.name.as_ref(), ident)?;
    Ok(quote_spanned! {ident.span()=>
        #[automatically_derived]
        impl ::skep::Event for #ident {
            const NAME: &'static str = #name;
        }
    })
}

fn read_options(
    input: &DeriveInput,
    attribute: &str,
    read: fn(&mut Options, &ParseNestedMeta<'_>) -> Result<()>,
) -> Result<Options> {
    let mut options = Options::default();
    for attr in input
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident(attribute))
    {
        attr.parse_nested_meta(|meta| read(&mut options, &meta))?;
    }
    Ok(options)
}

impl Options {
    fn read_of_message(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            set(&mut self.name, meta)
        } else if meta.path.is_ident("reply") {
            set(&mut self.reply, meta)
        } else if meta.path.is_ident("error") {
            set(&mut self.error, meta)
        } else if meta.path.is_ident("idempotent") {
            self.idempotent = true;
            Ok(())
        } else {
            Err(unknown(
                meta,
                "#[message(name = \"reserve\", reply = Reservation, error = ReserveError, idempotent)]",
            ))
        }
    }

    fn read_of_event(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            set(&mut self.name, meta)
        } else {
            Err(unknown(meta, "#[event(name = \"reserved\")]"))
        }
    }
}

/// Reads `option = value` once.
fn set<T: syn::parse::Parse>(option: &mut Option<T>, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if option.is_some() {
        return Err(meta.error("given twice"));
    }
    *option = Some(meta.value()?.parse()?);
    Ok(())
}

fn unknown(meta: &ParseNestedMeta<'_>, form: &str) -> Error {
    let path = &meta.path;
    meta.error(format!(
        "unknown option `{}`; the form is `{form}`",
        quote!(#path)
    ))
}
