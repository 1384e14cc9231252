//! The open loop: each guest comes when the plan says, and waits from then on, whether there was a free connection or not.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{Latencies, now};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::arrivals::arrivals;
use super::connection::exchange;
use super::requests::requests;

/// Connections that stay open.
const CONNECTIONS: usize = 64;
/// How long the last guests may wait; what is not answered then is lost.
const PATIENCE: Duration = Duration::from_secs(2);
/// The system's timer is this coarse: what is closer is waited for by looking at the clock.
const COARSE: Duration = Duration::from_millis(2);

/// What is to be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// The door's port on the loopback interface.
    pub(crate) port: u16,
    /// Guests a second.
    pub(crate) per_second: f64,
    /// For how long nothing is measured.
    pub(crate) warm_ms: u64,
    /// For how long it is, then.
    pub(crate) measured_ms: u64,
    /// Where choices and moments come from.
    pub(crate) seed: u64,
    /// Whether it has a processor to itself, on which it may look at the clock without end.
    pub(crate) alone: bool,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Guests who came in the measured time.
    pub(crate) came: u64,
    /// Those of them who had an answer.
    pub(crate) answered: u64,
    /// How long those waited, in microseconds: the median.
    pub(crate) p50_us: f64,
    /// And the 99th percentile.
    pub(crate) p99_us: f64,
}

/// A guest.
struct Guest {
    due: Instant,
    measured: bool,
    request: Vec<u8>,
}

/// What the connections have seen.
#[derive(Default)]
struct Tally {
    answered: u64,
    latencies: Latencies,
}

/// Lets the guests come. Calls `begins` when the measured time begins, and returns when the last guest is served or gave up.
pub(crate) async fn generate(load: &Load, begins: impl FnOnce()) -> io::Result<Heard> {
    let measured_from = Duration::from_millis(load.warm_ms);
    let time = measured_from + Duration::from_millis(load.measured_ms);
    let moments = arrivals(load.seed, load.per_second, time);
    let requests = requests(load.seed, moments.len());
    let bytes: Vec<Vec<u8>> = requests.iter().map(super::Request::bytes).collect();
    let (line, served) = mpsc::channel(moments.len().max(1));
    let served = Arc::new(Mutex::new(served));
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(("127.0.0.1", load.port)).await?;
        stream.set_nodelay(true)?;
        connections.spawn(serve(stream, Arc::clone(&served)));
    }
    let begin = now();
    let mut begins = Some(begins);
    let mut came = 0;
    for (moment, request) in moments.into_iter().zip(bytes) {
        wait_until(begin + moment, load.alone).await;
        let measured = moment >= measured_from;
        if let Some(begins) = begins.take_if(|_| measured) {
            begins();
        }
        came += u64::from(measured);
        let due = begin + moment;
        let guest = Guest {
            due,
            measured,
            request,
        };
        line.try_send(guest)
            .map_err(|_| io::Error::other("all connections are gone"))?;
    }
    drop(line);
    Ok(count(connections, came).await)
}

async fn wait_until(due: Instant, alone: bool) {
    loop {
        let left = due.saturating_duration_since(now());
        if left.is_zero() {
            return;
        }
        if left > COARSE {
            sleep(left - COARSE).await;
        } else if alone {
            tokio::task::yield_now().await;
        } else {
            sleep(left).await;
        }
    }
}

/// Serves one guest after the other, until there are no more or the connection fails.
async fn serve(mut stream: TcpStream, served: Arc<Mutex<mpsc::Receiver<Guest>>>) -> Tally {
    let mut tally = Tally::default();
    let mut buffer = Vec::new();
    loop {
        // The lock is a queue of idle connections: whoever holds it serves the next guest.
        let guest = served.lock().await.recv().await;
        let Some(guest) = guest else {
            return tally;
        };
        if guest.due.elapsed() > PATIENCE {
            continue;
        }
        let exchanged = timeout(PATIENCE, exchange(&mut stream, &mut buffer, &guest.request));
        let Ok(Ok(response)) = exchanged.await else {
            return tally;
        };
        if guest.measured && response.status == 200 {
            tally.answered += 1;
            tally.latencies.add(guest.due.elapsed());
        }
    }
}

async fn count(mut connections: JoinSet<Tally>, came: u64) -> Heard {
    let mut all = Tally::default();
    while let Some(Ok(tally)) = connections.join_next().await {
        all.answered += tally.answered;
        all.latencies.merge(&tally.latencies);
    }
    Heard {
        came,
        answered: all.answered,
        p50_us: all.latencies.percentile_nanos(50.0) / 1000.0,
        p99_us: all.latencies.percentile_nanos(99.0) / 1000.0,
    }
}
