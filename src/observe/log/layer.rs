//! Where tracing meets the log: which events pass the levels in force, and what becomes of those that do.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Filter, Layer};

use super::circumstances::{capability, circumstances};
use super::level::{level_of, threshold};
use super::logs::Journal;
use super::record::LogRecord;
use super::visit::Said;

/// Libraries that only speak when something is wrong, whatever a capability's own level says.
pub(super) const QUIET: &[&str] = &[
    "async_nats",
    "sled",
    "fjall",
    "lsm_tree",
    "actix",
    "actix_rt",
    "actix_server",
    "actix_http",
    "actix_web",
    "mio",
    "hyper",
    "hyper_util",
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry_otlp",
];

/// Makes records of events.
#[derive(Debug)]
pub(super) struct Recorder(pub(super) Arc<Journal>);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _cx: Context<'_, S>) {
        self.0.keep(record(event));
    }
}

fn record(event: &Event<'_>) -> LogRecord {
    let said = Said::by(event);
    let turn = circumstances();
    let is_about_the_turn = said.capability.is_none() || said.capability == turn.capability;
    let (own_key, own_message) = if is_about_the_turn {
        (turn.key, turn.message_name)
    } else {
        (None, None)
    };
    LogRecord {
        at: jiff::Timestamp::now(),
        level: level_of(*event.metadata().level()),
        target: said
            .target
            .unwrap_or_else(|| event.metadata().target().to_owned()),
        capability: said.capability.or(turn.capability),
        key: said.key.or(own_key),
        message_name: said.message_name.or(own_message),
        trace: said.trace.or(turn.trace),
        span: turn.span,
        text: said.text,
        fields: said.fields,
    }
}

/// Lets through what the levels in force allow: that of the capability where it has one, else the one for all.
///
/// A callsite whose answer is the same for every capability is asked once; whoever changes a level has the answers asked
/// for again.
#[derive(Debug)]
pub(super) struct InForce {
    pub(super) journal: Arc<Journal>,
    /// The level for all, by target.
    pub(super) base: EnvFilter,
}

impl InForce {
    fn own(&self, capability: Option<&str>) -> Option<LevelFilter> {
        let own = self.journal.levels.own();
        capability.and_then(|name| own.of(name)).map(threshold)
    }

    fn allows<S>(&self, capability: Option<&str>, meta: &Metadata<'_>, cx: &Context<'_, S>) -> bool
    where
        EnvFilter: Filter<S>,
    {
        let base = || Filter::enabled(&self.base, meta, cx);
        match self.own(capability) {
            Some(own) => *meta.level() <= own && (!is_quiet(meta.target()) || base()),
            None => base(),
        }
    }
}

impl<S: Subscriber> Filter<S> for InForce
where
    EnvFilter: Filter<S>,
{
    fn enabled(&self, meta: &Metadata<'_>, cx: &Context<'_, S>) -> bool {
        if meta.is_span() {
            return Filter::enabled(&self.base, meta, cx);
        }
        // Which capability it names is known only when there is an event.
        names_capability(meta) || self.allows(capability(), meta, cx)
    }

    fn event_enabled(&self, event: &Event<'_>, cx: &Context<'_, S>) -> bool {
        let meta = event.metadata();
        if !names_capability(meta) {
            return true;
        }
        let mut named = Named(None);
        event.record(&mut named);
        self.allows(named.0.as_deref(), meta, cx)
    }

    fn callsite_enabled(&self, meta: &'static Metadata<'static>) -> Interest {
        let base = <EnvFilter as Filter<S>>::callsite_enabled(&self.base, meta);
        if meta.is_span() {
            return base;
        }
        let own = self.journal.levels.own();
        let at_most = own.most().map_or(LevelFilter::OFF, threshold);
        let at_least = own.least().map_or(LevelFilter::TRACE, threshold);
        let is_same = if base.is_always() {
            *meta.level() <= at_least
        } else {
            base.is_never() && (*meta.level() > at_most || is_quiet(meta.target()))
        };
        if is_same { base } else { Interest::sometimes() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let base = self.base.max_level_hint()?;
        let own = self.journal.levels.own().most().map(threshold);
        Some(own.map_or(base, |own| base.max(own)))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        Filter::on_new_span(&self.base, attributes, id, cx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        Filter::on_record(&self.base, id, values, cx);
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        Filter::on_enter(&self.base, id, cx);
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        Filter::on_exit(&self.base, id, cx);
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        Filter::on_close(&self.base, id, cx);
    }
}

fn names_capability(meta: &Metadata<'_>) -> bool {
    meta.fields().field("capability").is_some()
}

fn is_quiet(target: &str) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    QUIET.contains(&library)
}

/// The capability that an event names.
struct Named(Option<String>);

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "capability" {
            self.0 = Some(split(value).0.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "capability" {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

/// A capability may be named with the key of its actor: `reservations[lisbon]`.
pub(super) fn split(name: &str) -> (&str, Option<&str>) {
    let keyed = name.strip_suffix(']').and_then(|name| name.split_once('['));
    match keyed {
        Some((capability, key)) => (capability, Some(key)),
        None => (name, None),
    }
}
