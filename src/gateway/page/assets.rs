//! The files of the page, and the headers that keep it to itself.

use actix_web::HttpResponse;
use actix_web::http::header;

/// Nothing but what this process serves: no other host, no script or style in the markup, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Paths, types and contents.
const ASSETS: &[(&str, &str, &str)] = &[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    (
        "page/page.css",
        "text/css; charset=utf-8",
        include_str!("page.css"),
    ),
    ("page/icon.svg", "image/svg+xml", include_str!("icon.svg")),
    ("page/main.js", SCRIPT, include_str!("main.js")),
    ("page/dom.js", SCRIPT, include_str!("dom.js")),
    ("page/events.js", SCRIPT, include_str!("events.js")),
    ("page/message.js", SCRIPT, include_str!("message.js")),
    ("page/schema.js", SCRIPT, include_str!("schema.js")),
];

/// The file at a path, if the page has one there.
pub(in crate::gateway) fn asset(path: &[&str]) -> Option<HttpResponse> {
    let path = path.join("/");
    let (_, media_type, content) = ASSETS.iter().find(|(known, ..)| *known == path)?;
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, *media_type))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(*content);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of all files together.
    const SIZE_MAX: usize = 60 * 1024;

    #[test]
    fn the_page_is_small() {
        let size: usize = ASSETS.iter().map(|(_, _, content)| content.len()).sum();
        assert!(size < SIZE_MAX, "{size} bytes");
    }

    #[test]
    fn every_file_that_the_page_names_is_served() {
        let mut named = 0;
        for (path, _, content) in ASSETS {
            for quoted in content.split('"').skip(1).step_by(2) {
                let target = match quoted.strip_prefix("./") {
                    Some(beside) => format!("page/{beside}"),
                    None => quoted.strip_prefix('/').unwrap_or_default().to_owned(),
                };
                if target.starts_with("page/") {
                    named += 1;
                    let segments: Vec<&str> = target.split('/').collect();
                    assert!(asset(&segments).is_some(), "{path} names {quoted}");
                }
            }
        }
        assert!(named >= ASSETS.len(), "only {named} files are named");
    }

    /// Doc comments and replies are not to be trusted, and nobody else learns of who looks at the page.
    #[test]
    fn no_file_writes_markup_or_names_another_host() {
        for (path, _, content) in ASSETS {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "https://",
            ] {
                assert!(!content.contains(word), "{path} has {word}");
            }
            let hosts = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!hosts.contains("http://"), "{path} names a host");
        }
    }
}
