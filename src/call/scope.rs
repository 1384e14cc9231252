//! The circumstances of one turn: for whom it runs, until when, and who waits for it.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::tracer::Step;
use super::{CallError, Key, MessageId, Tick, TraceContext, actor_name, is_actor_of};

/// The circumstances of one call, and of the turn that handles it.
#[derive(Debug)]
pub(crate) struct Scope {
    /// The contract of the callee.
    pub(crate) contract: &'static str,
    /// The key of the callee, for a keyed contract.
    pub(crate) key: Option<Key>,
    /// Until when the reply is wanted.
    pub(crate) deadline: Tick,
    /// The id of the message, when somebody could send it again.
    pub(crate) id: Option<MessageId>,
    /// The turn that waits for this one, in this process.
    pub(crate) caller: Option<Arc<dyn Scoped>>,
    /// The actors that wait for this turn in other processes, outermost first.
    pub(crate) foreign: Vec<String>,
    /// Which of several equal actors runs the turn, counted from 1; 0 when there is only one.
    member: AtomicU32,
    ordinals: AtomicU32,
    /// Whether the turn runs on its caller's thread.
    is_inline: AtomicBool,
    /// How many turns this one stands for when it is timed; 0 when it is not.
    weight: AtomicU32,
    /// When the message was queued, if somebody wants to know how long it waits; 0 when not.
    queued_at_ns: AtomicU64,
    /// Its place in a trace: there from the beginning when the trace is recorded, else made when somebody asks.
    step: OnceLock<Box<Step>>,
}

impl Scope {
    pub(crate) fn new(contract: &'static str, key: Option<Key>, deadline: Tick) -> Self {
        Self {
            contract,
            key,
            deadline,
            id: None,
            caller: None,
            foreign: Vec::new(),
            member: AtomicU32::new(0),
            ordinals: AtomicU32::new(0),
            is_inline: AtomicBool::new(false),
            weight: AtomicU32::new(0),
            queued_at_ns: AtomicU64::new(0),
            step: OnceLock::new(),
        }
    }

    /// The same circumstances for a turn that goes on with another holder of its reply: its effects count on, and its place
    /// in the trace is the same.
    pub(crate) fn handed_on(&self) -> Self {
        Self {
            contract: self.contract,
            key: self.key.clone(),
            deadline: self.deadline,
            id: self.id,
            caller: self.caller.clone(),
            foreign: self.foreign.clone(),
            member: AtomicU32::new(self.member.load(Ordering::Relaxed)),
            ordinals: AtomicU32::new(self.ordinals.load(Ordering::Relaxed)),
            is_inline: AtomicBool::new(self.is_inline()),
            weight: AtomicU32::new(self.weight()),
            queued_at_ns: AtomicU64::new(self.queued_at_ns.load(Ordering::Relaxed)),
            step: OnceLock::from(Box::new(self.step().clone())),
        }
    }

    /// Its place in a trace.
    pub(crate) fn step(&self) -> &Step {
        self.step.get_or_init(|| {
            Box::new(match &self.caller {
                Some(caller) => Step::after(caller.scope().step().context),
                None => Step::root(false),
            })
        })
    }

    /// Its place in a trace that is recorded; none when it is not.
    pub(crate) fn recorded(&self) -> Option<&Step> {
        self.step
            .get()
            .map(|step| &**step)
            .filter(|step| step.context.is_sampled)
    }

    /// Makes it a step of a trace. Only before anybody asked for its place.
    pub(crate) fn set_step(&self, step: Step) {
        let _ = self.step.set(Box::new(step));
    }

    /// Makes it a step that `cause` caused, or, without one, leaves open which trace it belongs to.
    pub(crate) fn follow(&self, cause: Option<TraceContext>) {
        if let Some(cause) = cause {
            self.set_step(Step::after(cause));
        }
    }

    /// Notes whether the turn runs on its caller's thread.
    pub(crate) fn set_inline(&self, is_inline: bool) {
        self.is_inline.store(is_inline, Ordering::Relaxed);
    }

