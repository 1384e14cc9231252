//! The storefront beside its recommendations, and beside recommendations that fail it in every way.

use std::time::Duration;

use marketplace::Storefront;
use marketplace_contract::{Marketplace, Page, PageError, ShowPage};
use recommendations::Recommender;
use recommendations_contract::{
    Book, Recommend, RecommendError, Recommendations, RecommendationsPython, Recommended,
};
use skep::testing::{Colony, Fake};
use skep::{AskError, Contract, Runtime, capability};

/// Never answers.
#[derive(Debug, Default)]
struct Silent;

#[capability(contract = Recommendations, stateless)]
impl Silent {
    #[handle]
    async fn recommend(&mut self, _: Recommend) -> Result<Recommended, RecommendError> {
        std::future::pending().await
    }
}

/// Panics at every question.
#[derive(Debug, Default)]
struct Broken;

#[capability(contract = Recommendations, stateless)]
impl Broken {
    #[handle]
    #[allow(clippy::panic, reason = "what is tested is that it does")]
    async fn recommend(&mut self, _: Recommend) -> Result<Recommended, RecommendError> {
        panic!("no books today")
    }
}

/// Panics at its first question and answers the next. It has been asked when the file that the user's name leads to is not empty:
/// an actor that panicked remembers nothing.
#[derive(Debug, Default)]
struct Recovering;

#[capability(contract = Recommendations, stateless)]
impl Recovering {
    #[handle]
    #[allow(clippy::panic, reason = "what is tested is that it does")]
    async fn recommend(&mut self, asked: Recommend) -> Result<Recommended, RecommendError> {
        let told = std::fs::read(&asked.user).expect("the test's file");
        if told.is_empty() {
            std::fs::write(&asked.user, "asked").expect("the test's file");
            panic!("not yet");
        }
        Ok(Recommended { books: Vec::new() })
    }
}

/// Answers with one book, of this number, as often as it can be asked for.
fn plays<C: Contract + skep::Accepts<Recommend>>(id: u32) -> Fake<C> {
    Fake::new().answer(move |_: Recommend| {
        let title = "Any Book".to_owned();
        let book = Book { id, title };
        Ok(Recommended {
            books: vec![book; 20],
        })
    })
}

fn shown_to(user: &str, category: &str) -> ShowPage {
    ShowPage {
        user: user.to_owned(),
        category: category.to_owned(),
    }
}

/// A page for a caller who waits for a second at most.
async fn page(runtime: &Runtime, user: &str) -> Page {
    let marketplace = runtime.get::<Marketplace>();
    let asking = marketplace.ask(shown_to(user, "mystery"));
    let shown = asking.deadline(Duration::from_secs(1)).await;
    shown.expect("a page, whatever becomes of the rest")
}

fn share(percent: u8) -> String {
    format!("capabilities.marketplace.settings.recommendations.share_python={percent}")
}

/// A page without recommendations: the shelf is whole, and the reason has `why` in it.
fn assert_degraded(page: &Page, why: &str) {
    assert!(page.degraded && page.recommended.is_empty(), "{page:?}");
    assert_eq!(page.shelf.len(), 3);
    let reason = page.reason.as_deref().unwrap_or_default();
    assert!(reason.contains(why), "{reason:?} does not say {why:?}");
}

#[skep::test]
async fn a_page_has_the_shelf_and_what_is_recommended(colony: Colony) {
    let runtime = colony
        .with::<Storefront>()
        .with::<Recommender>()
        .start()
        .await;
    let page = page(&runtime, "ada").await;
    let ids: Vec<u32> = page.recommended.iter().map(|book| book.id).collect();
    assert_eq!(ids, [104, 106, 108]);
    assert_eq!((page.degraded, page.reason), (false, None));
    assert_eq!(
        (page.asked.as_str(), page.shelf.len()),
        ("recommendations", 3)
    );
}

#[skep::test]
async fn an_unknown_category_has_no_page(colony: Colony) {
    let runtime = colony.with::<Storefront>().start().await;
    let refused = runtime
        .get::<Marketplace>()
        .ask(shown_to("ada", "poetry"))
        .await;
    assert!(
        matches!(&refused, Err(AskError::Domain(PageError::UnknownCategory { known, .. })) if known.len() == 4),
        "{refused:?}"
    );
}

#[skep::test]
async fn recommendations_that_do_not_answer_are_left_out_in_time(colony: Colony) {
    let runtime = colony.with::<Storefront>().with::<Silent>().start().await;
    assert_degraded(&page(&runtime, "ada").await, "deadline");
}

#[skep::test]
async fn a_caller_in_a_hurry_gets_its_page_before_the_deadline_of_the_settings(colony: Colony) {
    let long = "capabilities.marketplace.settings.recommendations.deadline=1m";
    let runtime = colony
        .with::<Storefront>()
        .with::<Silent>()
        .set(long)
        .start()
        .await;
    assert_degraded(&page(&runtime, "ada").await, "deadline");
}

