//! `ask` in process: skep beside actix, kameo, ractor, xtra and the floor, a bare bounded channel with a oneshot for the reply.
//!
//! `cargo bench --package benches --bench in_process [-- --json FILE]`. Every candidate adds a number to a counter in an
//! async handler, through a mailbox bounded to 64 where the peer has bounds (ractor has none), and answers with the sum.

use std::future::Future;
use std::hint::black_box;
use std::time::Instant;

use benches::Group;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// Rounds in which every candidate has its turn.
const ROUNDS: usize = 7;
/// Asks a candidate makes in one round.
const ASKS: u64 = 200_000;
/// Asks under way at a time, in the second group.
const IN_FLIGHT: usize = 64;

mod with_skep {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use skep::Message;

    #[derive(Serialize, Deserialize, JsonSchema, Message)]
    #[message(reply = u64)]
    pub(super) struct Add {
        pub(super) number: u64,
    }

    skep::contract! { pub(super) Counting v1 { Add } }

    #[derive(Default)]
    pub(super) struct Counter {
        total: u64,
    }

    #[skep::capability(contract = Counting)]
    impl Counter {
        #[handle]
        async fn add(&mut self, m: Add) -> u64 {
            self.total += m.number;
            self.total
        }
    }
}

mod with_actix {
    use actix::{Actor, Context, Handler, Message, ResponseFuture};

    #[derive(Message)]
    #[rtype(result = "u64")]
    pub(super) struct Add(pub(super) u64);

    pub(super) struct Counter {
        pub(super) total: u64,
    }

    impl Actor for Counter {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            ctx.set_mailbox_capacity(64);
        }
    }

    impl Handler<Add> for Counter {
        type Result = ResponseFuture<u64>;

        fn handle(&mut self, m: Add, _: &mut Self::Context) -> ResponseFuture<u64> {
            self.total += m.0;
            let total = self.total;
            Box::pin(async move { total })
        }
    }
}

mod with_kameo {
    use kameo::Actor;
    use kameo::message::{Context, Message};

    #[derive(Actor)]
    pub(super) struct Counter {
        pub(super) total: u64,
    }

    pub(super) struct Add(pub(super) u64);

    impl Message<Add> for Counter {
        type Reply = u64;

        async fn handle(&mut self, m: Add, _: &mut Context<Self, Self::Reply>) -> u64 {
            self.total += m.0;
            self.total
        }
    }
}

mod with_ractor {
    use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

    pub(super) struct Counter;

    pub(super) enum Command {
        Add(u64, RpcReplyPort<u64>),
    }

    impl Actor for Counter {
        type Msg = Command;
        type State = u64;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Command>, (): ()) -> Result<u64, ActorProcessingErr> {
            Ok(0)
        }

        async fn handle(
            &self,
            _: ActorRef<Command>,
            message: Command,
            total: &mut u64,
        ) -> Result<(), ActorProcessingErr> {
            let Command::Add(number, reply) = message;
            *total += number;
            reply.send(*total)?;
            Ok(())
        }
    }
}

mod with_xtra {
    use xtra::{Actor, Context, Handler};

    #[derive(Actor)]
    pub(super) struct Counter {
        pub(super) total: u64,
    }

    pub(super) struct Add(pub(super) u64);

    impl Handler<Add> for Counter {
        type Return = u64;

        async fn handle(&mut self, m: Add, _: &mut Context<Self>) -> u64 {
            self.total += m.0;
            self.total
        }
    }
}

mod with_channels {
    use tokio::sync::{mpsc, oneshot};

    pub(super) type Add = (u64, oneshot::Sender<u64>);

    pub(super) fn counter() -> mpsc::Sender<Add> {
        let (sender, mut receiver) = mpsc::channel::<Add>(64);
        #[allow(
            clippy::disallowed_methods,
            reason = "the floor has nothing but a task and channels"
        )]
        tokio::spawn(async move {
            let mut total = 0;
            while let Some((number, reply)) = receiver.recv().await {
                total += number;
                let _ = reply.send(total);
            }
        });
        sender
    }
}

/// Runs `ask` with so many under way at a time; nanoseconds per ask.
async fn measure<F: Future<Output = u64>>(in_flight: usize, mut ask: impl FnMut(u64) -> F) -> f64 {
    for number in 0..1000 {
        black_box(ask(number).await);
    }
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    let begun = Instant::now();
    if in_flight == 1 {
        for number in 0..ASKS {
            black_box(ask(number).await);
        }
    } else {
        let mut numbers = 0..ASKS;
        let mut under_way: FuturesUnordered<F> =
            numbers.by_ref().take(in_flight).map(&mut ask).collect();
        while let Some(total) = under_way.next().await {
            black_box(total);
            under_way.extend(numbers.next().map(&mut ask));
        }
    }
    #[allow(
        clippy::cast_precision_loss,
        reason = "a benchmark's figures are not that long"
    )]
    let nanos = begun.elapsed().as_nanos() as f64 / ASKS as f64;
    nanos
}

