//! Show a page.

use recommendations_contract::Book;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Show the page of a category to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(name = "page", reply = Page, error = PageError, idempotent)]
pub struct ShowPage {
    /// Who looks at it.
    pub user: String,
    /// The category, such as `mystery`.
    pub category: String,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The category, as asked for.
    pub category: String,
    /// What the marketplace sells of it.
    pub shelf: Vec<Offer>,
    /// What else the user might like, the best first.
    pub recommended: Vec<Book>,
    /// The capability that was asked for recommendations.
    pub asked: String,
    /// Whether the recommendations are missing because something is wrong.
    pub degraded: bool,
    /// What is wrong, when something is.
    pub reason: Option<String>,
}

/// A book that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// Its number.
    pub id: u32,
    /// Its title.
    pub title: String,
    /// Its price, in cents.
    pub price_cents: u32,
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PageError {
    /// The marketplace sells nothing of this category.
    #[error("no category `{category}`: there are {}", known.join(", "))]
    UnknownCategory {
        /// As asked for.
        category: String,
        /// The categories there are, in alphabetical order.
        known: Vec<String>,
    },
}
