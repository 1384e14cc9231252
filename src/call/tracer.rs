//! Which requests are followed, and the spans that their turns leave: a bounded memory of them, and whoever listens in.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::{Key, SpanId, TraceContext, TraceId};
use crate::config::TraceSettings;

/// Spans that a listener may be behind before it misses some.
const FEED_ROOM: usize = 4096;

/// One step of a trace that has ended: a turn, or a request at a door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The request it belongs to.
    pub trace: TraceId,
    /// The step itself.
    pub span: SpanId,
    /// The step that caused it; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SpanId>,
    /// What kind of step it is.
    pub kind: SpanKind,
    /// Whose turn it was, or to whom the request went.
    pub capability: String,
    /// Which of its actors, for a keyed capability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The name of the message, event or method.
    pub message: String,
    /// When it began; for a queued message, when its turn did.
    #[serde(serialize_with = "rfc3339", deserialize_with = "from_rfc3339")]
    pub start: SystemTime,
    /// From its beginning to its reply, commit included, in microseconds.
    #[serde(
        rename = "duration_us",
        serialize_with = "micros",
        deserialize_with = "from_micros"
    )]
    pub duration: Duration,
    /// How long it had waited in the mailbox before, in microseconds; none for a turn that never was in one.
    #[serde(
        default,
        rename = "queued_us",
        skip_serializing_if = "Option::is_none",
        serialize_with = "maybe_micros",
        deserialize_with = "from_maybe_micros"
    )]
    pub queued: Option<Duration>,
    /// Whether it ran on its caller's thread.
    #[serde(rename = "inline")]
    pub is_inline: bool,
    /// How it ended: `ok`, `refused` by the domain, `failed` by the platform, or `panicked`.
    pub outcome: TurnOutcome,
}

/// What kind of step a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpanKind {
    /// The turn of a message that somebody asked or told.
    Call,
    /// The turn of an event.
    Event,
    /// The turn of a message sent through the outbox.
    Sent,
    /// The turn of a timer.
    Timer,
    /// A call on its way through a transport, seen by the caller.
    Client,
    /// A request at the door for HTTP.
    Http,
    /// A request at the operator's door.
    Admin,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnOutcome {
    /// With a reply; an event or timer: handled.
    Ok,
    /// With an error of the domain: rolled back.
    Refused,
    /// Broken off by the platform: rolled back, or of unknown outcome.
    Failed,
    /// By a panic.
    Panicked,
}

impl TurnOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Failed, Self::Panicked];

    /// The word for it in metrics and traces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
        }
    }
}

/// The place of one turn in a trace.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<SpanId>,
}

impl Step {
    /// The first step of a new trace.
    pub(crate) fn root(is_sampled: bool) -> Self {
        let bits = (u128::from(fresh_bits()) << 64) | u128::from(fresh_bits());
        Self {
            context: TraceContext {
                trace: TraceId::from_u128(bits),
                span: SpanId::from_u64(fresh_bits()),
                is_sampled,
            },
            parent: None,
        }
    }

    /// A step that another one caused.
    pub(crate) fn after(cause: TraceContext) -> Self {
        Self {
            context: TraceContext {
                span: SpanId::from_u64(fresh_bits()),
                ..cause
            },
            parent: Some(cause.span),
        }
    }
}

/// Decides which calls of the program itself are traced, and remembers the spans of all that are.
#[derive(Debug)]
pub(crate) struct Tracer {
    /// Every how many calls one is traced, on average; 0: none.
    every: u32,
    capacity: usize,
    recent: Mutex<VecDeque<Arc<Span>>>,
    feed: broadcast::Sender<Arc<Span>>,
}

impl Tracer {
    pub(crate) fn new(settings: &TraceSettings) -> Self {
        Self {
            every: every(settings.sample),
            capacity: usize::try_from(settings.recent).unwrap_or(usize::MAX),
            recent: Mutex::default(),
            feed: broadcast::channel(FEED_ROOM).0,
        }
    }

    /// Whether a call that nothing traced has caused begins a trace.
    #[inline]
    pub(crate) fn begins(&self) -> bool {
        is_one_of(&UNTIL_TRACED, self.every)
    }

    /// Remembers a span, and shows it to whoever listens.
    pub(crate) fn record(&self, span: Span) {
        let span = Arc::new(span);
        if self.capacity > 0 {
            let mut recent = self.recent.lock();
            if recent.len() >= self.capacity {
                recent.pop_front();
            }
            recent.push_back(Arc::clone(&span));
        }
        // Nobody needs to listen.
        let _ = self.feed.send(span);
    }