    pub(crate) fn is_inline(&self) -> bool {
        self.is_inline.load(Ordering::Relaxed)
    }

    /// Notes how many turns this one stands for when it is timed.
    pub(crate) fn set_weight(&self, weight: u32) {
        self.weight.store(weight, Ordering::Relaxed);
    }

    pub(crate) fn weight(&self) -> u32 {
        self.weight.load(Ordering::Relaxed)
    }

    /// Notes when the message was queued.
    pub(crate) fn queued(&self, at: Duration) {
        let at_ns = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        self.queued_at_ns.store(at_ns.max(1), Ordering::Relaxed);
    }

    /// When the message was queued, if that was noted.
    pub(crate) fn queued_at(&self) -> Option<Duration> {
        match self.queued_at_ns.load(Ordering::Relaxed) {
            0 => None,
            at_ns => Some(Duration::from_nanos(at_ns)),
        }
    }

    /// The id for the turn's next effect elsewhere; `None` when nobody can repeat the turn.
    pub(crate) fn next_id(&self) -> Option<MessageId> {
        let own = self.id?.handled_by(&self.identity());
        Some(own.derive(self.ordinals.fetch_add(1, Ordering::Relaxed)))
    }

    /// Passes over the id of an effect that has no trace, so that the ids of those that follow do not hang on it.
    pub(crate) fn skip_id(&self) {
        self.ordinals.fetch_add(1, Ordering::Relaxed);
    }

    /// `contract` or `contract[key]`.
    pub(crate) fn name(&self) -> String {
        actor_name(self.contract, self.key.as_ref())
    }

    /// What ids of effects are derived from. Ids outlive a version of the program: this never changes, whatever is shown.
    fn identity(&self) -> String {
        match &self.key {
            Some(key) => format!("{}/{key}", self.contract),
            None => self.contract.to_owned(),
        }
    }

    /// Notes which of several equal actors runs the turn.
    pub(crate) fn run_by(&self, member: u32) {
        self.member.store(member, Ordering::Relaxed);
    }

    /// As [`name`](Self::name), with `#` and the number of the actor that runs the turn if there are several.
    fn name_of_runner(&self) -> String {
        match self.member.load(Ordering::Relaxed) {
            0 => self.name(),
            member => format!("{}#{member}", self.contract),
        }
    }

    /// The callee's actors that wait for this call: they cannot handle it.
    pub(crate) fn waiting_members(&self) -> Vec<u32> {
        if !self.is_waited_for_by(self.contract) {
            return Vec::new();
        }
        let member = |waiting: &String| {
            let (contract, member) = waiting.split_once('#')?;
            (contract == self.contract)
                .then(|| member.parse().ok())
                .flatten()
        };
        self.waiting().iter().filter_map(member).collect()
    }

    /// Whether `waiting` is the callee, or one of the equal actors that it is.
    fn is_callee(&self, waiting: &str, name: &str) -> bool {
        let member = || waiting.strip_prefix(name)?.strip_prefix('#');
        waiting == name || (self.key.is_none() && member().is_some())
    }

