//! `#[skep::test]`: one test body, run once in each placement.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, ItemFn, LitStr, Result, meta};

const FORM: &str = "the form is `#[skep::test] async fn a_promise(colony: Colony) { .. }`, or `#[skep::test(real_time)]`, \
                    or `#[skep::test(in_process = \"why this cannot be told over NATS\")]`";

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut is_real_time = false;
    let mut is_in_process = false;
    let parser = meta::parser(|option| {
        if option.path.is_ident("real_time") {
            is_real_time = true;
            Ok(())
        } else if option.path.is_ident("in_process") {
            let reason: LitStr = option.value()?.parse()?;
            is_in_process = true;
            match reason.value().trim() {
                "" => Err(Error::new_spanned(&reason, FORM)),
                _ => Ok(()),
            }
        } else {
            Err(option.error(format!("unknown option; {FORM}")))
        }
    });
    syn::parse::Parser::parse2(parser, args)?;
    let function: ItemFn = syn::parse2(item)?;
    if function.sig.asyncness.is_none() || function.sig.inputs.len() != 1 {
        return Err(Error::new_spanned(&function.sig, FORM));
    }
    let name = &function.sig.ident;
    let attributes = &function.attrs;
    let time = if is_real_time {
        quote!(Real)
    } else {
        quote!(Virtual)
    };
    let run = |test: &str, placement: &str| {
        let (test, placement) = (format_ident!("{test}"), format_ident!("{placement}"));
        quote! {
            #(#attributes)*
            #[test]
            fn #test() {
                use ::skep::testing::{Placement, Time, run};
                run(Placement::#placement, Time::#time, super::#name);
            }
        }
    };
    let (local, wire) = (run("local", "Local"), run("wire", "Wire"));
    let nats = (!is_in_process).then(|| run("nats", "Nats"));
    let body = ItemFn {
        attrs: Vec::new(),
        ..function.clone()
    };
    Ok(quote! {
        #body

        mod #name {
            #local
            #wire
            #nats
        }
    })
}
