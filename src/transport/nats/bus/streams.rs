//! The streams of one capability: what they must be like, and making them so.
//!
//! `EV` keeps events until every consumer has acknowledged them, and nothing that nobody listens to. `CMD` keeps sends until
//! their one receiver has acknowledged them. Neither drops anything for age or room: a full one refuses, and what is refused
//! waits in the outbox of its sender.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, RetentionPolicy, StorageType};
use serde_json::json;

use super::api::{Api, ApiError};
use super::error::BusError;
use crate::transport::nats::server::Version;
use crate::transport::nats::subjects::Subjects;

/// How long the server knows the ids of what it has stored. A sender that tries again later than this has been away: its
/// receivers know the ids for longer.
const DUPLICATES: Duration = Duration::from_secs(120);

/// What a stream keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Events,
    Sends,
}

impl Kind {
    /// The name of a capability's stream of this kind.
    pub(super) fn stream(self, subjects: &Subjects, capability: &str) -> String {
        match self {
            Self::Events => subjects.stream("EV", capability),
            Self::Sends => subjects.stream("CMD", capability),
        }
    }

    fn subject(self, subjects: &Subjects, capability: &str) -> String {
        match self {
            Self::Events => subjects.events(capability, "*"),
            Self::Sends => subjects.send(capability, "*"),
        }
    }

    const fn retention(self) -> RetentionPolicy {
        match self {
            Self::Events => RetentionPolicy::Interest,
            Self::Sends => RetentionPolicy::WorkQueue,
        }
    }
}

/// A stream as it has to be.
fn wanted(kind: Kind, subjects: &Subjects, capability: &str, replicas: u8) -> Config {
    Config {
        name: kind.stream(subjects, capability),
        subjects: vec![kind.subject(subjects, capability)],
        retention: kind.retention(),
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_age: Duration::ZERO,
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        num_replicas: usize::from(replicas.max(1)),
        duplicate_window: DUPLICATES,
        allow_direct: true,
        ..Config::default()
    }
}

/// A setting of a stream that is not what it has to be.
struct Difference {
    setting: &'static str,
    found: String,
    wanted: String,
}

/// Brings what is there to what is wanted, as far as it matters; the first difference, if there is one. Limits of room and the
/// rest are left as whoever runs the server has set them.
fn adjust(found: &mut Config, wanted: &Config) -> Option<Difference> {
    let mut first = None;
    macro_rules! same {
        ($($field:ident),*) => {$(
            if found.$field != wanted.$field {
                first.get_or_insert_with(|| Difference {
                    setting: stringify!($field),
                    found: format!("{:?}", found.$field),
                    wanted: format!("{:?}", wanted.$field),
                });
                found.$field.clone_from(&wanted.$field);
            }
        )*};
    }
    same!(
        retention,
        storage,
        subjects,
        discard,
        max_age,
        max_messages_per_subject
    );
    same!(num_replicas, allow_direct, duplicate_window, no_ack, sealed);
    first
}

/// Makes sure of one stream.
pub(super) async fn ensure(
    api: &Api,
    kind: Kind,
    capability: &str,
    replicas: u8,
) -> Result<(), StreamError> {
    let wanted = wanted(kind, api.link().subjects(), capability, replicas);
    let name = wanted.name.clone();
    let mut found = match find(api, &name).await {
        Ok(info) => info.config,
        Err(ApiError::Absent) => return create(api, &wanted).await,
        Err(error) => return Err(error.into()),
    };
    let Some(difference) = adjust(&mut found, &wanted) else {
        return Ok(());
    };
    tracing::info!(
        stream = name,
        setting = difference.setting,
        "a stream of the server is brought up to date"
    );
    let subject = format!("STREAM.UPDATE.{name}");
    match api.ask::<Info>(&subject, &found).await {
        Ok(_) => Ok(()),
        Err(ApiError::Refused(reason)) => Err(StreamError::Final(BusError::Unsuitable {
            stream: name,
            setting: difference.setting,
            found: difference.found,
            wanted: difference.wanted,
            reason,
        })),
        Err(error) => Err(error.into()),
    }
}

async fn create(api: &Api, wanted: &Config) -> Result<(), StreamError> {
    let name = &wanted.name;
    match api
        .ask::<Info>(&format!("STREAM.CREATE.{name}"), wanted)
        .await
    {
        Ok(_) => Ok(()),
        // Another process was quicker, with other settings: the next round looks at them.
        Err(ApiError::Taken) => Err(StreamError::Passing(ApiError::Taken)),
        Err(ApiError::Refused(reason)) => Err(StreamError::Final(BusError::Refused {
            name: name.clone(),
            reason,
        })),
        Err(error) => Err(error.into()),
    }
}

/// Looks at a stream.
pub(super) async fn find(api: &Api, stream: &str) -> Result<Info, ApiError> {
    api.ask(&format!("STREAM.INFO.{stream}"), &json!({})).await
}

/// Why something could not be made sure of.
#[derive(Debug)]
pub(super) enum StreamError {
    /// It may go another time.
    Passing(ApiError),
    /// It will not.
    Final(BusError),
}

impl From<ApiError> for StreamError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Denied(reason) => Self::Final(BusError::Denied { reason }),
            other => Self::Passing(other),
        }
    }
}

/// Whether the server of this connection can do what is needed; looks at what it said when the connection was made.
pub(super) fn suits(api: &Api) -> Result<(), BusError> {
    let info = api.link().client().server_info();
    // Nothing was said yet.
    if info.version.is_empty() {
        return Ok(());
    }
    let version: Option<Version> = info.version.parse().ok();
    if version.is_none_or(|version| version < Version::OLDEST) {
        return Err(BusError::TooOld {
            version: info.version,
        });
    }
    if info.jetstream {
        Ok(())
    } else {
        Err(BusError::NoJetStream)
    }
}
