//! The actor: puts a page together, with recommendations if they come in time. It remembers only who did not answer lately, so
//! that any number of it may run.

use std::collections::BTreeMap;
use std::time::Duration;

use marketplace_contract::{Book, Marketplace, Page, PageError, ShowPage};
use recommendations_contract::{
    Recommend, RecommendError, Recommendations, RecommendationsPython, Recommended,
};
use skep::{AskError, Contract, Cx, StartError, capability};

use crate::rest::Rest;
use crate::settings::{RecommendationSettings, Settings};
use crate::shelf;

/// How much of the time that is left recommendations may take, so that the page still arrives in time.
const SHARE: (u32, u32) = (4, 5);

/// The storefront.
#[derive(Debug)]
pub struct Storefront {
    recommendations: RecommendationSettings,
    /// By capability.
    rests: BTreeMap<&'static str, Rest>,
}

#[capability(contract = Marketplace, stateless, uses(Recommendations, RecommendationsPython))]
impl Storefront {
    #[start]
    async fn open(settings: Settings) -> Result<Self, StartError> {
        Ok(Self {
            recommendations: settings.recommendations,
            rests: BTreeMap::new(),
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
        &mut self,
        answerer: &'static str,
        asked: &ShowPage,
        cx: &Cx<Self>,
    ) -> Result<Vec<Book>, String> {
        let rest = self.rests.entry(answerer).or_default();
        if let Some(reason) = rest.reason(cx.now(), self.recommendations.pause.get()) {
            return Err(reason.to_owned());
        }
        let most = self.recommendations.max_results.get();
        let message = Recommend {
            user: asked.user.clone(),
            category: asked.category.clone(),
            max_results: most,
        };
        let patience = patience(self.recommendations.deadline.get(), cx);
        match ask(answerer, message, patience, cx).await {
            Ok(Recommended { mut books }) => {
                rest.end();
                // Whoever answers may be anybody's program.
                books.truncate(usize::try_from(most).unwrap_or(usize::MAX));
                Ok(books)
            }
            Err(AskError::Domain(refused)) => {
                rest.end();
                Err(refused.to_string())
            }
            Err(AskError::Call(error)) => {
                rest.begin(cx.now(), error.to_string());
                Err(error.to_string())
            }
        }
    }
}

async fn ask(
    answerer: &str,
    message: Recommend,
    patience: Duration,
    cx: &Cx<Storefront>,
) -> Result<Recommended, AskError<RecommendError>> {
    if answerer == RecommendationsPython::NAME {
        let python = cx.to::<RecommendationsPython>();
        python.ask(message).deadline(patience).await
    } else {
        let rust = cx.to::<Recommendations>();
        rust.ask(message).deadline(patience).await
    }
}

/// How long recommendations may take: as the settings say, and less for a caller who waits less.
fn patience(most: Duration, cx: &Cx<Storefront>) -> Duration {
    let left = cx.time_left().map(|left| left * SHARE.0 / SHARE.1);
    left.map_or(most, |left| left.min(most))
}
