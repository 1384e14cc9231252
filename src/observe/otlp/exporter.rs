//! [`Otlp`]: gathers spans and sends them, on a thread of its own.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::encode::{self, Sender};
use super::endpoint::{Endpoint, OtlpError, Sent};
use crate::call::Span;
use crate::config::TraceSettings;
use crate::runtime::Runtime;

/// Spans of one request.
const BATCH_MAX: usize = 512;
/// How long a span waits for others at most.
const GATHER: Duration = Duration::from_secs(1);
/// Spans that wait to be sent; the oldest make room for new ones.
const QUEUE_MAX: usize = 8192;
/// The wait after the first failure, doubled after each that follows.
const BACKOFF_MIN: Duration = Duration::from_millis(250);
/// The longest wait between two attempts, whatever the collector says.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// How often it is told that something is wrong.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Sends every recorded span of a runtime to the collector of `[trace.otlp]`: batches of at most 512 spans, at most a second
/// after they ended.
///
/// Works on a thread of its own; no turn waits for it. When the collector cannot be reached, the last 8,192 spans wait for
/// it and older ones are dropped and counted. Dropping it ends it without sending the rest; [`stop`](Self::stop) sends that.
pub struct Otlp {
    stop: watch::Sender<Option<Duration>>,
    ended: watch::Receiver<()>,
    num_dropped: Arc<AtomicU64>,
}

impl Otlp {
    /// Begins to send what `runtime` records, if `[trace.otlp]` says where to.
    ///
    /// # Errors
    ///
    /// [`OtlpError`] when `[trace.otlp]` cannot be used.
    pub fn begin(
        runtime: &Runtime,
        application: &str,
        version: &str,
    ) -> Result<Option<Self>, OtlpError> {
        let Ok(TraceSettings {
            otlp: Some(settings),
            ..
        }) = runtime.config().section("trace")
        else {
            return Ok(None);
        };
        let num_dropped = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = watch::channel(None);
        let (is_over, ended) = watch::channel(());
        let exporter = Exporter {
            endpoint: Endpoint::new(&settings)?,
            sender: Sender {
                service: application.to_owned(),
                version: version.to_owned(),
            },
            feed: Some(runtime.listen_spans()),
            stop: stopped,
            queue: VecDeque::new(),
            num_dropped: Arc::clone(&num_dropped),
            warned: None,
        };
        on_a_thread(exporter, is_over)?;
        Ok(Some(Self {
            stop,
            ended,
            num_dropped,
        }))
    }

    /// Spans that never reached the collector: too many waited, or it refused them.
    #[must_use]
    pub fn num_dropped(&self) -> u64 {
        self.num_dropped.load(Ordering::Relaxed)
    }

    /// Sends what is left, for so long at most, and ends. What has not been sent by then is dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropped half way, it ends all the same.
    pub async fn stop(&self, within: Duration) {
        self.stop.send_replace(Some(within));
        let mut ended = self.ended.clone();
        // Nothing is ever sent: it ends with its sender.
        while ended.changed().await.is_ok() {}
    }
}

