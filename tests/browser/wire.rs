//! [`Wire`]: the driver's requests, sent by the HTTP client that skep's command line has too.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::session::http::{Body, HttpClient};

/// Requests to a driver on this machine.
#[derive(Debug)]
pub(crate) struct Wire(Client<HttpConnector, Full<Bytes>>);

impl Wire {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: Request<Body<'_>>) -> WebDriverResult<Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        // A session that ends with its test has nothing to keep alive.
        parts
            .headers
            .insert(CONNECTION, HeaderValue::from_static("close"));
        let body = match body {
            Body::Empty => Bytes::new(),
            Body::Json(value) => value.to_string().into(),
        };
        let request = Request::from_parts(parts, Full::new(body));
        let failed = |error: &dyn std::error::Error| WebDriverError::HttpError(error.to_string());
        let response = self
            .0
            .request(request)
            .await
            .map_err(|error| failed(&error))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| failed(&error))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }

    async fn new(&self) -> Arc<dyn HttpClient> {
        Arc::new(Self::new())
    }
}