async fn round(group: &mut Group, in_flight: usize) {
    let runtime = skep::Runtime::builder()
        .with::<with_skep::Counter>()
        .start()
        .await
        .expect("skep starts");
    let counting = runtime.get::<with_skep::Counting>();
    let counting = &counting;
    let nanos = measure(in_flight, |number| async move {
        counting
            .ask(with_skep::Add { number })
            .await
            .expect("a reply")
    });
    group.add("skep", nanos.await);
    runtime.stop().await;

    let sender = with_channels::counter();
    let sender = &sender;
    let nanos = measure(in_flight, |number| async move {
        let (reply, answer) = tokio::sync::oneshot::channel();
        sender.send((number, reply)).await.expect("the task lives");
        answer.await.expect("a reply")
    });
    group.add("floor: mpsc + oneshot", nanos.await);

    let (ractor, _) = ractor::Actor::spawn(None, with_ractor::Counter, ())
        .await
        .expect("ractor starts");
    let actor = &ractor;
    let nanos = measure(in_flight, |number| async move {
        ractor::call!(actor, with_ractor::Command::Add, number).expect("a reply")
    });
    group.add("ractor 0.16", nanos.await);
    ractor.stop(None);

    let kameo =
        <with_kameo::Counter as kameo::actor::Spawn>::spawn(with_kameo::Counter { total: 0 });
    let actor = &kameo;
    let nanos = measure(in_flight, |number| async move {
        actor.ask(with_kameo::Add(number)).await.expect("a reply")
    });
    group.add("kameo 0.22", nanos.await);

    let xtra = xtra::spawn_tokio(with_xtra::Counter { total: 0 }, xtra::Mailbox::bounded(64));
    let actor = &xtra;
    let nanos = measure(in_flight, |number| async move {
        actor.send(with_xtra::Add(number)).await.expect("a reply")
    });
    group.add("xtra 0.6", nanos.await);

    let (address, system) = actix_counter();
    let actor = &address;
    let nanos = measure(in_flight, |number| async move {
        actor.send(with_actix::Add(number)).await.expect("a reply")
    });
    group.add("actix 0.13, on its own thread", nanos.await);
    system.stop();
}

/// actix wants a system; the actor lives on its thread, the caller elsewhere, as in an application with a runtime of its own.
fn actix_counter() -> (actix::Addr<with_actix::Counter>, actix_rt::System) {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runner = actix_rt::System::new();
        let address =
            runner.block_on(async { actix::Actor::start(with_actix::Counter { total: 0 }) });
        sender
            .send((address, actix_rt::System::current()))
            .expect("somebody waits");
        runner.run().expect("actix runs");
    });
    receiver.recv().expect("actix starts")
}

#[allow(clippy::print_stdout, reason = "a benchmark prints its tables")]
fn main() {
    let file = std::env::args()
        .skip_while(|argument| argument != "--json")
        .nth(1);
    let mut groups = Vec::new();
    for (threads, name) in [(1, "one thread"), (2, "two threads")] {
        for in_flight in [1, IN_FLIGHT] {
            let how = if in_flight == 1 {
                "one after the other".to_owned()
            } else {
                format!("{in_flight} under way")
            };
            let mut group = Group::new(&format!("ask in process, {how}, {name}"));
            let mut builder = match threads {
                1 => tokio::runtime::Builder::new_current_thread(),
                _ => tokio::runtime::Builder::new_multi_thread(),
            };
            let runtime = builder.enable_all().build().expect("threads");
            for _ in 0..ROUNDS {
                group = runtime.block_on(async move {
                    #[allow(
                        clippy::disallowed_methods,
                        reason = "the caller is a task, as it is in an application"
                    )]
                    tokio::spawn(async move {
                        round(&mut group, in_flight).await;
                        group
                    })
                    .await
                    .expect("a round ends")
                });
            }
            println!("{}", group.table("skep"));
            groups.push(group.to_json());
        }
    }
    if let Some(file) = file {
        std::fs::write(file, format!("{:#}", serde_json::Value::from(groups)))
            .expect("the file can be written");
    }
}
