//! [`Fake`]: a neighbour that answers as the test says.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::Context;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::call::cell::CallCell;
use crate::call::current::Polled;
use crate::call::route::{
    Answer, Directory, Door, Doors, LocalDoor, Offer, Remote, Request, RequestKind, Run, Target,
};
use crate::call::{CallError, Part, Tick};
use crate::config::CapabilitySettings;
use crate::contract::{Accepts, Contract, Message, Outcome};
use crate::runtime::CapabilityInfo;

/// A stand-in for the capability behind a contract: answers each kind of message with a closure.
///
/// A message without one gets [`CallError::UnknownMessage`], so that an unexpected call is seen.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, schemars::JsonSchema, skep::Message)]
/// # #[message(reply = u32)]
/// # pub struct Price { nights: u32 }
/// # skep::contract! { pub Prices v1 { Price } }
/// use skep::testing::Fake;
///
/// let prices = Fake::<Prices>::new().answer(|m: Price| Ok(m.nights * 80));
/// # drop(prices);
/// ```
pub struct Fake<C> {
    answers: BTreeMap<usize, (TypeId, Arc<dyn MakesDoor>)>,
    contract: PhantomData<fn() -> C>,
}

/// Makes the door of one message.
trait MakesDoor: Send + Sync {
    fn door(&self) -> LocalDoor;

    /// The message's name.
    fn name(&self) -> &'static str;

    /// Answers a call that comes as bytes.
    fn answer(&self, capability: &str, body: &[u8]) -> Result<Answer, CallError>;
}

/// Puts a fake at the end of its route.
pub(crate) trait Installed: Send + Sync {
    fn install(&self) -> crate::runtime::FakeInstall;
}

impl<C: Contract> Fake<C> {
    /// A fake that answers nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            answers: BTreeMap::new(),
            contract: PhantomData,
        }
    }

    /// Answers one kind of message.
    #[must_use]
    pub fn answer<M: Message>(
        mut self,
        answer: impl Fn(M) -> Outcome<M> + Send + Sync + 'static,
    ) -> Self
    where
        C: Accepts<M>,
    {
        let answer = FakeAnswer {
            answer: Arc::new(answer),
        };
        self.answers.insert(
            <C as Accepts<M>>::SLOT,
            (TypeId::of::<M>(), Arc::new(answer)),
        );
        self
    }

    fn doors(&self) -> Doors {
        let closed = || Box::new(()) as LocalDoor;
        (0..C::NUM_MESSAGES)
            .map(|slot| {
                self.answers
                    .get(&slot)
                    .map_or_else(closed, |(_, made)| made.door())
            })
            .collect()
    }
}

impl<C: Contract> Installed for Fake<C> {
    fn install(&self) -> crate::runtime::FakeInstall {
        let doors = self.doors();
        let answers = self.answers.values().map(|(_, answer)| Arc::clone(answer));
        let by_name = ByName {
            capability: C::NAME,
            answers: answers.map(|answer| (answer.name(), answer)).collect(),
        };
        Box::new(move |directory: &Arc<Directory>| {
            let route = directory.route::<C>();
            route.serve_by_name(Arc::new(by_name));
            route.lead_to(Target::Local(doors));
            CapabilityInfo::bare::<C>(&CapabilitySettings::default())
        })
    }
}

struct FakeAnswer<M: Message> {
    answer: Arc<dyn Fn(M) -> Outcome<M> + Send + Sync>,
}

impl<M: Message> MakesDoor for FakeAnswer<M> {
    fn door(&self) -> LocalDoor {
        let door: Box<dyn Door<M>> = Box::new(Self {
            answer: Arc::clone(&self.answer),
        });
        Box::new(door)
    }

    fn name(&self) -> &'static str {
        M::NAME
    }

    fn answer(&self, capability: &str, body: &[u8]) -> Result<Answer, CallError> {
        let misfit = |part| {
            move |error: serde_json::Error| CallError::Codec {
                capability: capability.to_owned(),
                part,
                reason: error.to_string(),
            }
        };
        let message = serde_json::from_slice(body).map_err(misfit(Part::Message))?;
        match (self.answer)(message) {
            Ok(reply) => serde_json::to_vec(&reply).map(Answer::Reply),
            Err(refusal) => serde_json::to_vec(&refusal).map(Answer::Domain),
        }
        .map_err(misfit(Part::Reply))
    }
}

/// A fake for calls whose message is known by its name only.
struct ByName {
    capability: &'static str,
    answers: BTreeMap<&'static str, Arc<dyn MakesDoor>>,
}

impl ByName {
    fn answer(&self, request: &Request) -> Result<Answer, CallError> {
        match self.answers.get(&*request.message) {
            Some(answer) => answer.answer(self.capability, &request.body),
            None => Err(CallError::UnknownMessage {
                capability: self.capability.to_owned(),
                message: request.message.to_string(),
            }),
        }
    }
}

impl Remote for ByName {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        std::future::ready(self.answer(&request)).boxed()
    }

    fn try_tell(&self, request: Request) -> Result<(), CallError> {
        self.answer(&request).map(|_| ())
    }
}

impl<M: Message> Door<M> for FakeAnswer<M> {
    fn offer(&self, cell: &Arc<CallCell<M>>, _: Option<&mut Context<'_>>) -> Offer {
        match cell.begin(|| Tick::from_nanos(0)) {
            Some(message) => {
                cell.complete(Ok((self.answer)(message)));
                Offer::Taken
            }
            None => Offer::Refused(CallError::Overloaded {
                capability: M::NAME.to_owned(),
            }),
        }
    }

    fn run(
        &self,
        message: &mut Option<M>,
        _: &Polled,
        _: RequestKind,
        _: &mut Context<'_>,
    ) -> Run<M> {
        match message.take() {
            Some(message) => Run::Over(Ok((self.answer)(message))),
            None => Run::Not,
        }
    }
}

impl<C: Contract> Default for Fake<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Contract> fmt::Debug for Fake<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fake({})", C::NAME)
    }
}
