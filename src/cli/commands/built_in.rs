//! The commands that every application has, in the order in which help lists them.

use clap::ArgMatches;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{
    completions, config, contract, dlq, doctor, drain, emit, explain, inspect, list, log_level,
    man, nats_server, plan, ps, request, scale, store, subscribe, tail, timers, top, trace, up,
};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// How a command ends.
type Ending = BoxFuture<'static, Result<Exit, Failure>>;

/// A command that every application has.
pub(in crate::cli) struct BuiltIn {
    /// Its name.
    pub(in crate::cli) name: &'static str,
    /// Arguments and help, for an application of this name.
    pub(in crate::cli) define: fn(&str) -> clap::Command,
    /// Does it.
    pub(in crate::cli) run: fn(ArgMatches, Session) -> Ending,
}

macro_rules! built_in {
    ($($name:literal => $command:ident),+ $(,)?) => {
        &[$(BuiltIn {
            name: $name,
            define: $command::define,
            run: |arguments, session| $command::run(arguments, session).boxed(),
        }),+]
    };
}

/// All of them but `run`, which knows more of the application.
pub(in crate::cli) const BUILT_IN: &[BuiltIn] = built_in! {
    "config" => config,
    "plan" => plan,
    "up" => up,
    "ps" => ps,
    "scale" => scale,
    "drain" => drain,
    "doctor" => doctor,
    "list" => list,
    "inspect" => inspect,
    "request" => request,
    "emit" => emit,
    "subscribe" => subscribe,
    "tail" => tail,
    "log-level" => log_level,
    "top" => top,
    "trace" => trace,
    "timers" => timers,
    "dlq" => dlq,
    "contract" => contract,
    "store" => store,
    "nats-server" => nats_server,
    "explain" => explain,
    "completions" => completions,
    "man" => man,
};
