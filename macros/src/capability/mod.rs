//! `#[capability(..)] impl Type { .. }`: types the traits of an actor from its methods.
//!
//! `args` reads the attribute, `method` the methods and their roles, `expand` writes the code. The impl block itself is
//! given back as it was, without the role attributes, also when something is wrong: so one mistake is one error.

mod args;
mod expand;
mod method;

use args::Args;
use method::Methods;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemImpl, Result};

pub(crate) fn expand(args: TokenStream, block: TokenStream) -> Result<TokenStream> {
    let mut block: ItemImpl = syn::parse2(block).map_err(|error| {
        Error::new(
            error.span(),
            "`#[capability]` stands on `impl Type { .. }`, whose methods become the handlers",
        )
    })?;
    let methods = Methods::take_from(&mut block);
    let written = check_block(&block).and_then(|()| {
        let (args, methods) = both(syn::parse2::<Args>(args), methods)?;
        Ok(expand::expand(&block, &args, &methods))
    });
    let code = written.unwrap_or_else(|error| error.to_compile_error());
    Ok(quote! { #block #code })
}

/// Two results, with the complaints of both.
fn both<A, B>(left: Result<A>, right: Result<B>) -> Result<(A, B)> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(mut left), Err(right)) => {
            left.combine(right);
            Err(left)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

fn check_block(block: &ItemImpl) -> Result<()> {
    if let Some((path, _)) = &block.trait_ {
        return Err(Error::new_spanned(
            path,
            "`#[capability]` stands on `impl Type { .. }`, not on the impl of a trait",
        ));
    }
    match block.generics.params.first() {
        Some(parameter) => Err(Error::new_spanned(
            parameter,
            "a capability cannot be generic: it has one contract and one state",
        )),
        None => Ok(()),
    }
}
