//! Letters and timers that could not be delivered: kept with the reason, to be looked at, replayed or dropped.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::relay::commit;
use crate::actor::layout;
use crate::actor::outgoing::{LetterBody, TimerBody};
use crate::actor::services::{News, Posted, Services};
use crate::call::{Key, MessageId};
use crate::engine::parcel::Undelivered;
use crate::store::{Batch, CommitFailure};

/// A letter or timer that could not be delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Names it, together with the capability.
    pub number: u64,
    /// The capability that let it out.
    pub capability: String,
    /// The capability it was for.
    pub target: String,
    /// The event's or message's name.
    pub message: String,
    /// Its id, which a replay keeps.
    pub id: MessageId,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed.
    pub reason: String,
    /// When it was given up, in wall milliseconds since 1970.
    pub at_ms: u64,
    /// What it says, as JSON.
    pub body: Box<RawValue>,
}

/// Why a dead letter could not be replayed or dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeadLetterError {
    /// There is none with this number.
    #[error("{capability} has no dead letter number {number}")]
    Unknown {
        /// Whose dead letters were looked at.
        capability: String,
        /// The number that was not there.
        number: u64,
    },
    /// No process of the application hosts the capability.
    #[error("no capability {capability} runs here")]
    NotHosted {
        /// The capability.
        capability: String,
    },
    /// The process that hosts the capability does not answer. It may or may not have done what was asked.
    #[error("the dead letters of {capability} cannot be reached: {reason}")]
    Unreachable {
        /// The capability.
        capability: String,
        /// What was found instead.
        reason: String,
    },
    /// Several processes host the capability, and more than one has a dead letter with this number.
    #[error(
        "{num} processes that host {capability} have a dead letter number {number}: ask at the door of the one that is meant"
    )]
    Ambiguous {
        /// The capability.
        capability: String,
        /// The number.
        number: u64,
        /// How many have one.
        num: usize,
    },
    /// The store could not be read or written.
    #[error("the dead letters of {capability} cannot be reached: {reason}")]
    Store {
        /// Whose dead letters they are.
        capability: String,
        /// What the store said.
        reason: String,
    },
}

/// A dead letter as it lies in the store.
#[derive(Debug, Serialize, Deserialize)]
struct Buried {
    address: Address,
    letter: Content,
    attempts: u32,
    reason: String,
    at_ms: u64,
}

/// Where it would have gone, and goes if it is replayed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Address {
    Letter { target: String, lane: String },
    Timer { actor: Option<Key>, id: MessageId },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Letter(LetterBody),
    Timer(TimerBody),
}

/// Moves a letter from the outbox to the dead letters, in one commit.
pub(super) async fn bury(
    services: &Services,
    row: &[u8],
    address: Address,
    letter: &LetterBody,
    attempts: u32,
    reason: &Undelivered,
) -> Result<(), CommitFailure> {
    bury_row(
        services,
        Some(row),
        address,
        Content::Letter(letter.clone()),
        attempts,
        reason,
    )
    .await?;
    services.backlog.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}

/// Keeps a letter from another process among the dead letters of the capability that it was for. Replayed, it goes through
/// that capability's own outbox, in the lane of what else comes from there.
#[cfg(feature = "nats")]
pub(crate) async fn bury_incoming(
    services: &Services,
    lane: String,
    letter: LetterBody,
    attempts: u32,
    reason: &Undelivered,
) -> Result<(), CommitFailure> {
    let target = services.capability.to_owned();
    let address = Address::Letter { target, lane };
    let letter = Content::Letter(letter);
    bury_row(services, None, address, letter, attempts, reason).await
}

/// Moves a timer to the dead letters, in one commit.
pub(super) async fn bury_timer(
    services: &Services,
    row: &[u8],
    address: Address,
    timer: &TimerBody,
    attempts: u32,
    reason: &Undelivered,
) -> Result<(), CommitFailure> {
    bury_row(
        services,
        Some(row),
        address,
        Content::Timer(timer.clone()),
        attempts,
        reason,
    )
    .await
}

