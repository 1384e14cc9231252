//! Frames as messages of the server, and back.

use async_nats::header::HeaderName;
use async_nats::{HeaderMap, Message};

use crate::transport::frame::{Frame, HEADERS};

/// The headers of a frame as the client library wants them.
pub(super) fn of(headers: Vec<(&'static str, String)>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        // A name that is known to be static is not copied.
        map.insert(HeaderName::from_static(name), value);
    }
    map
}

/// What of a message is a frame: headers that are not ours are left out.
pub(super) fn frame(message: &Message) -> Frame {
    // To look up each name would copy and hash all of them, of which most messages have few.
    let known = |map: &HeaderMap| {
        let ours = map.iter().filter_map(|(name, values)| {
            let name: &[u8] = name.as_ref();
            let known = HEADERS.iter().find(|known| known.as_bytes() == name)?;
            Some((*known, values.first()?.as_str().to_owned()))
        });
        ours.collect()
    };
    Frame {
        headers: message.headers.as_ref().map(known).unwrap_or_default(),
        body: message.payload.to_vec(),
    }
}
