//! The collector: where it is, what it is sent, and what its answers mean.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::config::OtlpSettings;

/// Bytes of an answer that are read; there is nothing in it that we need.
const ANSWER_MAX: usize = 64 * 1024;

/// A `[trace.otlp]` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The endpoint is no address of a collector.
    #[error(
        "trace.otlp.endpoint is {endpoint:?}, {reason}: say where the collector takes traces, such as \
         \"http://127.0.0.1:4318/v1/traces\""
    )]
    Endpoint {
        /// What was configured.
        endpoint: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A header cannot be sent.
    #[error("trace.otlp.headers: `{name}` {reason}")]
    Header {
        /// The header's name; its value is a secret.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The system gives no thread or no timer to send with.
    #[error("no thread can be started that sends traces: {reason}")]
    NoThread {
        /// What it said.
        reason: String,
    },
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// The collector has it.
    Taken,
    /// It may work later, not before the time given.
    Later {
        after: Option<Duration>,
        reason: String,
    },
    /// It will never work.
    Refused { reason: String },
}

/// The collector.
#[derive(Debug)]
pub(super) struct Endpoint {
    uri: Uri,
    headers: HeaderMap,
    timeout: Duration,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Endpoint {
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, OtlpError> {
        Ok(Self {
            uri: uri(&settings.endpoint)?,
            headers: headers(settings)?,
            timeout: settings.timeout.get(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        })
    }

    pub(super) async fn send(&self, body: Vec<u8>) -> Sent {
        match tokio::time::timeout(self.timeout, self.exchange(body)).await {
            Ok(sent) => sent,
            Err(_) => Sent::Later {
                after: None,
                reason: format!("no answer within {:?}", self.timeout),
            },
        }
    }

    async fn exchange(&self, body: Vec<u8>) -> Sent {
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                let reason =
                    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
                return Sent::Later {
                    after: None,
                    reason,
                };
            }
        };
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(seconds);
        // Read to its end, so that the connection can be used again.
        let _ = Limited::new(response.into_body(), ANSWER_MAX)
            .collect()
            .await;
        let reason = format!("it answered {status}");
        if status.is_success() {
            Sent::Taken
        } else if status.is_server_error() || status.as_u16() == 429 || status.as_u16() == 408 {
            Sent::Later { after, reason }
        } else {
            Sent::Refused { reason }
        }
    }
}

fn uri(endpoint: &str) -> Result<Uri, OtlpError> {
    let wrong = |reason| OtlpError::Endpoint {
        endpoint: endpoint.to_owned(),
        reason,
    };
    let uri: Uri = endpoint.parse().map_err(|_| wrong("which is no URL"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => {
            return Err(wrong(
                "but there is no TLS here: send to a collector beside this process",
            ));
        }
        _ => return Err(wrong("which does not begin with http://")),
    }
    match uri.host() {
        Some(host) if !host.is_empty() => Ok(uri),
        _ => Err(wrong("which names no host")),
    }
}

fn headers(settings: &OtlpSettings) -> Result<HeaderMap, OtlpError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-protobuf"),
    );
    for (name, value) in &settings.headers {
        let wrong = |reason| OtlpError::Header {
            name: name.clone(),
            reason,
        };
        let header = HeaderName::try_from(name).map_err(|_| wrong("is no name of a header"))?;
        let mut value = HeaderValue::try_from(value.expose())
            .map_err(|_| wrong("has a value with characters that no header can have"))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// Only seconds: a date is as good as nothing said.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
