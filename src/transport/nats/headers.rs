//! Frames as messages of the server, and back.

use async_nats::{HeaderMap, Message};

use crate::transport::frame::{Frame, HEADERS};

/// The headers of a frame as the client library wants them.
pub(super) fn of(headers: Vec<(&'static str, String)>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name, value);
    }
    map
}

/// What of a message is a frame: headers that are not ours are left out.
pub(super) fn frame(message: &Message) -> Frame {
    let known = |map: &HeaderMap| {
        let values = HEADERS.iter();
        values
            .filter_map(|name| Some((*name, map.get(*name)?.as_str().to_owned())))
            .collect()
    };
    Frame {
        headers: message.headers.as_ref().map(known).unwrap_or_default(),
        body: message.payload.to_vec(),
    }
}
