//! `#[capability(..)] impl Type { .. }`: types the traits of an actor from its methods.
//!
//! `args` reads the attribute, `method` the methods and their roles, `expand` writes the code. The impl block itself is
//! given back as it was, without the role attributes, also when something is wrong: so one mistake is one error.

mod args;
mod expand;
mod method;
mod waits;

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
    let code = match (syn::parse2::<Args>(args), check_block(&block).and(methods)) {
        (Ok(args), Ok(methods)) => expand::expand(&block, &args, &methods),
        (Ok(args), Err(error)) => {
            let mentions = expand::mentions(&args);
            let error = error.to_compile_error();
            quote! { #error #mentions }
        }
        (Err(error), Ok(_)) => error.to_compile_error(),
        (Err(mut error), Err(more)) => {
            error.combine(more);
            error.to_compile_error()
        }
    };
    Ok(quote! { #block #code })
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
