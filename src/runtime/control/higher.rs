//! [`Higher`]: questions of operators that floors above the runtime answer, such as those about the log; and how they ask them.

use std::collections::BTreeMap;
use std::sync::Arc;
#[cfg(feature = "gateway")]
use std::time::Duration;

use futures_util::FutureExt;
use parking_lot::Mutex;
#[cfg(feature = "observe")]
use serde::Serialize;

use super::answering::Answer;
#[cfg(feature = "observe")]
use super::answering::answer;
#[cfg(feature = "gateway")]
use super::asking::{ask, ask_all};
#[cfg(feature = "observe")]
use super::verbs::Verb;
#[cfg(feature = "observe")]
use crate::runtime::Runtime;
#[cfg(feature = "gateway")]
use crate::transport::{Unanswered, Whom};

type Answerer = Arc<dyn Fn(&[u8]) -> Answer + Send + Sync>;

/// What answers, by the names of the questions.
#[derive(Default)]
pub(in crate::runtime) struct Higher(Mutex<BTreeMap<&'static str, Answerer>>);

impl Higher {
    pub(super) fn lead(&self, verb: &str, body: &[u8]) -> Answer {
        let answerer = self.0.lock().get(verb).cloned();
        match answerer {
            Some(answerer) => answerer(body),
            None => std::future::ready(None).boxed(),
        }
    }
}

#[cfg(feature = "observe")]
impl Runtime {
    /// Answers a question of operators from now on, as long as it runs. What answers must not hold the runtime itself: neither
    /// would ever go.
    pub(crate) fn answer_operators<V, F, S>(
        &self,
        say: impl Fn(V::Asked) -> F + Send + Sync + 'static,
    ) where
        V: Verb<Said = S>,
        F: Future<Output = Option<S>> + Send + 'static,
        S: Serialize + Send + 'static,
    {
        if let Some(parts) = self.parts() {
            let answerer: Answerer = Arc::new(move |body| answer::<V, _, _>(body, &say));
            parts.higher.0.lock().insert(V::NAME, answerer);
        }
    }

    /// The node that this process is, and a name that no other process has, which is another after each start; `None` where it is
    /// not joined with others.
    pub(crate) fn identity(&self) -> Option<(String, String)> {
        let parts = self.parts()?;
        let (node, instance) = parts.network.as_ref()?.identity();
        Some((node.to_owned(), instance.to_owned()))
    }
}

#[cfg(feature = "gateway")]
impl Runtime {
    /// Asks every process of the colony, and gathers what they say: until `expected` have answered, or for a second. Where it is not
    /// known how many there are, until no more say anything for a while.
    pub(crate) async fn ask_processes<V: Verb>(
        &self,
        asked: &V::Asked,
        expected: Option<usize>,
    ) -> Vec<V::Said> {
        let Some(parts) = self.parts() else {
            return Vec::new();
        };
        match &parts.network {
            Some(network) => ask_all::<V>(network, asked, expected).await,
            None => Vec::new(),
        }
    }

    /// Asks the process of this name, that no other has.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] when it does not answer for so long, or not as it should.
    pub(crate) async fn ask_process<V: Verb>(
        &self,
        instance: &str,
        asked: &V::Asked,
        patience: Duration,
    ) -> Result<V::Said, Unanswered> {
        let parts = self.parts().ok_or(Unanswered::Nobody)?;
        let network = parts.network.as_ref().ok_or(Unanswered::Nobody)?;
        let whom = Whom::Process(instance.to_owned());
        ask::<V>(network, whom, asked, patience).await
    }

    /// Whether it only looks on at the processes of an application, and is none of them.
    pub(crate) fn is_onlooker(&self) -> bool {
        self.parts().is_some_and(|parts| !parts.is_member)
    }

    /// The names of the processes that the application should have.
    pub(crate) fn expected_processes(&self) -> Vec<String> {
        self.parts()
            .map_or_else(Vec::new, |parts| parts.processes.clone())
    }
}
