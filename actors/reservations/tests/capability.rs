//! The book of a hotel as its callers see it, with payments played by the test.

use std::time::Duration;

use payments_contract::{ChargeError, Payments, Receipt};
use reservations::Book;
use reservations_contract::{
    Audit, Cancel, CheckOut, CloseError, Deposit, Find, Guest, Party, Reservations, Reserve,
    ReserveError, Reserved, Stay,
};
use skep::testing::{Colony, Fake, Probe};
use skep::{AskError, CallError, KeyedRef, Runtime};

fn reserve(reference: &str, room: &str) -> Reserve {
    Reserve {
        reference: reference.parse().expect("a reference"),
        guest: Guest {
            name: "Ana Silva".parse().expect("a name"),
            email: "ana@example.com".parse().expect("an address"),
        },
        room: room.parse().expect("a room type"),
        stay: Stay {
            arrival: "2016-02-01".parse().expect("a day"),
            nights: 2,
        },
        party: Party::of_adults(2),
        rate: "80".parse().expect("an amount"),
        deposit: Deposit::None,
        booked_on: Some("2016-01-01".parse().expect("a day")),
    }
}

/// Payments that answer every charge so.
fn payments(
    answer: impl Fn() -> Result<(), ChargeError> + Send + Sync + 'static,
) -> Fake<Payments> {
    Fake::new().answer(move |asked: payments_contract::Charge| {
        answer().map(|()| Receipt {
            id: asked.id,
            amount: asked.amount,
            on: asked.on,
            bank_number: "SB-1".to_owned(),
        })
    })
}

fn resort(runtime: &Runtime) -> KeyedRef<Reservations> {
    runtime.get().key("Resort Hotel")
}

async fn refused(book: &KeyedRef<Reservations>, asked: Reserve) -> ReserveError {
    match book.ask(asked).await {
        Err(AskError::Domain(refused)) => refused,
        other => unreachable!("it should be refused: {other:?}"),
    }
}

#[skep::test]
async fn the_last_room_is_sold_once_however_many_want_it(colony: Colony) {
    let runtime = colony.with::<Book>().start().await;
    let book = resort(&runtime);
    let asked: Vec<Reserve> = (0..10).map(|n| reserve(&format!("B-{n}"), "L")).collect();
    let mut sold = 0;
    for answer in
        futures_util::future::join_all(asked.into_iter().map(|asked| book.ask(asked))).await
    {
        match answer {
            Ok(_) => sold += 1,
            Err(AskError::Domain(ReserveError::Full { .. })) => {}
            Err(other) => unreachable!("{other:?}"),
        }
    }
    assert_eq!(sold, 1);
    let audit = book.ask(Audit {}).await.expect("an audit");
    assert_eq!(
        (audit.reserved, audit.overbooked.len(), audit.peak_percent),
        (1, 0, 100)
    );
}

#[skep::test]
async fn impossible_requests_are_refused_with_what_would_be_possible(colony: Colony) {
    let runtime = colony.with::<Book>().start().await;
    let book = resort(&runtime);
    let early = Some("2016-02-02".parse().expect("a day"));
    let reversed = refused(
        &book,
        Reserve {
            booked_on: early,
            ..reserve("B-1", "A")
        },
    )
    .await;
    assert!(
        matches!(reversed, ReserveError::ArrivalInThePast { .. }),
        "{reversed:?}"
    );
    let mut absurd = reserve("B-1", "A");
    absurd.stay.nights = 367;
    assert_eq!(
        refused(&book, absurd).await,
        ReserveError::TooLong {
            nights: 367,
            most: 366
        }
    );
    match refused(&book, reserve("B-1", "Z")).await {
        ReserveError::UnknownRoomType { known, .. } => assert_eq!(known.len(), 9),
        other => unreachable!("{other:?}"),
    }
    let nowhere = runtime.get::<Reservations>().key("Grand Hotel");
    match refused(&nowhere, reserve("B-1", "A")).await {
        ReserveError::UnknownHotel { known, .. } => assert_eq!(known.len(), 2),
        other => unreachable!("{other:?}"),
    }
}

#[skep::test]
async fn a_key_that_is_no_name_of_a_hotel_is_refused_at_once(colony: Colony) {
    let runtime = colony
        .with::<Book>()
        .fake(payments(|| Ok(())))
        .start()
        .await;
    let nowhere = runtime.get::<Reservations>().key("x".repeat(81));
    let error = nowhere
        .ask(reserve("B-1", "A"))
        .await
        .expect_err("no hotel");
    assert!(
        matches!(error.call(), Some(CallError::InvalidKey { .. })),
        "{error}"
    );
}

