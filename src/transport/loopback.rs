//! The `wire` placement: the capability runs in this process, but every message, reply and error goes through its codec.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::frame::{Address, Frame};
use crate::call::route::{Answer, Remote, Request};
use crate::call::{CallError, Clock, Part};
use crate::engine::served::Served;

/// A transport that leads back into this process.
pub(crate) struct Loopback {
    capability: &'static str,
    served: Arc<Served>,
    clock: Clock,
}

impl Loopback {
    pub(crate) fn new(capability: &'static str, served: Arc<Served>, clock: Clock) -> Self {
        Self {
            capability,
            served,
            clock,
        }
    }

    /// Through the codec and back.
    fn received(&self, request: Request) -> Result<Request, CallError> {
        let (contract, message) = (request.contract.clone(), request.message.clone());
        let version = request.version;
        let address = Address {
            contract: &contract,
            version,
            message: &message,
            deadline: Duration::ZERO,
            is_answered: true,
        };
        let frame = Frame::of_request(request, &self.clock);
        frame
            .into_request(&self.clock, address)
            .map_err(|error| error.into_call_error(self.capability, Part::Message))
    }
}

impl Remote for Loopback {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        let received = match self.received(request) {
            Ok(received) => received,
            Err(error) => return std::future::ready(Err(error)).boxed(),
        };
        let capability = self.capability;
        let served = Arc::clone(&self.served);
        async move {
            let frame = Frame::of_answer(served.call(received).await);
            frame
                .into_answer(capability)
                .map_err(|error| error.into_call_error(capability, Part::Reply))?
        }
        .boxed()
    }

    fn try_tell(&self, request: Request) -> Result<(), CallError> {
        let received = self.received(request)?;
        let frame = Frame::of_answer(self.served.try_tell(received).map(|()| Answer::Accepted));
        let answer = frame
            .into_answer(self.capability)
            .map_err(|error| error.into_call_error(self.capability, Part::Reply))?;
        answer.map(|_| ())
    }
}
