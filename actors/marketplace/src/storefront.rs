//! The actor: puts a page together, with recommendations if they come in time. It remembers nothing, so that any number of it
//! may run.

use std::time::Duration;

use marketplace_contract::{Book, Marketplace, Page, PageError, ShowPage};
use recommendations_contract::{Recommend, RecommendError, Recommendations, RecommendationsPython};
use skep::{AskError, Contract, Cx, StartError, capability};

use crate::settings::{RecommendationSettings, Settings};
use crate::shelf;

/// How much of the time that is left recommendations may take, so that the page still arrives in time.
const SHARE: (u32, u32) = (4, 5);

/// The storefront.
#[derive(Debug)]
pub struct Storefront {
    recommendations: RecommendationSettings,
}

#[capability(contract = Marketplace, stateless, uses(Recommendations, RecommendationsPython))]
impl Storefront {
    #[start]
    async fn open(settings: Settings) -> Result<Self, StartError> {
        Ok(Self {
            recommendations: settings.recommendations,
        })
    }

    #[handle]
    async fn page(&mut self, asked: ShowPage, cx: &mut Cx<Self>) -> Result<Page, PageError> {
        let shelf = shelf::of(&asked.category)?;
        let answerer = self.answerer(&asked.user);
        let (recommended, reason) = match self.recommended(answerer, &asked, cx).await {
            Ok(books) => (books, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        Ok(Page {
            category: asked.category,
            shelf,
            recommended,
            asked: answerer.to_owned(),
            degraded: reason.is_some(),
            reason,
        })
    }
}

impl Storefront {
    /// The capability that answers for a user.
    fn answerer(&self, user: &str) -> &'static str {
        let python = RecommendationsPython::NAME;
        if self.recommendations.share_python.has(python, user) {
            python
        } else {
            Recommendations::NAME
        }
    }

    /// What a user might like, or why nobody says so.
    async fn recommended(
        &self,
        answerer: &str,
        asked: &ShowPage,
        cx: &Cx<Self>,
    ) -> Result<Vec<Book>, String> {
        let max_results = self.recommendations.max_results.get();
        let message = Recommend {
            user: asked.user.clone(),
            category: asked.category.clone(),
            max_results,
        };
        let patience = self.patience(cx);
        let answer = if answerer == RecommendationsPython::NAME {
            let python = cx.to::<RecommendationsPython>();
            python.ask(message).deadline(patience).await
        } else {
            let rust = cx.to::<Recommendations>();
            rust.ask(message).deadline(patience).await
        };
        let mut books = answer.map_err(|error| told(&error))?.books;
        // Whoever answers may be anybody's program.
        books.truncate(usize::try_from(max_results).unwrap_or(usize::MAX));
        Ok(books)
    }

    fn patience(&self, cx: &Cx<Self>) -> Duration {
        let most = self.recommendations.deadline.get();
        let left = cx.time_left().map(|left| left * SHARE.0 / SHARE.1);
        left.map_or(most, |left| left.min(most))
    }
}

fn told(error: &AskError<RecommendError>) -> String {
    match error {
        AskError::Domain(refused) => refused.to_string(),
        AskError::Call(error) => error.to_string(),
    }
}
