//! Law 6: a panic hurts one turn.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::Colony;
use skep::{AskError, CallError, Cx, Delivery, Message, Runtime, RuntimeError, StartError};

use crate::counter::{Add, Counter, Counting, Read};
use crate::gate::Gate;
use crate::hops::{Alpha, AlphaHopper, BetaHopper, DeltaHopper, GammaHopper, Hop};
use crate::worker::{Boom, Note, Notes, Noting, Pass, Worker};

const MINUTE: Duration = Duration::from_secs(60);

/// Lets the worker panic so many times.
async fn panic_times(runtime: &Runtime, times: usize) {
    let noting = runtime.get::<Noting>();
    for _ in 0..times {
        let answer = noting.ask(Boom {}).deadline(MINUTE).await;
        let error = answer.expect_err("it panics");
        assert!(
            matches!(error.call(), Some(CallError::Panicked { .. })),
            "{error}"
        );
    }
}

#[skep::test]
async fn what_waits_behind_a_panic_is_handled_by_the_next_actor(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    noting.tell(Boom {}).await.expect("room");
    let mut ask = pin!(noting.ask(Note {
        sender: 0,
        number: 0
    }));
    assert!(poll!(ask.as_mut()).is_pending());
    gate.open();
    assert_eq!(ask.await, Ok(1));
}

#[skep::test]
async fn what_was_only_in_memory_is_gone_after_a_panic(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    noting
        .ask(Note {
            sender: 0,
            number: 0,
        })
        .await
        .expect("a reply");
    panic_times(&runtime, 1).await;
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
}

#[skep::test]
async fn what_was_in_tables_is_there_after_a_panic(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    counting.ask(Add { number: 5 }).await.expect("a reply");
    let panicked = counting
        .ask(crate::counter::AddAndFail { panic: true })
        .await;
    assert!(matches!(
        panicked,
        Err(AskError::Call(CallError::Panicked { .. }))
    ));
    assert_eq!(counting.ask(Read {}).await, Ok(5));
}

