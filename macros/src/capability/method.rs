//! The methods of a capability: which role each has, and whether its signature fits.

use super::waits::never_waits;
use crate::interval;
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use std::collections::HashMap;
use syn::{
    Attribute, Error, Expr, FnArg, ImplItem, ImplItemFn, ItemImpl, LitStr, Member, Meta, Result,
    ReturnType, Signature, Type, parse::ParseStream, parse_quote, spanned::Spanned,
};

/// The methods that have a role.
#[derive(Default)]
pub(crate) struct Methods {
    pub(crate) start: Option<Start>,
    pub(crate) stop: Option<Method>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) tickers: Vec<Ticker>,
}

/// What every role knows of its method.
pub(crate) struct Method {
    pub(crate) name: Ident,
    /// The `#[cfg(..)]` of the method, which what is generated for it must have too.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) takes_cx: bool,
    pub(crate) output: Type,
    /// Where the return type stands, or would stand.
    pub(crate) output_span: Span,
}

/// `#[start]`
pub(crate) struct Start {
    pub(crate) method: Method,
    pub(crate) settings: Option<Type>,
}

/// `#[handle]`
pub(crate) struct Handler {
    pub(crate) method: Method,
    pub(crate) message: Type,
    /// Whether it has no word that could make it wait.
    pub(crate) never_waits: bool,
}

/// `#[on]`
pub(crate) struct Listener {
    pub(crate) method: Method,
    pub(crate) event: Type,
    /// The field of the event that says which actor it is for: `reservation.hotel`.
    pub(crate) key: Option<Vec<Member>>,
    pub(crate) is_broadcast: bool,
    pub(crate) attr_span: Span,
}

/// `#[every]`
pub(crate) struct Ticker {
    pub(crate) method: Method,
    pub(crate) millis: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Start,
    Handle,
    On,
    Every,
    Stop,
}

impl Role {
    fn of(attr: &Attribute) -> Option<Role> {
        let name = attr.path().get_ident()?;
        Some(match name.to_string().as_str() {
            "start" => Role::Start,
            "handle" => Role::Handle,
            "on" => Role::On,
            "every" => Role::Every,
            "stop" => Role::Stop,
            _ => return None,
        })
    }

    /// The signature that would be right.
    fn form(self) -> &'static str {
        match self {
            Role::Start => {
                "#[start] async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError>"
            }
            Role::Handle => {
                "#[handle] async fn reserve(&mut self, message: Reserve, cx: &mut Cx<Self>) -> Result<Reply, Error>"
            }
            Role::On => "#[on] async fn reserved(&mut self, event: Reserved, cx: &mut Cx<Self>)",
            Role::Every => "#[every(\"1h\")] async fn sweep(&mut self, cx: &mut Cx<Self>)",
            Role::Stop => "#[stop] async fn close(&mut self, cx: &mut Cx<Self>)",
        }
    }

    /// What stands before the context.
    fn subject(self) -> Option<&'static str> {
        match self {
            Role::Start => Some("settings"),
            Role::Handle => Some("message"),
            Role::On => Some("event"),
            Role::Every | Role::Stop => None,
        }
    }

    fn wrong(self, span: Span, fault: &str) -> Error {
        Error::new(span, format!("{fault}; the form is `{}`", self.form()))
    }
}

impl Methods {
    /// Takes the role attributes off the block's methods, and reads the methods that had one.
    pub(crate) fn take_from(block: &mut ItemImpl) -> Result<Methods> {
        let mut methods = Methods::default();
        let mut faults: Option<Error> = None;
        for item in &mut block.items {
            let ImplItem::Fn(function) = item else {
                continue;
            };
            let attrs = take_roles(function);
            let Some((role, attr)) = attrs.first() else {
                continue;
            };
            let read = match attrs.get(1) {
                Some((_, second)) => Err(Error::new_spanned(second, "a method has one role")),
                None => methods.read(*role, attr, function),
            };
            if let Err(fault) = read {
                match &mut faults {
                    Some(faults) => faults.combine(fault),
                    None => faults = Some(fault),
                }
            }
        }
        faults.map_or_else(|| methods.without_doubles(), Err)
    }

