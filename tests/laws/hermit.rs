//! References outlive their runtime, and keep nothing of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::{Colony, Placement};
use skep::{AskError, CallError, Message, Ref, Runtime};

static ENDING: Mutex<BTreeMap<u64, Runtime>> = Mutex::new(BTreeMap::new());
static DWELLINGS: Mutex<BTreeMap<u64, Weak<()>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Moves in: from now on it can be seen whether the actor is there.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
struct Dwell {
    number: u64,
}

/// Ends the runtime that is laid ready under this number.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
struct EndAll {
    number: u64,
}

skep::contract! { Hermitage v1 { Dwell, EndAll } }

#[derive(Default)]
struct Hermit {
    dwelling: Arc<()>,
}

#[skep::capability(contract = Hermitage)]
impl Hermit {
    #[handle]
    async fn dwell(&mut self, m: Dwell) {
        let mut dwellings = DWELLINGS.lock().unwrap_or_else(PoisonError::into_inner);
        dwellings.insert(m.number, Arc::downgrade(&self.dwelling));
    }

    #[handle]
    async fn end_all(&mut self, m: EndAll) {
        let runtime = ENDING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&m.number);
        drop(runtime);
    }
}

/// Whether the actor that has moved in is still there.
fn is_there(number: u64) -> bool {
    let dwellings = DWELLINGS.lock().unwrap_or_else(PoisonError::into_inner);
    dwellings
        .get(&number)
        .is_some_and(|dwelling| dwelling.strong_count() > 0)
}

/// A runtime with an actor that has moved in.
async fn dwelling(colony: Colony) -> (Runtime, Ref<Hermitage>, u64) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let runtime = colony.with::<Hermit>().start().await;
    let hermitage = runtime.get::<Hermitage>();
    hermitage.ask(Dwell { number }).await.expect("a reply");
    assert!(is_there(number));
    (runtime, hermitage, number)
}

async fn assert_gone(hermitage: &Ref<Hermitage>, number: u64) {
    assert!(!is_there(number), "the reference keeps it");
    let stopping = AskError::Call(CallError::Stopping {
        capability: "hermitage".to_owned(),
    });
    assert_eq!(
        hermitage.ask(Dwell { number }).await,
        Err(stopping),
        "it is not made again"
    );
    assert!(!is_there(number));
}

#[skep::test]
async fn a_reference_keeps_no_actor_of_a_runtime_that_has_ended(colony: Colony) {
    let (runtime, hermitage, number) = dwelling(colony).await;
    drop(runtime);
    assert_gone(&hermitage, number).await;
}

#[skep::test]
async fn an_actor_whose_turn_ends_its_runtime_is_gone_after_the_turn(colony: Colony) {
    // Elsewhere the thread that runs the turn is the runtime's own, and would wait for itself.
    if colony.placement() != Placement::Local {
        return;
    }
    let (runtime, hermitage, number) = dwelling(colony).await;
    ENDING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(number, runtime);
    assert_eq!(hermitage.ask(EndAll { number }).await, Ok(()));
    assert_gone(&hermitage, number).await;
}
