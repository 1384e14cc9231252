//! [`Front`]: what tells people and programs about the API – its OpenAPI document, and the page that shows it.

use std::sync::{Arc, OnceLock};

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use crate::gateway::problem::Problem;
use crate::gateway::{Exposure, openapi, page, reading};

/// What tells about the API.
#[derive(Debug)]
pub(in crate::gateway) struct Front {
    about: Arc<About>,
    has_page: bool,
}

#[derive(Debug)]
struct About {
    exposure: Arc<Exposure>,
    application: String,
    version: String,
    /// Written when somebody asks first: that takes as long as everything else that a process does until it is ready.
    document: OnceLock<Bytes>,
}

impl Front {
    /// Tells about what is exposed of this application, with the page if it is wanted.
    pub(in crate::gateway) fn new(
        exposure: Arc<Exposure>,
        application: &str,
        version: &str,
        has_page: bool,
    ) -> Self {
        let about = About {
            exposure,
            application: application.to_owned(),
            version: version.to_owned(),
            document: OnceLock::new(),
        };
        Self {
            about: Arc::new(about),
            has_page,
        }
    }

    /// The file of the page at a path; nothing for most paths.
    pub(in crate::gateway) fn page(&self, path: &[&str]) -> Option<HttpResponse> {
        self.has_page.then(|| page::asset(path)).flatten()
    }

    /// The OpenAPI document.
    ///
    /// # Errors
    ///
    /// A problem with status 405, or 500 if it cannot be written.
    pub(in crate::gateway) async fn document(
        &self,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Problem> {
        reading::only(request)?;
        let about = Arc::clone(&self.about);
        let document = reading::aside(move || about.document()).await?;
        Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(document))
    }
}

impl About {
    fn document(&self) -> Bytes {
        let written = self.document.get_or_init(|| {
            let document = openapi::document(&self.exposure, &self.application, &self.version);
            // Nothing but strings for keys, and no numbers that JSON has not.
            serde_json::to_vec(&document).unwrap_or_default().into()
        });
        written.clone()
    }
}