#[skep::test]
async fn many_pages_do_not_wait_for_each_others_recommendations(colony: Colony) {
    let runtime = colony
        .with::<Storefront>()
        .with::<Silent>()
        .set("capabilities.marketplace.instances=1")
        .start()
        .await;
    // One after the other, 50 times 300 ms: the last caller would have given up long before.
    let users: Vec<String> = (0..50).map(|number| format!("user {number}")).collect();
    let pages = users.iter().map(|user| page(&runtime, user));
    for page in futures_util::future::join_all(pages).await {
        assert_degraded(&page, "deadline");
    }
}

#[skep::test(in_process = "it owns the time")]
async fn recommendations_that_recover_are_asked_again_after_a_pause(colony: Colony) {
    let runtime = colony
        .with::<Storefront>()
        .with::<Recovering>()
        .set("capabilities.marketplace.instances=1")
        .set("capabilities.recommendations.instances=1")
        .start()
        .await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let user = file.path().display().to_string();
    assert_degraded(&page(&runtime, &user).await, "not yet");
    assert_degraded(&page(&runtime, &user).await, "not yet");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(!page(&runtime, &user).await.degraded);
}

#[skep::test]
async fn recommendations_that_panic_are_left_out(colony: Colony) {
    let runtime = colony.with::<Storefront>().with::<Broken>().start().await;
    assert_degraded(&page(&runtime, "ada").await, "panic");
}

#[skep::test]
async fn recommendations_that_refuse_are_left_out(colony: Colony) {
    let refusing = Fake::<Recommendations>::new().answer(|asked: Recommend| {
        Err(RecommendError::UnknownCategory {
            category: asked.category,
            known: Vec::new(),
        })
    });
    let runtime = colony.with::<Storefront>().fake(refusing).start().await;
    assert_degraded(&page(&runtime, "ada").await, "no category `mystery`");
}

#[skep::test]
async fn recommendations_that_nobody_hosts_are_left_out(colony: Colony) {
    let runtime = colony.with::<Storefront>().start().await;
    assert_degraded(&page(&runtime, "ada").await, "recommendations");
}

#[skep::test]
async fn a_share_for_python_degrades_pages_where_nobody_answers_for_it(colony: Colony) {
    let runtime = colony
        .with::<Storefront>()
        .with::<Recommender>()
        .set(share(100))
        .start()
        .await;
    let page = page(&runtime, "ada").await;
    assert_eq!(page.asked, "recommendations_python");
    assert_degraded(&page, "recommendations_python");
}

/// A page where two play the recommendations, with books 1 and 2.
async fn page_with_share(colony: Colony, percent: u8) -> (String, u32) {
    let runtime = colony
        .with::<Storefront>()
        .fake(plays::<Recommendations>(1))
        .fake(plays::<RecommendationsPython>(2))
        .set(share(percent))
        .start()
        .await;
    let page = page(&runtime, "ada").await;
    (page.asked, page.recommended[0].id)
}

#[skep::test]
async fn without_a_share_rust_answers(colony: Colony) {
    let answered = page_with_share(colony, 0).await;
    assert_eq!(answered, ("recommendations".to_owned(), 1));
}

#[skep::test]
async fn with_a_share_of_all_python_answers(colony: Colony) {
    let answered = page_with_share(colony, 100).await;
    assert_eq!(answered, ("recommendations_python".to_owned(), 2));
}

#[skep::test]
async fn a_user_stays_with_who_answered_first(colony: Colony) {
    let runtime = colony
        .with::<Storefront>()
        .fake(plays::<Recommendations>(1))
        .fake(plays::<RecommendationsPython>(2))
        .set(share(50))
        .start()
        .await;
    let mut seen = [false; 2];
    for number in 0..20 {
        let user = format!("user {number}");
        let first = page(&runtime, &user).await.asked;
        for _ in 0..3 {
            assert_eq!(page(&runtime, &user).await.asked, first);
        }
        seen[usize::from(first == "recommendations_python")] = true;
    }
    assert_eq!(seen, [true, true], "both answer for somebody");
}

#[skep::test]
async fn more_books_than_were_asked_for_are_not_shown(colony: Colony) {
    let runtime = colony
        .with::<Storefront>()
        .fake(plays::<Recommendations>(1))
        .set("capabilities.marketplace.settings.recommendations.max_results=2")
        .start()
        .await;
    assert_eq!(page(&runtime, "ada").await.recommended.len(), 2);
}

#[skep::test]
async fn a_share_that_is_none_is_refused_at_the_start_with_its_place(colony: Colony) {
    let colony = colony.with::<Storefront>().set(share(101));
    let refused = colony
        .try_start()
        .await
        .expect_err("101 of 100")
        .to_string();
    assert!(refused.contains("share_python"), "{refused}");
    assert!(refused.contains("100"), "{refused}");
}