#[skep::test]
async fn neighbours_do_not_notice(colony: Colony) {
    let runtime = colony.with::<Worker>().with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    counting.ask(Add { number: 5 }).await.expect("a reply");
    panic_times(&runtime, 3).await;
    assert_eq!(counting.ask(Add { number: 1 }).await, Ok(6));
    assert_eq!(runtime.stats()[1].num_restarts, 0);
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_first_panic_is_followed_by_a_restart_at_once(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let before = tokio::time::Instant::now();
    panic_times(&runtime, 1).await;
    runtime
        .get::<Noting>()
        .ask(Notes {})
        .await
        .expect("the notes");
    assert!(before.elapsed() < Duration::from_millis(10));
}

/// With a real clock, the one that wakes the actor and the one that it reads are not the same.
#[skep::test(real_time)]
async fn an_actor_that_panics_again_and_again_comes_back_each_time(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.restart.budget=100")
        .set("capabilities.noting.restart.backoff_min=1ms")
        .set("capabilities.noting.restart.backoff_max=3ms");
    let runtime = colony.start().await;
    panic_times(&runtime, 40).await;
    let notes = runtime.get::<Noting>().ask(Notes {}).await;
    assert_eq!(notes, Ok(Vec::new()));
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn later_restarts_wait_longer_and_longer(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.restart.backoff_min=1s")
        .set("capabilities.noting.restart.backoff_max=4s");
    let runtime = colony.start().await;
    for longest_ms in [0, 1000, 2000, 4000, 4000] {
        panic_times(&runtime, 1).await;
        let waited = wait_for_restart(&runtime).await;
        let expected = longest_ms / 2..=longest_ms + 2;
        assert!(
            expected.contains(&waited),
            "{waited} is not in {expected:?}"
        );
    }
}

/// Waits until the worker is there again, without a turn that succeeds; says how many milliseconds it took.
async fn wait_for_restart(runtime: &Runtime) -> u64 {
    for waited in 0..60_000 {
        if runtime.stats()[0].down.is_empty() {
            return waited;
        }
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    panic!("it does not restart: {:?}", runtime.stats());
}

#[skep::test]
async fn a_used_up_budget_takes_the_actor_down_and_says_why(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.restart.budget=2");
    let runtime = colony.start().await;
    panic_times(&runtime, 3).await;
    let error = runtime
        .get::<Noting>()
        .ask(Notes {})
        .await
        .expect_err("it is down");
    let Some(error @ CallError::Down { capability, reason }) = error.call() else {
        panic!("another error: {error}");
    };
    assert_eq!(
        (capability.as_str(), reason.as_str()),
        ("noting", "it panicked: told to panic")
    );
    assert_eq!(error.delivery(), Delivery::NotDelivered);
    assert_eq!(runtime.stats()[0].down.len(), 1);
}

#[skep::test]
async fn what_waits_when_an_actor_goes_down_is_refused(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.restart.budget=0");
    let runtime = colony.start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    noting.tell(Boom {}).await.expect("room");
    let mut ask = pin!(noting.ask(Notes {}));
    assert!(poll!(ask.as_mut()).is_pending());
    gate.open();
    let error = ask.await.expect_err("it is down");
    assert!(
        matches!(error.call(), Some(CallError::Down { .. })),
        "{error}"
    );
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn an_actor_that_was_down_long_enough_is_tried_again(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.restart.budget=0")
        .set("capabilities.noting.restart.down_for=40s");
    let runtime = colony.start().await;
    panic_times(&runtime, 1).await;
    let noting = runtime.get::<Noting>();
    tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_secs(39)).await;
    assert!(noting.ask(Notes {}).await.is_err());
    tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_secs(2)).await;
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn old_panics_are_forgiven(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.restart.budget=1")
        .set("capabilities.noting.restart.within=10s");
    let runtime = colony.start().await;
    for _ in 0..5 {
        panic_times(&runtime, 1).await;
        tokio::time::advance(Duration::from_secs(11)).await;
    }
    assert_eq!(runtime.get::<Noting>().ask(Notes {}).await, Ok(Vec::new()));
}

/// What goes wrong with a stubborn actor, and when.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Moods {
    start: Option<String>,
    start_panic: bool,
    stop_panic: bool,
    drop_panic: bool,
}

/// Answers with how often it was asked, or panics.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Poke {
    panic: bool,
}

skep::contract! {
    /// Goes wrong where others do not.
    pub(crate) Stubborn v1 { Poke }
}
skep::contract! {
    /// Goes wrong for the key `bad`.
    pub(crate) Picky v1 keyed by place { Poke }
}

pub(crate) struct StubbornActor {
    moods: Moods,
    pokes: u64,
}

#[skep::capability(contract = Stubborn)]
impl StubbornActor {
    #[start]
    async fn open(moods: Moods) -> Result<Self, StartError> {
        assert!(!moods.start_panic, "no mood to start");
        match moods.start {
            Some(reason) => Err(StartError::new(reason)),
            None => Ok(Self { moods, pokes: 0 }),
        }
    }

    #[handle]
    async fn poke(&mut self, m: Poke) -> u64 {
        assert!(!m.panic, "told to panic");
        self.pokes += 1;
        self.pokes
    }

    #[stop]
    async fn close(&mut self) {
        assert!(!self.moods.stop_panic, "no mood to stop");
    }
}

impl Drop for StubbornActor {
    fn drop(&mut self) {
        assert!(!self.moods.drop_panic, "no mood to be dropped");
    }
}

pub(crate) struct PickyActor;

#[skep::capability(contract = Picky)]
impl PickyActor {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Self {
        assert!(cx.key().as_str() != "bad", "not this key");
        Self
    }

    #[handle]
    async fn poke(&mut self, _: Poke) -> u64 {
        1
    }
}

fn poke(panic: bool) -> Poke {
    Poke { panic }
}

#[skep::test]
async fn a_start_that_fails_is_told_with_all_reasons(colony: Colony) {
    let colony = colony
        .with::<StubbornActor>()
        .with::<crate::settings::Fussy>()
        .with::<Worker>()
        .set("capabilities.stubborn.settings.start=no mood today")
        .set("capabilities.fussing.settings.word=wrong");
    let error = colony.try_start().await.expect_err("two do not start");
    let RuntimeError::NotStarted { reasons } = error else {
        panic!("another error: {error}");
    };
    assert_eq!(
        reasons,
        [
            "stubborn: it could not start: no mood today",
            "fussing: it could not start: wrong is a wrong word"
        ]
    );
}

#[skep::test]
async fn a_panic_in_start_is_told_as_a_reason(colony: Colony) {
    let colony = colony
        .with::<StubbornActor>()
        .set("capabilities.stubborn.settings.start_panic=true");
    let error = colony.try_start().await.expect_err("it does not start");
    assert!(error.to_string().contains("no mood to start"), "{error}");
}

#[skep::test]
async fn a_key_whose_actor_cannot_start_is_down_and_others_are_not(colony: Colony) {
    let colony = colony
        .with::<PickyActor>()
        .set("capabilities.picky.restart.budget=1");
    let runtime = colony.start().await;
    let picky = runtime.get::<Picky>();
    let error = picky
        .key("bad")
        .ask(poke(false))
        .await
        .expect_err("it cannot start");
    let Some(CallError::Down { capability, reason }) = error.call() else {
        panic!("another error: {error}");
    };
    assert_eq!(capability, "picky[bad]");
    assert!(reason.contains("not this key"), "{reason}");
    assert_eq!(picky.key("good").ask(poke(false)).await, Ok(1));
}

#[skep::test]
async fn a_panic_in_stop_does_not_keep_the_runtime_from_stopping(colony: Colony) {
    let colony = colony
        .with::<StubbornActor>()
        .set("capabilities.stubborn.settings.stop_panic=true");
    let runtime = colony.start().await;
    runtime.stop().await;
    assert_eq!(runtime.health(), skep::Health::Stopped);
}

#[skep::test]
async fn a_panic_while_the_state_is_dropped_hurts_nobody(colony: Colony) {
    let colony = colony
        .with::<StubbornActor>()
        .set("capabilities.stubborn.settings.drop_panic=true");
    let runtime = colony.start().await;
    let stubborn = runtime.get::<Stubborn>();
    let error = stubborn.ask(poke(true)).await.expect_err("it panics");
    assert!(
        matches!(error.call(), Some(CallError::Panicked { .. })),
        "{error}"
    );
    assert_eq!(stubborn.ask(poke(false)).await, Ok(1));
    runtime.stop().await;
    assert_eq!(runtime.health(), skep::Health::Stopped);
}

#[skep::test]
async fn a_panic_deep_in_a_chain_of_calls_reaches_only_its_caller(colony: Colony) {
    let colony = colony.with::<AlphaHopper>().with::<BetaHopper>();
    let runtime = colony
        .with::<GammaHopper>()
        .with::<DeltaHopper>()
        .start()
        .await;
    let alpha = runtime.get::<Alpha>();
    let hop = Hop {
        path: vec!["beta".to_owned()],
        gate: Some("no such gate".to_owned()),
    };
    let error = alpha.ask(hop).await.expect_err("beta panics");
    let stuck = error.domain().expect("alpha says what it was told");
    assert!(matches!(stuck.call_error(), CallError::Panicked { .. }));
    assert_eq!(alpha.ask(Hop::along(&["beta"])).await, Ok(1));
}

/// Says that it never waits, and waits when it is told to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Rest {
    waits: bool,
}

