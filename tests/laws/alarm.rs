//! A durable capability that sets timers and takes them back.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, StartError, Table, TimerId};

/// Goes off after so many seconds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Set {
    pub(crate) seconds: u64,
}

/// Takes an alarm back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Unset {
    pub(crate) seconds: u64,
}

/// An alarm goes off.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Go {
    seconds: u64,
}

/// Which alarms went off, in order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<u64>, idempotent)]
pub(crate) struct Went {}

skep::contract! {
    /// Goes off.
    pub(crate) Alarms v1 { Set, Unset, Go, Went }
}

pub(crate) struct Alarm {
    set: Table<u64, TimerId>,
    went: Table<u64, u64>,
}

#[skep::capability(contract = Alarms, durable)]
impl Alarm {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            set: cx.table("set"),
            went: cx.table("went"),
        })
    }

    #[handle]
    async fn set(&mut self, m: Set, cx: &mut Cx<Self>) {
        let delay = Duration::from_secs(m.seconds);
        let timer = cx.after(delay, Go { seconds: m.seconds });
        self.set.insert(&m.seconds, &timer);
    }

    #[handle]
    async fn unset(&mut self, m: Unset, cx: &mut Cx<Self>) {
        if let Some(timer) = self.set.remove(&m.seconds) {
            cx.cancel(timer);
        }
    }

    #[handle]
    async fn go(&mut self, m: Go) {
        let number = self.went.iter().count() as u64;
        self.went.insert(&number, &m.seconds);
    }

    #[handle]
    async fn went(&mut self, _: Went) -> Vec<u64> {
        self.went.iter().map(|(_, seconds)| seconds).collect()
    }
}
