//! [`Cx`]: what a turn is given besides its message.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::capability::{Capability, Handle, Uses};
use super::draft::Draft;
use super::event_log::LogBody;
use super::outgoing::{
    EVENTS, Letter, LetterBody, LetterKind, TimerBody, TimerId, TimerKind, direct,
};
use super::services::Services;
use super::table::Table;
use super::table_key::TableKey;
use super::{abort, layout};
use crate::call::current::current;
use crate::call::{CallError, Key, MessageId, Part, Ref, TraceContext};
use crate::contract::{Accepts, Contract, Emits, Emitted, Event, Keyed, Message, Unkeyed};

/// A turn's surroundings: other capabilities, events, timers, tables, time and randomness.
///
/// What it lets out – events, sends, timers – leaves only if the turn succeeds, together with the turn's writes.
pub struct Cx<A: Capability> {
    draft: Draft,
    capability: PhantomData<fn() -> A>,
}

impl<A: Capability> Cx<A> {
    pub(crate) fn new(draft: Draft) -> Self {
        Self {
            draft,
            capability: PhantomData,
        }
    }

    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    fn services(&self) -> &Services {
        self.draft.services()
    }

    /// The key of this actor.
    ///
    /// # Panics
    ///
    /// Never: only keyed contracts have this method, and their actors have keys.
    #[must_use]
    pub fn key(&self) -> &Key
    where
        A::Contract: Keyed,
    {
        #[allow(
            clippy::expect_used,
            reason = "an actor of a keyed contract is made for a key"
        )]
        self.draft
            .actor()
            .expect("an actor of a keyed contract has a key")
    }

    /// Another capability, here or elsewhere. The capability must declare it: `#[capability(uses(Payments))]`.
    #[must_use]
    pub fn to<C: Contract>(&self) -> Ref<C>
    where
        A: Uses<C>,
    {
        Ref::new(self.services().directory.route::<C>())
    }

    /// A table of this actor, by its name: at most 64 bytes. Two tables of one actor with the same name are the same table.
    #[must_use]
    pub fn table<K: TableKey, V: Serialize + DeserializeOwned>(&self, name: &str) -> Table<K, V> {
        debug_assert!(name.len() <= 64, "the name of a table has at most 64 bytes");
        Table::new(&self.draft, name)
    }

    /// Makes a fact known to all who listen, and keeps it for those who look on ([`Runtime::subscribe`](crate::Runtime::subscribe)),
    /// if the turn succeeds.
    ///
    /// Each listener gets it at least once and, being durable, handles it once; events of one actor arrive in order.
    /// An event over the `message_size`, or a full outbox, ends the turn with a [`CallError`].
    #[allow(
        clippy::needless_pass_by_value,
        reason = "what is let out is given away"
    )]
    pub fn emit<E: Emitted>(&mut self, event: E)
    where
        A::Contract: Emits<E>,
    {
        let body = self.body(&event);
        let services = Arc::clone(self.draft.services());
        let receivers = services.audience.get(<E as Event>::NAME);
        // Who happens to listen or to look, and where, must not change the ids of what follows: the turn may run again.
        if receivers.is_none() && !services.log.wants() {
            if let Some(turn) = current() {
                turn.scope().skip_id();
            }
            return;
        }
        let id = self.effect_id();
        for receiver in receivers.into_iter().flatten() {
            let mut letter = self.letter_body(
                LetterKind::Event,
                <E as Event>::NAME,
                id,
                None,
                body.clone(),
            );
            if **receiver == *EVENTS {
                letter.direct = direct(receivers.map_or(&[], Vec::as_slice));
            }
            self.post(Arc::clone(receiver), letter);
        }
        if services.log.wants() {
            self.draft.note(LogBody {
                id,
                at_ms: services.clock.wall_ms(),
                name: Cow::Borrowed(<E as Event>::NAME),
                key: self.draft.actor().cloned(),
                trace: current_step(),
                body,
            });
        }
    }

    /// Sends a message through the outbox: it leaves if the turn succeeds, and arrives even if the receiver is down now.
    ///
    /// Delivered at least once and, by a durable receiver, handled once; nobody waits for the reply. A domain error of
    /// the receiver puts the message among the dead letters.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "what is let out is given away"
    )]
    pub fn send<C: Accepts<M> + Unkeyed, M: Message>(&mut self, message: M)
    where
        A: Uses<C>,
    {
        self.send_letter::<C, M>(None, &message);
    }

    /// As [`send`](Self::send), to the actor for `key`.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "what is let out is given away"
    )]
    pub fn send_to<C: Accepts<M> + Keyed, M: Message>(&mut self, key: impl Into<Key>, message: M)
    where
        A: Uses<C>,
    {
        self.send_letter::<C, M>(Some(key.into()), &message);
    }

    /// Sends this actor a message after a while. The timer is set if the turn succeeds; a durable actor's survives the
    /// process, and one that was due meanwhile fires at the next start. Resolution: a few milliseconds.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "what is let out is given away"
    )]
    pub fn after<M: Message>(&mut self, delay: Duration, message: M) -> TimerId
    where
        A: Handle<M>,
        A::Contract: Accepts<M>,
    {
        let body = TimerBody {
            kind: TimerKind::After,
            name: M::NAME.to_owned(),
            trace: current_step(),
            body: self.body(&message),
        };
        let id = self.effect_id();
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let due_ms = self.services().clock.wall_ms().saturating_add(delay_ms);
        self.set_timer(TimerId { due_ms, id }, &body);
        TimerId { due_ms, id }
    }

    /// Takes a timer back, if the turn succeeds. No effect on one that has fired.
    pub fn cancel(&mut self, timer: TimerId) {
        self.draft
            .delete(layout::timer(timer.due_ms, self.draft.actor(), timer.id));
    }

    pub(crate) fn set_timer(&self, timer: TimerId, body: &TimerBody) {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.draft.put(
                layout::timer(timer.due_ms, self.draft.actor(), timer.id),
                bytes,
            ),
            Err(error) => abort::turn(self.misfit(&error)),
        }
        self.draft.timer_set(timer.due_ms);
    }

    /// What is left of the time in which the caller wants a reply; `None` when nobody waits.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let turn = current()?;
        let deadline = turn.scope().deadline;
        (deadline != crate::call::Tick::NEVER).then(|| deadline.since(self.services().clock.now()))
    }

    /// The id of the message this turn handles, when its sender could send it again.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        current().and_then(|turn| turn.scope().id)
    }

    /// The trace that this turn belongs to, to be handed on to what is not skep: its text is the value of a `traceparent` header.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        current_step()
    }

    /// The wall time. In tests with virtual time it is theirs.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.services().clock.wall()
    }

    /// A random number from the runtime's seeded source. Not for secrets.
    #[must_use]
    pub fn random(&self) -> u64 {
        self.services().random.next()
    }

    /// Runs a task beside the actor; it ends with the runtime at the latest. It is not part of the turn: it may ask this
    /// actor, and has neither its deadline nor its transaction.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.services().tasks.spawn(task);
    }

    fn send_letter<C: Accepts<M>, M: Message>(&mut self, key: Option<Key>, message: &M) {
        if let Some(key) = key.as_ref().filter(|key| !key.is_valid()) {
            abort::turn(crate::call::envelope::invalid_key(C::NAME, key));
        }
        let body = self.letter_body(
            LetterKind::Send,
            M::NAME,
            self.effect_id(),
            key,
            self.body(message),
        );
        self.post(Arc::from(C::NAME), body);
    }

    fn letter_body(
        &self,
        kind: LetterKind,
        name: &str,
        id: MessageId,
        key: Option<Key>,
        body: Box<RawValue>,
    ) -> LetterBody {
        LetterBody {
            id,
            kind,
            name: name.to_owned(),
            key,
            at_ms: self.services().clock.wall_ms(),
            trace: current_step(),
            contract: None,
            direct: String::new(),
            body,
        }
    }

    fn post(&self, target: Arc<str>, body: LetterBody) {
        let services = self.services();
        let waiting = services.backlog.load(Ordering::Relaxed) + self.draft.num_letters() as u64;
        if waiting >= services.limits.outbox {
            abort::turn(CallError::Overloaded {
                capability: format!("the outbox of {}", services.capability),
            });
        }
        let lane = Arc::from(self.draft.actor().map_or("", Key::as_str));
        self.draft.post(Letter { target, lane, body });
    }

    /// The id of an effect: derived if the turn could run again under its own id, fresh otherwise.
    fn effect_id(&self) -> MessageId {
        let derived = current().and_then(|turn| turn.scope().next_id());
        derived.unwrap_or_else(|| self.services().random.message_id())
    }

    fn body(&self, value: &impl Serialize) -> Box<RawValue> {
        let services = self.services();
        match serde_json::value::to_raw_value(value) {
            Ok(body) if body.get().len() <= services.limits.message_size => body,
            Ok(_) => abort::turn(CallError::TooLarge {
                capability: services.capability.to_owned(),
                part: Part::Message,
                limit: services.limits.message_size,
            }),
            Err(error) => abort::turn(self.misfit(&error)),
        }
    }

    fn misfit(&self, error: &serde_json::Error) -> CallError {
        CallError::Codec {
            capability: self.services().capability.to_owned(),
            part: Part::Message,
            reason: error.to_string(),
        }
    }
}

/// The running turn's place in a trace.
fn current_step() -> Option<TraceContext> {
    current().map(|turn| turn.scope().step().context)
}

impl<A: Capability> fmt::Debug for Cx<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx")
            .field("capability", &self.services().capability)
            .field("key", &self.draft.actor())
            .finish_non_exhaustive()
    }
}
