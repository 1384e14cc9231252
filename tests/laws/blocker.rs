//! Capabilities whose turns block their thread until the test lets them go on.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message};

static DOORS: Mutex<BTreeMap<String, (usize, bool)>> = Mutex::new(BTreeMap::new());
static CHANGE: Condvar = Condvar::new();

/// Counts who arrives at a door.
fn arrive(name: &str) {
    let mut doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
    doors.entry(name.to_owned()).or_default().0 += 1;
    CHANGE.notify_all();
}

/// Opens a door for all.
pub(crate) fn open(name: &str) {
    let mut doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
    doors.entry(name.to_owned()).or_default().1 = true;
    CHANGE.notify_all();
}

/// Blocks the thread until so many have arrived.
pub(crate) fn wait_for(name: &str, number: usize) {
    let doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
    let few = |doors: &mut BTreeMap<String, (usize, bool)>| {
        doors.get(name).is_none_or(|door| door.0 < number)
    };
    drop(CHANGE.wait_while(doors, few));
}

/// How many have arrived.
pub(crate) fn arrived(name: &str) -> usize {
    let doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
    doors.get(name).map_or(0, |door| door.0)
}

fn wait_open(name: &str) {
    let doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
    let shut =
        |doors: &mut BTreeMap<String, (usize, bool)>| doors.get(name).is_none_or(|door| !door.1);
    drop(CHANGE.wait_while(doors, shut));
}

/// Arrives at a door and blocks the thread until it is open.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Block {
    pub(crate) door: String,
}

/// Tells the other one to arrive at a door, and blocks the thread until it has.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct TellAndBlock {
    pub(crate) door: String,
}

skep::contract! {
    /// Blocks.
    pub(crate) Stones v1 { Block, TellAndBlock }
}
skep::contract! {
    /// Blocks, too.
    pub(crate) Rocks v1 { Block }
}

#[derive(Default)]
pub(crate) struct Stone;

#[skep::capability(contract = Stones, execution = "blocking", uses(Rocks))]
impl Stone {
    #[handle]
    async fn block(&mut self, m: Block) {
        arrive(&m.door);
        wait_open(&m.door);
    }

    #[handle]
    async fn tell_and_block(&mut self, m: TellAndBlock, cx: &mut Cx<Self>) {
        let door = m.door.clone();
        open(&door);
        cx.to::<Rocks>().tell(Block { door }).await.expect("room");
        wait_for(&m.door, 1);
    }
}

#[derive(Default)]
pub(crate) struct Rock;

#[skep::capability(contract = Rocks, execution = "blocking")]
impl Rock {
    #[handle]
    async fn block(&mut self, m: Block) {
        arrive(&m.door);
        wait_open(&m.door);
    }
}
