//! The client library of NATS, used by hand: request and reply with the codec that skep has, and with none.
//!
//! Who serves has one task for its subscription, in which up to [`AT_A_TIME`] requests are handled side by side.

use std::future::Future;
use std::sync::Arc;

use async_nats::{Client, Message};
use benches::Role;
use benches::threads::spawn;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::peer::Peer;
use crate::skep_node::{Echo, Echoed};

/// Requests that are handled side by side.
const AT_A_TIME: usize = 256;
const CODED: &str = "benches.echo.coded";
const PLAIN: &str = "benches.echo.plain";

/// With the codec, both ways.
#[derive(Debug, Clone)]
pub(crate) struct Coded(Client);

/// Bytes, as they are.
#[derive(Debug, Clone)]
pub(crate) struct Plain(Client);

pub(crate) async fn client(nats: &str) -> Client {
    let connecting = async_nats::connect(nats);
    connecting.await.expect("the nats-server is there")
}

/// Answers every request on a subject.
async fn answer<F>(nats: &str, subject: &str, handle: fn(Bytes) -> F) -> JoinHandle<()>
where
    F: Future<Output = Bytes> + Send + 'static,
{
    let client = client(nats).await;
    let requests = client
        .queue_subscribe(subject.to_owned(), "q".to_owned())
        .await
        .expect("it may listen");
    client.flush().await.expect("the nats-server is there");
    let serving = requests.for_each_concurrent(AT_A_TIME, move |message: Message| {
        let client = client.clone();
        async move {
            let reply = handle(message.payload).await;
            let to = message.reply.expect("somebody waits");
            client.publish(to, reply).await.expect("it may answer");
        }
    });
    spawn(&Handle::current(), serving)
}

async fn ask(client: &Client, subject: &'static str, body: Bytes) -> Bytes {
    let asked = client.request(subject, body).await;
    asked.expect("somebody answers").payload
}

impl Peer for Coded {
    const NAME: &'static str = "async-nats + serde_json";
    const ROLE: Role = Role::Floor;
    const WORK: &'static str = "coded";
    type Server = JoinHandle<()>;

    async fn serve(nats: String) -> (String, Self::Server) {
        let serving = answer(&nats, CODED, |body| async move {
            let Echo { number, text } = serde_json::from_slice(&body).expect("it is an echo");
            let echoed = Echoed { number, text };
            serde_json::to_vec(&echoed)
                .expect("it can be written")
                .into()
        });
        (String::new(), serving.await)
    }

    async fn connect(nats: String, _: String) -> Self {
        Self(client(&nats).await)
    }

    async fn echo(&self, number: u64, text: &Arc<str>) {
        let echo = Echo {
            number,
            text: text.as_ref().to_owned(),
        };
        let body = serde_json::to_vec(&echo).expect("it can be written");
        let reply = ask(&self.0, CODED, body.into()).await;
        let echoed: Echoed = serde_json::from_slice(&reply).expect("it is an echo");
        echoed.compare(number, text);
    }
}

impl Peer for Plain {
    const NAME: &'static str = "async-nats, bare bytes";
    const ROLE: Role = Role::Floor;
    const WORK: &'static str = "plain";
    type Server = JoinHandle<()>;

    async fn serve(nats: String) -> (String, Self::Server) {
        let serving = answer(&nats, PLAIN, |body| async move { body });
        (String::new(), serving.await)
    }

    async fn connect(nats: String, _: String) -> Self {
        Self(client(&nats).await)
    }

    async fn echo(&self, _: u64, text: &Arc<str>) {
        let body = Bytes::copy_from_slice(text.as_bytes());
        let reply = ask(&self.0, PLAIN, body).await;
        assert_eq!(reply, text.as_bytes(), "another text came back");
    }
}
