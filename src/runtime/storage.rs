//! The stores of one runtime: the durable one, opened if a capability needs it, and one in memory for all others.

use std::path::Path;
use std::sync::Arc;

use super::error::RuntimeError;
use crate::config;
use crate::store::{
    self, Committer, CommitterSettings, MemoryStore, OnFail, OpenOptions, Store, relocate,
    residents,
};

/// A store and the one committer that writes to it.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) store: Arc<dyn Store>,
    pub(super) committer: Committer,
}

impl Kept {
    /// For what need not survive the process.
    pub(super) fn in_memory() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        // Memory cannot fail to keep what it was given.
        let committer = Committer::immediate(Arc::clone(&store), Box::new(|_| ()));
        Self { store, committer }
    }

    /// A store that somebody else opened. In virtual time each commit is made on the thread of the turn.
    pub(super) fn given(
        store: Arc<dyn Store>,
        settings: &config::StoreSettings,
        is_virtual: bool,
        on_fail: OnFail,
    ) -> Result<Self, store::Error> {
        let committer = if is_virtual {
            Committer::immediate(Arc::clone(&store), on_fail)
        } else {
            Committer::start(Arc::clone(&store), committing(settings), on_fail)?
        };
        Ok(Self { store, committer })
    }

    /// The store of the application, in its directory.
    pub(super) fn open(
        application: &str,
        settings: &config::StoreSettings,
        on_fail: OnFail,
    ) -> Result<Self, store::Error> {
        let engine = match settings.engine {
            config::Engine::Sled => store::Engine::Sled,
            config::Engine::Fjall => store::Engine::Fjall,
        };
        let mut options = OpenOptions::new(&settings.path, application).engine(engine);
        options.cache_bytes = settings.cache.get();
        let store = store::open(&options)?;
        let committer = Committer::start(Arc::clone(&store), committing(settings), on_fail)?;
        Ok(Self { store, committer })
    }
}

/// Refuses to begin anew with capabilities whose state lies in the store of another node.
pub(super) fn refuse_elsewhere(
    root: &Path,
    own: &Path,
    capabilities: &[&str],
) -> Result<(), RuntimeError> {
    for capability in capabilities {
        if let Some(found) = residents::find(root, own, capability)? {
            return Err(RuntimeError::StateElsewhere {
                capability: (*capability).to_owned(),
                found,
                own: own.to_owned(),
            });
        }
    }
    Ok(())
}

/// Notes whose state is kept here; refuses what is only half here.
pub(super) fn move_in(kept: &Kept, own: &Path, capabilities: &[&str]) -> Result<(), RuntimeError> {
    for capability in capabilities {
        if relocate::is_under_way(kept.store.as_ref(), capability)? {
            return Err(RuntimeError::StateUnderWay {
                capability: (*capability).to_owned(),
                own: own.to_owned(),
            });
        }
    }
    Ok(residents::move_in(own, capabilities.iter().copied())?)
}

fn committing(settings: &config::StoreSettings) -> CommitterSettings {
    CommitterSettings {
        max_batches: usize::try_from(settings.group_batches).unwrap_or(usize::MAX),
        max_bytes: settings.group_bytes.to_usize(),
        watchdog: settings.watchdog.get(),
        ..CommitterSettings::default()
    }
}
