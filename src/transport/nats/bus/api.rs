//! [`Api`]: what the server is asked about its streams, and how it answers.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::connection::State;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::nats::link::{Link, is_unheard};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection is believed to be down before it is looked at again: the news of it can be lost.
const LOOK: Duration = Duration::from_secs(1);

/// Why the server did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// There is no such stream, consumer or message.
    #[error("there is no such stream, consumer or message")]
    Absent,
    /// There is one already.
    #[error("there is one already, with other settings")]
    Taken,
    /// It says no, and will not say otherwise later.
    #[error("{0}")]
    Refused(String),
    /// Something of its own went wrong, as when two connections make and remove the same consumer at the same moment.
    #[error("{0}")]
    Failed(String),
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
            () = self.link.clock().sleep(PATIENCE) => {
                return Err(ApiError::Away("the server does not answer".to_owned()));
            }
            denied = self.denied(subject) => return Err(denied),
            () = self.reconnected() => {
                return Err(ApiError::Away("the connection was lost".to_owned()));
            }
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

    /// Ends when there seems to be a connection.
    pub(super) async fn connected(&self) {
        let mut state = self.link.state();
        while self.link.client().connection_state() != State::Connected {
            tokio::select! {
                // Closed for good it stays as it is: the tasks that wait are ended with the runtime.
                Ok(()) = state.changed() => {}
                () = self.link.clock().sleep(LOOK) => {}
            }
        }
    }

    /// Ends when the connection is there again after it was lost.
    pub(super) async fn reconnected(&self) {
        let mut state = self.link.state();
        // The news of the first connection come late: they are not news of another one.
        let before = state.borrow_and_update().num_connected.max(1);
        while state.borrow_and_update().num_connected <= before {
            if state.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// A refusal of permissions comes by another way than the answer, which never comes.
    async fn denied(&self, subject: &str) -> ApiError {
        let mut state = self.link.state();
        let before = state.borrow().num_denied;
        loop {
            {
                let now = state.borrow_and_update();
                let reason = now
                    .denied
                    .as_ref()
                    .filter(|reason| reason.contains(subject));
                if let Some(reason) = reason.filter(|_| now.num_denied > before) {
                    return ApiError::Denied(reason.clone());
                }
            }
            if state.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

fn refusal(error: &async_nats::jetstream::Error) -> ApiError {
    let text = error.to_string();
    match error.error_code() {
        ErrorCode::CONSUMER_NOT_FOUND
        | ErrorCode::STREAM_NOT_FOUND
        | ErrorCode::NO_MESSAGE_FOUND => ApiError::Absent,
        ErrorCode::CONSUMER_ALREADY_EXISTS | ErrorCode::STREAM_NAME_EXIST => ApiError::Taken,
        ErrorCode::CONSUMER_CREATE | ErrorCode::CONSUMER_STORE_FAILED => ApiError::Failed(text),
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
            ApiError::Unheard
        }
        _ if error.code() == 503 => ApiError::Away(text),
        _ => ApiError::Refused(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> ApiError {
        let answer = serde_json::from_str(text).expect("an error as the server writes it");
        refusal(&answer)
    }

    #[test]
    fn what_went_wrong_in_the_server_is_no_refusal() {
        let failed = refused(
            r#"{"code":500,"err_code":10012,"description":"rename o.dat: no such file or directory"}"#,
        );
        assert!(matches!(failed, ApiError::Failed(_)), "{failed:?}");
        let refused = refused(r#"{"code":400,"err_code":10025,"description":"bad request"}"#);
        assert!(matches!(refused, ApiError::Refused(_)), "{refused:?}");
    }
}
