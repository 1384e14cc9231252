//! [`Publisher`]: what the relay delivers to when a letter leaves the process. It is delivered when the stream has it.
//!
//! One letter of a lane is under way at a time. If the next one were sent before the stream has confirmed the one before, a lost
//! connection between the two could put them into the stream the wrong way round: the library sends what it still holds over the
//! new connection, before anybody knows that the one before was lost with the old one. Lanes are beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::envelope::Outgoing;
use super::ground::Ground;
use crate::call::backoff;
use crate::engine::parcel::{Landing, Parcel, Receiver, Undelivered};
use crate::transport::nats::link::is_unheard;

/// How long a confirmation may take before the letter is published again, under the same id.
const PATIENCE: Duration = Duration::from_secs(5);
const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// What headers and protocol may add to a body.
const ENVELOPE_BYTES: usize = 16 * 1024;

/// Where letters go.
#[derive(Debug, Clone)]
pub(super) enum Towards {
    /// To all who listen, wherever.
    Listeners,
    /// To one capability that lives elsewhere.
    Capability(String),
}

/// Publishes letters.
#[derive(Clone)]
pub(super) struct Publisher {
    pub(super) ground: Arc<Ground>,
    pub(super) towards: Towards,
    /// Letters that no stream has confirmed yet, of all publishers of the bus.
    pub(super) flying: Arc<AtomicUsize>,
}

/// The server's confirmation.
#[derive(Debug, Deserialize)]
struct Published {
    #[serde(default)]
    error: Option<async_nats::jetstream::Error>,
    #[serde(default)]
    seq: u64,
}

/// Why a letter is not in its stream, as far as is known.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// No stream takes it.
    #[error("no stream takes it")]
    Unheard,
    /// Not now.
    #[error("{0}")]
    Passing(String),
}

impl Receiver for Publisher {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<Landing, Undelivered>> {
        let publisher = self.clone();
        async move {
            publisher.publish(&parcel).await?;
            Ok(std::future::ready(Ok(())).boxed())
        }
        .boxed()
    }
}

/// Counts as long as it lives.
struct Flight(Arc<AtomicUsize>);

impl Flight {
    fn begin(flying: &Arc<AtomicUsize>) -> Self {
        flying.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(flying))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Publisher {
    /// Publishes one letter, however long it takes.
    async fn publish(&self, parcel: &Parcel) -> Result<(), Undelivered> {
        let _flight = Flight::begin(&self.flying);
        let subjects = self.ground.link().subjects();
        let letter = match &self.towards {
            Towards::Listeners => Outgoing::of_event(subjects, parcel),
            Towards::Capability(target) => Outgoing::of_send(subjects, target, parcel),
        };
        let letter = letter.ok_or_else(|| {
            Undelivered::Misfit("this cannot leave the process: it is no letter".to_owned())
        })?;
        self.fits(&letter)?;
        self.ground.ensured(letter.kind, &letter.capability).await;
        let mut pauses = 0;
        while let Err(failure) = self.publish_once(&letter).await {
            // Now and then, so that a server that is away for a night does not fill the log.
            if pauses % 32 == 1 {
                tracing::warn!(
                    subject = letter.subject, reason = %failure,
                    "a letter is not in its stream yet; it is published again until it is"
                );
            }
            if matches!(failure, Failure::Unheard) {
                self.ground.mend(letter.kind, &letter.capability).await;
            }
            let jitter = self.ground.random().fraction();
            let pause = backoff(pauses, BACKOFF_MIN, BACKOFF_MAX, jitter);
            self.ground.pause_or_reconnect(pause).await;
            pauses += 1;
        }
        Ok(())
    }

    /// The server closes the connection of who sends more than it takes.
    fn fits(&self, letter: &Outgoing) -> Result<(), Undelivered> {
        let limit = self.ground.link().client().server_info().max_payload;
        let bytes = letter.body.len() + ENVELOPE_BYTES;
        if limit == 0 || bytes <= limit {
            return Ok(());
        }
        Err(Undelivered::Misfit(format!(
            "{} bytes do not fit into a message of the nats-server, which takes {limit} with the headers; raise its max_payload",
            letter.body.len()
        )))
    }

    async fn publish_once(&self, letter: &Outgoing) -> Result<(), Failure> {
        let link = self.ground.link();
        self.ground.api().connected().await;
        let publishing = async {
            let (subject, headers) = (letter.subject.clone(), letter.headers.clone());
            let sent = link.send(subject, headers, letter.body.clone());
            let mut awaited = sent
                .await
                .map_err(|error| Failure::Passing(error.to_string()))?;
            let answer = awaited.answer().await;
            answer.ok_or_else(|| Failure::Passing("the connection is closed".to_owned()))
        };
        let answer = tokio::select! {
            answer = publishing => answer?,
            () = self.ground.pause_or_reconnect(PATIENCE) => {
                return Err(Failure::Passing("the server does not confirm it".to_owned()));
            }
        };
        if is_unheard(&answer) {
            return Err(Failure::Unheard);
        }
        match serde_json::from_slice(&answer.payload) {
            Ok(Published { error: None, seq }) if seq > 0 => Ok(()),
            Ok(Published {
                error: Some(error), ..
            }) => Err(Failure::Passing(error.to_string())),
            _ => Err(Failure::Passing(
                "something else than a stream answers".to_owned(),
            )),
        }
    }
}
