//! Calls past the guard whose message is known by its name only.

use std::future::poll_fn;

use super::passage::{Failed, Passage};
use crate::call::CallError;
use crate::call::route::{Answer, Remote, Request, Route};

/// Makes a call past the guard of its route, if there is one.
pub(crate) async fn call_by_name(
    route: &Route,
    remote: &dyn Remote,
    request: Request,
) -> Result<Answer, CallError> {
    let Some(guard) = route.guard() else {
        return remote.call(request).await;
    };
    let may_repeat = guard.may_repeat(&request.message, request.id);
    let mut passage = Passage::new(guard, request.deadline, may_repeat);
    loop {
        let answered = match poll_fn(|cx| passage.poll_admitted(cx)).await {
            Ok(()) => remote.call(request.clone()).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(answer) => {
                passage.succeeded();
                return Ok(answer);
            }
            Err(error) => match passage.failed(error) {
                Failed::Finally(error) => return Err(error),
                Failed::Again(pause) => pause.await,
            },
        }
    }
}