    /// The turns of this process that wait for this call, innermost first.
    fn callers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(self.caller_scope(), |scope| scope.caller_scope())
    }

    fn caller_scope(&self) -> Option<&Self> {
        Some(self.caller.as_ref()?.scope())
    }

    /// Whether an actor of this contract waits for this call. Mostly none does, and nothing has to be made to know that.
    fn is_waited_for_by(&self, contract: &str) -> bool {
        let outermost = self.callers().last().unwrap_or(self);
        let mut foreign = outermost.foreign.iter();
        self.callers().any(|scope| scope.contract == contract)
            || foreign.any(|waiting| is_actor_of(waiting, contract))
    }

    /// The actors that wait for this call, outermost first, without the callee.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let outermost = self.callers().last().unwrap_or(self);
        let num_callers = self.callers().count();
        let mut names = Vec::with_capacity(outermost.foreign.len() + num_callers);
        names.extend(outermost.foreign.iter().cloned());
        names.extend(self.callers().map(Self::name_of_runner));
        names[outermost.foreign.len()..].reverse();
        names
    }

    /// Whether its turn is one of this contract's, or one of them waits for it.
    pub(crate) fn is_within(&self, contract: &str) -> bool {
        self.contract == contract || self.is_waited_for_by(contract)
    }

    /// Refuses a call that would go back to an actor which waits for it. `instances` is how many actors share the
    /// callee's name: more than one for a stateless capability, which is only stuck when all of them wait.
    pub(crate) fn refuse_cycle(&self, instances: usize) -> Result<(), CallError> {
        if !self.is_waited_for_by(self.contract) {
            return Ok(());
        }
        let name = self.name();
        let mut path = self.waiting();
        let is_callee = |waiting: &String| self.is_callee(waiting, &name);
        if path.iter().filter(|waiting| is_callee(waiting)).count() < instances.max(1) {
            return Ok(());
        }
        if let Some(first) = path.iter().position(is_callee) {
            path.drain(..first);
        }
        path.push(name);
        Err(CallError::Cycle { path })
    }
}

/// Something that runs as a turn and so has a [`Scope`].
pub(crate) trait Scoped: Send + Sync {
    /// The circumstances.
    fn scope(&self) -> &Scope;

    /// Itself, for those who know what it is.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;

    /// The name of the message, event or method.
    #[cfg_attr(
        not(feature = "observe"),
        expect(dead_code, reason = "only the log asks for it")
    )]
    fn message(&self) -> &str;
}

impl std::fmt::Debug for dyn Scoped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.scope().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::current::{current, inside_turn, within};

    struct Turn(Scope);
    impl Scoped for Turn {
        fn scope(&self) -> &Scope {
            &self.0
        }

        fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
            self
        }

        fn message(&self) -> &str {
            "test"
        }
    }

    fn turn(contract: &'static str, caller: Option<Arc<dyn Scoped>>) -> Arc<dyn Scoped> {
        let mut scope = Scope::new(contract, None, Tick::from_nanos(0));
        scope.caller = caller;
        Arc::new(Turn(scope))
    }

    #[test]
    fn a_call_back_into_a_waiting_actor_is_refused_with_the_path() {
        let outer = turn("a", None);
        let inner = turn("b", Some(outer));
        let back = turn("a", Some(inner));
        let path = vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(back.scope().refuse_cycle(1), Err(CallError::Cycle { path }));
        assert_eq!(
            back.scope().refuse_cycle(2),
            Ok(()),
            "another instance is free"
        );
    }

    #[test]
    fn actors_waiting_in_other_processes_count() {
        let mut scope = Scope::new("b", None, Tick::from_nanos(0));
        scope.foreign = vec!["a".to_owned(), "c".to_owned()];
        let served: Arc<dyn Scoped> = Arc::new(Turn(scope));
        let back = turn("a", Some(served));
        let path = ["a", "c", "b", "a"].map(str::to_owned).to_vec();
        assert_eq!(back.scope().refuse_cycle(1), Err(CallError::Cycle { path }));
    }

    #[test]
    fn whatever_waits_for_a_turn_is_known_to_it() {
        let mut scope = Scope::new("b", Some(Key::from("1")), Tick::from_nanos(0));
        scope.foreign = vec!["a[x]".to_owned(), "colony#2".to_owned()];
        let turn = turn("d", Some(Arc::new(Turn(scope))));
        let is_within = |contract: &str| turn.scope().is_within(contract);
        assert!(["a", "b", "d", "colony"].into_iter().all(is_within));
        assert!(!["col", "x", "e"].into_iter().any(is_within));
    }

    #[test]
    fn the_outer_turn_is_current_again_after_a_panic() {
        let outer = turn("outer", None);
        within(outer, || {
            let inner = turn("inner", None);
            let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                within(inner, || std::panic::resume_unwind(Box::new(())));
            }));
            assert!(unwound.is_err());
            assert_eq!(current().map(|turn| turn.scope().contract), Some("outer"));
        });
        assert!(!inside_turn());
    }
}
