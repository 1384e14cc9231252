//! [`Api`]: what the server is asked about its streams, and how it answers.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::nats::link::{Link, is_unheard};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the server did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// There is no such stream or consumer.
    #[error("there is no such stream or consumer")]
    Absent,
    /// There is one already.
    #[error("there is one already, with other settings")]
    Taken,
    /// It says no, and will not say otherwise later.
    #[error("{0}")]
    Refused(String),
    /// It does not let this connection ask.
    #[error("{0}")]
    Denied(String),
    /// JetStream is not on, or not on yet.
    #[error("nobody answers for JetStream")]
    Unheard,
    /// It does not answer now, or cannot do it now.
    #[error("{0}")]
    Away(String),
}

/// The part of the server that keeps streams.
#[derive(Clone)]
pub(super) struct Api {
    link: Link,
}

impl Api {
    pub(super) fn new(link: &Link) -> Self {
        Self { link: link.clone() }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Asks, and waits a few seconds at most.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        let denied_before = self.link.state().borrow().num_denied;
        let body =
            serde_json::to_vec(body).map_err(|error| ApiError::Refused(error.to_string()))?;
        let asking = async {
            let subject = format!("$JS.API.{subject}");
            let sent = self.link.send(subject, HeaderMap::new(), Bytes::from(body));
            let mut awaited = sent
                .await
                .map_err(|error| ApiError::Away(error.to_string()))?;
            let answer = awaited.answer().await;
            answer.ok_or_else(|| ApiError::Away("the connection is closed".to_owned()))
        };
        let answer = tokio::select! {
            answer = asking => answer?,
            () = self.link.clock().sleep(PATIENCE) => return Err(self.silence(denied_before)),
        };
        if is_unheard(&answer) {
            return Err(ApiError::Unheard);
        }
        match serde_json::from_slice(&answer.payload) {
            Ok(Response::Ok(answer)) => Ok(answer),
            Ok(Response::Err { error }) => Err(refusal(&error)),
            Err(error) => Err(ApiError::Refused(format!(
                "its answer is not readable: {error}"
            ))),
        }
    }

    /// A refusal of permissions comes by another way than the answer, which never comes.
    fn silence(&self, denied_before: u64) -> ApiError {
        let state = self.link.state();
        let state = state.borrow();
        match &state.denied {
            Some(reason) if state.num_denied > denied_before => ApiError::Denied(reason.clone()),
            _ => ApiError::Away("the server does not answer".to_owned()),
        }
    }
}

fn refusal(error: &async_nats::jetstream::Error) -> ApiError {
    let text = error.to_string();
    match error.error_code() {
        ErrorCode::CONSUMER_NOT_FOUND | ErrorCode::STREAM_NOT_FOUND => ApiError::Absent,
        ErrorCode::CONSUMER_ALREADY_EXISTS | ErrorCode::STREAM_NAME_EXIST => ApiError::Taken,
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
            ApiError::Unheard
        }
        _ if error.code() == 503 => ApiError::Away(text),
        _ => ApiError::Refused(text),
    }
}
