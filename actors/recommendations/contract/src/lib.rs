//! What may be said to the recommendations, under two names: two implementations can answer side by side, and a caller chooses.

mod recommend;

pub use recommend::{Book, Recommend, RecommendError, Recommended};

skep::contract! {
    /// Recommends books.
    pub Recommendations v1 { Recommend }
}

skep::contract! {
    /// Recommends books as `recommendations` does, from a process of another language. Nobody in a Rust program implements it:
    /// where no such process can be reached, calls fail as not hosted.
    pub RecommendationsPython v1 { Recommend }
}

#[cfg(test)]
mod tests {
    use skep::{Contract, Description};

    use super::*;

    fn names(described: &Description) -> Vec<&str> {
        described
            .messages
            .iter()
            .map(|message| message.name.as_str())
            .collect()
    }

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let (rust, python) = (
            Recommendations::describe(),
            RecommendationsPython::describe(),
        );
        assert_eq!((rust.name.as_str(), rust.version), ("recommendations", 1));
        assert_eq!(
            (python.name.as_str(), python.version),
            ("recommendations_python", 1)
        );
        for described in [&rust, &python] {
            assert_eq!(names(described), ["recommend"]);
            assert!(described.events.is_empty());
        }
    }

    #[test]
    fn both_names_have_the_same_messages() {
        let (rust, python) = (
            Recommendations::describe(),
            RecommendationsPython::describe(),
        );
        assert_eq!(rust.messages, python.messages);
    }
}
