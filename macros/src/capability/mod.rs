use proc_macro2::TokenStream;
pub(crate) fn expand(_: TokenStream, b: TokenStream) -> syn::Result<TokenStream> {
    let _ = crate::interval::millis;
    Ok(b)
}