    fn read(&mut self, role: Role, attr: &Attribute, function: &ImplItemFn) -> Result<()> {
        let (method, subject) = read_signature(role, function)?;
        if !matches!(role, Role::On | Role::Every) {
            attr.meta
                .require_path_only()
                .map_err(|error| role.wrong(error.span(), "this attribute takes nothing"))?;
        }
        let twice = |what: &str| {
            Error::new_spanned(attr, format!("a capability has one `#[{what}]` method"))
        };
        match (role, subject) {
            (Role::Start, _) if self.start.is_some() => return Err(twice("start")),
            (Role::Stop, _) if self.stop.is_some() => return Err(twice("stop")),
            (Role::Start, settings) => self.start = Some(Start { method, settings }),
            (Role::Stop, _) => self.stop = Some(method),
            (Role::Handle, Some(message)) => self.handlers.push(Handler {
                method,
                message,
                never_waits: never_waits(function),
            }),
            (Role::On, Some(event)) => self.listeners.push(Listener::read(method, event, attr)?),
            (Role::Every, _) => self.tickers.push(Ticker {
                method,
                millis: read_interval(attr)?,
            }),
            (Role::Handle | Role::On, None) => {
                let fault = format!("the {} is missing", role.subject().unwrap_or_default());
                return Err(role.wrong(function.sig.paren_token.span.join(), &fault));
            }
        }
        Ok(())
    }

    /// One method for each message and for each event; those behind a `#[cfg]` are left to the compiler.
    fn without_doubles(self) -> Result<Methods> {
        let handlers = self
            .handlers
            .iter()
            .map(|handler| (&handler.method, &handler.message));
        refuse_twice("message", handlers)?;
        let listeners = self
            .listeners
            .iter()
            .map(|listener| (&listener.method, &listener.event));
        refuse_twice("event", listeners)?;
        Ok(self)
    }
}

fn refuse_twice<'a>(
    what: &str,
    methods: impl Iterator<Item = (&'a Method, &'a Type)>,
) -> Result<()> {
    let mut first: HashMap<String, &Ident> = HashMap::new();
    for (method, subject) in methods.filter(|(method, _)| method.cfgs.is_empty()) {
        let name = subject.to_token_stream().to_string();
        if let Some(earlier) = first.insert(name.clone(), &method.name) {
            let fault = format!(
                "{what} `{name}` is taken by `{earlier}` already: one method for each {what}"
            );
            return Err(Error::new_spanned(subject, fault));
        }
    }
    Ok(())
}

fn take_roles(function: &mut ImplItemFn) -> Vec<(Role, Attribute)> {
    let roles = function
        .attrs
        .iter()
        .filter_map(|attr| Some((Role::of(attr)?, attr.clone())))
        .collect();
    function.attrs.retain(|attr| Role::of(attr).is_none());
    roles
}

// === signatures ===

/// Reads what all roles share, and the type of the settings, message or event.
fn read_signature(role: Role, function: &ImplItemFn) -> Result<(Method, Option<Type>)> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        return Err(role.wrong(signature.fn_token.span, "the method must be `async`"));
    }
    if let Some(parameter) = signature.generics.params.first() {
        return Err(role.wrong(parameter.span(), "the method cannot be generic"));
    }
    let mut arguments = read_receiver(role, signature)?;
    let takes_cx = arguments.last().is_some_and(|ty| is_context(ty));
    if takes_cx {
        arguments.pop();
    }
    let num_subjects = usize::from(role.subject().is_some());
    if let Some(extra) = arguments.get(num_subjects) {
        return Err(role.wrong(extra.span(), "unexpected argument"));
    }
    let (output, output_span) = match &signature.output {
        ReturnType::Default => (parse_quote!(()), signature.ident.span()),
        ReturnType::Type(_, ty) => ((**ty).clone(), ty.span()),
    };
    let cfgs = function
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect();
    let method = Method {
        name: signature.ident.clone(),
        cfgs,
        takes_cx,
        output,
        output_span,
    };
    Ok((method, arguments.first().map(|ty| (*ty).clone())))
}