#[skep::test]
async fn the_same_request_again_is_the_same_reservation_and_one_event(colony: Colony) {
    let runtime = colony.with::<Book>().start().await;
    let mut events = Probe::<Reserved>::new(&runtime);
    let book = resort(&runtime);
    let first = book.ask(reserve("B-1", "A")).await.expect("a reservation");
    let again = book
        .ask(reserve("B-1", "A"))
        .await
        .expect("the reservation");
    assert_eq!(first, again);
    let other = refused(&book, reserve("B-1", "D")).await;
    assert!(
        matches!(other, ReserveError::ReferenceTaken { .. }),
        "{other:?}"
    );
    book.ask(reserve("B-2", "A")).await.expect("a reservation");
    assert_eq!(events.next().await.reservation.reference.as_str(), "B-1");
    assert_eq!(events.next().await.reservation.reference.as_str(), "B-2");
}

#[skep::test]
async fn a_deposit_is_paid_before_the_answer_or_nothing_is_reserved(colony: Colony) {
    let declined = || {
        Err(ChargeError::Declined {
            reason: "card expired".to_owned(),
        })
    };
    let runtime = colony.with::<Book>().fake(payments(declined)).start().await;
    let book = resort(&runtime);
    let asked = Reserve {
        deposit: Deposit::NonRefundable,
        ..reserve("B-1", "A")
    };
    let refused = refused(&book, asked).await;
    assert_eq!(
        refused,
        ReserveError::PaymentDeclined {
            reason: "card expired".to_owned()
        }
    );
    let reference = "B-1".parse().expect("a reference");
    assert!(book.ask(Find { reference }).await.is_err());
    assert_eq!(
        book.ask(Audit {})
            .await
            .expect("an audit")
            .miscounted_nights,
        0
    );
}

#[skep::test]
async fn a_bank_that_does_not_answer_lets_the_guest_try_again(colony: Colony) {
    let runtime = colony
        .with::<Book>()
        .fake(payments(|| Err(ChargeError::BankUnavailable)));
    let runtime = runtime.start().await;
    let asked = Reserve {
        deposit: Deposit::Refundable,
        ..reserve("B-1", "A")
    };
    let refused = refused(&resort(&runtime), asked).await;
    assert!(
        matches!(refused, ReserveError::PaymentUnavailable { .. }),
        "{refused:?}"
    );
}

#[skep::test]
async fn without_payments_nothing_is_reserved_and_the_reason_is_told(colony: Colony) {
    let runtime = colony.with::<Book>().start().await;
    let asked = Reserve {
        deposit: Deposit::Refundable,
        ..reserve("B-1", "A")
    };
    match refused(&resort(&runtime), asked).await {
        ReserveError::PaymentUnavailable { reason } => {
            assert!(reason.contains("payments"), "{reason}");
        }
        other => unreachable!("{other:?}"),
    }
}

#[skep::test]
async fn an_expired_deadline_reserves_nothing(colony: Colony) {
    let runtime = colony.with::<Book>().start().await;
    let book = resort(&runtime);
    let expired = book.ask(reserve("B-1", "A")).deadline(Duration::ZERO).await;
    assert!(
        matches!(
            expired,
            Err(AskError::Call(CallError::DeadlineExceeded { .. }))
        ),
        "{expired:?}"
    );
    assert!(
        book.ask(Find {
            reference: "B-1".parse().expect("a reference")
        })
        .await
        .is_err()
    );
}

#[skep::test]
async fn an_end_frees_the_room_and_happens_once(colony: Colony) {
    let runtime = colony.with::<Book>().start().await;
    let book = resort(&runtime);
    book.ask(reserve("B-1", "L")).await.expect("a reservation");
    let reference = || "B-1".parse().expect("a reference");
    let on = Some("2016-01-20".parse().expect("a day"));
    let cancelled = book
        .ask(Cancel {
            reference: reference(),
            on,
        })
        .await
        .expect("cancelled");
    assert_eq!(cancelled.status.word(), "cancelled");
    assert_eq!(
        book.ask(Cancel {
            reference: reference(),
            on
        })
        .await
        .expect("again"),
        cancelled
    );
    let wrong = book
        .ask(CheckOut {
            reference: reference(),
            on,
        })
        .await;
    assert!(
        matches!(wrong, Err(AskError::Domain(CloseError::WrongState { .. }))),
        "{wrong:?}"
    );
    book.ask(reserve("B-2", "L"))
        .await
        .expect("the room is free again");
}

#[skep::test]
async fn the_book_is_there_after_a_restart(colony: Colony) {
    let colony = colony.with::<Book>();
    let runtime = colony.start().await;
    let made = resort(&runtime)
        .ask(reserve("B-1", "A"))
        .await
        .expect("a reservation");
    runtime.stop().await;
    let runtime = colony.start().await;
    let reference = made.reference.clone();
    assert_eq!(
        resort(&runtime)
            .ask(Find { reference })
            .await
            .expect("it is kept"),
        made
    );
}
