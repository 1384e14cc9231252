//! How events, durable sends and timers reach the actors they are for.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::oneshot;

use super::hosted::{Hosted, Members};
use super::instance::Instance;
use super::mailbox::Pushed;
use super::parcel::{
    Delivering, Label, Landing, Metered, Parcel, Ran, Receiver, Undelivered, What,
};
use super::turn::Job;
use crate::actor::Capability;
use crate::actor::binder::{Decode, Group, PeriodicRun};
use crate::call::scope::Scope;
use crate::call::tracer::Step;
use crate::call::{CallError, Key, MessageId, SpanKind, Tick};

/// The actors a parcel is for, and how its bytes become a turn.
type Unpacked<A> = (Vec<Arc<Instance<A>>>, Unpack<A>);

impl<A: Capability> Hosted<A> {
    /// The job that does what a parcel wants, and the actors it is for.
    fn unpack(&self, parcel: &Parcel) -> Result<Unpacked<A>, Undelivered> {
        let misfit = |error: serde_json::Error| Undelivered::Misfit(error.to_string());
        let body = parcel.body.as_bytes();
        match &parcel.what {
            What::Event { contract, name } => {
                let mut known = self.events.iter().enumerate();
                let known = known
                    .find(|(_, binding)| binding.contract == contract && binding.event == name);
                let (index, binding) = known.ok_or_else(|| {
                    Undelivered::Misfit(format!("nobody listens to {contract}.{name}"))
                })?;
                let key = binding
                    .key_of
                    .as_ref()
                    .map(|key_of| key_of(body))
                    .transpose()
                    .map_err(misfit)?;
                let to = self.addressees(key.as_ref().or(parcel.key.as_ref()), binding.group)?;
                let label = Label {
                    kind: SpanKind::Event,
                    name: binding.event,
                    metered: Metered::Event(index),
                };
                Ok((to, Unpack::Decode(label, binding.decode)))
            }
            What::Message { name } => {
                let mut known = self.messages.iter().enumerate();
                let known = known.find(|(_, binding)| binding.message == name);
                let (index, binding) = known
                    .ok_or_else(|| Undelivered::Misfit(format!("there is no message {name}")))?;
                let label = Label {
                    kind: match parcel.consumes {
                        Some(_) => SpanKind::Timer,
                        None => SpanKind::Sent,
                    },
                    name: binding.message,
                    metered: Metered::Message(index),
                };
                let to = self.addressees(parcel.key.as_ref(), Group::Balanced)?;
                Ok((to, Unpack::Decode(label, binding.decode)))
            }
            What::Every { handler } => {
                let mut known = self.spec.periodics.iter().enumerate();
                let known = known.find(|(_, periodic)| periodic.handler == handler);
                let (index, periodic) = known
                    .ok_or_else(|| Undelivered::Misfit(format!("there is no method {handler}")))?;
                let to = self.addressees(parcel.key.as_ref(), Group::Balanced)?;
                let label = Label {
                    kind: SpanKind::Timer,
                    name: periodic.handler,
                    metered: Metered::Periodic(index),
                };
                Ok((to, Unpack::Every(label, periodic.run)))
            }
        }
    }

    fn addressees(
        &self,
        key: Option<&Key>,
        group: Group,
    ) -> Result<Vec<Arc<Instance<A>>>, Undelivered> {
        match (&self.members, key) {
            (Members::Keyed(keyed), Some(key)) if key.is_valid() => {
                let instance = self.of_key(keyed, key).ok_or_else(|| self.stopping())?;
                Ok(vec![instance])
            }
            (Members::Keyed(_), _) => Err(Undelivered::Misfit(self.needs_key().to_string())),
            (Members::Singleton(instance), _) => Ok(vec![Arc::clone(instance)]),
            (Members::Pool { instances, .. }, _) if group == Group::Broadcast => {
                Ok(instances.clone())
            }
            (Members::Pool { instances, next }, _) => {
                let index = next.fetch_add(1, Ordering::Relaxed) % instances.len();
                Ok(vec![Arc::clone(&instances[index])])
            }
        }
    }

