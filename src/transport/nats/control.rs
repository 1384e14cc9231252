//! [`Control`]: operators' questions to processes, and their answers: not to capabilities.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;

use super::link::{Link, LinkError, is_unheard};
use super::subjects::last_token;
use crate::actor::services::Tasks;
use crate::transport::network::{Answering, Unanswered, Whom};

/// How long answers are waited for, at most.
const GATHER: Duration = Duration::from_secs(1);

/// After so much silence nobody else is expected to answer.
const SILENCE: Duration = Duration::from_millis(200);

/// Answers for this process.
pub(super) struct Control {
    link: Link,
    answering: Answering,
}

impl Control {
    /// Answers from now on: for this process, and for the capabilities that it hosts.
    ///
    /// # Errors
    ///
    /// [`LinkError`] when the server does not allow it, or does not answer.
    pub(super) async fn open(
        link: &Link,
        instance: &str,
        hosts: &[&str],
        answering: Answering,
        tasks: &Tasks,
    ) -> Result<(), LinkError> {
        let control = Arc::new(Self {
            link: link.clone(),
            answering,
        });
        // All or none: who tries again must not find half of it answering already.
        let mut all = Vec::new();
        for whom in [ALL, instance] {
            all.push(link.listen(link.subjects().control(whom, "*")).await?);
        }
        for capability in hosts {
            all.push(link.serve(link.subjects().host(capability, "*")).await?);
        }
        for asked in all {
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

/// Sends something and waits for the answer, however long that takes.
pub(super) async fn answer_to(
    link: &Link,
    subject: String,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<Message, Unanswered> {
    let sent = link.send(subject, headers, Bytes::from(body)).await;
    let mut awaited = sent.map_err(|_| Unanswered::Nobody)?;
    match awaited.answer().await {
        Some(answer) if !is_unheard(&answer) => Ok(answer),
        _ => Err(Unanswered::Nobody),
    }
}

/// Whoever hears it.
const ALL: &str = "all";

/// Asks one process, and waits so long for what it says.
pub(super) async fn ask(
    link: &Link,
    whom: &Whom,
    verb: &str,
    body: Vec<u8>,
    patience: Duration,
) -> Result<Vec<u8>, Unanswered> {
    let subject = match whom {
        Whom::Host(capability) => link.subjects().host(capability, verb),
        Whom::Process(instance) => link.subjects().control(instance, verb),
    };
    let asking = async {
        let answer = answer_to(link, subject, HeaderMap::new(), body).await?;
        Ok(answer.payload.to_vec())
    };
    tokio::select! {
        said = asking => said,
        () = link.clock().sleep(patience) => Err(Unanswered::Silent),
    }
}

/// Asks every process, and gathers what they say: until so many have answered, or for a second.
pub(super) async fn ask_all(
    link: &Link,
    verb: &str,
    body: Vec<u8>,
    expected: Option<usize>,
) -> Vec<Vec<u8>> {
    gather(link, link.subjects().control(ALL, verb), body, expected).await
}

/// Sends something to everybody who listens, and gathers what they say: until so many have answered, or for a second. Where it is
/// not known how many there are, until no more say anything for a while.
pub(super) async fn gather(
    link: &Link,
    subject: String,
    body: Vec<u8>,
    expected: Option<usize>,
) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    let inbox = link.client().new_inbox();
    let Ok(mut answers) = link.client().subscribe(inbox.clone()).await else {
        return said;
    };
    let body = Bytes::from(body);
    let sent = link.client().publish_with_reply(subject, inbox, body).await;
    let until = link.clock().now().after(GATHER);
    while sent.is_ok() && expected.is_none_or(|expected| said.len() < expected) {
        let silence = match expected {
            None if !said.is_empty() => link.clock().now().after(SILENCE).min(until),
            _ => until,
        };
        let answer = tokio::select! {
            answer = answers.next() => answer,
            () = link.clock().sleep_until(silence) => None,
        };
        match answer {
            // That nobody listens comes as an answer too.
            Some(answer) if is_unheard(&answer) => break,
            Some(answer) => said.push(answer.payload.to_vec()),
            None => break,
        }
    }
    said
}
