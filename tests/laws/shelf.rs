//! A durable capability that does to its table what a message says, and reports what it sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, StartError, Table};

/// What is done to the shelf, or looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Move {
    Put(String, u8, u32),
    Take(String, u8),
    Look(String, u8),
    Span(String, u8, String, u8),
    Row(String),
    All,
}

/// Rows as they were seen: the answer to one move.
pub(crate) type Seen = Vec<(String, u8, u32)>;

/// Some moves, one after the other, in one turn.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<Seen>, error = Vec<Seen>)]
pub(crate) struct Moves {
    pub(crate) moves: Vec<Move>,
    /// Whether the turn is refused in the end.
    pub(crate) refuse: bool,
}

/// Puts something this large on the shelf.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Heap {
    pub(crate) num_rows: u8,
    pub(crate) row_bytes: usize,
}

skep::contract! {
    /// Keeps things in order.
    pub(crate) Shelves v1 { Moves, Heap }
}

pub(crate) struct Shelf {
    rows: Table<(String, u8), u32>,
    heaps: Table<u8, String>,
}

#[skep::capability(contract = Shelves, durable)]
impl Shelf {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            rows: cx.table("rows"),
            heaps: cx.table("heaps"),
        })
    }

    fn make(&mut self, step: &Move) -> Seen {
        let flat = |((name, place), number)| (name, place, number);
        match step {
            Move::Put(name, place, number) => {
                self.rows.insert(&(name.clone(), *place), number);
                Vec::new()
            }
            Move::Take(name, place) => {
                let taken = self.rows.remove(&(name.clone(), *place));
                taken
                    .map(|number| (name.clone(), *place, number))
                    .into_iter()
                    .collect()
            }
            Move::Look(name, place) => {
                let seen = self.rows.get(&(name.clone(), *place));
                seen.map(|number| (name.clone(), *place, number))
                    .into_iter()
                    .collect()
            }
            Move::Span(first, from, last, to) => self
                .rows
                .range((first.clone(), *from)..=(last.clone(), *to))
                .map(flat)
                .collect(),
            Move::Row(name) => self.rows.prefix(name).map(flat).collect(),
            Move::All => self.rows.iter().map(flat).collect(),
        }
    }

    #[handle]
    async fn moves(&mut self, m: Moves) -> Result<Vec<Seen>, Vec<Seen>> {
        let seen = m.moves.iter().map(|step| self.make(step)).collect();
        if m.refuse { Err(seen) } else { Ok(seen) }
    }

    #[handle]
    async fn heap(&mut self, m: Heap) {
        for row in 0..m.num_rows {
            self.heaps.insert(&row, &"x".repeat(m.row_bytes));
        }
    }
}
