//! [`Catalogue`]: the books there are, and which of them a user is recommended.

use std::collections::BTreeMap;

use recommendations_contract::{Book, Recommend, RecommendError};
use sha2::{Digest, Sha256};

/// The most that are recommended at once.
pub const MAX_RESULTS: u32 = 10;

/// The books, by category. Implementations in other languages read the same file.
const BOOKS: &str = include_str!("books.json");

/// The books there are, by category.
#[derive(Debug)]
pub struct Catalogue {
    books: BTreeMap<String, Vec<Book>>,
}

impl Catalogue {
    /// Reads the books.
    ///
    /// # Errors
    ///
    /// When the file that was built in is none.
    pub fn read() -> Result<Self, serde_json::Error> {
        let books = serde_json::from_str(BOOKS)?;
        Ok(Self { books })
    }

    /// The books for a user: always the same ones, in the same order.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with what was asked.
    pub fn recommend(&self, asked: &Recommend) -> Result<Vec<Book>, RecommendError> {
        let Some(books) = self.books.get(&asked.category) else {
            return Err(RecommendError::UnknownCategory {
                category: asked.category.clone(),
                known: self.books.keys().cloned().collect(),
            });
        };
        let max_results = asked.max_results;
        if !(1..=MAX_RESULTS).contains(&max_results) {
            return Err(RecommendError::WrongMaxResults {
                max_results,
                most: MAX_RESULTS,
            });
        }
        let mut ordered = books.clone();
        ordered.sort_by_cached_key(|book| rank(&asked.user, book));
        ordered.truncate(usize::try_from(max_results).unwrap_or(usize::MAX));
        Ok(ordered)
    }
}

/// Where a book stands among a user's: SHA-256 of user, zero byte and number, which every language has.
fn rank(user: &str, book: &Book) -> [u8; 32] {
    let text = format!("{user}\0{}", book.id);
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn ids(user: &str, category: &str, max_results: u32) -> Vec<u32> {
        let asked = Recommend {
            user: user.to_owned(),
            category: category.to_owned(),
            max_results,
        };
        let books = Catalogue::read().unwrap().recommend(&asked).unwrap();
        books.iter().map(|book| book.id).collect()
    }

    #[test]
    fn the_order_for_a_user_is_what_it_was_when_others_began_to_rely_on_it() {
        assert_eq!(ids("ada", "mystery", 3), [104, 106, 108]);
        assert_eq!(ids("Zoë", "cooking", 10), [405, 403, 406, 401, 402, 404]);
    }

    #[test]
    fn fewer_are_the_first_of_more() {
        let all = ids("ada", "self_help", 10);
        for few in 1..=7 {
            assert_eq!(ids("ada", "self_help", few), all[..few as usize]);
        }
    }

    #[test]
    fn users_differ_in_what_they_are_recommended() {
        let firsts = (0..50).map(|user| ids(&format!("user {user}"), "mystery", 1)[0]);
        assert!(firsts.collect::<BTreeSet<_>>().len() > 4);
    }

    #[test]
    fn no_book_has_the_number_of_another() {
        let books = Catalogue::read().unwrap().books;
        let numbers: Vec<u32> = books.values().flatten().map(|book| book.id).collect();
        let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
        assert_eq!(numbers.len(), distinct.len());
    }
}
