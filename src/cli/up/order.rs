//! What other commands may ask of a running `up`, as lines of JSON: one request, one answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::file::Notice;
use super::process::Status;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// How long an order may take: a drain waits for running turns.
const PATIENCE: Duration = Duration::from_secs(120);
/// A longer line is not one of ours.
pub(super) const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub(in crate::cli) enum Order {
    /// How all are.
    Look,
    /// So many processes with this capability.
    Scale {
        /// The capability.
        capability: String,
        /// How many.
        replicas: u16,
    },
    /// No process of this node, or not this one process.
    Drain {
        /// The node, or one process of it.
        node: String,
        /// It is started again.
        undo: bool,
    },
}

/// An order with what shows that it may be given.
#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) token: String,
    #[serde(flatten)]
    pub(super) order: Order,
}

/// What was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::cli) struct Done {
    /// What was done, in a sentence; empty for a look.
    pub(in crate::cli) told: String,
    /// Whether all is as it was ordered; it may still be on the way.
    pub(in crate::cli) is_complete: bool,
    /// How all are now.
    pub(in crate::cli) processes: Vec<Status>,
}

/// The answer to a request.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Done(Done),
    Refused { reason: String },
}

/// Gives an order to the `up` of a notice.
pub(in crate::cli) async fn send(notice: &Notice, order: Order) -> Result<Done, Failure> {
    let exchange = async {
        let mut stream = TcpStream::connect(notice.address()).await?;
        let token = notice.token().to_owned();
        let mut line = serde_json::to_vec(&Request { token, order })?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let mut answer = String::new();
        let mut reader = BufReader::new(stream).take(LINE_BYTES_MAX);
        reader.read_line(&mut answer).await?;
        Ok::<_, std::io::Error>(serde_json::from_str::<Answer>(&answer)?)
    };
    let (pid, door) = (notice.pid, notice.address());
    let answered = tokio::time::timeout(PATIENCE, exchange).await;
    match answered {
        Ok(Ok(Answer::Done(done))) => Ok(done),
        Ok(Ok(Answer::Refused { reason })) => Err(Failure::new(Exit::Data, reason)),
        Ok(Err(error)) => Err(Failure::new(
            Exit::Unavailable,
            format!("`up` (process {pid}) does not answer at {door}: {error}"),
        )),
        Err(_) => Err(Failure::new(
            Exit::Busy,
            format!(
                "`up` (process {pid}) did not finish within {} s; `ps` shows how far it is",
                PATIENCE.as_secs()
            ),
        )),
    }
}
