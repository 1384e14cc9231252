//! Order within a lane, whatever happens to the process that listens.

use super::stage::{Answer, Desk, Process, event, id, number_of, server};

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_one_lane_arrive_in_order_and_once() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    tokio::join!(
        process.emit("hotel", "lisbon", 0..60),
        process.emit("hotel", "porto/ä *", 0..60),
        process.emit("hotel", "", 0..60),
    );
    process.idle().await;
    for lane in ["lisbon", "porto/ä *", ""] {
        assert_eq!(desk.recorder.numbers(lane), Vec::from_iter(0..60), "{lane}");
    }
    let got = desk.recorder.got();
    assert!(got.iter().any(|parcel| parcel.id == id("porto/ä *", 59)));
}

#[tokio::test(flavor = "multi_thread")]
async fn backlog_waits_for_who_listens_later() {
    let server = server();
    let emitter = Process::ready(&server).await;
    emitter.emit("hotel", "lisbon", 0..300).await;
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    desk.recorder.until_got(300).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(0..300));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_letter_of_a_lane_waits_for_the_turn_before_and_other_lanes_do_not() {
    let server = server();
    let process = Process::ready(&server).await;
    let stuck = |parcel: &_| match number_of(parcel, "stuck") {
        Some(1) => Answer::NeverRuns,
        _ => Answer::Done,
    };
    let desk = Desk::new(&process, "desk", Box::new(stuck));
    let _listening = process.listen(&desk, "hotel");
    process.emit("hotel", "stuck", 0..5).await;
    process.emit("hotel", "free", 0..5).await;
    desk.recorder.until_number("free", 4).await;
    desk.recorder.until_number("stuck", 1).await;
    assert_eq!(desk.recorder.numbers("stuck"), [0, 1]);
}

/// The first five land; the others run and are never durable, as with a store that hangs.
fn lands_five(parcel: &crate::engine::parcel::Parcel) -> Answer {
    match number_of(parcel, "lisbon").or(number_of(parcel, "porto")) {
        Some(0..5) => Answer::Done,
        _ => Answer::NeverLands,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_over_from_a_dead_process_gets_all_that_was_not_durable_in_order() {
    let server = server();
    let emitter = Process::ready(&server).await;
    let first = Process::ready(&server).await;
    let dying = Desk::new(&first, "desk", Box::new(lands_five));
    let listening = first.listen(&dying, "hotel");
    emitter.emit("hotel", "lisbon", 0..20).await;
    emitter.emit("hotel", "porto", 0..20).await;
    dying.recorder.until_got(40).await;
    drop(listening);
    first.kill().await;
    emitter.emit("hotel", "lisbon", 20..30).await;

    let second = Process::ready(&server).await;
    let desk = Desk::taking(&second, "desk");
    let _listening = second.listen(&desk, "hotel");
    second.idle().await;
    // What had landed may come again, if the server did not hear of it in time: it has its old id.
    let lisbon = desk.recorder.numbers("lisbon");
    let porto = desk.recorder.numbers("porto");
    assert!(lisbon[0] <= 5 && porto[0] <= 5, "{lisbon:?} {porto:?}");
    assert_eq!(lisbon, Vec::from_iter(lisbon[0]..30));
    assert_eq!(porto, Vec::from_iter(porto[0]..20));
    let again = desk.recorder.got();
    let again = again
        .iter()
        .find(|parcel| number_of(parcel, "lisbon") == Some(19));
    assert_eq!(again.map(|parcel| parcel.id), Some(id("lisbon", 19)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_pauses_gives_back_what_it_did_not_begin() {
    let server = server();
    let emitter = Process::ready(&server).await;
    let first = Process::ready(&server).await;
    let desk = Desk::new(&first, "desk", Box::new(|_| Answer::Failed));
    let listening = first.listen(&desk, "hotel");
    emitter.emit("hotel", "lisbon", 0..10).await;
    desk.recorder.until_got(1).await;
    super::stage::in_time(listening.pause()).await;
    let begun = desk.dead_letters().len();
    first.kill().await;

    let second = Process::ready(&server).await;
    let desk = Desk::taking(&second, "desk");
    let _listening = second.listen(&desk, "hotel");
    second.idle().await;
    let begun = u32::try_from(begun).expect("few");
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(begun..10));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_published_twice_arrives_once() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    for _ in 0..2 {
        let delivered = process
            .bus
            .events()
            .deliver(event("hotel", "lisbon", 0))
            .await;
        delivered.expect("it is published").await.expect("it lands");
    }
    process.emit("hotel", "lisbon", 1..2).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [0, 1]);
}
