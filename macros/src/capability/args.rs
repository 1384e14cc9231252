//! What stands in `#[capability(..)]`.

use proc_macro2::Span;
use quote::ToTokens;
use std::collections::HashSet;
use syn::{
    Error, LitStr, Path, Result, Token, meta::ParseNestedMeta, parenthesized, parse::Parse,
    parse::ParseStream, parse::Parser, punctuated::Punctuated, spanned::Spanned,
};

const FORM: &str = "the form is `#[capability(contract = Reservations, durable, stateless, execution = \"blocking\", uses(Payments))]`, \
     where only `contract` is required";

/// The options of a capability.
pub(crate) struct Args {
    pub(crate) contract: Path,
    /// Where `durable` stands, if it does.
    pub(crate) durable: Option<Span>,
    /// Where `stateless` stands, if it does.
    pub(crate) stateless: Option<Span>,
    pub(crate) is_blocking: bool,
    /// The contracts it calls.
    pub(crate) uses: Vec<Path>,
}

#[derive(Default)]
struct Given {
    contract: Option<Path>,
    durable: Option<Span>,
    stateless: Option<Span>,
    execution: Option<LitStr>,
    uses: Option<Vec<Path>>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut given = Given::default();
        let tokens: proc_macro2::TokenStream = input.parse()?;
        syn::meta::parser(|meta| given.read(&meta)).parse2(tokens)?;
        given.checked()
    }
}

impl Given {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let Some(option) = meta.path.get_ident() else {
            return Err(unknown(meta));
        };
        match option.to_string().as_str() {
            "contract" => set(&mut self.contract, meta, || meta.value()?.parse()),
            "durable" => set(&mut self.durable, meta, || Ok(option.span())),
            "stateless" => set(&mut self.stateless, meta, || Ok(option.span())),
            "execution" => set(&mut self.execution, meta, || meta.value()?.parse()),
            "uses" => set(&mut self.uses, meta, || parse_uses(meta)),
            "key" | "keyed" => Err(meta.error(
                "the key belongs to the contract, so that callers see it: `contract! { pub Reservations v1 keyed by hotel { .. } }`",
            )),
            _ => Err(unknown(meta)),
        }
    }

    fn checked(self) -> Result<Args> {
        let contract = self.contract.ok_or_else(|| {
            Error::new(
                Span::call_site(),
                format!("`contract = ..` is missing; {FORM}"),
            )
        })?;
        if let (Some(_), Some(stateless)) = (self.durable, self.stateless) {
            let fault = "a capability is `durable` or `stateless`, not both: replicas without state have nothing to keep";
            return Err(Error::new(stateless, fault));
        }
        let is_blocking = match &self.execution {
            None => false,
            Some(literal) => match literal.value().as_str() {
                "async" => false,
                "blocking" => true,
                other => {
                    let fault = format!(
                        "`{other}` is no way of execution: it is `\"async\"` (default) or `\"blocking\"`"
                    );
                    return Err(Error::new(literal.span(), fault));
                }
            },
        };
        let uses = self.uses.unwrap_or_default();
        Ok(Args {
            contract,
            durable: self.durable,
            stateless: self.stateless,
            is_blocking,
            uses,
        })
    }
}

fn set<T>(
    option: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    read: impl FnOnce() -> Result<T>,
) -> Result<()> {
    if option.is_some() {
        return Err(meta.error("given twice"));
    }
    *option = Some(read()?);
    Ok(())
}

fn parse_uses(meta: &ParseNestedMeta<'_>) -> Result<Vec<Path>> {
    let content;
    parenthesized!(content in meta.input);
    let contracts = Punctuated::<Path, Token![,]>::parse_terminated(&content)?;
    let mut seen = HashSet::new();
    for contract in &contracts {
        if !seen.insert(contract.to_token_stream().to_string()) {
            return Err(Error::new(contract.span(), "already in `uses(..)`"));
        }
    }
    Ok(contracts.into_iter().collect())
}

fn unknown(meta: &ParseNestedMeta<'_>) -> Error {
    meta.error(format!(
        "unknown option `{}`; {FORM}",
        meta.path.to_token_stream()
    ))
}