    /// The spans that are remembered, those that ended first before the others.
    pub(crate) fn recent(&self) -> Vec<Arc<Span>> {
        self.recent.lock().iter().cloned().collect()
    }

    /// Every span from now on; who is too slow misses some.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Span>> {
        self.feed.subscribe()
    }
}

/// Every how many calls one is traced to reach a share.
fn every(share: f64) -> u32 {
    if share <= 0.0 {
        return 0;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded by the clamp"
    )]
    let every = (1.0 / share).round().clamp(1.0, f64::from(u32::MAX / 2)) as u32;
    every
}

thread_local! {
    static UNTIL_TRACED: Cell<u32> = const { Cell::new(1) };
    static UNTIL_TIMED: Cell<u32> = const { Cell::new(1) };
}

/// Whether this is one of the calls that stand for `every` of them.
///
/// The gaps between them are random, with the right mean, so that a regular pattern of calls cannot hide from it. A
/// countdown a thread: nothing is shared, and mostly nothing is drawn.
#[inline]
fn is_one_of(left: &'static std::thread::LocalKey<Cell<u32>>, every: u32) -> bool {
    match every {
        0 => false,
        1 => true,
        // Bounded by what this runtime could have drawn: others of the process count down here too.
        _ => left.with(|left| match left.get().min(2 * every) {
            0 | 1 => {
                left.set(gap(every));
                true
            }
            more => {
                left.set(more - 1);
                false
            }
        }),
    }
}

/// How many calls there are up to the next, itself among them.
#[cold]
fn gap(every: u32) -> u32 {
    1 + u32::try_from(fresh_bits() % u64::from(2 * every - 1)).unwrap_or(0)
}

/// Whether this is one of the turns that are timed for the others, `every` of them.
#[inline]
pub(crate) fn is_timed(every: u32) -> bool {
    is_one_of(&UNTIL_TIMED, every)
}

static BITS: AtomicU64 = AtomicU64::new(0);

/// Where the ids of this process begin: with what its first runtime has for a seed, so that a run can be repeated with the
/// same ids. Later runtimes go on from there: begun anew, their ids would be those that others have been given already.
pub(crate) fn seed(seed: u64) {
    let _ = BITS.compare_exchange(0, seed | 1, Ordering::Relaxed, Ordering::Relaxed);
}

/// Sixty-four bits that look random and do not come again: SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
fn fresh_bits() -> u64 {
    let state = BITS.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn rfc3339<S: serde::Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let at = (*at).max(UNIX_EPOCH);
    serializer.collect_str(&humantime::format_rfc3339_micros(at))
}

fn micros<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

fn maybe_micros<S: serde::Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => micros(duration, serializer),
        None => serializer.serialize_none(),
    }
}

fn from_rfc3339<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_rfc3339(&text).map_err(serde::de::Error::custom)
}

fn from_micros<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_micros)
}

fn from_maybe_micros<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    let micros = Option::<u64>::deserialize(from)?;
    Ok(micros.map(Duration::from_micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(sample: f64, recent: u32) -> TraceSettings {
        TraceSettings {
            sample,
            recent,
            otlp: None,
        }
    }

    /// Otherwise two requests would be one trace, as soon as a second runtime starts in between.
    #[test]
    fn a_second_runtime_with_the_same_seed_gives_no_id_again() {
        let ids = || {
            seed(7);
            (0..64)
                .map(|_| fresh_bits())
                .collect::<std::collections::BTreeSet<_>>()
        };
        let (first, second) = (ids(), ids());
        assert!(first.is_disjoint(&second));
    }

    #[test]
    fn the_share_of_traced_calls_is_the_configured_one() {
        for (share, least, most) in [
            (0.0, 0, 0),
            (1.0, 100_000, 100_000),
            (0.01, 800, 1200),
            (0.5, 48_000, 52_000),
        ] {
            let tracer = Tracer::new(&settings(share, 0));
            let traced = (0..100_000).filter(|_| tracer.begins()).count();
            assert!((least..=most).contains(&traced), "{share}: {traced}");
        }
    }

    #[test]
    fn ids_do_not_come_again() {
        let ids: std::collections::BTreeSet<_> = (0..10_000)
            .map(|_| Step::root(true).context.trace.to_bytes())
            .collect();
        assert_eq!(ids.len(), 10_000);
    }
}
