//! Writes a store anew, so that it takes no more room than what lives in it. Neither engine gives room back by itself when asked.
//!
//! The new files are made in `<path>/skep.compact/` while the store is locked. Once they are whole, a file `done` says so, and the
//! next [`open`](super::open) puts them in the place of the old ones, under the lock and before anybody reads. A process that is killed at any
//! moment leaves the old store or the new one:
//!
//! ```text
//! skep.compact/export     everything in the store, as one stream
//! skep.compact/store/     the new store
//! skep.compact/done       it is whole; the old one is not looked at again
//! skep.compact/old/       the old engine's files, on their way out
//! ```

use std::fs::{self, File};
use std::path::Path;

use super::error::Error;
use super::open::{OpenOptions, open, sync_directory};
use super::transfer;

const ROOM: &str = "skep.compact";
const DONE: &str = "done";

/// How large a store was, and is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes on disk before.
    pub before_bytes: u64,
    /// Bytes on disk after.
    pub after_bytes: u64,
}

/// Writes a store anew, so that it takes no more room than what lives in it. Takes up to as much room again, twice, while it works.
///
/// # Errors
///
/// Those of [`open`], [`transfer::export`] and [`transfer::import`]; [`Error::Locked`] when somebody has the store open. After an
/// error the store is as it was.
pub fn compact(options: &OpenOptions) -> Result<Compacted, Error> {
    let store = open(options)?;
    let before_bytes = store.stats()?.size_bytes;
    let room = options.path.join(ROOM);
    if let Err(error) = rewrite(store.as_ref(), options, &room) {
        // Best effort: the next open removes what is left.
        let _ = fs::remove_dir_all(&room);
        return Err(error);
    }
    // Lets go of the lock; whoever takes it next swaps.
    drop(store);
    let after_bytes = open(options)?.stats()?.size_bytes;
    Ok(Compacted {
        before_bytes,
        after_bytes,
    })
}

fn rewrite(store: &dyn super::Store, options: &OpenOptions, room: &Path) -> Result<(), Error> {
    let stream = room.join("export");
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::io(doing, &path, source)
    };
    fs::create_dir_all(room).map_err(failed("create", room))?;
    let output = File::create(&stream).map_err(failed("create", &stream))?;
    let carried = transfer::export(store, &options.application, None, &output)?;
    drop(output);
    let fresh = OpenOptions {
        path: room.join("store"),
        ..options.clone()
    };
    let input = File::open(&stream).map_err(failed("read", &stream))?;
    let imported = transfer::import(open(&fresh)?.as_ref(), &options.application, input)?;
    debug_assert_eq!(carried.num_entries, imported.num_entries);
    // Opens only when the engine has let go of its files, so that they may be moved.
    drop(open(&fresh)?);
    fs::remove_file(&stream).map_err(failed("remove", &stream))?;
    sync_directory(&fresh.path)?;
    let done = room.join(DONE);
    let marked = File::create(&done).and_then(|file| file.sync_all());
    marked.map_err(failed("write", &done))?;
    sync_directory(room)?;
    sync_directory(&options.path)
}

/// Puts a store that was written anew in the place of the old one, or clears away one that is not whole. For whoever holds the
/// lock. Every step may be the last one of a process that is killed; the next one goes on there.
pub(super) fn finish(path: &Path, engine: &str) -> Result<(), Error> {
    let room = path.join(ROOM);
    if !room.exists() {
        return Ok(());
    }
    let fresh = room.join("store");
    if room.join(DONE).exists() && fresh.join(engine).exists() {
        let (current, old) = (path.join(engine), room.join("old"));
        if current.exists() {
            move_to(&current, &old)?;
            sync_directory(&room)?;
        }
        // The mark of the old store is far ahead of the new one's: it has to go before the new files can be opened, and with
        // the old ones gone nobody needs it.
        move_to(&fresh.join("skep.seq"), &path.join("skep.seq"))?;
        move_to(&fresh.join(engine), &current)?;
        sync_directory(path)?;
    }
    fs::remove_dir_all(&room).map_err(|source| Error::io("remove", &room, source))
}

/// Moves what is there.
fn move_to(from: &Path, to: &Path) -> Result<(), Error> {
    if !from.exists() {
        return Ok(());
    }
    fs::rename(from, to).map_err(|source| Error::io("move", from, source))
}

