//! quick
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;
use std::time::Instant;
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Add {
    number: u64,
}
skep::contract! { Counting v1 { Add } }
#[derive(Default)]
struct Counter {
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
fn main() {
    let n: u64 = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(200_000);
    let rounds: u64 = std::env::args()
        .nth(2)
        .and_then(|a| a.parse().ok())
        .unwrap_or(15);
    let rt = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    rt.block_on(async move {
        tokio::spawn(async move {
            let runtime = skep::Runtime::builder()
                .with::<Counter>()
                .start()
                .await
                .expect("starts");
            let counter = runtime.get::<Counting>();
            let mut best = f64::MAX;
            let mut all = vec![];
            for _ in 0..rounds {
                let began = Instant::now();
                for number in 0..n {
                    std::hint::black_box(counter.ask(Add { number }).await.unwrap());
                }
                let t = began.elapsed().as_nanos() as f64 / n as f64;
                best = best.min(t);
                all.push(t);
            }
            let mut best64 = f64::MAX;
            for _ in 0..rounds {
                let began = Instant::now();
                let loops = (0..64).map(|_| async {
                    for number in 0..n / 64 {
                        std::hint::black_box(counter.ask(Add { number }).await.unwrap());
                    }
                });
                futures_util::future::join_all(loops).await;
                best64 = best64.min(began.elapsed().as_nanos() as f64 / n as f64);
            }
            all.sort_by(f64::total_cmp);
            println!(
                "min {best:.1} median {:.1}  64: {best64:.1}",
                all[all.len() / 2]
            );
        })
        .await
        .unwrap();
    });
}
