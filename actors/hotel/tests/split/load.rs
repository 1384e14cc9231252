//! Replicas of the reports come and go while they are asked: no request fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use payments_contract::{Bill, Guest, Money, Stay};
use reports_contract::{Audit, RenderInvoice, Reports};
use skep::config::Sources;
use skep::{Ref, Runtime};
use tokio::sync::watch;

use crate::up::{SPLIT, Up};

/// Requests under way at a time.
const AT_A_TIME: u64 = 8;
/// Requests that are answered between two steps of the operator.
const BETWEEN: u64 = 40;

fn bill(number: u64) -> Bill {
    let rate = Money::from_euros(80);
    let stay = Stay {
        arrival: "2016-02-01".parse().expect("a day"),
        nights: 3,
    };
    Bill {
        hotel: "Grand Hotel".parse().expect("a hotel"),
        reference: format!("L-{number}").parse().expect("a reference"),
        guest: Guest {
            name: "Ana Silva".parse().expect("a name"),
            email: "ana@example.com".parse().expect("an address"),
        },
        room: "A".parse().expect("a room type"),
        stay,
        rate,
        deposit: Money::ZERO,
        paid: rate.times(3),
        on: stay.departure(),
    }
}

/// Asks for invoices, one after the other, until it is to stop; says what failed.
struct Load {
    reports: Ref<Reports>,
    next: AtomicU64,
    is_over: AtomicBool,
    answered: watch::Sender<u64>,
}

impl Load {
    async fn ask(self: Arc<Self>) -> Vec<String> {
        let mut failures = Vec::new();
        while !self.is_over.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let bill = bill(number);
            if let Err(error) = self.reports.ask(RenderInvoice { bill }).await {
                failures.push(format!("request {number}: {error}"));
            }
            self.answered.send_modify(|answered| *answered += 1);
        }
        failures
    }

    /// Waits until some more have been answered.
    async fn goes_on(&self) {
        let mut answered = self.answered.subscribe();
        let until = *answered.borrow() + BETWEEN;
        let enough = answered.wait_for(|answered| *answered >= until);
        enough.await.expect("it counts as long as it is asked");
    }
}

/// As an application that only asks.
async fn client(up: &Up) -> Runtime {
    let sources = Sources::of("hotel").file(up.folder.path().join(SPLIT));
    let builder = Runtime::builder().application("hotel").sources(sources);
    let builder = builder
        .client()
        .with::<search::Finder>()
        .with::<reservations::Book>()
        .with::<payments::Desk>()
        .with::<reports::Printer>()
        .with::<notifications::Mailer>();
    builder.start().await.expect("it joins")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_come_and_go_under_load_and_no_request_fails() {
    let up = Up::ready("split.toml");
    let runtime = client(&up).await;
    let load = Arc::new(Load {
        reports: runtime.get(),
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        answered: watch::Sender::new(0),
    });
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..AT_A_TIME {
        asking.spawn(Arc::clone(&load).ask());
    }
    load.goes_on().await;
    for step in [
        &["scale", "reports", "3"][..],
        &["drain", "reports-2"],
        &["drain", "reports-2", "--undo"],
        &["scale", "reports", "1"],
        &["scale", "reports", "2"],
    ] {
        // The requests go on meanwhile, on the other thread.
        tokio::task::block_in_place(|| up.done(step));
        load.goes_on().await;
    }
    load.is_over.store(true, Ordering::SeqCst);
    let failures: Vec<String> = asking.join_all().await.concat();
    assert_eq!(failures, Vec::<String>::new());
    let asked = load.next.load(Ordering::SeqCst);
    let audit = load.reports.ask(Audit {}).await.expect("an audit");
    let bills = audit.invoices;
    assert!(bills >= asked, "{asked} asked for, {bills} there");
    assert_eq!(audit.damaged, []);
    runtime.stop().await;
    up.interrupt();
}
