//! `#[derive(TableKey)]`: a struct as the key of a table, its fields in their order.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Error, Fields, Index, Member, Result};

pub(crate) fn derive(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let Data::Struct(data) = &input.data else {
        let fault = "a key of a table is a struct whose fields are keys: enums have no order that could be kept for ever";
        return Err(Error::new_spanned(&input.ident, fault));
    };
    if !input.generics.params.is_empty() {
        let fault = "a key of a table has no generics: its encoding is kept for ever";
        return Err(Error::new_spanned(&input.generics, fault));
    }
    let ident = &input.ident;
    let members = members(&data.fields);
    let values: Vec<_> = members
        .iter()
        .map(|member| quote!(#member: ::skep::TableKey::decode(bytes)?))
        .collect();
    Ok(quote_spanned! {ident.span()=>
        #[automatically_derived]
        impl ::skep::TableKey for #ident {
            fn encode(&self, bytes: &mut ::std::vec::Vec<u8>) {
                #(::skep::TableKey::encode(&self.#members, bytes);)*
            }

            fn decode(bytes: &mut &[u8]) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self { #(#values),* })
            }
        }
    })
}

fn members(fields: &Fields) -> Vec<Member> {
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| match &field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(Index::from(index)),
        })
        .collect()
}
