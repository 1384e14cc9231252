//! The code of a capability: one impl a role, and the assertions that only the compiler can decide.

use super::args::Args;
use super::method::{Handler, Listener, Method, Methods, Start, Ticker};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ItemImpl, Type, spanned::Spanned};

/// What all parts of the code need.
struct Writer<'a> {
    ty: &'a Type,
    args: &'a Args,
}

pub(crate) fn expand(block: &ItemImpl, args: &Args, methods: &Methods) -> TokenStream {
    let writer = Writer {
        ty: &block.self_ty,
        args,
    };
    let capability = writer.capability_impl(methods);
    let handlers = methods
        .handlers
        .iter()
        .map(|handler| writer.handle_impl(handler));
    let listeners = methods
        .listeners
        .iter()
        .map(|listener| writer.on_impl(listener));
    let uses = writer.uses_impls();
    let placement = writer.placement_check();
    quote! { #capability #(#handlers)* #(#listeners)* #uses #placement }
}

/// In place of the code, when the methods are wrong: so that the compiler does not call the contracts' imports unused.
pub(crate) fn mentions(args: &Args) -> TokenStream {
    let contracts = args.uses.iter().chain([&args.contract]);
    quote! { #(const _: ::core::marker::PhantomData<#contracts> = ::core::marker::PhantomData;)* }
}

impl Writer<'_> {
    // === impl Capability ===

    fn capability_impl(&self, methods: &Methods) -> TokenStream {
        let Writer { ty, args } = self;
        let contract = &args.contract;
        let kind = self.kind();
        let is_durable = args.durable.is_some();
        let execution = if args.is_blocking {
            quote!(Blocking)
        } else {
            quote!(Async)
        };
        let start = match &methods.start {
            Some(start) => self.start_fn(start),
            None => self.start_by_default(),
        };
        let stop = methods.stop.as_ref().map(|method| self.stop_fn(method));
        let bind = self.bind_fn(methods);
        quote! {
            impl ::skep::Capability for #ty {
                type Contract = #contract;
                const KIND: ::skep::Kind = #kind;
                const DURABLE: bool = #is_durable;
                const EXECUTION: ::skep::Execution = ::skep::Execution::#execution;
                #start
                #stop
                #bind
            }
        }
    }

    fn kind(&self) -> TokenStream {
        let contract = &self.args.contract;
        let unkeyed = if self.args.stateless.is_some() {
            quote!(Stateless)
        } else {
            quote!(Singleton)
        };
        quote! {
            if <#contract as ::skep::Contract>::KEY.is_some() { ::skep::Kind::Keyed } else { ::skep::Kind::#unkeyed }
        }
    }

    fn start_fn(&self, start: &Start) -> TokenStream {
        let Start { method, settings } = start;
        let name = &method.name;
        let cx = context(method);
        let passed_cx = method.takes_cx.then_some(&cx);
        let settings_ty = settings
            .as_ref()
            .map_or_else(|| quote!(()), ToTokens::to_token_stream);
        let passed = settings.as_ref().map(|_| quote!(settings,));
        let settings = if settings.is_some() {
            quote!(settings)
        } else {
            quote!(_)
        };
        let call = quote_spanned!(method.output_span=> Self::#name(#passed #passed_cx).await);
        let started = if method.returns_result() {
            call
        } else {
            quote_spanned!(method.output_span=> ::core::result::Result::Ok(#call))
        };
        quote_spanned! {method.output_span=>
            type Settings = #settings_ty;
            async fn start(
                #settings: #settings_ty,
                #cx: &mut ::skep::Cx<Self>,
            ) -> ::core::result::Result<Self, ::skep::StartError> {
                #started
            }
        }
    }

    /// The name of the inner function is what the compiler prints when there is no default either.
    fn start_by_default(&self) -> TokenStream {
        quote_spanned! {self.ty.span()=>
            type Settings = ();
            async fn start(_: (), _: &mut ::skep::Cx<Self>) -> ::core::result::Result<Self, ::skep::StartError> {
                fn a_capability_without_a_start_method_is_its_default<T: ::core::default::Default>() -> T {
                    T::default()
                }
                ::core::result::Result::Ok(a_capability_without_a_start_method_is_its_default::<Self>())
            }
        }
    }

    fn stop_fn(&self, method: &Method) -> TokenStream {
        let cx = context(method);
        let call = call(method, None);
        quote_spanned! {method.output_span=>
            async fn stop(&mut self, #cx: &mut ::skep::Cx<Self>) {
                self.#call.await
            }
        }
    }

    fn bind_fn(&self, methods: &Methods) -> TokenStream {
        let written_at = self.args.contract.span();
        let binder = binder(written_at, written_at);
        let messages = quote_spanned! {written_at=> #binder.messages(); };
        let listeners = methods.listeners.iter();
        let listeners = listeners.map(|listener| bind_listener(listener, written_at));
        let tickers = methods.tickers.iter();
        let tickers = tickers.map(|ticker| bind_ticker(ticker, written_at));
        let uses = self.args.uses.iter().map(|contract| {
            let binder = self::binder(contract.span(), written_at);
            quote_spanned! {contract.span()=> #binder.uses::<#contract>(); }
        });
        quote! {
            fn bind(#binder: &mut ::skep::Binder<Self>) {
                #messages
                #(#uses)*
                #(#listeners)*
                #(#tickers)*
            }
        }
    }

    // === handlers and listeners ===

    fn handle_impl(&self, handler: &Handler) -> TokenStream {
        let ty = self.ty;
        let Handler {
            method,
            message,
            never_waits,
        } = handler;
        let cfgs = &method.cfgs;
        let function = handle_fn(handler);
        let never_waits = never_waits.then(|| {
            quote!(
                const NEVER_WAITS: bool = true;
            )
        });
        quote_spanned! {message.span()=>
            #(#cfgs)*
            impl ::skep::Handle<#message> for #ty {
                #never_waits
                #function
            }
        }
    }

    fn on_impl(&self, listener: &Listener) -> TokenStream {
        let ty = self.ty;
        let Listener { method, event, .. } = listener;
        let cfgs = &method.cfgs;
        let cx = context(method);
        let done = done(method, &quote!(self), Some(quote!(event)));
        let function = quote_spanned! {method.output_span=>
            async fn on(
                &mut self,
                event: #event,
                #cx: &mut ::skep::Cx<Self>,
            ) -> ::core::result::Result<(), ::skep::Refusal> {
                #done
            }
        };
        let routed = self.routing_check(listener);
        quote_spanned! {event.span()=>
            #(#cfgs)*
            impl ::skep::On<#event> for #ty {
                #function
            }
            #(#cfgs)*
            #routed
        }
    }

    fn uses_impls(&self) -> TokenStream {
        let Writer { ty, args } = self;
        let impls = args.uses.iter().map(|contract| {
            quote_spanned! {contract.span()=> impl ::skep::Uses<#contract> for #ty {} }
        });
        quote! { #(#impls)* }
    }

    // === what the contract decides ===

    /// A keyed capability is one actor per key, so it cannot be any number of replicas.
    fn placement_check(&self) -> Option<TokenStream> {
        let fault = format!(
            "capability `{}` cannot be `stateless`: its contract `{}` is keyed, so there is one actor per key",
            shown(self.ty),
            shown(&self.args.contract),
        );
        let contract = &self.args.contract;
        self.args.stateless.map(|stateless| {
            quote_spanned! {stateless=>
                const _: () = ::core::assert!(<#contract as ::skep::Contract>::KEY.is_none(), #fault);
            }
        })
    }

    /// An event reaches a keyed capability by a key, another without.
    fn routing_check(&self, listener: &Listener) -> TokenStream {
        let (capability, contract, event) = (
            shown(self.ty),
            shown(&self.args.contract),
            shown(&listener.event),
        );
        let (holds, fault) = if listener.key.is_some() {
            let fault = format!(
                "capability `{capability}` has no keys, since contract `{contract}` is not keyed: write `#[on]` without `key`"
            );
            (quote!(is_some), fault)
        } else if listener.is_broadcast {
            let fault = format!(
                "capability `{capability}` cannot hear `{event}` as a broadcast: contract `{contract}` is keyed, and its actors \
                 sleep until their key is called; write `#[on(key = ..)]`"
            );
            (quote!(is_none), fault)
        } else {
            let fault = format!(
                "capability `{capability}` is keyed by contract `{contract}`: say which actor `{event}` is for, with a field \
                 of it: `#[on(key = ..)]`"
            );
            (quote!(is_none), fault)
        };
        let contract = &self.args.contract;
        quote_spanned! {listener.attr_span=>
            const _: () = ::core::assert!(<#contract as ::skep::Contract>::KEY.#holds(), #fault);
        }
    }
}

/// Where the method returns the outcome, the turn is its own future and not one around it: as small as the user wrote it.
fn handle_fn(handler: &Handler) -> TokenStream {
    let Handler {
        method, message, ..
    } = handler;
    let cx = context(method);
    let call = call(method, Some(quote!(message)));
    if method.returns_result() {
        return quote_spanned! {method.output_span=>
            fn handle(
                &mut self,
                message: #message,
                #cx: &mut ::skep::Cx<Self>,
            ) -> impl ::core::future::Future<Output = ::skep::Outcome<#message>> + ::core::marker::Send {
                self.#call
            }
        };
    }
    quote_spanned! {method.output_span=>
        async fn handle(&mut self, message: #message, #cx: &mut ::skep::Cx<Self>) -> ::skep::Outcome<#message> {
            ::core::result::Result::<_, ::skep::Never>::Ok(self.#call.await)
        }
    }
}

// === bindings ===

fn bind_listener(listener: &Listener, written_at: Span) -> TokenStream {
    let Listener {
        method,
        event,
        key,
        is_broadcast,
        ..
    } = listener;
    let cfgs = &method.cfgs;
    let name = method.name.to_string();
    let group = if *is_broadcast {
        quote!(Broadcast)
    } else {
        quote!(Balanced)
    };
    let key = match key {
        Some(field) => quote!(Some(|event: &#event| ::skep::key_text(&event.#(#field).*))),
        None => quote!(None),
    };
    let binder = binder(event.span(), written_at);
    quote_spanned! {event.span()=>
        #(#cfgs)*
        #binder.on::<#event>(#name, ::skep::Group::#group, ::core::option::Option::#key);
    }
}

fn bind_ticker(ticker: &Ticker, written_at: Span) -> TokenStream {
    let Ticker { method, millis } = ticker;
    let cfgs = &method.cfgs;
    let name = method.name.to_string();
    let cx = context(method);
    let done = done(method, &quote!(actor), None);
    let binder = binder(method.output_span, written_at);
    quote_spanned! {method.output_span=>
        #(#cfgs)*
        #binder.every(#name, ::core::time::Duration::from_millis(#millis), |actor, #cx| {
            ::std::boxed::Box::pin(async move { #done })
        });
    }
}

/// The one name for it in all parts of `bind`: each has the spans of the user's tokens, which need not see each other where a
/// `macro_rules` macro writes the capability. What is wrong is told at `place` all the same.
fn binder(place: Span, written_at: Span) -> Ident {
    Ident::new("binder", place.resolved_at(written_at))
}

// === calls of the user's methods ===

/// The name of the context, or `_` when the method does without.
fn context(method: &Method) -> TokenStream {
    if method.takes_cx {
        quote!(cx)
    } else {
        quote!(_)
    }
}

/// `reserve(message, cx)`
fn call(method: &Method, subject: Option<TokenStream>) -> TokenStream {
    let name = &method.name;
    let arguments = subject
        .into_iter()
        .chain(method.takes_cx.then(|| context(method)));
    quote_spanned!(method.output_span=> #name(#(#arguments),*))
}

/// A call that ends in `Result<(), Refusal>`, whatever the method returns.
fn done(method: &Method, actor: &TokenStream, subject: Option<TokenStream>) -> TokenStream {
    let call = call(method, subject);
    if method.returns_result() {
        quote_spanned!(method.output_span=> #actor.#call.await.map_err(::skep::Refusal::new))
    } else {
        quote_spanned!(method.output_span=> ::core::result::Result::<(), ::skep::Refusal>::Ok(#actor.#call.await))
    }
}

/// Code as a user would type it.
fn shown(code: &impl ToTokens) -> String {
    code.to_token_stream().to_string().replace(" :: ", "::")
}
