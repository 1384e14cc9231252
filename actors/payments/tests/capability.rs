//! The desk for payments as its callers see it, with the books of the hotels beside it.

use std::time::Duration;

use payments::Desk;
use payments_contract::{
    Audit, Billed, Charge, ChargeError, ChargeId, Declined, FindFolio, Guest, Money, Party,
    Payments, Purpose, Refund, RefundError, Refunded, Stay,
};
use reservations::Book;
use reservations_contract::{Cancel, CheckOut, Deposit, Reservations, Reserve};
use skep::testing::{Colony, Probe};
use skep::{AskError, Runtime};

fn guest() -> Guest {
    Guest {
        name: "Ana Silva".parse().expect("a name"),
        email: "ana@example.com".parse().expect("an address"),
    }
}

fn deposit(euros: i32) -> Charge {
    Charge {
        id: ChargeId {
            hotel: "City Hotel".parse().expect("a hotel"),
            reference: "B-1".parse().expect("a reference"),
            purpose: Purpose::Deposit,
        },
        guest: guest(),
        amount: Money::from_euros(euros),
        on: "2016-01-01".parse().expect("a day"),
    }
}

/// Two nights at 80 euros.
async fn reserve(runtime: &Runtime, deposit: Deposit) {
    let asked = Reserve {
        reference: "B-1".parse().expect("a reference"),
        guest: guest(),
        room: "A".parse().expect("a room type"),
        stay: Stay {
            arrival: "2016-02-01".parse().expect("a day"),
            nights: 2,
        },
        party: Party::of_adults(2),
        rate: Money::from_euros(80),
        deposit,
        booked_on: Some("2016-01-01".parse().expect("a day")),
    };
    let book = runtime.get::<Reservations>().key("City Hotel");
    book.ask(asked).await.expect("a reservation");
}

async fn check_out(runtime: &Runtime) {
    let asked = CheckOut {
        reference: "B-1".parse().expect("a reference"),
        on: Some("2016-02-03".parse().expect("a day")),
    };
    let book = runtime.get::<Reservations>().key("City Hotel");
    book.ask(asked).await.expect("a check-out");
}

async fn is_sound(runtime: &Runtime) {
    assert!(runtime.settled(Duration::from_secs(60)).await);
    let audit = runtime
        .get::<Payments>()
        .ask(Audit {})
        .await
        .expect("an audit");
    assert_eq!(
        (audit.sum(), audit.unbalanced, audit.miscounted),
        (Money::ZERO, 0, 0),
        "{audit:#?}"
    );
}

#[skep::test]
async fn a_charge_and_its_refund_happen_once(colony: Colony) {
    let runtime = colony.with::<Desk>().start().await;
    let payments = runtime.get::<Payments>();
    let receipt = payments.ask(deposit(48)).await.expect("a receipt");
    assert_eq!(
        payments.ask(deposit(48)).await.expect("the receipt"),
        receipt
    );
    let other = payments.ask(deposit(50)).await;
    assert!(
        matches!(
            other,
            Err(AskError::Domain(ChargeError::OtherAmount { .. }))
        ),
        "{other:?}"
    );
    let refund = Refund {
        charge: receipt.id,
        amount: receipt.amount,
        on: receipt.on,
    };
    let given_back = payments.ask(refund.clone()).await.expect("a refund");
    assert_eq!(
        payments.ask(refund.clone()).await.expect("the refund"),
        given_back
    );
    let more = payments
        .ask(Refund {
            amount: Money::from_euros(1),
            ..refund
        })
        .await;
    assert!(
        matches!(more, Err(AskError::Domain(RefundError::OtherAmount { .. }))),
        "{more:?}"
    );
    let audit = payments.ask(Audit {}).await.expect("an audit");
    assert_eq!((audit.charges, audit.refunds), (1, 1));
    is_sound(&runtime).await;
}

#[skep::test]
async fn nothing_and_less_cannot_be_charged(colony: Colony) {
    let runtime = colony.with::<Desk>().start().await;
    for euros in [0, -1, 20_000_001] {
        let refused = runtime.get::<Payments>().ask(deposit(euros)).await;
        assert!(
            matches!(
                refused,
                Err(AskError::Domain(ChargeError::WrongAmount { .. }))
            ),
            "{refused:?}"
        );
    }
}

