//! The mailer and a mail server: taken, told to come again, and not there at all.

mod mail_server;

use std::time::Duration;

use mail_server::{ClosedPort, Received};
use notifications::Mailer;
use notifications_contract::{FindMails, Mail, Notifications};
use reservations::Book;
use reservations_contract::{Deposit, Guest, Party, Reservations, Reserve, Stay};
use skep::testing::Colony;
use skep::{DeadLetter, Runtime};

/// The attempts that `reservations`, the emitter, makes.
const ATTEMPTS: u32 = 3;

/// The mailer, sending to this port in the open, beside a book that tries again at once.
fn sending_to(colony: Colony, port: u16) -> Colony {
    encrypting_to(colony, port).set("capabilities.notifications.settings.smtp.tls=none")
}

/// The same with the encryption that is the default.
fn encrypting_to(colony: Colony, port: u16) -> Colony {
    let settings = "capabilities.notifications.settings";
    let delivery = "defaults.delivery";
    colony
        .with::<Book>()
        .with::<Mailer>()
        .set(format!("{settings}.from=desk@hotel.example"))
        .set(format!("{settings}.smtp.host=127.0.0.1"))
        .set(format!("{settings}.smtp.port={port}"))
        .set(format!("{delivery}.attempts={ATTEMPTS}"))
        .set(format!("{delivery}.backoff_min=1ms"))
        .set(format!("{delivery}.backoff_max=5ms"))
}

/// One event, and everything that follows from it.
async fn reserve(runtime: &Runtime) {
    let asked = Reserve {
        reference: "B-1".parse().expect("a reference"),
        guest: Guest {
            name: "Ana Silva".parse().expect("a name"),
            email: "ana@example.com".parse().expect("an address"),
        },
        room: "A".parse().expect("a room type"),
        stay: Stay {
            arrival: "2016-02-01".parse().expect("a day"),
            nights: 2,
        },
        party: Party::of_adults(2),
        rate: "80".parse().expect("an amount"),
        deposit: Deposit::None,
        booked_on: Some("2016-01-01".parse().expect("a day")),
    };
    let book = runtime.get::<Reservations>().key("City Hotel");
    book.ask(asked).await.expect("a reservation");
    settled(runtime).await;
}

async fn settled(runtime: &Runtime) {
    assert!(runtime.settled(Duration::from_secs(60)).await);
}

/// The mails that the mailer says went out.
async fn sent(runtime: &Runtime) -> Vec<Mail> {
    let find = FindMails {
        hotel: "City Hotel".parse().expect("a hotel"),
        reference: "B-1".parse().expect("a reference"),
    };
    let mails = runtime.get::<Notifications>().ask(find).await;
    mails.expect("mails").mails
}

/// In whose dead letters the mails are that did not go out: of whoever has tried to deliver them, which over NATS is the listener.
const BURIED: [&str; 2] = ["reservations", "notifications"];

async fn dead_letters(runtime: &Runtime) -> Vec<DeadLetter> {
    let mut dead = Vec::new();
    for capability in BURIED {
        let own = runtime.dead_letters(capability).await;
        dead.extend(own.expect("dead letters"));
    }
    dead
}

/// Replays the only dead letter there is.
async fn replay(runtime: &Runtime, number: u64) {
    for capability in BURIED {
        let own = runtime.dead_letters(capability).await;
        if !own.expect("dead letters").is_empty() {
            let replayed = runtime.replay_dead_letter(capability, number);
            replayed.await.expect("a replay");
        }
    }
}

/// There is one mail, and it is the one about the reservation.
fn assert_is_the_confirmation(mails: &[Received]) {
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = &mails[0];
    assert_eq!(mail.from, "desk@hotel.example");
    assert_eq!(mail.to, ["ana@example.com"]);
    for line in [
        "From: \"City Hotel\" <desk@hotel.example>\n",
        "To: \"Ana Silva\" <ana@example.com>\n",
        "Subject: Your reservation B-1\n",
        "Message-ID: <B-1.reserved@city-hotel.hotel.example>\n",
        "\nDear Ana Silva,\n",
    ] {
        assert!(mail.text.contains(line), "{line} in\n{}", mail.text);
    }
}

#[skep::test(real_time)]
async fn an_event_is_one_mail_to_the_guest(colony: Colony) {
    let server = ClosedPort::new().open(0);
    let runtime = sending_to(colony, server.port()).start().await;
    reserve(&runtime).await;
    assert_is_the_confirmation(&server.mails());
    assert_eq!(server.senders(), 1);
    assert_eq!(sent(&runtime).await.len(), 1);
}

#[skep::test(real_time)]
async fn a_busy_server_is_tried_again_until_it_takes_the_mail(colony: Colony) {
    let server = ClosedPort::new().open(ATTEMPTS - 1);
    let runtime = sending_to(colony, server.port()).start().await;
    reserve(&runtime).await;
    assert_is_the_confirmation(&server.mails());
    assert_eq!(server.senders(), ATTEMPTS);
    assert_eq!(dead_letters(&runtime).await.len(), 0);
    assert_eq!(sent(&runtime).await.len(), 1);
}

#[skep::test(real_time)]
async fn what_a_server_says_is_the_reason_of_the_dead_letter(colony: Colony) {
    let server = ClosedPort::new().open(u32::MAX);
    let runtime = sending_to(colony, server.port()).start().await;
    reserve(&runtime).await;
    let dead = dead_letters(&runtime).await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert!(dead[0].reason.contains("451"), "{}", dead[0].reason);
    assert!(dead[0].reason.contains("come again"), "{}", dead[0].reason);
    assert_eq!((server.senders(), server.mails().len()), (ATTEMPTS, 0));
}

#[skep::test(real_time)]
async fn the_mail_for_a_server_that_stays_away_arrives_with_a_replay(colony: Colony) {
    let away = ClosedPort::new();
    let runtime = sending_to(colony, away.port).start().await;
    reserve(&runtime).await;
    let dead = dead_letters(&runtime).await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert_eq!(
        (dead[0].attempts, &*dead[0].message),
        (ATTEMPTS, "reserved")
    );
    assert!(dead[0].reason.contains("refused"), "{}", dead[0].reason);
    assert_eq!(sent(&runtime).await, []);

    let server = away.open(0);
    replay(&runtime, dead[0].number).await;
    settled(&runtime).await;
    assert_is_the_confirmation(&server.mails());
    assert_eq!(dead_letters(&runtime).await.len(), 0);
    assert_eq!(sent(&runtime).await.len(), 1);
}

#[skep::test(real_time)]
async fn a_server_that_cannot_encrypt_gets_nothing_unless_allowed(colony: Colony) {
    let server = ClosedPort::new().open(0);
    let runtime = encrypting_to(colony, server.port()).start().await;
    reserve(&runtime).await;
    let dead = dead_letters(&runtime).await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert!(dead[0].reason.contains("STARTTLS"), "{}", dead[0].reason);
    assert_eq!((server.senders(), server.mails().len()), (0, 0));
}

#[skep::test]
async fn a_password_that_could_be_read_on_its_way_stops_the_start(colony: Colony) {
    let settings = "capabilities.notifications.settings.smtp";
    let colony = sending_to(colony, 25)
        .set(format!("{settings}.user=desk"))
        .set(format!("{settings}.password=hunter2"));
    let refused = colony.try_start().await.expect_err("an open password");
    let mut said = refused.to_string();
    let mut source = std::error::Error::source(&refused);
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    assert!(said.contains("only sent encrypted"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