#[cfg(test)]
#[cfg(feature = "sled")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::{Batch, Engine, Store, TreeName};

    fn options(path: &Path, engine: Engine) -> OpenOptions {
        OpenOptions::new(path, "hotel").engine(engine)
    }

    /// A store in which most of what was written is gone again.
    fn worn(options: &OpenOptions) -> Arc<dyn Store> {
        let store = open(options).expect("a store");
        for round in 0..30_u8 {
            let mut batch = Batch::new(TreeName::new("book").expect("a name"));
            for number in 0..40_u8 {
                batch.put([number], vec![round ^ number; 4096]);
            }
            store.commit(&[batch]).expect("a commit");
        }
        store
    }

    fn content(store: &dyn Store) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entries = store.scan("book", b"", None);
        entries.collect::<Result<_, _>>().expect("entries")
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).expect("a copy");
            }
        }
    }

    #[test]
    fn a_compacted_store_holds_the_same_in_less_room() {
        let engines = [
            Engine::Sled,
            #[cfg(feature = "fjall")]
            Engine::Fjall,
        ];
        for engine in engines {
            let folder = tempfile::tempdir().expect("a folder");
            let options = options(folder.path(), engine);
            let before = content(worn(&options).as_ref());
            fs::write(folder.path().join("invoice.pdf"), "not the store's").expect("a file");
            let compacted = compact(&options).expect("compacted");
            if engine == Engine::Sled {
                assert!(
                    compacted.after_bytes < compacted.before_bytes,
                    "{compacted:?}"
                );
            }
            let store = open(&options).expect("the new store");
            assert_eq!(content(store.as_ref()), before, "{engine:?}");
            assert!(!folder.path().join(ROOM).exists());
            assert!(folder.path().join("invoice.pdf").exists());
            let mut batch = Batch::new(TreeName::new("book").expect("a name"));
            batch.put("more", "1");
            store.commit(&[batch]).expect("it goes on");
        }
    }

    #[test]
    fn a_swap_that_was_cut_off_at_any_step_is_finished_by_the_next_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = options(&folder.path().join("store"), Engine::Sled);
        let path = store.path.clone();
        let before = content(worn(&store).as_ref());
        {
            let open = open(&store).expect("the store");
            rewrite(open.as_ref(), &store, &path.join(ROOM)).expect("written anew");
        }
        let room = path.join(ROOM);
        let steps: [&dyn Fn(&Path); 4] = [
            &|_| (),
            &|path| move_to(&path.join("sled"), &path.join(ROOM).join("old")).expect("moved"),
            &|path| {
                let seq = path.join(ROOM).join("store/skep.seq");
                move_to(&seq, &path.join("skep.seq")).expect("moved");
            },
            &|path| {
                let fresh = path.join(ROOM).join("store/sled");
                move_to(&fresh, &path.join("sled")).expect("moved");
            },
        ];
        assert!(room.join(DONE).exists());
        for cut in 0..=steps.len() {
            let twin = options(&folder.path().join(format!("cut-{cut}")), Engine::Sled);
            copy(&path, &twin.path);
            steps.iter().take(cut).for_each(|step| step(&twin.path));
            let store = open(&twin).expect("it opens");
            assert_eq!(content(store.as_ref()), before, "cut after step {cut}");
            assert!(!twin.path.join(ROOM).exists());
        }
    }

    #[test]
    fn a_rewrite_that_was_cut_off_leaves_the_old_store() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = options(folder.path(), Engine::Sled);
        let before = content(worn(&options).as_ref());
        let room = folder.path().join(ROOM);
        fs::create_dir_all(room.join("store/sled")).expect("a half");
        fs::write(room.join("store/sled/db"), "half").expect("a half");
        let store = open(&options).expect("it opens");
        assert_eq!(content(store.as_ref()), before);
        assert!(!room.exists());
    }

    #[test]
    fn a_store_in_use_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = options(folder.path(), Engine::Sled);
        let _open = worn(&options);
        assert!(matches!(compact(&options), Err(Error::Locked { .. })));
        assert!(!folder.path().join(ROOM).exists());
    }
}
