//! [`Door`]: where a running `up` takes orders – a loopback port, and a token that only its user can read.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::colony::Colony;
use super::file::UpFile;
use super::order::{Answer, LINE_BYTES_MAX, Request};
use crate::gateway::Token;

/// Orders that are carried out at once; more wait to be heard.
const VISITORS_MAX: usize = 16;
/// How long somebody may take to say what is wanted.
const HEARING: Duration = Duration::from_secs(10);

/// Where orders are taken.
#[derive(Debug)]
pub(in crate::cli) struct Door {
    listener: TcpListener,
    token: Arc<Token>,
}

impl Door {
    /// Opens the door and writes where it is.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(in crate::cli) async fn open(file: &UpFile) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let token = Token::fresh().map_err(std::io::Error::other)?;
        file.tell(
            listener.local_addr()?.to_string(),
            token.reveal().to_owned(),
        )?;
        Ok(Self {
            listener,
            token: Arc::new(token),
        })
    }

    /// Takes orders for as long as it is polled; dropped, those that are being carried out are given up.
    pub(in crate::cli) async fn serve(&self, colony: &Arc<Colony>) {
        let mut visitors = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if visitors.len() < VISITORS_MAX => {
                    if let Ok((stream, _)) = accepted {
                        visitors.spawn(receive(stream, Arc::clone(colony), Arc::clone(&self.token)));
                    }
                }
                _ = visitors.join_next(), if !visitors.is_empty() => {}
            }
        }
    }
}

async fn receive(stream: TcpStream, colony: Arc<Colony>, token: Arc<Token>) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let mut hearing = (&mut stream).take(LINE_BYTES_MAX);
    match tokio::time::timeout(HEARING, hearing.read_line(&mut line)).await {
        Ok(Ok(count)) if count > 0 => {}
        _ => return,
    }
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) if token.is(&request.token) => match colony.obey(request.order).await {
            Ok(done) => Answer::Done(done),
            Err(reason) => Answer::Refused { reason },
        },
        Ok(_) => refused("the token is not that of this `up`"),
        Err(_) => refused("this is no order"),
    };
    if let Ok(mut text) = serde_json::to_vec(&answer) {
        text.push(b'\n');
        // Whoever asked may have gone.
        let _ = stream.write_all(&text).await;
        let _ = stream.shutdown().await;
    }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused {
        reason: reason.to_owned(),
    }
}
