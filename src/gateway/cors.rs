//! [`Cors`]: which web pages of other origins may call the API (Fetch standard, CORS protocol).

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

const METHODS: &str = "GET, POST";
const REQUEST_HEADERS: &str =
    "content-type, idempotency-key, skep-deadline, traceparent, x-request-id, last-event-id";
const ANSWER_HEADERS: &str = "x-request-id, x-trace-id, traceparent, retry-after";

/// Which web pages of other origins may call the API.
#[derive(Debug)]
pub(super) struct Cors {
    origins: Vec<String>,
}

impl Cors {
    /// The origins of `gateway.cors_origins`.
    ///
    /// # Errors
    ///
    /// What is wrong with an origin.
    pub(super) fn new(origins: &[String]) -> Result<Self, String> {
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(wrong) => Err(format!(
                "gateway.cors_origins has {wrong:?}, which is no origin: say \"https://shop.example\" or \"http://127.0.0.1:8000\" – no path, no slash at the end –, or \"*\""
            )),
            None => Ok(Self {
                origins: origins.to_vec(),
            }),
        }
    }

    /// The answer to a browser that asks whether it may send a request.
    pub(super) fn preflight(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let asks = request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        self.allowed(request).filter(|_| asks)?;
        let mut response = HttpResponse::NoContent();
        response.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS));
        response.insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"));
        Some(response.finish())
    }

    /// Tells the browser that its page may read an answer.
    pub(super) fn mark(&self, request: &HttpRequest, headers: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.allowed(request) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static(ANSWER_HEADERS),
            );
        }
    }

    fn allowed(&self, request: &HttpRequest) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        if self.origins.iter().any(|known| known == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?;
        let is_known = self
            .origins
            .iter()
            .any(|known| known.eq_ignore_ascii_case(text));
        is_known.then(|| origin.clone())
    }
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return text == "*";
    };
    let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@', '*']);
    matches!(scheme, "http" | "https")
        && is_host
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_taken() {
        for right in [
            "*",
            "https://shop.example",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
        ] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in [
            "",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://*.example",
            "file:///x",
            "null",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
