//! Who may come in at the operator's door.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

use super::token::Token;
use crate::gateway::problem::Problem;
use crate::gateway::visit;

/// Lets in who knows the token, and no web page that a browser was led here by.
///
/// # Errors
///
/// Problems with status 401 and 403.
pub(super) fn admit(request: &HttpRequest, token: &Token) -> Result<(), Problem> {
    let host = visit::text(request.headers(), &header::HOST).unwrap_or_default();
    if !is_loopback(host) {
        let detail =
            "this door is for programs of this machine: the Host is 127.0.0.1, [::1] or localhost";
        return Err(Problem::new(403, "foreign_host", detail));
    }
    let authorization = visit::text(request.headers(), &header::AUTHORIZATION).unwrap_or_default();
    if token.is_carried_by(authorization) {
        return Ok(());
    }
    let detail = "say \"Authorization: Bearer <token>\"; the token is in the admin file of the running process";
    Err(Problem::new(401, "unauthorized", detail))
}

/// Whether a `Host` is this machine by a name that no name server can give to somebody else's page.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address: Result<IpAddr, _> = name.parse();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for here in [
            "127.0.0.1",
            "127.0.0.1:4081",
            "[::1]:80",
            "localhost",
            "LocalHost:1",
            "127.9.9.9",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "",
            "evil.example",
            "127.0.0.1.evil.example:80",
            "localhost.evil",
            "[::2]",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
