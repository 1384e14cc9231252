//! [`Claims`]: who hosts what only one may host. Kept in a bucket of the server, whose entries go by themselves when nobody renews
//! them.
//!
//! The entry of a process that was killed on this machine is taken over at once, since it can be seen that nobody is there; one
//! of another machine is waited out.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::jetstream::kv;
use async_nats::jetstream::{self, stream::StorageType};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::link::Link;
use crate::actor::services::Tasks;

/// After this time without renewal a claim is gone.
const LIFETIME: Duration = Duration::from_secs(6);
/// How often a claim is renewed.
const RENEWAL: Duration = Duration::from_secs(2);
/// How often is looked whether a claim of another is gone.
const LOOK: Duration = Duration::from_millis(200);

/// Why something cannot be claimed.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ClaimError {
    /// Somebody else hosts it.
    #[error(
        "{capability} is hosted by node {node} already (process {pid} of {place}): stop that one first, or let only one node host it"
    )]
    Taken {
        capability: String,
        node: String,
        pid: u32,
        place: &'static str,
    },
    /// The bucket cannot be used now.
    #[error("the claims of this colony cannot be read: {0}")]
    Unavailable(String),
}

/// Who hosts a capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    node: String,
    instance: String,
    /// The machine, and on it the space of process numbers; empty where that cannot be known.
    machine: String,
    pid: u32,
}

/// The members of colonies that are in this process: more than one in tests, and where somebody embeds several runtimes.
static LIVING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A member of a colony, as long as this is kept.
#[derive(Debug)]
pub(super) struct Living(String);

impl Living {
    pub(super) fn new(instance: &str) -> Self {
        LIVING.lock().insert(instance.to_owned());
        Self(instance.to_owned())
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        LIVING.lock().remove(&self.0);
    }
}

/// The claims of one process.
#[derive(Clone)]
pub(super) struct Claims {
    bucket: kv::Store,
    link: Link,
    own: Claim,
}

/// A capability that this process has claimed.
#[derive(Debug, Clone)]
pub(super) struct Held {
    capability: &'static str,
    revision: u64,
}

impl Claims {
    /// The claims of a colony.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Unavailable`] with what the server says.
    pub(super) async fn open(
        link: &Link,
        replicas: usize,
        node: &str,
        instance: &str,
    ) -> Result<Self, ClaimError> {
        let context = jetstream::new(link.client().clone());
        let name = link.subjects().claims();
        let bucket = match context.get_key_value(name.clone()).await {
            Ok(bucket) => bucket,
            Err(_) => {
                let config = kv::Config {
                    bucket: name,
                    history: 1,
                    max_age: LIFETIME,
                    storage: StorageType::File,
                    num_replicas: replicas,
                    ..Default::default()
                };
                let made = context.create_key_value(config).await;
                made.map_err(|error| ClaimError::Unavailable(chain(&error)))?
            }
        };
        Ok(Self {
            bucket,
            link: link.clone(),
            own: Claim {
                node: node.to_owned(),
                instance: instance.to_owned(),
                machine: machine(),
                pid: std::process::id(),
            },
        })
    }

    /// Claims a capability. Whoever hosts it and does not renew its claim is waited out.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Taken`] when somebody hosts it and goes on hosting it.
    pub(super) async fn claim(&self, capability: &'static str) -> Result<Held, ClaimError> {
        let clock = self.link.clock();
        let until = clock.now().after(LIFETIME + RENEWAL);
        let mut first_seen = None;
        loop {
            let found = self.bucket.entry(capability).await;
            let found = found.map_err(|error| ClaimError::Unavailable(chain(&error)))?;
            let found = found.filter(|entry| entry.operation == kv::Operation::Put);
            let Some(entry) = found else {
                if let Some(held) = self.put(capability, None).await? {
                    return Ok(held);
                }
                continue;
            };
            let other: Option<Claim> = serde_json::from_slice(&entry.value).ok();
            if other.as_ref().is_none_or(|other| self.is_gone(other)) {
                if let Some(held) = self.put(capability, Some(entry.revision)).await? {
                    return Ok(held);
                }
                continue;
            }
            let is_renewed = *first_seen.get_or_insert(entry.revision) != entry.revision;
            if let Some(other) = other
                && (is_renewed || clock.now() >= until)
            {
                return Err(self.taken(capability, other));
            }
            clock.sleep(LOOK).await;
        }
    }

