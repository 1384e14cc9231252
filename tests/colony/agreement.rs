//! A node whose contracts do not get along with those of the others is refused when it joins.

use skep::{Health, Runtime, RuntimeError};

use crate::town::{Crier, Listener, Town, within};

/// The bell's contract, as somebody changed it.
macro_rules! changed {
    ($module:ident: { $($ring:tt)* }, { $($rang:tt)* } $(, $more:ident)?) => {
        mod $module {
            use schemars::JsonSchema;
            use serde::{Deserialize, Serialize};
            use skep::{Event, Message};

            #[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
            #[message(reply = u32)]
            pub(super) struct Ring { $($ring)* }

            #[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
            #[message(reply = ())]
            pub(super) struct RingLater {}

            $(
                #[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
                #[message(reply = ())]
                pub(super) struct $more {}
            )?

            #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
            pub(super) struct Rang { $($rang)* }

            skep::contract! { pub(super) Bell v1 { Ring, RingLater $(, $more)?; emits Rang } }

            #[derive(Default)]
            pub(super) struct Tower;

            #[skep::capability(contract = Bell)]
            impl Tower {
                #[handle]
                async fn ring(&mut self, _m: Ring) -> u32 {
                    0
                }

                #[handle]
                async fn ring_later(&mut self, _m: RingLater) {}

                $(
                    #[handle]
                    async fn more(&mut self, _m: $more) {}
                )?
            }
        }
    };
}

changed!(added: { pub strokes: u32, pub softly: Option<bool> }, { pub stroke: u32, pub note: Option<String> }, Silence);
changed!(renamed: { pub times: u32 }, { pub stroke: u32 });
changed!(retyped: { pub strokes: String }, { pub stroke: String });

/// A crier of an application whose bell is another.
async fn crier<A>(town: &Town) -> Result<Runtime, RuntimeError>
where
    A: skep::Capability
        + skep::HandlesAll<<<A as skep::Capability>::Contract as skep::Contract>::Messages>,
{
    let builder = Runtime::builder()
        .application("town")
        .sources(town.sources());
    let builder = builder.with::<A>().with::<Crier>().with::<Listener>();
    builder.node("crier", 1).start().await
}

#[tokio::test]
async fn what_is_only_added_to_a_contract_lets_old_and_new_nodes_live_together() {
    let town = Town::build();
    let tower = town.node("tower").await;
    let crier = crier::<added::Tower>(&town).await.expect("additions fit");
    crier.stop().await;
    tower.stop().await;
}

#[tokio::test]
async fn a_node_with_another_contract_is_refused_with_what_is_different() {
    let town = Town::build();
    let tower = town.node("tower").await;
    for (refused, places) in [
        (
            crier::<renamed::Tower>(&town).await,
            ["request/strokes is gone", "request/times is newly required"],
        ),
        (
            crier::<retyped::Tower>(&town).await,
            ["message ring, request/strokes", "event rang/stroke"],
        ),
    ] {
        let reason = refused.expect_err("it is refused").to_string();
        assert!(
            reason.contains("the contract of bell does not fit the one of the node tower"),
            "{reason}"
        );
        for place in places {
            assert!(reason.contains(place), "{place}: {reason}");
        }
    }
    tower.stop().await;
}

/// Why this one must not go on, once it is known.
async fn refused(started: &Result<Runtime, RuntimeError>) -> String {
    match started {
        Err(error) => error.to_string(),
        Ok(runtime) => {
            let failed = runtime.health_becomes(|health| matches!(health, Health::Failed { .. }));
            match failed.await {
                Health::Failed { reason } => reason,
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn of_two_that_do_not_get_along_and_join_at_the_same_moment_one_stays() {
    let town = Town::build();
    let (old, new) = tokio::join!(town.try_node("tower", 1), crier::<renamed::Tower>(&town));
    let (reason, stays) = within(async {
        tokio::select! {
            reason = refused(&old) => (reason, &new),
            reason = refused(&new) => (reason, &old),
        }
    })
    .await;
    assert!(
        reason.contains("the contract of bell does not fit"),
        "{reason}"
    );
    let stays = stays.as_ref().expect("the other one runs");
    assert_eq!(stays.missing(), None);
    assert_eq!(stays.health(), Health::Ready);
    for node in [old, new].into_iter().flatten() {
        node.stop().await;
    }
}
