//! Calls that come as bytes, from a transport: decoded, brought to the same doors as any other call, and answered as bytes.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::actor::services::Services;
use crate::call::alarm::Alarm;
use crate::call::cell::{CallCell, CallResult};
use crate::call::route::{Answer, Door, Offer, Remote, Request, RequestKind};
use crate::call::scope::{Scope, Scoped};
use crate::call::{CallError, Clock, Part, Tick};
use crate::contract::Message;

/// One capability, as transports see it.
pub(crate) struct Served {
    services: Arc<Services>,
    is_keyed: bool,
    by_name: BTreeMap<&'static str, Box<dyn Service>>,
}

/// The door of one message for calls that come as bytes.
pub(crate) trait Service: Send + Sync {
    /// Handles a request whose first poll brings it into the mailbox.
    fn call(
        &self,
        services: &Arc<Services>,
        request: Request,
    ) -> BoxFuture<'static, Result<Answer, CallError>>;

    /// Brings a request into the mailbox if there is room now.
    fn try_tell(&self, services: &Arc<Services>, request: Request) -> Result<(), CallError>;
}

impl Served {
    pub(crate) fn new(
        services: Arc<Services>,
        is_keyed: bool,
        by_name: BTreeMap<&'static str, Box<dyn Service>>,
    ) -> Self {
        Self {
            services,
            is_keyed,
            by_name,
        }
    }

    fn service(&self, request: &Request) -> Result<&dyn Service, CallError> {
        let capability = || self.services.capability.to_owned();
        if self.services.directory.is_closed() && !request.inside {
            return Err(CallError::Stopping {
                capability: capability(),
            });
        }
        let invalid = |key: &str, reason: &str| {
            let (key, reason) = (key.to_owned(), reason.to_owned());
            CallError::InvalidKey {
                capability: capability(),
                key,
                reason,
            }
        };
        match &request.key {
            Some(key) if !self.is_keyed => return Err(invalid(key.as_str(), "it has no keys")),
            Some(key) if !key.is_valid() => {
                return Err(crate::call::envelope::invalid_key(&capability(), key));
            }
            None if self.is_keyed => {
                return Err(invalid(
                    "",
                    "it has one actor per key, so a call must say which",
                ));
            }
            _ => {}
        }
        let limit = self.services.limits.message_size;
        if request.body.len() > limit {
            return Err(CallError::TooLarge {
                capability: capability(),
                part: Part::Message,
                limit,
            });
        }
        match self.by_name.get(&*request.message) {
            Some(service) => Ok(&**service),
            None => Err(CallError::UnknownMessage {
                capability: capability(),
                message: request.message.to_string(),
            }),
        }
    }
}

impl Remote for Served {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        match self.service(&request) {
            Ok(service) => service.call(&self.services, request),
            Err(error) => std::future::ready(Err(error)).boxed(),
        }
    }

    fn try_tell(&self, request: Request) -> Result<(), CallError> {
        self.service(&request)?.try_tell(&self.services, request)
    }
}

impl<M: Message> Service for Arc<dyn Door<M>> {
    fn call(
        &self,
        services: &Arc<Services>,
        request: Request,
    ) -> BoxFuture<'static, Result<Answer, CallError>> {
        let (kind, until) = (request.kind, request.deadline);
        let cell = match unpack::<M>(services, request) {
            Ok(cell) => cell,
            Err(error) => return std::future::ready(Err(error)).boxed(),
        };
        let (door, services) = (Arc::clone(self), Arc::clone(services));
        async move {
            enter(&door, &services, &cell, until).await?;
            match kind {
                RequestKind::Ask => {}
                RequestKind::Tell => return Ok(Answer::Accepted),
                RequestKind::Try => {
                    poll_fn(|cx| cell.poll_begun(cx)).await;
                    return Ok(Answer::Accepted);
                }
            }
            let mut waiting = Waiting {
                cell: &cell,
                alarm: Alarm::default(),
                clock: &services.clock,
            };
            let result = poll_fn(|cx| waiting.poll(until, cx)).await;
            encode::<M>(services.capability, result)
        }
        .boxed()
    }

    fn try_tell(&self, services: &Arc<Services>, request: Request) -> Result<(), CallError> {
        let cell = unpack::<M>(services, request)?;
        match self.offer(&cell, None) {
            Offer::Taken | Offer::Elsewhere(_) => Ok(()),
            Offer::Full(room) => {
                drop(room);
                // It may have moved up in that moment, and its turn may even have begun.
                match cell.take_back() {
                    Some(_) => Err(CallError::Overloaded {
                        capability: cell.scope().name(),
                    }),
                    None => Ok(()),
                }
            }
            Offer::Refused(error) => Err(error),
        }
    }
}

/// Waits for a reply. Takes the call back when whoever waits for it is gone, unless its turn has begun.
struct Waiting<'c, M: Message> {
    cell: &'c Arc<CallCell<M>>,
    alarm: Alarm,
    clock: &'c Clock,
}

impl<M: Message> Waiting<'_, M> {
    fn poll(&mut self, until: Tick, cx: &mut Context<'_>) -> Poll<CallResult<M>> {
        if let Poll::Ready(result) = self.cell.poll(cx) {
            return Poll::Ready(result);
        }
        let alarm = self.alarm.poll(self.clock, until, cx);
        alarm.map(|()| Err(Box::new(self.cell.expire())))
    }
}

impl<M: Message> Drop for Waiting<'_, M> {
    fn drop(&mut self) {
        self.alarm.put_away(self.clock);
        drop(self.cell.take_back());
    }
}

/// Makes a call of a request.
fn unpack<M: Message>(
    services: &Services,
    request: Request,
) -> Result<Arc<CallCell<M>>, CallError> {
    let message = serde_json::from_slice(&request.body).map_err(|error| CallError::Codec {
        capability: services.capability.to_owned(),
        part: Part::Message,
        reason: error.to_string(),
    })?;
    let deadline = if request.kind == RequestKind::Ask {
        request.deadline
    } else {
        Tick::NEVER
    };
    let mut scope = Scope::new(services.capability, request.key, deadline);
    scope.id = request.id;
    scope.foreign = request.waiting;
    scope.follow(request.trace);
    Ok(Arc::new(CallCell::new(message, scope)))
}

/// Brings a call into the mailbox, waiting for room until `until`.
async fn enter<M: Message>(
    door: &Arc<dyn Door<M>>,
    services: &Services,
    cell: &Arc<CallCell<M>>,
    until: Tick,
) -> Result<(), CallError> {
    match door.offer(cell, None) {
        Offer::Taken | Offer::Elsewhere(_) => Ok(()),
        Offer::Refused(error) => Err(error),
        Offer::Full(room) => tokio::select! {
            biased;
            queued = room => queued,
            () = services.clock.sleep_until(until) => match cell.take_back() {
                Some(_) => Err(CallError::Overloaded { capability: cell.scope().name() }),
                // It moved up at the last moment, and its turn has begun.
                None => Ok(()),
            },
        },
    }
}

fn encode<M: Message>(capability: &str, result: CallResult<M>) -> Result<Answer, CallError> {
    let misfit = |error: serde_json::Error| CallError::Codec {
        capability: capability.to_owned(),
        part: Part::Reply,
        reason: error.to_string(),
    };
    match result? {
        Ok(reply) => serde_json::to_vec(&reply)
            .map(Answer::Reply)
            .map_err(misfit),
        Err(refusal) => serde_json::to_vec(&refusal)
            .map(Answer::Domain)
            .map_err(misfit),
    }
}