/// The types of the arguments behind `&mut self`, which all roles but `#[start]` have.
fn read_receiver(role: Role, signature: &Signature) -> Result<Vec<&Type>> {
    let receiver = signature.receiver();
    let borrows = receiver.is_some_and(|receiver| {
        let text = receiver.to_token_stream().to_string().replace(' ', "");
        text == "&mutself" || text == "&self"
    });
    match (role, receiver) {
        (Role::Start, Some(receiver)) => {
            Err(role.wrong(receiver.span(), "there is no `self` before the start"))
        }
        (Role::Start, None) => Ok(typed_arguments(signature)),
        (_, Some(_)) if borrows => Ok(typed_arguments(signature)),
        (_, Some(receiver)) => Err(role.wrong(receiver.span(), "the receiver must be `&mut self`")),
        (_, None) => Err(role.wrong(signature.ident.span(), "`&mut self` is missing")),
    }
}

fn typed_arguments(signature: &Signature) -> Vec<&Type> {
    let typed = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(typed) => Some(&*typed.ty),
            FnArg::Receiver(_) => None,
        });
    typed.collect()
}

/// Nothing but the context is borrowed.
fn is_context(ty: &Type) -> bool {
    matches!(ty, Type::Reference(_))
}

impl Method {
    /// Whether the last word of the return type is `Result`, which is all a macro can know.
    pub(crate) fn returns_result(&self) -> bool {
        let Type::Path(path) = &self.output else {
            return false;
        };
        path.path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "Result")
    }
}

// === attributes ===

fn read_interval(attr: &Attribute) -> Result<u64> {
    let literal = attr.parse_args::<LitStr>();
    let literal =
        literal.map_err(|error| Role::Every.wrong(error.span(), "`#[every]` needs an interval"))?;
    interval::millis(&literal)
}

impl Listener {
    fn read(method: Method, event: Type, attr: &Attribute) -> Result<Self> {
        let mut listener = Listener {
            method,
            event,
            key: None,
            is_broadcast: false,
            attr_span: attr.path().span(),
        };
        if matches!(attr.meta, Meta::Path(_)) {
            return Ok(listener);
        }
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("key") {
                listener.key = Some(read_field(meta.value()?)?);
                Ok(())
            } else if meta.path.is_ident("broadcast") {
                listener.is_broadcast = true;
                Ok(())
            } else {
                Err(meta.error(
                    "the form is `#[on]`, `#[on(key = reservation.hotel)]` or `#[on(broadcast)]`",
                ))
            }
        })?;
        if listener.key.is_some() && listener.is_broadcast {
            let fault = "an event goes to the actor of one key or is broadcast, not both";
            return Err(Error::new_spanned(attr, fault));
        }
        Ok(listener)
    }
}

/// `reservation.hotel`
fn read_field(input: ParseStream<'_>) -> Result<Vec<Member>> {
    let path: Expr = input.parse()?;
    let mut members = Vec::new();
    let mut rest = &path;
    while let Expr::Field(field) = rest {
        members.push(field.member.clone());
        rest = &field.base;
    }
    match rest {
        Expr::Path(first) if first.path.get_ident().is_some() => {
            members.push(Member::Named(first.path.require_ident()?.clone()));
        }
        Expr::Lit(first) => members.push(syn::parse2(first.to_token_stream())?),
        other => {
            return Err(Error::new_spanned(
                other,
                "the key is a field of the event, as in `key = reservation.hotel`",
            ));
        }
    }
    members.reverse();
    Ok(members)
}