fn on_a_thread(exporter: Exporter, is_over: watch::Sender<()>) -> Result<(), OtlpError> {
    let no_thread = |error: std::io::Error| OtlpError::NoThread {
        reason: error.to_string(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(no_thread)?;
    let thread = std::thread::Builder::new().name("skep-otlp".to_owned());
    let started = thread.spawn(move || {
        runtime.block_on(exporter.run());
        drop(runtime);
        drop(is_over);
    });
    started.map(drop).map_err(no_thread)
}

/// What the thread does.
struct Exporter {
    endpoint: Endpoint,
    sender: Sender,
    /// None when the runtime is gone.
    feed: Option<broadcast::Receiver<Arc<Span>>>,
    stop: watch::Receiver<Option<Duration>>,
    queue: VecDeque<Arc<Span>>,
    num_dropped: Arc<AtomicU64>,
    warned: Option<Instant>,
}

impl Exporter {
    /// Sends until all is sent, or until the time that [`Otlp::stop`] gives is over.
    async fn run(mut self) {
        let mut stop = self.stop.clone();
        let out_of_time = async move {
            // Without an answer nobody waits for what is left.
            let within = stop.wait_for(Option::is_some).await;
            let within = within.ok().and_then(|within| *within);
            tokio::time::sleep(within.unwrap_or_default()).await;
        };
        tokio::select! {
            () = out_of_time => {}
            () = self.send_all() => {}
        }
        self.drop_spans(self.queue.len());
    }

    /// What is on its way when the end comes is finished, not begun again: the collector would have it twice.
    async fn send_all(&mut self) {
        self.work().await;
        self.take_waiting();
        if self.stop.borrow().is_some() {
            self.drain().await;
        } else {
            let _ = tokio::time::timeout(GATHER, self.drain()).await;
        }
    }

    /// Gathers and sends until the runtime is gone, or it is to stop.
    async fn work(&mut self) {
        let mut failures = 0;
        while self.gather().await {
            let wait = self.send_batch(&mut failures).await;
            self.take_for(wait).await;
        }
    }

    /// Sends all that is left.
    async fn drain(&mut self) {
        let mut failures = 0;
        while !self.queue.is_empty() {
            let wait = self.send_batch(&mut failures).await;
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits until a batch is full, or its oldest span has waited long enough. False when no more will come, or it is to
    /// stop.
    async fn gather(&mut self) -> bool {
        let mut stop = self.stop.clone();
        while self.queue.is_empty() {
            tokio::select! {
                _ = stop.wait_for(Option::is_some) => return false,
                more = self.take() => if !more { return false },
            }
        }
        let until = Instant::now() + GATHER;
        while self.queue.len() < BATCH_MAX {
            tokio::select! {
                _ = stop.wait_for(Option::is_some) => return false,
                more = self.take() => if !more { break },
                () = tokio::time::sleep_until(until) => break,
            }
        }
        true
    }

    /// Takes what comes for a while.
    async fn take_for(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut stop = self.stop.clone();
        let mut more = true;
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(Option::is_some) => return,
                () = tokio::time::sleep_until(until) => return,
                still = self.take(), if more => more = still,
            }
        }
    }

    /// Waits for the next span. False when no more will come.
    async fn take(&mut self) -> bool {
        let Some(feed) = &mut self.feed else {
            return false;
        };
        match feed.recv().await {
            Ok(span) => self.push(span),
            Err(RecvError::Lagged(num)) => {
                self.drop_spans(usize::try_from(num).unwrap_or(usize::MAX));
            }
            Err(RecvError::Closed) => self.feed = None,
        }
        self.feed.is_some()
    }

    /// Takes what has come already.
    fn take_waiting(&mut self) {
        while let Some(feed) = &mut self.feed {
            match feed.try_recv() {
                Ok(span) => self.push(span),
                Err(broadcast::error::TryRecvError::Lagged(num)) => {
                    self.drop_spans(usize::try_from(num).unwrap_or(usize::MAX));
                }
                Err(_) => return,
            }
        }
    }

    fn push(&mut self, span: Arc<Span>) {
        self.queue.push_back(span);
        self.bound();
    }

    fn bound(&mut self) {
        let excess = self.queue.len().saturating_sub(QUEUE_MAX);
        self.queue.drain(..excess);
        self.drop_spans(excess);
    }

    fn drop_spans(&self, num: usize) {
        self.num_dropped.fetch_add(num as u64, Ordering::Relaxed);
    }

    /// Sends the oldest spans. Returns how long to wait before the next.
    async fn send_batch(&mut self, failures: &mut u32) -> Duration {
        let num = self.queue.len().min(BATCH_MAX);
        let batch: Vec<_> = self.queue.range(..num).cloned().collect();
        let body = encode::request(&self.sender, &batch);
        // What is being sent stays in the queue: dropped half way, this has lost nothing.
        let sent = self.endpoint.send(body).await;
        match sent {
            Sent::Taken => {
                self.queue.drain(..num);
                *failures = 0;
                Duration::ZERO
            }
            Sent::Refused { reason } => {
                self.queue.drain(..num);
                self.drop_spans(num);
                self.warn(&reason, "the collector refuses spans: they are dropped");
                Duration::ZERO
            }
            Sent::Later { after, reason } => {
                self.warn(&reason, "the collector takes no spans now: they wait");
                let backoff = BACKOFF_MIN.saturating_mul(1 << (*failures).min(10));
                *failures += 1;
                backoff.max(after.unwrap_or_default()).min(BACKOFF_MAX)
            }
        }
    }

    fn warn(&mut self, reason: &str, what: &str) {
        let is_due = self
            .warned
            .is_none_or(|warned| warned.elapsed() >= WARN_EVERY);
        if is_due {
            self.warned = Some(Instant::now());
            let num_dropped = self.num_dropped.load(Ordering::Relaxed);
            tracing::warn!(
                reason,
                num_waiting = self.queue.len(),
                num_dropped,
                "{what}"
            );
        }
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp")
            .field("num_dropped", &self.num_dropped())
            .finish_non_exhaustive()
    }
}
