//! Calls whose message is known by its name only: what doors and foreign callers bring.

use std::time::Duration;

use super::running::Runtime;
use crate::call::guard::call_by_name;
use crate::call::route::{Answer, Request, RequestKind};
use crate::call::{CallError, Key, MessageId, Part, TraceContext};

/// A question to a capability, all of it as data.
#[derive(Debug, Clone)]
pub struct NamedAsk {
    /// The capability.
    pub capability: String,
    /// The message's name on the wire.
    pub message: String,
    /// Which of its actors, for a keyed capability.
    pub key: Option<Key>,
    /// The message as JSON.
    pub body: Vec<u8>,
    /// How long the reply may take; without one the capability's default.
    pub deadline: Option<Duration>,
    /// Makes retries recognisable, as [`Ask::id`](crate::call::Ask::id).
    pub id: Option<MessageId>,
    /// The step of a trace that asks; without one the call may begin a trace of its own.
    pub trace: Option<TraceContext>,
}

/// What a capability said to a [`NamedAsk`], as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedReply {
    /// The reply.
    Reply(Vec<u8>),
    /// The domain error.
    Refused(Vec<u8>),
}

impl Runtime {
    /// Asks a capability by names, with JSON in and out. The typed way is [`get`](Self::get).
    ///
    /// ```
    /// # use skep::prelude::*;
    /// # #[derive(Serialize, Deserialize, JsonSchema, Message)]
    /// # #[message(reply = String)]
    /// # pub struct Greet { name: String }
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
    /// # pub struct Greeted { name: String }
    /// # skep::contract! { pub Greeting v1 { Greet; emits Greeted } }
    /// # #[derive(Default)]
    /// # struct Greeter;
    /// # #[capability(contract = Greeting)]
    /// # impl Greeter {
    /// #     #[handle]
    /// #     async fn greet(&mut self, m: Greet, cx: &mut Cx<Self>) -> String {
    /// #         let reply = format!("Hi, {}!", m.name);
    /// #         cx.emit(Greeted { name: m.name });
    /// #         reply
    /// #     }
    /// # }
    /// use skep::{NamedAsk, NamedReply};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let runtime = skep::Runtime::builder().application("hello").with::<Greeter>().start().await?;
    /// let asked = NamedAsk {
    ///     capability: "greeting".into(),
    ///     message: "greet".into(),
    ///     key: None,
    ///     body: br#"{"name": "Ada"}"#.to_vec(),
    ///     deadline: None,
    ///     id: None,
    ///     trace: None,
    /// };
    /// let reply = runtime.ask_by_name(asked).await?;
    /// assert_eq!(reply, NamedReply::Reply(br#""Hi, Ada!""#.to_vec()));
    /// # runtime.stop().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`], as a typed ask; [`CallError::Codec`] when the body does not fit the message.
    ///
    /// # Cancel safety
    ///
    /// Dropping it does not stop a turn that has begun.
    pub async fn ask_by_name(&self, ask: NamedAsk) -> Result<NamedReply, CallError> {
        let capability = ask.capability.clone();
        let Some(route) = self.directory().named(&capability) else {
            return Err(CallError::NotHosted { capability });
        };
        let answered = match route.by_name() {
            _ if route.is_closed() => Err(CallError::Stopping { capability }),
            Some(remote) => {
                let deadline = ask.deadline.unwrap_or_else(|| route.deadline());
                let request = Request {
                    contract: ask.capability.into(),
                    version: route.version,
                    message: ask.message.into(),
                    key: ask.key,
                    id: ask.id,
                    deadline: route.clock.now().after(deadline),
                    waiting: Vec::new(),
                    trace: ask.trace,
                    inside: false,
                    kind: RequestKind::Ask,
                    body: ask.body,
                };
                call_by_name(&route, &*remote, request).await
            }
            None => Err(CallError::NotHosted { capability }),
        };
        let answered = answered.and_then(|answer| match answer {
            Answer::Reply(body) => Ok(NamedReply::Reply(body)),
            Answer::Domain(body) => Ok(NamedReply::Refused(body)),
            Answer::Accepted => Err(CallError::Codec {
                capability: route.contract.to_owned(),
                part: Part::Reply,
                reason: "an answer without a reply came to an ask".to_owned(),
            }),
        });
        answered.inspect_err(|error| route.count_failure(error))
    }
}
