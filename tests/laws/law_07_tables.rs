//! Law 7, tables: a turn sees its own writes and those before it, in order, whether they are in the store yet or not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::poll;
use skep::store::MemoryStore;
use skep::store::fault::FaultyStore;
use skep::testing::Colony;
use skep::{AskError, Ref};

use crate::shelf::{Move, Moves, Seen, Shelf, Shelves};

/// A random sequence that is the same each time (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn name(&mut self) -> String {
        ["", "a", "a\0", "ab", "b", "é"][self.below(6) as usize].to_owned()
    }

    fn place(&mut self) -> u8 {
        self.below(40) as u8
    }

    fn step(&mut self) -> Move {
        let (name, place) = (self.name(), self.place());
        match self.below(10) {
            0..=4 => Move::Put(name, place, self.below(1000) as u32),
            5..=6 => Move::Take(name, place),
            7 => Move::Look(name, place),
            8 => Move::Span(name, place, self.name(), self.place()),
            _ if place < 20 => Move::Row(name),
            _ => Move::All,
        }
    }

    fn moves(&mut self) -> Moves {
        let num = self.below(12);
        let moves = (0..num).map(|_| self.step()).collect();
        let refuse = self.below(4) == 0;
        Moves { moves, refuse }
    }
}

type Model = BTreeMap<(String, u8), u32>;

fn made(model: &mut Model, step: &Move) -> Seen {
    let flat = |((name, place), number): (&(String, u8), &u32)| (name.clone(), *place, *number);
    match step {
        Move::Put(name, place, number) => {
            model.insert((name.clone(), *place), *number);
            Vec::new()
        }
        Move::Take(name, place) => {
            let taken = model.remove(&(name.clone(), *place));
            taken
                .map(|number| (name.clone(), *place, number))
                .into_iter()
                .collect()
        }
        Move::Look(name, place) => {
            let key = (name.clone(), *place);
            model
                .get(&key)
                .map(|number| flat((&key, number)))
                .into_iter()
                .collect()
        }
        Move::Span(first, from, last, to) => {
            let (first, last) = ((first.clone(), *from), (last.clone(), *to));
            model
                .iter()
                .filter(|(key, _)| (&first..=&last).contains(key))
                .map(flat)
                .collect()
        }
        Move::Row(row) => model
            .iter()
            .filter(|((name, _), _)| name == row)
            .map(flat)
            .collect(),
        Move::All => model.iter().map(flat).collect(),
    }
}

/// What one turn should answer.
fn answered(model: &mut Model, moves: &Moves) -> Result<Vec<Seen>, AskError<Vec<Seen>>> {
    let mut after = model.clone();
    let seen = moves
        .moves
        .iter()
        .map(|step| made(&mut after, step))
        .collect();
    if moves.refuse {
        return Err(AskError::Domain(seen));
    }
    *model = after;
    Ok(seen)
}

/// All are asked before the first is answered.
async fn asked_in_order(
    shelves: &Ref<Shelves>,
    turns: &[Moves],
) -> Vec<Result<Vec<Seen>, AskError<Vec<Seen>>>> {
    let ask = |moves: &Moves| shelves.ask(moves.clone()).deadline(Duration::from_secs(60));
    let mut asks: Vec<_> = turns.iter().map(|moves| Box::pin(ask(moves))).collect();
    let mut ended = Vec::new();
    for ask in &mut asks {
        ended.push(poll!(ask));
    }
    let mut answers = Vec::new();
    for (ask, ended) in asks.into_iter().zip(ended) {
        answers.push(match ended {
            Poll::Ready(answer) => answer,
            Poll::Pending => ask.await,
        });
    }
    answers
}

async fn compare(colony: Colony, num_turns: usize) {
    let colony = colony
        .with::<Shelf>()
        .set("capabilities.shelves.mailbox=1000");
    let (mut model, mut dice) = (Model::new(), Dice(0x5eed_5eed));
    for _ in 0..3 {
        let runtime = colony.start().await;
        let shelves = runtime.get::<Shelves>();
        let turns: Vec<Moves> = (0..num_turns).map(|_| dice.moves()).collect();
        let expected: Vec<_> = turns
            .iter()
            .map(|moves| answered(&mut model, moves))
            .collect();
        let mut answers = Vec::new();
        for some in turns.chunks(50) {
            answers.extend(asked_in_order(&shelves, some).await);
        }
        for (number, (answer, expected)) in answers.iter().zip(&expected).enumerate() {
            assert_eq!(answer, expected, "turn {number}: {:?}", turns[number]);
        }
        runtime.stop().await;
    }
}

#[skep::test]
async fn tables_are_sorted_maps_over_turns_and_restarts(colony: Colony) {
    compare(colony, 400).await;
}

/// Commits are slow, so that most of what a turn sees is still on its way to the store.
#[skep::test(real_time)]
async fn tables_are_sorted_maps_while_commits_are_under_way(colony: Colony) {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    store.slow(Duration::from_millis(2));
    compare(colony.store(store), 300).await;
}