skep::contract! {
    /// Boasts.
    Boasting v1 { Rest }
}

#[derive(Default)]
struct Boaster {
    turns: u64,
}

impl skep::Capability for Boaster {
    type Contract = Boasting;
    type Settings = ();
    const KIND: skep::Kind = skep::Kind::Singleton;
    const DURABLE: bool = false;
    const EXECUTION: skep::Execution = skep::Execution::Async;

    async fn start((): (), _: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self::default())
    }

    fn bind(binder: &mut skep::Binder<Self>) {
        binder.messages();
    }
}

impl skep::Handle<Rest> for Boaster {
    const NEVER_WAITS: bool = true;

    async fn handle(&mut self, m: Rest, _: &mut Cx<Self>) -> skep::Outcome<Rest> {
        if m.waits {
            tokio::task::yield_now().await;
        }
        self.turns += 1;
        Ok(self.turns)
    }
}

#[skep::test]
async fn a_handler_that_waits_though_it_says_it_never_does_is_broken_off(colony: Colony) {
    let runtime = colony.with::<Boaster>().start().await;
    let boasting = runtime.get::<Boasting>();
    for _ in 0..2 {
        let first = boasting.ask(Rest { waits: false }).deadline(MINUTE).await;
        assert_eq!(first, Ok(1), "the actor is new");
        let waited = boasting.ask(Rest { waits: true }).deadline(MINUTE).await;
        let error = waited.expect_err("it waits");
        assert!(
            matches!(error.call(), Some(CallError::Panicked { reason, .. }) if reason.contains("NEVER_WAITS")),
            "{error}"
        );
    }
}
