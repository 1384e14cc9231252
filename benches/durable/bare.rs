//! The engine with nothing around it: so many batches, one sync, and again, on one thread.

use std::fs::File;
use std::path::Path;

use benches::now;
use fjall::{Database, KeyspaceCreateOptions, PersistMode};
use skep::store::Engine;

use crate::alone::row;
use crate::folder::Folder;
use crate::{Done, Work};

/// Batches that share a sync at most, as in skep's store by default.
const GROUP: usize = 256;

pub(crate) fn work(work: Work, turn_bytes: usize) -> Done {
    let folder = Folder::new();
    let path = folder.join("data");
    match work.engine {
        Engine::Sled => sled(work, turn_bytes, &path),
        Engine::Fjall => fjall(work, turn_bytes, &path),
    }
}

/// sled's own flush does not sync its file, which skep's store therefore does; so does this.
fn sled(work: Work, turn_bytes: usize, path: &Path) -> Done {
    let db = sled::Config::new().path(path).open().expect("sled opens");
    let tree = db.open_tree("keeping").expect("a tree");
    let data = File::options().write(true).open(path.join("db"));
    let data = data.expect("sled's file");
    groups(
        work,
        |number| {
            let (key, value) = row(number, turn_bytes);
            let mut batch = sled::Batch::default();
            batch.insert(key, value);
            tree.apply_batch(batch).expect("sled writes");
        },
        || {
            db.flush().expect("sled flushes");
            data.sync_data().expect("the file syncs");
        },
    )
}

fn fjall(work: Work, turn_bytes: usize, path: &Path) -> Done {
    let db = Database::builder(path).manual_journal_persist(true).open();
    let db = db.expect("fjall opens");
    let keyspace = db.keyspace("keeping", KeyspaceCreateOptions::default);
    let keyspace = keyspace.expect("a keyspace");
    groups(
        work,
        |number| {
            let (key, value) = row(number, turn_bytes);
            let mut batch = db.batch();
            batch.insert(&keyspace, key, value);
            batch.commit().expect("fjall writes");
        },
        || db.persist(PersistMode::SyncData).expect("fjall syncs"),
    )
}

fn groups(work: Work, write: impl Fn(u64), sync: impl Fn()) -> Done {
    let group = u64::try_from(work.in_flight.min(GROUP)).expect("a group is small");
    let begin = now();
    let mut syncs = 0;
    while begin.elapsed() < work.time {
        (syncs * group..(syncs + 1) * group).for_each(&write);
        sync();
        syncs += 1;
    }
    Done {
        turns: syncs * group,
        syncs,
        took: begin.elapsed(),
    }
}
