//! Answers what operators ask this process.

use std::sync::{Arc, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::agreement::Standing;
use super::verbs::{
    Contracts, ContractsAsked, ContractsSaid, DeadLettersOf, Describe, DropLetter, Emit, EmitAsked,
    Host, Hosts, LetterNumber, LettersAsked, LettersSaid, Log, LogAsked, Of, ReplayLetter, Spans,
    Survey, Timers, TimersAsked, Verb,
};
use super::{log_pages, span_pages};
use crate::delivery::{DeadLetter, DeadLetterError, DeadLetters};
use crate::runtime::emission::{self, NamedEvent};
use crate::runtime::running::Parts;
use crate::runtime::timers::{self, SetTimer};
use crate::runtime::{CapabilityInfo, EmitError, EmittedEvent};
use crate::transport::{Answering, Presence};

/// Bytes of dead letters in one answer, besides the first.
const PAGE_BYTES: usize = 128 * 1024;

/// An answer on its way; `None` when there is none to be given here.
pub(super) type Answer = BoxFuture<'static, Option<Vec<u8>>>;

/// Answers as long as the runtime runs.
pub(in crate::runtime) fn answering(parts: &Arc<Parts>, standing: &Arc<Standing>) -> Answering {
    let (parts, standing) = (Arc::downgrade(parts), Arc::clone(standing));
    Arc::new(move |verb, body| lead(&parts, &standing, &verb, &body))
}

fn lead(parts: &Weak<Parts>, standing: &Arc<Standing>, verb: &str, body: &[u8]) -> Answer {
    let Some(parts) = parts.upgrade() else {
        return std::future::ready(None).boxed();
    };
    match verb {
        Survey::NAME => answer::<Survey, _, _>(body, |()| parts.member()),
        Hosts::NAME => answer::<Hosts, _, _>(body, |of| host(parts, of)),
        Describe::NAME => answer::<Describe, _, _>(body, |of| describe(parts, of)),
        Contracts::NAME => {
            let standing = Arc::clone(standing);
            answer::<Contracts, _, _>(body, |asked| contracts(parts, standing, asked))
        }
        Emit::NAME => answer::<Emit, _, _>(body, |asked| emit(parts, asked)),
        DeadLettersOf::NAME => answer::<DeadLettersOf, _, _>(body, |asked| letters(parts, asked)),
        ReplayLetter::NAME => answer::<ReplayLetter, _, _>(body, |letter| replay(parts, letter)),
        DropLetter::NAME => answer::<DropLetter, _, _>(body, |letter| forget(parts, letter)),
        Timers::NAME => answer::<Timers, _, _>(body, |asked| set_timers(parts, asked)),
        Log::NAME => answer::<Log, _, _>(body, |asked| log(parts, asked)),
        Spans::NAME => answer::<Spans, _, _>(body, |asked| span_pages::page(parts, asked)),
        _ => parts.higher.lead(verb, body),
    }
}

/// Reads the question, and writes what is said to it.
pub(super) fn answer<V, F, S>(body: &[u8], say: impl FnOnce(V::Asked) -> F) -> Answer
where
    V: Verb<Said = S>,
    F: Future<Output = Option<S>> + Send + 'static,
    S: Serialize + Send + 'static,
{
    // Whoever asks nothing in particular may send nothing.
    let body = if body.is_empty() { b"null" } else { body };
    match serde_json::from_slice(body) {
        Ok(asked) => {
            let said = say(asked);
            async move { serde_json::to_vec(&said.await?).ok() }.boxed()
        }
        Err(error) => {
            tracing::warn!(verb = V::NAME, %error, "a question of an operator is not understood");
            std::future::ready(None).boxed()
        }
    }
}

async fn host(parts: Arc<Parts>, of: Of) -> Option<Host> {
    parts.find(&of.capability)?;
    let network = parts.network.as_ref()?;
    let instance = network.identity().1.to_owned();
    Some(Host { instance })
}

async fn describe(parts: Arc<Parts>, of: Of) -> Option<CapabilityInfo> {
    parts.known(&of.capability)
}

/// Nothing, once this process is refused: nobody has to get along with it any more.
async fn contracts(
    parts: Arc<Parts>,
    standing: Arc<Standing>,
    asked: ContractsAsked,
) -> Option<ContractsSaid> {
    let presence = parts.network.as_ref()?.presence();
    if matches!(*presence.borrow(), Presence::Refused(_) | Presence::Left) {
        return None;
    }
    let others = parts.contracts().into_iter();
    let others = others.filter(|own| {
        let theirs = asked.digests.get(&own.name);
        theirs.is_some_and(|digest| *digest != own.digest().to_string())
    });
    Some(ContractsSaid {
        node: parts.name.clone(),
        contracts: others.collect(),
        instance: standing.instance().to_owned(),
        joining_since_ms: standing.joining_since_ms(),
    })
}

async fn emit(parts: Arc<Parts>, asked: EmitAsked) -> Option<Result<EmittedEvent, EmitError>> {
    let event = NamedEvent {
        capability: asked.capability,
        event: asked.event,
        key: asked.key,
        body: asked.body.into_bytes(),
        trace: asked.trace,
    };
    Some(emission::emit_here(&parts, event).await)
}

async fn letters(
    parts: Arc<Parts>,
    asked: LettersAsked,
) -> Option<Result<LettersSaid, DeadLetterError>> {
    let all = match dead_letters(&parts, &asked.capability).await {
        Ok(all) => all,
        Err(error) => return Some(Err(error)),
    };
    let mut num_bytes = 0;
    let is_behind = |letter: &DeadLetter| asked.after.is_none_or(|after| letter.number > after);
    let mut rest = all
        .into_iter()
        .skip_while(|letter| !is_behind(letter))
        .peekable();
    let mut letters = Vec::new();
    while let Some(letter) = rest.next_if(|letter| {
        num_bytes += letter.body.get().len() + letter.reason.len() + 512;
        letters_fit(num_bytes, &letters)
    }) {
        letters.push(letter);
    }
    let has_more = rest.peek().is_some();
    Some(Ok(LettersSaid { letters, has_more }))
}

fn letters_fit(num_bytes: usize, letters: &[DeadLetter]) -> bool {
    letters.is_empty() || num_bytes <= PAGE_BYTES
}

/// The dead letters of a capability of this process. Reads the store where it may take its time.
pub(in crate::runtime) async fn dead_letters(
    parts: &Parts,
    capability: &str,
) -> Result<Vec<DeadLetter>, DeadLetterError> {
    let letters = dead(parts, capability)?;
    let listed = parts.tasks.blocking(move || letters.list()).await;
    listed.unwrap_or_else(|| Err(stopped(capability)))
}

fn dead(parts: &Parts, capability: &str) -> Result<DeadLetters, DeadLetterError> {
    let installed = parts
        .find(capability)
        .ok_or_else(|| DeadLetterError::NotHosted {
            capability: capability.to_owned(),
        })?;
    Ok(DeadLetters::new(Arc::clone(&installed.services)))
}

fn stopped(capability: &str) -> DeadLetterError {
    DeadLetterError::Unreachable {
        capability: capability.to_owned(),
        reason: "the runtime stops".to_owned(),
    }
}

async fn replay(parts: Arc<Parts>, letter: LetterNumber) -> Option<Result<(), DeadLetterError>> {
    Some(replay_letter(&parts, &letter.capability, letter.number).await)
}

/// Delivers a dead letter of a capability of this process again.
pub(in crate::runtime) async fn replay_letter(
    parts: &Parts,
    capability: &str,
    number: u64,
) -> Result<(), DeadLetterError> {
    dead(parts, capability)?.replay(number).await
}

async fn forget(parts: Arc<Parts>, letter: LetterNumber) -> Option<Result<(), DeadLetterError>> {
    Some(drop_letter(&parts, &letter.capability, letter.number).await)
}

/// Forgets a dead letter of a capability of this process.
pub(in crate::runtime) async fn drop_letter(
    parts: &Parts,
    capability: &str,
    number: u64,
) -> Result<(), DeadLetterError> {
    dead(parts, capability)?.drop_letter(number).await
}

async fn set_timers(
    parts: Arc<Parts>,
    asked: TimersAsked,
) -> Option<Result<Vec<SetTimer>, String>> {
    Some(timers(&parts, &asked.capability, asked.num_max).await)
}

/// The timers of a capability of this process. Reads the store where it may take its time.
pub(in crate::runtime) async fn timers(
    parts: &Arc<Parts>,
    capability: &str,
    num_max: usize,
) -> Result<Vec<SetTimer>, String> {
    let (of, capability) = (Arc::downgrade(parts), capability.to_owned());
    let reading = move || {
        let parts = of.upgrade()?;
        let installed = parts.find(&capability)?;
        Some(timers::read(installed, num_max))
    };
    let read = parts.tasks.blocking(reading).await.flatten();
    let read = read.ok_or_else(|| "the runtime stops".to_owned())?;
    read.map_err(|error| error.to_string())
}

async fn log(parts: Arc<Parts>, asked: LogAsked) -> Option<Result<super::verbs::LogSaid, String>> {
    let installed = parts.find(&asked.capability)?;
    log_pages::page(installed, asked).await
}