async fn bury_row(
    services: &Services,
    row: Option<&[u8]>,
    address: Address,
    letter: Content,
    attempts: u32,
    reason: &Undelivered,
) -> Result<(), CommitFailure> {
    let at_ms = services.clock.wall_ms();
    let buried = Buried {
        address,
        letter,
        attempts,
        reason: reason.to_string(),
        at_ms,
    };
    let mut batch = Batch::new(services.tree.clone());
    if let Some(row) = row {
        batch.delete(row.to_vec());
    }
    match serde_json::to_vec(&buried) {
        Ok(bytes) => batch.put(layout::dead(services.next_sequence()), bytes),
        Err(error) => {
            tracing::error!(capability = services.capability, %error, "a dead letter cannot be kept");
        }
    }
    commit(services, batch).await
}

/// The dead letters of one capability.
pub(crate) struct DeadLetters {
    services: Arc<Services>,
}

impl DeadLetters {
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }

    /// All of them, oldest first.
    pub(crate) fn list(&self) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let services = &self.services;
        let rows = services
            .store
            .scan(services.tree.as_str(), &[layout::DEAD], None);
        rows.map(|row| {
            let (key, value) = row.map_err(|error| self.store(&error))?;
            let buried: Buried =
                serde_json::from_slice(&value).map_err(|error| self.store(&error))?;
            let number =
                layout::parse_dead(&key).ok_or_else(|| self.store(&"a key is not readable"))?;
            Ok(self.shown(number, buried))
        })
        .collect()
    }

    fn shown(&self, number: u64, buried: Buried) -> DeadLetter {
        let capability = self.services.capability.to_owned();
        let (message, letter_id, body) = match buried.letter {
            Content::Letter(letter) => (letter.name, Some(letter.id), letter.body),
            Content::Timer(timer) => (timer.name, None, timer.body),
        };
        let (target, id) = match buried.address {
            Address::Letter { target, .. } => (target, letter_id),
            Address::Timer { id, .. } => (capability.clone(), Some(id)),
        };
        let id = id.unwrap_or(MessageId::from_u128(0));
        let Buried {
            attempts,
            reason,
            at_ms,
            ..
        } = buried;
        DeadLetter {
            number,
            capability,
            target,
            message,
            id,
            attempts,
            reason,
            at_ms,
            body,
        }
    }

    /// Sends one again: it goes to the end of its lane, under its old id.
    pub(crate) async fn replay(&self, number: u64) -> Result<(), DeadLetterError> {
        let services = &self.services;
        let buried = self.read(number)?;
        let mut batch = Batch::new(services.tree.clone());
        batch.delete(layout::dead(number));
        let mut news = News::default();
        match (buried.address, buried.letter) {
            (Address::Letter { target, lane }, Content::Letter(letter)) => {
                let row = serde_json::to_vec(&letter).map_err(|error| self.store(&error))?;
                let sequence = services.next_sequence();
                batch.put(layout::outbox(&target, &lane, sequence), row);
                services.backlog.fetch_add(1, Ordering::Relaxed);
                news.lanes.push(Posted {
                    target: Arc::from(target),
                    lane: Arc::from(lane),
                    sequence,
                });
            }
            (Address::Timer { actor, id }, Content::Timer(timer)) => {
                let due_ms = services.clock.wall_ms();
                let row = serde_json::to_vec(&timer).map_err(|error| self.store(&error))?;
                batch.put(layout::timer(due_ms, actor.as_ref(), id), row);
                news.timer_due_ms = Some(due_ms);
            }
            _ => return Err(self.store(&"a dead letter does not fit its address")),
        }
        commit(services, batch)
            .await
            .map_err(|failure| self.store(&failure))?;
        services.post.committed(services.capability, news);
        Ok(())
    }

    /// Forgets one for good.
    pub(crate) async fn drop_letter(&self, number: u64) -> Result<(), DeadLetterError> {
        self.read(number)?;
        let mut batch = Batch::new(self.services.tree.clone());
        batch.delete(layout::dead(number));
        commit(&self.services, batch)
            .await
            .map_err(|failure| self.store(&failure))
    }

    fn read(&self, number: u64) -> Result<Buried, DeadLetterError> {
        let services = &self.services;
        let found = services
            .store
            .get(services.tree.as_str(), &layout::dead(number));
        let bytes =
            found
                .map_err(|error| self.store(&error))?
                .ok_or_else(|| DeadLetterError::Unknown {
                    capability: services.capability.to_owned(),
                    number,
                })?;
        serde_json::from_slice(&bytes).map_err(|error| self.store(&error))
    }

    fn store(&self, error: &dyn std::fmt::Display) -> DeadLetterError {
        DeadLetterError::Store {
            capability: self.services.capability.to_owned(),
            reason: error.to_string(),
        }
    }
}
