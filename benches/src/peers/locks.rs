//! The floor of exclusive state: an async function behind a `tokio::sync::Mutex`, called directly.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, LINKS, LISTENERS, Peer, spin};
use crate::report::Role;

/// Nothing has to be started.
#[derive(Debug, Clone)]
pub struct Locks;

/// State behind a lock.
#[derive(Debug, Clone, Default)]
pub struct Locked(Arc<Mutex<State>>);

/// What the lock guards.
#[derive(Debug, Default)]
pub struct State {
    total: u64,
    next: Option<Locked>,
    listeners: Vec<Locked>,
}

impl State {
    async fn add(&mut self, number: u64) -> u64 {
        self.total += number;
        self.total
    }

    async fn hear(&mut self) {
        HEARD.hear();
    }

    /// Boxed, since it calls itself.
    fn pass(&self) -> BoxFuture<'_, u64> {
        Box::pin(async move {
            match &self.next {
                Some(next) => 1 + next.0.lock().await.pass().await,
                None => 1,
            }
        })
    }
}

impl Locked {
    fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }
}

impl Peer for Locks {
    const NAME: &'static str = "tokio Mutex";
    const ROLE: Role = Role::Floor;
    type One = Locked;
    type Many = Locked;
    type Chain = Locked;
    type Emitter = Locked;

    async fn start(_: Handle) -> Self {
        Self
    }

    fn one(&self) -> Locked {
        Locked::default()
    }

    fn many(&self, _: u64) -> Locked {
        Locked::default()
    }

    fn chain(&self) -> Locked {
        (1..LINKS).fold(Locked::default(), |next, _| {
            Locked::new(State {
                next: Some(next),
                ..State::default()
            })
        })
    }

    fn emitter(&self) -> Locked {
        Locked::new(State {
            listeners: (0..LISTENERS).map(|_| Locked::default()).collect(),
            ..State::default()
        })
    }

    async fn stop(self) {}
}

impl Asked for Locked {
    async fn ask(&self, number: u64) -> u64 {
        self.0.lock().await.add(number).await
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        let mut state = self.0.lock().await;
        tokio::task::yield_now().await;
        state.add(number).await
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        self.0.lock().await.add(number + spin()).await
    }

    async fn tell(&self, number: u64) {
        self.ask(number).await;
    }
}

impl Chained for Locked {
    async fn pass(&self) -> u64 {
        self.0.lock().await.pass().await
    }
}

impl Emitting for Locked {
    async fn announce(&self) {
        let state = self.0.lock().await;
        for listener in &state.listeners {
            listener.0.lock().await.hear().await;
        }
    }
}
