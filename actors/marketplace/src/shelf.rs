//! The shelf: what the marketplace itself sells, and for how much.

use marketplace_contract::{Offer, PageError};

/// A category with its books: number, title, price in cents.
type Category = (&'static str, &'static [(u32, &'static str, u32)]);

/// In alphabetical order.
const SHELF: &[Category] = &[
    (
        "cooking",
        &[
            (931, "Salt First", 2190),
            (932, "Dinner at Sea", 1890),
            (933, "The Tin Kitchen", 1290),
        ],
    ),
    (
        "mystery",
        &[
            (901, "The Borrowed Umbrella", 1490),
            (902, "Three Witnesses, One Dog", 1290),
            (903, "The Silent Metronome", 1690),
        ],
    ),
    (
        "science_fiction",
        &[
            (911, "Harvest on Ganymede", 1790),
            (912, "The Patience of Machines", 1590),
            (913, "Ninety Light-Seconds", 1390),
        ],
    ),
    (
        "self_help",
        &[
            (921, "A Desk with a View", 1190),
            (922, "Less, on Tuesdays", 990),
        ],
    ),
];

/// The books of a category.
///
/// # Errors
///
/// [`PageError::UnknownCategory`].
pub fn of(category: &str) -> Result<Vec<Offer>, PageError> {
    let Some((_, books)) = SHELF.iter().find(|(name, _)| *name == category) else {
        return Err(PageError::UnknownCategory {
            category: category.to_owned(),
            known: SHELF.iter().map(|(name, _)| (*name).to_owned()).collect(),
        });
    };
    let offers = books.iter().map(|&(id, title, price_cents)| Offer {
        id,
        title: title.to_owned(),
        price_cents,
    });
    Ok(offers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_books_and_every_other_is_refused_with_their_names() {
        let Err(PageError::UnknownCategory { known, .. }) = of("poetry") else {
            panic!("there is no poetry");
        };
        assert!(known.is_sorted() && known.len() == 4, "{known:?}");
        assert!(known.iter().all(|name| !of(name).unwrap().is_empty()));
    }
}
