//! skep's store with its committer, and nothing above it: the same batches, gathered into groups in the same way.

use std::sync::Arc;

use benches::threads::on_one_thread;
use skep::store::{
    Batch, CommitFailure, Committer, CommitterSettings, OpenOptions, Store, TreeName, open,
};
use tokio::sync::oneshot;

use crate::folder::Folder;
use crate::keeping::{ROWS, in_flight};
use crate::{Done, Work};

/// The key of a row has a name and a number in it.
const KEY_BYTES: usize = 16;

pub(crate) fn work(work: Work, turn_bytes: usize) -> Done {
    let folder = Folder::new();
    let options = OpenOptions::new(folder.join("data"), "benches").engine(work.engine);
    let store: Arc<dyn Store> = open(&options).expect("a store in a fresh folder");
    let stopped = Box::new(|_: &_| ());
    let committer = Committer::start(store, CommitterSettings::default(), stopped);
    let committer = committer.expect("threads for the committer");
    let tree = TreeName::new("keeping").expect("a name for a tree");
    on_one_thread(async move {
        let commit = |number| commit(&committer, batch(&tree, number, turn_bytes));
        commit(0).await;
        let before = committer.metrics().read().syncs;
        let (turns, took) = in_flight(work.in_flight, work.time, commit).await;
        let syncs = committer.metrics().read().syncs - before;
        committer.shutdown();
        drop(folder);
        Done { turns, syncs, took }
    })
}

fn batch(tree: &TreeName, number: u64, bytes: usize) -> Batch {
    let mut batch = Batch::new(tree.clone());
    let (key, value) = row(number, bytes);
    batch.put(key, value);
    batch
}

/// A key and a value with so many bytes together.
pub(crate) fn row(number: u64, bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let mut key = vec![b'd'; KEY_BYTES - 8];
    key.extend_from_slice(&(number % ROWS).to_be_bytes());
    (key, vec![b'a'; bytes.saturating_sub(KEY_BYTES)])
}

async fn commit(committer: &Committer, batch: Batch) {
    let (sender, receiver) = oneshot::channel();
    let tell = move |done: Result<(), CommitFailure>| {
        let _ = sender.send(done.is_ok());
    };
    committer.submit(batch, Box::new(tell));
    assert!(
        receiver.await.is_ok_and(|is_durable| is_durable),
        "the commit failed"
    );
}
