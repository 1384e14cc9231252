//! A guest book: an ordinary axum application, in which one capability keeps the entries.
//!
//! The application owns `main`, the tokio runtime and the web server. skep comes in as a [`Runtime`] that it starts, asks
//! and stops; its actors run on threads of their own.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use skep::prelude::*;
use skep::{Delivery, Runtime};

/// Write something into the guest book.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = usize, error = Blank)]
pub struct Sign {
    /// What to write.
    pub text: String,
}

/// There is nothing to write.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Blank {}

/// All entries, oldest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<String>, idempotent)]
pub struct Entries {}

skep::contract! {
    /// The guest book.
    pub GuestBook v1 { Sign, Entries }
}

/// Keeps the entries in memory.
#[derive(Debug, Default)]
pub struct Book {
    entries: Vec<String>,
}

#[capability(contract = GuestBook)]
impl Book {
    #[handle]
    async fn sign(&mut self, m: Sign) -> Result<usize, Blank> {
        if m.text.trim().is_empty() {
            return Err(Blank {});
        }
        self.entries.push(m.text);
        Ok(self.entries.len())
    }

    #[handle]
    async fn entries(&mut self, _: Entries) -> Vec<String> {
        self.entries.clone()
    }
}

/// The web application on top of a runtime that hosts the [`Book`].
pub fn router(runtime: &Runtime) -> Router {
    Router::new()
        .route("/entries", get(list))
        .route("/entries", post(sign))
        .with_state(runtime.get::<GuestBook>())
}

async fn list(
    State(book): State<Ref<GuestBook>>,
) -> Result<Json<Vec<String>>, (StatusCode, String)> {
    book.ask(Entries {})
        .await
        .map(Json)
        .map_err(|error| refused(&error))
}

async fn sign(
    State(book): State<Ref<GuestBook>>,
    Json(entry): Json<Sign>,
) -> Result<(StatusCode, Json<usize>), (StatusCode, String)> {
    match book.ask(entry).await {
        Ok(number) => Ok((StatusCode::CREATED, Json(number))),
        Err(AskError::Domain(Blank {})) => Err((
            StatusCode::UNPROCESSABLE_ENTITY,
            "there is nothing to write".to_owned(),
        )),
        Err(error) => Err(refused(&error)),
    }
}

/// What the platform says, as HTTP says it.
fn refused<E: std::fmt::Debug>(error: &AskError<E>) -> (StatusCode, String) {
    let status = match error.call().map(CallError::delivery) {
        Some(Delivery::NotDelivered) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, error.to_string())
}
