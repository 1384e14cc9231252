//! The recommendations, as a caller meets them.

use recommendations::Recommender;
use recommendations_contract::{Recommend, RecommendError, Recommendations, RecommendationsPython};
use skep::testing::Colony;
use skep::{AskError, CallError};

fn asked(category: &str, max_results: u32) -> Recommend {
    Recommend {
        user: "ada".to_owned(),
        category: category.to_owned(),
        max_results,
    }
}

#[skep::test]
async fn a_user_is_recommended_the_same_books_whenever_asked(colony: Colony) {
    let runtime = colony.with::<Recommender>().start().await;
    let recommendations = runtime.get::<Recommendations>();
    let first = recommendations.ask(asked("mystery", 3)).await;
    let again = recommendations.ask(asked("mystery", 3)).await;
    assert_eq!(first, again);
    assert_eq!(first.expect("books").books.len(), 3);
}

#[skep::test]
async fn a_category_with_fewer_books_gives_all_it_has(colony: Colony) {
    let runtime = colony.with::<Recommender>().start().await;
    let recommendations = runtime.get::<Recommendations>();
    let found = recommendations.ask(asked("cooking", 10)).await;
    assert_eq!(found.expect("books").books.len(), 6);
}

#[skep::test]
async fn an_unknown_category_is_refused_with_those_that_there_are(colony: Colony) {
    let runtime = colony.with::<Recommender>().start().await;
    let recommendations = runtime.get::<Recommendations>();
    let refused = recommendations.ask(asked("poetry", 0)).await;
    let known = ["cooking", "mystery", "science_fiction", "self_help"];
    let expected = RecommendError::UnknownCategory {
        category: "poetry".to_owned(),
        known: known.map(str::to_owned).to_vec(),
    };
    assert_eq!(refused, Err(AskError::Domain(expected)));
}

#[skep::test]
async fn no_books_and_too_many_are_refused(colony: Colony) {
    let runtime = colony.with::<Recommender>().start().await;
    let recommendations = runtime.get::<Recommendations>();
    for max_results in [0, 11, u32::MAX] {
        let refused = recommendations.ask(asked("mystery", max_results)).await;
        let expected = RecommendError::WrongMaxResults {
            max_results,
            most: 10,
        };
        assert_eq!(refused, Err(AskError::Domain(expected)));
    }
}

#[skep::test]
async fn the_second_name_is_not_hosted_where_only_rust_runs(colony: Colony) {
    let runtime = colony.with::<Recommender>().start().await;
    let python = runtime.get::<RecommendationsPython>();
    let refused = python.ask(asked("mystery", 3)).await;
    assert!(
        matches!(refused, Err(AskError::Call(CallError::NotHosted { .. }))),
        "{refused:?}"
    );
}