    /// Delivers to one actor: queued in order, run, and on its way to being durable.
    async fn deliver_to(
        self: Arc<Self>,
        mut instance: Arc<Instance<A>>,
        unpack: Unpack<A>,
        parcel: Parcel,
        is_for_each: bool,
    ) -> Result<Landing, Undelivered> {
        let (ran, running) = oneshot::channel();
        let id = match instance.member {
            // To each of several it is a message of its own.
            member if is_for_each => parcel.id.derive(member.into()),
            _ => parcel.id,
        };
        let job = self.job(id, instance.key.clone(), &unpack, &parcel, ran)?;
        let mut job: Arc<dyn Job<A>> = Arc::new(job);
        loop {
            job = match instance.queue(job) {
                Pushed::Queued => break,
                Pushed::InLine(position) => {
                    instance.line(position).await.map_err(Undelivered::Failed)?;
                    break;
                }
                Pushed::Closed(job) => {
                    let Members::Keyed(keyed) = &self.members else {
                        return Err(self.stopping());
                    };
                    instance.forgotten();
                    if let Some(key) = instance.key.clone() {
                        instance = self.of_key(keyed, &key).ok_or_else(|| self.stopping())?;
                    }
                    job
                }
            };
        }
        let gone = || Undelivered::Failed(self.lost("the turn ended without a word"));
        let landing = running.await.map_err(|_| gone())??;
        let lost = self.lost("the commit ended without a word");
        Ok(landing
            .map(move |landed| landed.unwrap_or(Err(lost)).map_err(Undelivered::Failed))
            .boxed())
    }

    fn job(
        &self,
        id: MessageId,
        key: Option<Key>,
        unpack: &Unpack<A>,
        parcel: &Parcel,
        ran: Ran,
    ) -> Result<Delivering<A>, Undelivered> {
        let services = &self.services;
        // Nobody waits: the turn may take its time, what it asks has its own deadlines.
        let mut scope = Scope::new(services.capability, key, Tick::NEVER);
        scope.id = Some(id);
        scope.follow(parcel.trace);
        if parcel.trace.is_none() && services.directory.tracer().begins() {
            scope.set_step(Step::root(true));
        }
        let meter = unpack.label().metered.of(&services.meters);
        services.meters.queue(meter, &scope, &services.clock);
        let consumes = parcel.consumes.clone();
        match unpack {
            Unpack::Decode(label, decode) => {
                let misfit = |error: serde_json::Error| Undelivered::Misfit(error.to_string());
                let runner = decode(parcel.body.as_bytes()).map_err(misfit)?;
                let onward = parcel.onward.clone();
                Ok(Delivering::new(
                    scope,
                    *label,
                    consumes,
                    onward,
                    (runner, ran),
                ))
            }
            Unpack::Every(label, run) => Ok(Delivering::every(scope, *label, consumes, *run, ran)),
        }
    }

    fn stopping(&self) -> Undelivered {
        let capability = self.services.capability.to_owned();
        Undelivered::Failed(CallError::Stopping { capability })
    }

    fn lost(&self, reason: &str) -> CallError {
        CallError::Storage {
            capability: self.services.capability.to_owned(),
            reason: reason.to_owned(),
            tried: true,
        }
    }
}

/// How the bytes of a parcel become a turn.
enum Unpack<A: Capability> {
    Decode(Label, Decode<A>),
    Every(Label, PeriodicRun<A>),
}

impl<A: Capability> Clone for Unpack<A> {
    fn clone(&self) -> Self {
        match self {
            Self::Decode(label, decode) => Self::Decode(*label, *decode),
            Self::Every(label, run) => Self::Every(*label, *run),
        }
    }
}

impl<A: Capability> Unpack<A> {
    const fn label(&self) -> Label {
        match self {
            Self::Decode(label, _) | Self::Every(label, _) => *label,
        }
    }
}

impl<A: Capability> Receiver for Arc<Hosted<A>> {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<Landing, Undelivered>> {
        let hosted = Self::clone(self);
        async move {
            let (instances, unpack) = hosted.unpack(&parcel)?;
            let is_for_each = instances.len() > 1;
            let mut landings = Vec::new();
            for instance in instances {
                let delivered = Self::clone(&hosted).deliver_to(
                    instance,
                    unpack.clone(),
                    parcel.clone(),
                    is_for_each,
                );
                landings.push(delivered.await?);
            }
            Ok(async move { join_all(landings).await.into_iter().collect() }.boxed())
        }
        .boxed()
    }
}
