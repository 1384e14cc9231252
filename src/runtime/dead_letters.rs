//! The dead letters of a capability, wherever in the application it runs.

use super::control::{
    self, DeadLettersOf, DropLetter, LetterNumber, LettersAsked, PATIENCE, ReplayLetter, Verb, ask,
};
use super::running::{Parts, Runtime};
use crate::delivery::{DeadLetter, DeadLetterError};
use crate::transport::{Unanswered, Whom};

impl Runtime {
    /// What a capability let out and nobody could be given, oldest first; also of a capability that another process hosts.
    ///
    /// # Errors
    ///
    /// [`DeadLetterError`] when no process hosts the capability or answers for it, or its store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn dead_letters(&self, capability: &str) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let desk = Desk::of(self, capability).await?;
        if desk.hosts.is_empty() {
            return control::dead_letters(&desk.parts, capability).await;
        }
        let mut all = Vec::new();
        for host in &desk.hosts {
            all.extend(desk.listed(host).await?);
        }
        Ok(all)
    }

    /// Delivers a dead letter again, under its old id.
    ///
    /// # Errors
    ///
    /// [`DeadLetterError`] when there is none of this number, no process answers for it, or its store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Dropped half way, it may or may not have happened.
    pub async fn replay_dead_letter(
        &self,
        capability: &str,
        number: u64,
    ) -> Result<(), DeadLetterError> {
        let desk = Desk::of(self, capability).await?;
        if desk.hosts.is_empty() {
            return control::replay_letter(&desk.parts, capability, number).await;
        }
        desk.order::<ReplayLetter>(number).await
    }

    /// Forgets a dead letter for good.
    ///
    /// # Errors
    ///
    /// [`DeadLetterError`] when there is none of this number, no process answers for it, or its store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Dropped half way, it may or may not have happened.
    pub async fn drop_dead_letter(
        &self,
        capability: &str,
        number: u64,
    ) -> Result<(), DeadLetterError> {
        let desk = Desk::of(self, capability).await?;
        if desk.hosts.is_empty() {
            return control::drop_letter(&desk.parts, capability, number).await;
        }
        desk.order::<DropLetter>(number).await
    }
}

/// Where the dead letters of a capability are.
struct Desk {
    parts: std::sync::Arc<Parts>,
    capability: String,
    /// The processes to ask; none when it is this one.
    hosts: Vec<Whom>,
}

impl Desk {
    async fn of(runtime: &Runtime, capability: &str) -> Result<Self, DeadLetterError> {
        let parts = runtime.host(capability).parts();
        let parts = parts.ok_or_else(|| DeadLetterError::NotHosted {
            capability: capability.to_owned(),
        })?;
        let hosts = parts.hosts_of(capability).await;
        Ok(Self {
            parts,
            capability: capability.to_owned(),
            hosts,
        })
    }

    async fn ask<V: Verb>(
        &self,
        host: &Whom,
        asked: &V::Asked,
    ) -> Result<V::Said, DeadLetterError> {
        let unreachable = |unanswered: &Unanswered| DeadLetterError::Unreachable {
            capability: self.capability.clone(),
            reason: unanswered.to_string(),
        };
        let Some(network) = &self.parts.network else {
            return Err(unreachable(&Unanswered::Nobody));
        };
        let said = ask::<V>(network, host.clone(), asked, PATIENCE).await;
        said.map_err(|unanswered| unreachable(&unanswered))
    }

    /// All that one process has, page after page.
    async fn listed(&self, host: &Whom) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let mut all: Vec<DeadLetter> = Vec::new();
        loop {
            let asked = LettersAsked {
                capability: self.capability.clone(),
                after: all.last().map(|letter| letter.number),
            };
            let page = self.ask::<DeadLettersOf>(host, &asked).await??;
            all.extend(page.letters);
            if !page.has_more {
                return Ok(all);
            }
        }
    }

    /// Has something done with one of them, by the process that has it.
    async fn order<V>(&self, number: u64) -> Result<(), DeadLetterError>
    where
        V: Verb<Asked = LetterNumber, Said = Result<(), DeadLetterError>>,
    {
        let asked = LetterNumber {
            capability: self.capability.clone(),
            number,
        };
        let capability = || self.capability.clone();
        if let [host] = &self.hosts[..] {
            return self.ask::<V>(host, &asked).await?;
        }
        let mut having = Vec::new();
        for host in &self.hosts {
            let letters = self.listed(host).await?;
            if letters.iter().any(|letter| letter.number == number) {
                having.push(host);
            }
        }
        match having[..] {
            [host] => self.ask::<V>(host, &asked).await?,
            [] => Err(DeadLetterError::Unknown {
                capability: capability(),
                number,
            }),
            _ => Err(DeadLetterError::Ambiguous {
                capability: capability(),
                number,
                num: having.len(),
            }),
        }
    }
}
