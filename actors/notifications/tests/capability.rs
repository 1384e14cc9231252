//! The mailer beside the book of a hotel, whose events it listens to.

use std::path::Path;
use std::time::Duration;

use notifications::Mailer;
use notifications_contract::{FindMails, Kind, Mails, Notifications};
use reservations::Book;
use reservations_contract::{Cancel, Deposit, Guest, Party, Reservations, Reserve, Stay};
use skep::Runtime;
use skep::testing::Colony;

fn mailing_to(colony: Colony, folder: &Path) -> Colony {
    let folder = format!(
        "capabilities.notifications.settings.folder={}",
        folder.display()
    );
    colony.with::<Book>().with::<Mailer>().set(folder)
}

async fn reserve_and_cancel(runtime: &Runtime) {
    let book = runtime.get::<Reservations>().key("City Hotel");
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
    let made = book.ask(asked).await.expect("a reservation");
    let on = Some(made.booked_on);
    book.ask(Cancel {
        reference: made.reference,
        on,
    })
    .await
    .expect("cancelled");
    assert!(runtime.settled(Duration::from_secs(60)).await);
}

async fn mails(runtime: &Runtime) -> Mails {
    let find = FindMails {
        hotel: "City Hotel".parse().expect("a hotel"),
        reference: "B-1".parse().expect("a reference"),
    };
    runtime
        .get::<Notifications>()
        .ask(find)
        .await
        .expect("mails")
}

#[skep::test]
async fn each_event_is_one_mail(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = mailing_to(colony, folder.path()).start().await;
    reserve_and_cancel(&runtime).await;
    let kinds: Vec<Kind> = mails(&runtime)
        .await
        .mails
        .iter()
        .map(|mail| mail.kind)
        .collect();
    assert_eq!(kinds, [Kind::Reserved, Kind::Cancelled]);
    let files = std::fs::read_dir(folder.path().join("city-hotel")).expect("a folder");
    assert_eq!(files.count(), 2);
}

#[skep::test]
async fn a_mail_that_was_not_synced_is_written_anew(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let colony = mailing_to(colony, folder.path());
    let runtime = colony.start().await;
    reserve_and_cancel(&runtime).await;
    let file = folder.path().join("city-hotel/B-1.reserved.eml");
    let before = std::fs::read(&file).expect("a mail");
    // As if the machine had stopped: the file is gone, and stopping cannot sync it.
    std::fs::remove_file(&file).expect("a mail");
    runtime.stop().await;
    let runtime = colony.start().await;
    assert_eq!(mails(&runtime).await.mails.len(), 2);
    assert_eq!(std::fs::read(&file).expect("the mail is back"), before);
}

#[skep::test]
async fn a_folder_that_cannot_be_written_lets_the_event_wait_for_a_person(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let in_the_way = folder.path().join("file");
    std::fs::write(&in_the_way, "in the way").expect("a file");
    let attempts = "defaults.delivery.attempts=2";
    let runtime = mailing_to(colony, &in_the_way).set(attempts).start().await;
    reserve_and_cancel(&runtime).await;
    assert_eq!(mails(&runtime).await.mails.len(), 0);
    // Whoever tries to deliver keeps them: the emitter's relay, or over NATS the listener.
    let mut dead = Vec::new();
    for capability in ["reservations", "notifications"] {
        let own = runtime.dead_letters(capability).await;
        dead.extend(own.expect("dead letters"));
    }
    assert_eq!(dead.len(), 2, "{dead:#?}");
}
