//! A durable capability whose handlers panic a number of times before they work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, StartError, Table};

use crate::gate;

/// Answers, unless the fuse blows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = (), idempotent)]
pub(crate) struct Look {
    pub(crate) fuse: String,
}

/// Counts one more, unless the fuse blows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Step {
    pub(crate) fuse: String,
}

skep::contract! {
    /// Often fails.
    pub(crate) Frailty v1 { Look, Step }
}

pub(crate) struct Frail {
    steps: Table<(), u64>,
}

#[skep::capability(contract = Frailty, durable)]
impl Frail {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            steps: cx.table("steps"),
        })
    }

    #[handle]
    async fn look(&mut self, m: Look) {
        assert!(!gate::blows(&m.fuse), "the fuse has blown");
    }

    #[handle]
    async fn step(&mut self, m: Step) -> u64 {
        let steps = self.steps.get(&()).unwrap_or(0) + 1;
        self.steps.insert(&(), &steps);
        assert!(!gate::blows(&m.fuse), "the fuse has blown");
        steps
    }
}
