//! skep: one durable actor that writes one of ten thousand rows in each turn.

use std::future::Future;
use std::time::Duration;

use benches::now;
use benches::peers::sources;
use benches::threads::on_one_thread;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, Ref, Runtime, StartError, Table};

use crate::folder::Folder;
use crate::{Done, Work};

/// Rows that are written over and over.
pub(crate) const ROWS: u64 = 10_000;
/// What a row holds.
const TEXT: &str = "a guest who has booked two nights and would like a room that looks out on the sea, if there is one left";

/// Writes a row.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Put {
    row: u64,
    text: String,
}

skep::contract! { Keeping v1 { Put } }

struct Keeper {
    rows: Table<u64, String>,
}

#[skep::capability(contract = Keeping, durable)]
impl Keeper {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            rows: cx.table("rows"),
        })
    }

    #[handle]
    async fn put(&mut self, m: Put) -> u64 {
        self.rows.insert(&m.row, &m.text);
        m.row
    }
}

/// Returns how many turns there were, and how many bytes each of them wrote.
pub(crate) fn work(work: Work) -> (Done, usize) {
    let folder = Folder::new();
    let settings = sources()
        .set(format!("store.engine={}", work.engine.name()))
        .flag(
            "store.path",
            folder.join("data").display().to_string(),
            "the benchmark",
        );
    on_one_thread(async move {
        let builder = Runtime::builder().sources(settings).with::<Keeper>();
        let runtime = builder.start().await.expect("skep starts");
        let keeping: Ref<Keeping> = runtime.get();
        put(&keeping, 0).await;
        let before = runtime.store_reading().expect("something is durable");
        let (turns, took) =
            in_flight(work.in_flight, work.time, |number| put(&keeping, number)).await;
        let after = runtime.store_reading().expect("something is durable");
        runtime.stop().await;
        drop(folder);
        let done = Done {
            turns,
            syncs: after.syncs - before.syncs,
            took,
        };
        let batches = (after.batches - before.batches).max(1);
        let bytes = (after.bytes - before.bytes) / batches;
        (
            done,
            usize::try_from(bytes).expect("a row fits into memory"),
        )
    })
}

async fn put(keeping: &Ref<Keeping>, number: u64) {
    let put = Put {
        row: number % ROWS,
        text: TEXT.to_owned(),
    };
    keeping.ask(put).await.expect("a reply");
}

/// Keeps so many operations under way for a while; how many there were, and how long they took to the last.
pub(crate) async fn in_flight<F: Future<Output = ()>>(
    in_flight: usize,
    time: Duration,
    operation: impl Fn(u64) -> F,
) -> (u64, Duration) {
    let begin = now();
    let mut numbers = 0..u64::MAX;
    let first = numbers.by_ref().take(in_flight);
    let mut under_way: FuturesUnordered<F> = first.map(&operation).collect();
    let mut turns = 0;
    while under_way.next().await.is_some() {
        turns += 1;
        if begin.elapsed() < time {
            under_way.extend(numbers.next().map(&operation));
        }
    }
    (turns, begin.elapsed())
}
