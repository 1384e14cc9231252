//! What the endless answers have in common: they end when the doors close, and say now and then that they are alive.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream;
use tokio::sync::watch;

use crate::call::Clock;

/// How long an answer is silent at most: what stands between tends to hang up on silence.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Known to every answer that goes on: when the doors close. They do when the sender is dropped.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Closing(watch::Receiver<()>);

impl Closing {
    /// Open doors; drop the sender to close them.
    pub(in crate::gateway) fn channel() -> (watch::Sender<()>, Self) {
        let (sender, receiver) = watch::channel(());
        (sender, Self(receiver))
    }

    async fn happens(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// Where the pieces of an answer come from.
pub(super) trait Source: 'static {
    /// What is sent when nothing else was for a while.
    const ALIVE: &'static str;

    /// The next piece; `None` at the end. Dropped, it loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<String>>;
}

struct State<S> {
    source: S,
    first: Option<&'static str>,
    closing: Closing,
    clock: Clock,
}

/// An answer that begins with `first` and goes on with what comes. It is asked for as fast as the client reads, so that a
/// slow one costs one piece of memory.
pub(super) fn answer(
    media_type: &'static str,
    first: &'static str,
    source: impl Source,
    closing: Closing,
    clock: Clock,
) -> HttpResponse {
    let state = State {
        source,
        first: Some(first),
        closing,
        clock,
    };
    let pieces = stream::unfold(state, |mut state| async move {
        let piece = piece(&mut state).await?;
        Some((Ok::<_, Infallible>(piece), state))
    });
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(pieces)
}

async fn piece<S: Source>(state: &mut State<S>) -> Option<Bytes> {
    if let Some(first) = state.first.take().filter(|first| !first.is_empty()) {
        return Some(Bytes::from_static(first.as_bytes()));
    }
    tokio::select! {
        biased;
        () = state.closing.happens() => None,
        next = state.source.next() => next.map(Bytes::from),
        () = state.clock.sleep(SILENCE_MAX) => Some(Bytes::from_static(S::ALIVE.as_bytes())),
    }
}