#[skep::test]
async fn a_stay_is_billed_when_the_guest_leaves(colony: Colony) {
    let runtime = colony.with::<Book>().with::<Desk>().start().await;
    let mut bills = Probe::<Billed>::new(&runtime);
    reserve(&runtime, Deposit::Refundable).await;
    check_out(&runtime).await;
    let bill = bills.next().await.bill;
    assert_eq!(
        (bill.deposit, bill.paid, bill.open()),
        (Money::from_euros(48), Money::from_euros(112), Money::ZERO)
    );
    is_sound(&runtime).await;
}

#[skep::test]
async fn a_refundable_deposit_is_given_back_when_the_guest_cancels(colony: Colony) {
    let runtime = colony.with::<Book>().with::<Desk>().start().await;
    let mut refunds = Probe::<Refunded>::new(&runtime);
    reserve(&runtime, Deposit::Refundable).await;
    let book = runtime.get::<Reservations>().key("City Hotel");
    let cancel = Cancel {
        reference: "B-1".parse().expect("a reference"),
        on: Some("2016-01-10".parse().expect("a day")),
    };
    book.ask(cancel).await.expect("cancelled");
    assert_eq!(refunds.next().await.amount, Money::from_euros(48));
    is_sound(&runtime).await;
}

#[skep::test(in_process = "the sweep comes once a minute, and time cannot be moved there")]
async fn a_deposit_that_no_reservation_follows_is_given_back(colony: Colony) {
    let waits = "capabilities.payments.settings.confirm_within=30s";
    let runtime = colony.with::<Desk>().set(waits).start().await;
    let mut refunds = Probe::<Refunded>::new(&runtime);
    let payments = runtime.get::<Payments>();
    payments.ask(deposit(48)).await.expect("a receipt");
    // The probe waits a minute at most; the sweep comes once a minute, and the deposit must be old enough.
    tokio::time::advance(Duration::from_secs(75)).await;
    assert_eq!(refunds.next().await.amount, Money::from_euros(48));
    assert_eq!(
        payments.ask(Audit {}).await.expect("an audit").unconfirmed,
        0
    );
    is_sound(&runtime).await;
}

#[skep::test]
async fn a_declined_guest_owes_and_is_told(colony: Colony) {
    let declines = "capabilities.payments.settings.bank.declines_percent=100";
    let runtime = colony
        .with::<Book>()
        .with::<Desk>()
        .set(declines)
        .start()
        .await;
    let mut declined = Probe::<Declined>::new(&runtime);
    reserve(&runtime, Deposit::None).await;
    check_out(&runtime).await;
    assert_eq!(declined.next().await.amount, Money::from_euros(160));
    is_sound(&runtime).await;
    let folio = FindFolio {
        hotel: "City Hotel".parse().expect("a hotel"),
        reference: "B-1".parse().expect("a reference"),
    };
    let folio = runtime.get::<Payments>().ask(folio).await.expect("a folio");
    assert_eq!(folio.open, Money::from_euros(160));
}

#[skep::test]
async fn a_bank_out_of_service_refuses_for_now_and_events_come_again(colony: Colony) {
    let outages = "capabilities.payments.settings.bank.outages_percent=60";
    let runtime = colony
        .with::<Book>()
        .with::<Desk>()
        .set(outages)
        .set("capabilities.payments.delivery.attempts=50");
    let runtime = runtime.start().await;
    let mut bills = Probe::<Billed>::new(&runtime);
    reserve(&runtime, Deposit::None).await;
    check_out(&runtime).await;
    assert_eq!(bills.next().await.bill.paid, Money::from_euros(160));
    is_sound(&runtime).await;
}

#[skep::test]
async fn the_bank_takes_its_time(colony: Colony) {
    let slow = "capabilities.payments.settings.bank.latency=10s";
    let runtime = colony.with::<Desk>().set(slow).start().await;
    let payments = runtime.get::<Payments>();
    let late = payments
        .ask(deposit(48))
        .deadline(Duration::from_secs(1))
        .await;
    assert!(
        matches!(
            late,
            Err(AskError::Call(skep::CallError::DeadlineExceeded {
                started: true,
                ..
            }))
        ),
        "{late:?}"
    );
    let receipt = payments
        .ask(deposit(48))
        .deadline(Duration::from_secs(30))
        .await;
    assert_eq!(
        receipt.expect("the charge went on").amount,
        Money::from_euros(48)
    );
    assert_eq!(payments.ask(Audit {}).await.expect("an audit").charges, 1);
}
