//! [`Front`]: what tells people and programs about the API – its OpenAPI document, and the page that shows it.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;

use crate::gateway::page;
use crate::gateway::{Document, DoorError};

/// What tells about the API.
#[derive(Debug)]
pub(in crate::gateway) struct Front {
    document: Bytes,
    has_page: bool,
}

impl Front {
    /// With this document, and with the page if it is wanted.
    ///
    /// # Errors
    ///
    /// [`DoorError::Schema`] if the document is no JSON.
    pub(in crate::gateway) fn new(document: &Document, has_page: bool) -> Result<Self, DoorError> {
        let document = serde_json::to_vec(document).map_err(|error| DoorError::Schema {
            reason: format!("the OpenAPI document cannot be written: {error}"),
        })?;
        Ok(Self {
            document: document.into(),
            has_page,
        })
    }

    /// What is at a path; nothing for most paths.
    pub(in crate::gateway) fn at(&self, path: &[&str]) -> Option<HttpResponse> {
        match path {
            ["openapi.json"] => Some(self.document()),
            path if self.has_page => page::asset(path),
            _ => None,
        }
    }

    fn document(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(self.document.clone())
    }
}
