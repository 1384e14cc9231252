//! Actors that go because nobody asks them, and come back when somebody does.

use std::hint::black_box;

use benches::peers::sources;
use benches::threads::on_one_thread;
use benches::{nanos_each, now};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, Ref, Runtime};

use crate::departures;
use crate::runs::Measured;

/// Counts one.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Count {}

skep::contract! { Guests v1 keyed by name { Count } }

#[derive(Default)]
struct Guest {
    visits: u64,
}

#[skep::capability(contract = Guests)]
impl Guest {
    #[handle]
    async fn count(&mut self, _: Count) -> u64 {
        self.visits += 1;
        self.visits
    }

    #[stop]
    async fn leave(&mut self, _: &mut Cx<Self>) {
        departures::note();
    }
}

/// Measures.
pub(crate) fn work(size: u64) -> Measured {
    on_one_thread(async move {
        let settings = sources().set("defaults.idle_after=4s");
        let builder = Runtime::builder().sources(settings).with::<Guest>();
        let runtime = builder.start().await.expect("skep starts");
        let guests: Ref<Guests> = runtime.get();
        ask_all(&guests, size).await;
        let passivation = departures::all_gone(size).await;
        let begin = now();
        ask_all(&guests, size).await;
        let activation = nanos_each(begin.elapsed(), size);
        runtime.stop().await;
        Measured {
            activation,
            passivation,
            ..Measured::default()
        }
    })
}

/// Asks each once, who has not been there before.
async fn ask_all(guests: &Ref<Guests>, size: u64) {
    for number in 0..size {
        let visits = guests.key(number.to_string()).ask(Count {}).await;
        assert_eq!(black_box(visits).ok(), Some(1), "it was gone");
    }
}
