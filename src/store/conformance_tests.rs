//! The conformance suite, run on the engines of this build.

use std::sync::Arc;

use super::conformance::{Harness, check};
use super::{MemoryStore, Store};

struct Memory;

impl Harness for Memory {
    fn fresh(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store
    }
}

#[test]
fn memory_conforms() {
    check(&Memory);
}

#[cfg(any(feature = "sled", feature = "fjall"))]
mod durable {
    use std::path::PathBuf;

    use parking_lot::Mutex;

    use super::*;
    use crate::store::{Engine, OpenOptions, open};

    /// Opens each fresh store in a folder of its own.
    struct OnDisk {
        engine: Engine,
        folder: tempfile::TempDir,
        current: Mutex<(u32, PathBuf)>,
    }

    impl OnDisk {
        fn new(engine: Engine) -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self {
                engine,
                folder,
                current: Mutex::default(),
            }
        }

        fn open(&self, path: PathBuf) -> Arc<dyn Store> {
            open(&OpenOptions::new(path, "suite").engine(self.engine)).unwrap()
        }
    }

    impl Harness for OnDisk {
        fn fresh(&self) -> Arc<dyn Store> {
            let mut current = self.current.lock();
            let path = self.folder.path().join(current.0.to_string());
            *current = (current.0 + 1, path.clone());
            self.open(path)
        }

        fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
            assert_eq!(Arc::strong_count(&store), 1, "the last owner closes it");
            drop(store);
            let path = self.current.lock().1.clone();
            self.open(path)
        }
    }

    #[cfg(feature = "sled")]
    #[test]
    fn sled_conforms() {
        check(&OnDisk::new(Engine::Sled));
    }

    #[cfg(feature = "fjall")]
    #[test]
    fn fjall_conforms() {
        check(&OnDisk::new(Engine::Fjall));
    }
}