    /// Renews a claim as long as the process runs. Ends with the reason when somebody else has it.
    pub(super) async fn keep(&self, mut held: Held) -> ClaimError {
        let clock = self.link.clock().clone();
        loop {
            clock.sleep(RENEWAL).await;
            match self.put(held.capability, Some(held.revision)).await {
                Ok(Some(renewed)) => held = renewed,
                // The server was away for longer than a claim lives, or a renewal came through whose answer did not.
                Ok(None) => match self.claim(held.capability).await {
                    Ok(again) => held = again,
                    Err(ClaimError::Unavailable(_)) => {}
                    Err(taken) => return taken,
                },
                Err(_) => {}
            }
        }
    }

    /// Gives a claim up.
    pub(super) async fn give_up(&self, capability: &str) {
        if let Ok(Some(entry)) = self.bucket.entry(capability).await
            && serde_json::from_slice::<Claim>(&entry.value).is_ok_and(|claim| claim == self.own)
        {
            let _ = self
                .bucket
                .delete_expect_revision(capability, Some(entry.revision))
                .await;
        }
    }

    /// Writes our claim over the one with this revision, or over nothing; `None` when somebody was faster.
    async fn put(
        &self,
        capability: &'static str,
        over: Option<u64>,
    ) -> Result<Option<Held>, ClaimError> {
        let body = serde_json::to_vec(&self.own).unwrap_or_default();
        let written = match over {
            Some(revision) => {
                let updated = self.bucket.update(capability, body.into(), revision).await;
                match updated {
                    Err(error) if error.kind() == kv::UpdateErrorKind::WrongLastRevision => {
                        Ok(None)
                    }
                    other => other.map(Some).map_err(|error| chain(&error)),
                }
            }
            None => {
                let created = self.bucket.create(capability, body.into()).await;
                match created {
                    Err(error) if error.kind() == kv::CreateErrorKind::AlreadyExists => Ok(None),
                    other => other.map(Some).map_err(|error| chain(&error)),
                }
            }
        };
        let written = written.map_err(ClaimError::Unavailable)?;
        Ok(written.map(|revision| Held {
            capability,
            revision,
        }))
    }

    /// Whether the process that made a claim is known to be gone: it is this one, or was one of this machine.
    fn is_gone(&self, other: &Claim) -> bool {
        if other.instance == self.own.instance {
            return true;
        }
        if other.machine == self.own.machine && other.pid == self.own.pid {
            return !LIVING.lock().contains(&other.instance);
        }
        !self.own.machine.is_empty() && other.machine == self.own.machine && !is_alive(other.pid)
    }

    fn taken(&self, capability: &str, other: Claim) -> ClaimError {
        ClaimError::Taken {
            capability: capability.to_owned(),
            place: match other.machine == self.own.machine {
                true => "this machine",
                false => "another machine",
            },
            node: other.node,
            pid: other.pid,
        }
    }
}

/// Claims all of these, or none.
pub(super) async fn claim_all(
    claims: &Claims,
    capabilities: &[&'static str],
) -> Result<Vec<Held>, ClaimError> {
    let mut held = Vec::new();
    for capability in capabilities {
        match claims.claim(capability).await {
            Ok(one) => held.push(one),
            Err(error) => {
                for one in &held {
                    claims.give_up(one.capability).await;
                }
                return Err(error);
            }
        }
    }
    Ok(held)
}

/// Renews each claim until it is somebody else's; then says so.
pub(super) fn keep_all(
    claims: &Claims,
    held: Vec<Held>,
    tasks: &Tasks,
    on_loss: impl Fn(&'static str, ClaimError) + Clone + Send + Sync + 'static,
) {
    for one in held {
        let (claims, on_loss) = (claims.clone(), on_loss.clone());
        tasks.spawn(async move { on_loss(one.capability, claims.keep(one).await) });
    }
}

/// What tells this machine, since it was started, from others, and this space of process numbers from those beside it.
#[cfg(target_os = "linux")]
fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let space = std::fs::read_link("/proc/self/ns/pid");
    match (boot, space) {
        (Ok(boot), Ok(space)) => format!("{} {}", boot.trim(), space.display()),
        _ => String::new(),
    }
}

#[cfg(not(target_os = "linux"))]
fn machine() -> String {
    String::new()
}

fn is_alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// An error with all that caused it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
