//! The actor: looks into its catalogue. It remembers nothing, so that any number of it may run.

use recommendations_contract::{Recommend, RecommendError, Recommendations, Recommended};
use skep::{StartError, capability};

use crate::catalogue::Catalogue;

/// The recommender.
#[derive(Debug)]
pub struct Recommender {
    catalogue: Catalogue,
}

#[capability(contract = Recommendations, stateless)]
impl Recommender {
    #[start]
    async fn open() -> Result<Self, StartError> {
        let catalogue = Catalogue::read()?;
        Ok(Self { catalogue })
    }

    #[handle]
    async fn recommend(&mut self, asked: Recommend) -> Result<Recommended, RecommendError> {
        let books = self.catalogue.recommend(&asked)?;
        Ok(Recommended { books })
    }
}
