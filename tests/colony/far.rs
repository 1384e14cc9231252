//! What another process hosts can be looked at and acted on from here, as if it ran here.

use skep::gateway::{Doors, DoorsOptions};
use skep::{
    DeadLetter, DeadLetterError, EmitError, LogItem, Logged, NamedEvent, Runtime, Since, Subscribe,
    SubscribeError, Subscription, SubscriptionEnd,
};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

use crate::town::{Bell, Cried, Criers, Cry, Rang, Ring, RingLater, Town, within};

async fn ring(runtime: &Runtime, strokes: u32) -> u32 {
    let rung = runtime.get::<Bell>().ask(Ring { strokes }).await;
    rung.expect("the tower answers")
}

fn since(since: Since) -> Subscribe {
    Subscribe {
        since,
        ..Subscribe::default()
    }
}

async fn event(subscription: &mut Subscription) -> Logged {
    match within(subscription.next()).await {
        Ok(LogItem::Event(event)) => event,
        other => panic!("an event, not {other:?}"),
    }
}

async fn strokes(subscription: &mut Subscription, number: usize) -> Vec<u32> {
    let mut seen = Vec::new();
    while seen.len() < number {
        let rang: Rang =
            serde_json::from_str(event(subscription).await.body.get()).expect("a stroke");
        seen.push(rang.stroke);
    }
    seen
}

#[tokio::test]
async fn an_onlooker_sees_what_happens_elsewhere_from_the_moment_it_has_begun() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    ring(&tower, 2).await;
    let mut subscription = square
        .subscribe("bell", Subscribe::default())
        .expect("a bell");
    within(subscription.begun()).await.expect("it begins");
    let mut typed = square.events::<Rang>().expect("a bell");
    within(typed.begun()).await.expect("it begins");
    ring(&tower, 3).await;
    assert_eq!(strokes(&mut subscription, 3).await, [3, 4, 5]);
    assert_eq!(within(typed.next()).await, Ok(Rang { stroke: 3 }));
    square.stop().await;
    let end = loop {
        match within(subscription.next()).await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert_eq!(end, SubscriptionEnd::Stopped);
    tower.stop().await;
}

#[tokio::test]
async fn a_look_from_elsewhere_goes_on_behind_a_position_and_over_a_restart_of_the_host() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    ring(&tower, 700).await;
    let oldest = since(Since::Oldest);
    let mut subscription = square.subscribe("bell", oldest).expect("a bell");
    let first = event(&mut subscription).await;
    assert_eq!(first.event, "rang");
    let expected: Vec<u32> = (2..=700).collect();
    assert_eq!(strokes(&mut subscription, 699).await, expected);
    let position = first.position;
    tower.stop().await;
    let tower = town.node("tower").await;
    ring(&square, 1).await;
    assert_eq!(strokes(&mut subscription, 1).await, [701]);
    let behind = since(Since::Position(position));
    let mut again = square.subscribe("bell", behind).expect("a bell");
    assert_eq!(strokes(&mut again, 3).await, [2, 3, 4]);
    square.stop().await;
    tower.stop().await;
}

#[tokio::test]
async fn what_is_not_kept_elsewhere_any_more_is_told_as_a_gap() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    ring(&tower, 5).await;
    let beyond = since(Since::Position(1_000_000_000_000_000_000));
    let mut subscription = square.subscribe("bell", beyond).expect("a bell");
    let gap = within(subscription.next()).await;
    assert!(
        matches!(gap, Ok(LogItem::Gap { from, to }) if to < from),
        "{gap:?}"
    );
    assert_eq!(strokes(&mut subscription, 1).await, [1]);
    square.stop().await;
    tower.stop().await;
}

#[tokio::test]
async fn the_events_of_all_replicas_are_seen_side_by_side() {
    let town = Town::build();
    let first = town.node("crier").await;
    let second = town.try_node("crier", 2).await.expect("the node starts");
    let square = town.node("square").await;
    let mut events = square.events::<Cried>().expect("criers");
    within(events.begun()).await.expect("it begins");
    // Each asks the one in its own process.
    for (runtime, word) in [(&first, "hear"), (&second, "ye")] {
        let cry = Cry {
            word: word.to_owned(),
        };
        runtime.get::<Criers>().ask(cry).await.expect("it cries");
    }
    let mut heard = Vec::new();
    for _ in 0..2 {
        heard.push(within(events.next()).await.expect("a cry").word);
    }
    heard.sort();
    assert_eq!(heard, ["hear", "ye"]);
    for runtime in [square, first, second] {
        runtime.stop().await;
    }
}

