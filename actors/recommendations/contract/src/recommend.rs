//! Recommend books of a category.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Recommend books of a category to a user.
///
/// The same user gets the same books in the same order, whichever implementation answers: ordered by the SHA-256 of the user's
/// name, a zero byte and the book's number, all in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Recommended, error = RecommendError, idempotent)]
pub struct Recommend {
    /// Who will read them.
    #[schemars(example = &"ada")]
    pub user: String,
    /// The category, such as `mystery`.
    #[schemars(example = &"mystery")]
    pub category: String,
    /// How many at most, 1 to 10.
    #[schemars(example = 3)]
    pub max_results: u32,
}

/// What is recommended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recommended {
    /// The books, the best first; fewer than asked for when the category has no more.
    pub books: Vec<Book>,
}

/// A book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    /// Its number.
    pub id: u32,
    /// Its title.
    pub title: String,
}

/// Why nothing is recommended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RecommendError {
    /// There is no such category.
    #[error("no category `{category}`: there are {}", known.join(", "))]
    UnknownCategory {
        /// As asked for.
        category: String,
        /// The categories there are, in alphabetical order.
        known: Vec<String>,
    },
    /// None or too many are asked for.
    #[error("{max_results} books cannot be recommended: 1 to {most} can")]
    WrongMaxResults {
        /// As asked for.
        max_results: u32,
        /// The most that can be asked for.
        most: u32,
    },
}
