//! Where a turn that ends on its caller's thread leaves the result.

use std::any::Any;
use std::cell::Cell;

use crate::call::cell::CallResult;
use crate::contract::Message;

thread_local! {
    /// One allocation of the thread, used again by the next result if that is of the same message. From the end of a turn until its
    /// caller, who is on the same thread, takes the result, nothing else runs: one is enough for all actors.
    static DESK: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

/// Leaves the result for the caller.
pub(super) fn put<M: Message>(result: CallResult<M>) {
    // A thread that ends has no desk any more, and no caller.
    let _ = DESK.try_with(|desk| {
        let mut kept = desk.take();
        match kept.as_mut().and_then(|place| place.downcast_mut()) {
            Some(place) => *place = Some(result),
            None => kept = Some(Box::new(Some(result))),
        }
        desk.set(kept);
    });
}

/// Takes what the turn has left. Whoever has polled one that is over must: nothing may be left for the next.
pub(super) fn take<M: Message>() -> Option<CallResult<M>> {
    let taken = DESK.try_with(|desk| {
        let mut kept = desk.take();
        let place: Option<&mut Option<CallResult<M>>> =
            kept.as_mut().and_then(|place| place.downcast_mut());
        let result = place.and_then(Option::take);
        desk.set(kept);
        result
    });
    taken.ok().flatten()
}