fn named(event: &str, body: &str) -> NamedEvent {
    NamedEvent {
        capability: "bell".to_owned(),
        event: event.to_owned(),
        key: None,
        body: body.as_bytes().to_vec(),
        trace: None,
    }
}

/// The dead letter behind this number, as soon as there is one.
async fn dead_letter(square: &Runtime, after: u64) -> DeadLetter {
    let looking = async {
        loop {
            let dead = square
                .dead_letters("bell")
                .await
                .expect("the tower answers");
            if let Some(letter) = dead.into_iter().find(|letter| letter.number > after) {
                return letter;
            }
        }
    };
    within(looking).await
}

#[tokio::test]
async fn an_operator_emits_looks_and_mends_at_any_node() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    let emitted = square.emit_by_name(named("rang", "{\"stroke\": 3}")).await;
    assert_eq!(emitted.expect("it is emitted").listeners, ["ears"]);
    let refused = square.emit_by_name(named("rung", "{}")).await;
    let nearest = Some("rang".to_owned());
    assert!(
        matches!(&refused, Err(EmitError::UnknownEvent { nearest: said, .. }) if *said == nearest),
        "{refused:?}"
    );
    let dead = dead_letter(&square, 0).await;
    assert_eq!(dead.target, "ears");
    let replayed = square.replay_dead_letter("bell", dead.number).await;
    replayed.expect("the tower answers");
    // It fails again.
    let again = dead_letter(&square, dead.number).await;
    square
        .drop_dead_letter("bell", again.number)
        .await
        .expect("the tower answers");
    assert_eq!(
        square.drop_dead_letter("bell", again.number).await,
        Err(DeadLetterError::Unknown {
            capability: "bell".to_owned(),
            number: again.number
        })
    );
    square
        .get::<Bell>()
        .ask(RingLater {})
        .await
        .expect("the tower answers");
    let timers = square.timers("bell", 10).await.expect("the tower answers");
    assert_eq!(
        timers
            .iter()
            .map(|timer| timer.name.as_str())
            .collect::<Vec<_>>(),
        ["ring"]
    );
    tower.stop().await;
    let gone = square.dead_letters("bell").await;
    assert!(
        matches!(gone, Err(DeadLetterError::Unreachable { .. })),
        "{gone:?}"
    );
    square.stop().await;
}

/// Reads up to the line that begins so.
async fn until(lines: &mut Lines<BufReader<TcpStream>>, beginning: &str) -> String {
    loop {
        let line = within(lines.next_line()).await.expect("the door");
        let line = line.expect("the stream goes on");
        if line.starts_with(beginning) {
            return line;
        }
    }
}

#[tokio::test]
async fn the_api_of_one_node_streams_the_events_of_another() {
    let town = Town::build();
    let (tower, square) = (town.node("tower").await, town.node("square").await);
    let doors = Doors::open(&square, DoorsOptions::new("town", "1")).expect("the doors open");
    let url = doors.api_url().expect("an API");
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the door");
    let request = format!("GET /v1/events/bell HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the door");
    let mut lines = BufReader::new(stream).lines();
    until(&mut lines, "retry: ").await;
    ring(&tower, 1).await;
    assert_eq!(until(&mut lines, "event: ").await, "event: bell.rang");
    doors.close().await;
    square.stop().await;
    tower.stop().await;
}

#[tokio::test]
async fn names_that_nobody_has_are_refused_wherever_they_are_said() {
    let town = Town::build();
    let square = town.node("square").await;
    let refused = square.subscribe("bel", Subscribe::default()).map(drop);
    assert_eq!(
        refused,
        Err(SubscribeError::NotHosted {
            capability: "bel".to_owned(),
            nearest: Some("bell".to_owned())
        })
    );
    square.stop().await;
}
