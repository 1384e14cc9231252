//! [`Control`]: operators' questions to processes, and their answers: not to capabilities.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;

use super::link::{Link, LinkError};
use super::subjects::last_token;
use crate::actor::services::Tasks;
use crate::transport::network::Answering;

/// How long answers are waited for, at most.
const GATHER: Duration = Duration::from_secs(1);

/// Answers for this process.
pub(super) struct Control {
    link: Link,
    answering: Answering,
}

impl Control {
    /// Answers from now on.
    ///
    /// # Errors
    ///
    /// [`LinkError`] when the server does not allow it, or does not answer.
    pub(super) async fn open(
        link: &Link,
        instance: &str,
        answering: Answering,
        tasks: &Tasks,
    ) -> Result<(), LinkError> {
        let control = Arc::new(Self {
            link: link.clone(),
            answering,
        });
        for whom in [ALL, instance] {
            let asked = link.listen(link.subjects().control(whom, "*")).await?;
            tasks.spawn(Arc::clone(&control).answer_all(asked, tasks.clone()));
        }
        Ok(())
    }

    async fn answer_all(self: Arc<Self>, mut asked: Subscriber, tasks: Tasks) {
        while let Some(message) = asked.next().await {
            // Some answers take long, and others must not wait for them.
            tasks.spawn(Arc::clone(&self).answer(message));
        }
    }

    async fn answer(self: Arc<Self>, message: Message) {
        let Some(reply) = message.reply else {
            return;
        };
        let verb = last_token(&message.subject).to_owned();
        if let Some(said) = (self.answering)(verb, message.payload.to_vec()).await {
            self.link
                .answer(reply, Default::default(), Bytes::from(said))
                .await;
        }
    }
}

/// Whoever hears it.
const ALL: &str = "all";

/// Asks every process, and gathers what they say: until so many have answered, or for a second.
pub(super) async fn ask_all(
    link: &Link,
    verb: &str,
    body: Vec<u8>,
    expected: usize,
) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    let inbox = link.client().new_inbox();
    let Ok(mut answers) = link.client().subscribe(inbox.clone()).await else {
        return said;
    };
    let subject = link.subjects().control(ALL, verb);
    let gathering = async {
        let asked = link
            .client()
            .publish_with_reply(subject, inbox, Bytes::from(body));
        if asked.await.is_err() {
            return;
        }
        while let Some(answer) = answers.next().await {
            // That nobody listens comes as an answer too.
            if answer.status.is_none() {
                said.push(answer.payload.to_vec());
            }
            if said.len() >= expected {
                return;
            }
        }
    };
    tokio::select! {
        () = gathering => {}
        () = link.clock().sleep(GATHER) => {}
    }
    said
}
