//! What may be said to the marketplace.

mod page;

pub use page::{Offer, Page, PageError, ShowPage};
pub use recommendations_contract::Book;

skep::contract! {
    /// A book shop.
    pub Marketplace v1 { ShowPage }
}

#[cfg(test)]
mod tests {
    use skep::Contract;

    use super::*;

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let described = Marketplace::describe();
        let messages: Vec<&str> = described
            .messages
            .iter()
            .map(|message| message.name.as_str())
            .collect();
        assert_eq!(messages, ["page"]);
        assert!(described.events.is_empty());
        assert_eq!(
            (described.name.as_str(), described.version, Marketplace::KEY),
            ("marketplace", 1, None)
        );
    }
}
