//! [`Peer`]: one way to ask another process, and [`Pair`], the two processes that do it.

use std::cell::OnceCell;
use std::future::Future;
use std::sync::Arc;

use benches::threads::spawn;
use benches::{Role, Servant, serve_parent};

use crate::stage::{Stage, threads};
use crate::work::Cost;

/// One way to ask another process. The connection is made once and kept.
pub(crate) trait Peer: Clone + Send + Sync + 'static {
    /// As in the tables.
    const NAME: &'static str;
    /// What it is there for.
    const ROLE: Role;
    /// What the child is asked to do.
    const WORK: &'static str;
    /// Whether the nats-server has part in it.
    const IS_OVER_NATS: bool = true;
    /// What the child keeps as long as it serves.
    type Server: Send + 'static;

    /// Serves from now on, and returns where.
    fn serve(nats: String) -> impl Future<Output = (String, Self::Server)> + Send;

    /// Connects to the one that serves there.
    fn connect(nats: String, there: String) -> impl Future<Output = Self> + Send;

    /// Has this text brought there and back, under this number; both are compared.
    fn echo(&self, number: u64, text: &Arc<str>) -> impl Future<Output = ()> + Send;

    /// Leaves in peace.
    fn leave(self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// A peer's child: serves until the parent ends.
pub(crate) fn serve<P: Peer>(nats: &str) {
    let runtime = threads();
    let serving = spawn(runtime.handle(), P::serve(nats.to_owned()));
    let (there, server) = runtime.block_on(serving).expect("it serves");
    serve_parent(&there, |_| String::new());
    drop(server);
}

/// A peer, and the child that serves it, from the first turn on.
pub(crate) struct Pair<'s, P: Peer> {
    stage: &'s Stage,
    both: OnceCell<(Servant, P)>,
}

impl<'s, P: Peer> Pair<'s, P> {
    pub(crate) const fn new(stage: &'s Stage) -> Self {
        Self {
            stage,
            both: OnceCell::new(),
        }
    }

    pub(crate) fn peer(&self) -> P {
        self.both().1.clone()
    }

    pub(crate) const fn stage(&self) -> &'s Stage {
        self.stage
    }

    /// What all its processes have used until now.
    pub(crate) fn cost(&self) -> Cost {
        let nats = P::IS_OVER_NATS.then_some(self.stage.nats_process);
        Cost::of(self.both().0.process(), nats)
    }

    fn both(&self) -> &(Servant, P) {
        self.both.get_or_init(|| {
            let nats = &self.stage.nats;
            let servant = Servant::start(&format!("{} {nats}", P::WORK));
            let connecting = P::connect(nats.clone(), servant.first().to_owned());
            (servant, self.stage.run(connecting))
        })
    }
}

impl<P: Peer> Drop for Pair<'_, P> {
    fn drop(&mut self) {
        if let Some((servant, peer)) = self.both.take() {
            self.stage.run(peer.leave());
            drop(servant);
        }
    }
}
