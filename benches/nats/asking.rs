//! A text is brought to another process and back: one ask after the other, and many at a time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use benches::{Bench, Candidate, Figure, Role, Unit};

use crate::grpc::Grpc;
use crate::http::Http;
use crate::peer::{Pair, Peer};
use crate::raw::{Coded, Plain};
use crate::skep_node::Skep;
use crate::stage::Stage;
use crate::work::{WARM, one_after_the_other, side_by_side, text};

/// Bytes of the text, both ways.
const SIZES: [(usize, &str); 3] = [(128, "128 B"), (1024, "1 KiB"), (65_536, "64 KiB")];
/// Asks under way at a time.
const IN_FLIGHT: [usize; 3] = [1, 16, 256];
/// How long a candidate works in one round.
const ROUND_MS: u64 = 500;

/// What is done in a turn.
#[derive(Debug, Clone)]
struct Turn {
    text: Arc<str>,
    /// `None`: one after the other, each of them timed.
    in_flight: Option<usize>,
    time: Duration,
}

/// Measures all tables of this file.
pub(crate) fn measure(bench: &mut Bench, stage: &Stage) {
    let pairs = Pairs::new(stage);
    let time = Duration::from_millis(bench.options().scale(ROUND_MS));
    for (bytes, size) in SIZES {
        let turn = Turn {
            text: text(bytes).into(),
            in_flight: None,
            time,
        };
        let title = format!("ask, {size} there and back, one after the other: latency");
        let name = format!("latency-{bytes}");
        bench.table(&name, &title, Unit::Micros, pairs.candidates(&turn));
        for in_flight in IN_FLIGHT {
            let turn = Turn {
                in_flight: Some(in_flight),
                ..turn.clone()
            };
            let title = format!("ask, {size} there and back, {in_flight} under way");
            let name = format!("ask-{in_flight}-{bytes}");
            bench.table(&name, &title, Unit::PerSecond, pairs.candidates(&turn));
        }
    }
}

/// All who take part.
struct Pairs<'s> {
    skep: Pair<'s, Skep>,
    coded: Pair<'s, Coded>,
    plain: Pair<'s, Plain>,
    http: Pair<'s, Http>,
    grpc: Pair<'s, Grpc>,
}

impl<'s> Pairs<'s> {
    const fn new(stage: &'s Stage) -> Self {
        Self {
            skep: Pair::new(stage),
            coded: Pair::new(stage),
            plain: Pair::new(stage),
            http: Pair::new(stage),
            grpc: Pair::new(stage),
        }
    }

    fn candidates(&self, turn: &Turn) -> Vec<Candidate<'_>> {
        vec![
            candidate(&self.skep, turn),
            asked_by_an_actor(&self.skep, turn),
            candidate(&self.coded, turn),
            candidate(&self.http, turn),
            candidate(&self.grpc, turn),
            candidate(&self.plain, turn),
        ]
    }
}

fn candidate<'p, P: Peer>(pair: &'p Pair<'_, P>, turn: &Turn) -> Candidate<'p> {
    let turn = turn.clone();
    Candidate::new(P::NAME, P::ROLE, move || play(pair, turn.clone()))
}

/// As split applications ask: whoever asks is an actor of the node.
fn asked_by_an_actor<'p>(pair: &'p Pair<'_, Skep>, turn: &Turn) -> Candidate<'p> {
    let turn = turn.clone();
    Candidate::new("skep, an actor asks", Role::Skep, move || {
        let turn = turn.clone();
        measured(pair, &turn.text.clone(), |peer| async move {
            peer.rush(&turn.text, turn.in_flight, turn.time).await
        })
    })
}

fn play<P: Peer>(pair: &Pair<'_, P>, turn: Turn) -> Figure {
    let text = Arc::clone(&turn.text);
    measured(pair, &text, |peer| async move {
        let echo = |number| peer.echo(number, &turn.text);
        match turn.in_flight {
            None => one_after_the_other(turn.time, echo).await,
            Some(in_flight) => side_by_side(in_flight, turn.time, echo).await,
        }
    })
}

/// What a peer does once it is warm, and what that costs.
fn measured<P: Peer, W>(pair: &Pair<'_, P>, text: &Arc<str>, work: impl FnOnce(P) -> W) -> Figure
where
    W: Future<Output = (Figure, u64)> + Send + 'static,
{
    let (peer, text) = (pair.peer(), Arc::clone(text));
    pair.stage().run(async move {
        for number in 0..WARM {
            peer.echo(number, &text).await;
        }
    });
    let before = pair.cost();
    let (mut figure, operations) = pair.stage().run(work(pair.peer()));
    figure.note = before.each(operations).to_string();
    figure
}
