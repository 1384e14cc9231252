//! `store arrange`: brings the state of each capability to the node that hosts it, after the configuration has split the application, or
//! split it otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::store_files::{self, FilesError};
use crate::placement::{Part, Topology};
use crate::store::{self, Engine, OpenOptions, Store, relocate, residents};

/// State that was moved.
#[derive(Debug, Serialize)]
pub(super) struct Moved {
    pub(super) capability: String,
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) entries: u64,
}

/// Where everything is to be.
pub(super) struct Plan {
    pub(super) application: String,
    /// `store.path`.
    pub(super) root: PathBuf,
    /// For stores that are made.
    pub(super) engine: Engine,
    pub(super) topology: Topology,
    pub(super) parts: Vec<Part>,
}

/// The stores of an application, all of them open: nobody else has one.
struct Stores {
    application: String,
    engine: Engine,
    open: BTreeMap<PathBuf, Arc<dyn Store>>,
}

impl Plan {
    /// Brings everything to where it is to be. Killed half way, nothing is lost, and the same call finishes it.
    ///
    /// # Errors
    ///
    /// [`FilesError`]: somebody has one of the stores open (nothing was moved), or a capability has state in two of them.
    pub(super) fn carry_out(&self) -> Result<Vec<Moved>, FilesError> {
        let mut stores = Stores::open(self)?;
        let mut moved = Vec::new();
        for part in self.parts.iter().filter(|part| part.durable) {
            let Some(node) = self.topology.hosted_by(&part.name) else {
                continue;
            };
            let to = self.topology.folder(&self.root, node, 1);
            moved.extend(stores.bring(&part.name, &to)?);
        }
        Ok(moved)
    }
}

impl Stores {
    fn open(plan: &Plan) -> Result<Self, FilesError> {
        let mut open = BTreeMap::new();
        for folder in residents::folders(&plan.root) {
            let identity = store::identify(&folder)?;
            if identity.is_some_and(|identity| identity.application == plan.application) {
                let (_, store) = store_files::open(&folder)?;
                note_residents(&folder, store.as_ref())?;
                open.insert(folder, store);
            }
        }
        Ok(Self {
            application: plan.application.clone(),
            engine: plan.engine,
            open,
        })
    }

    /// Brings a capability's state to a folder, if it is not there.
    fn bring(&mut self, capability: &str, to: &Path) -> Result<Option<Moved>, FilesError> {
        let has_state = |store: &Arc<dyn Store>| store.scan(capability, &[], None).next().is_some();
        let elsewhere = self
            .open
            .iter()
            .filter(|(folder, _)| folder.as_path() != to);
        let Some((from, source)) = elsewhere.into_iter().find(|(_, store)| has_state(store)) else {
            return Ok(None);
        };
        let (from, source) = (from.clone(), Arc::clone(source));
        let target = self.target(to)?;
        let entries = relocate::relocate(source.as_ref(), target.as_ref(), capability)?;
        residents::move_in(to, [capability])?;
        residents::move_out(&from, capability)?;
        Ok(Some(Moved {
            capability: capability.to_owned(),
            from,
            to: to.to_owned(),
            entries,
        }))
    }

    fn target(&mut self, to: &Path) -> Result<Arc<dyn Store>, FilesError> {
        if let Some(store) = self.open.get(to) {
            return Ok(Arc::clone(store));
        }
        let options = OpenOptions::new(to, &self.application).engine(self.engine);
        let store = store::open(&options)?;
        self.open.insert(to.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

/// Notes whose state is in a store of before such notes were made.
fn note_residents(folder: &Path, store: &dyn Store) -> Result<(), FilesError> {
    let trees = store.trees()?;
    let names = trees.iter().map(String::as_str);
    let with_state = names.filter(|tree| store.scan(tree, &[], None).next().is_some());
    Ok(residents::move_in(folder, with_state)?)
}
