//! The client library of NATS, used by hand, for events: core publish and subscribe, which loses what nobody could take, and a stream with
//! confirmations both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::Client;
use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use benches::Role;
use benches::threads::spawn;
use futures_util::StreamExt;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::events::Emitter;
use crate::handled::HANDLED;
use crate::raw::client;
use crate::skep_events::Told;

const CORE: &str = "benches.event.core";
const STREAM: &str = "benches.event.stream";
const NAME: &str = "BENCHES";

/// Publish and subscribe: nobody knows whether it has arrived.
#[derive(Debug, Clone)]
pub(crate) struct Core(Client);

/// A stream: each event is published until the server has it on its disk, and taken from a consumer until that is acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    stream: Context,
    ids: Arc<AtomicU64>,
}

fn written(at: u64, text: String) -> Vec<u8> {
    serde_json::to_vec(&Told { at, text }).expect("it can be written")
}

fn handle(body: &[u8]) {
    let told: Told = serde_json::from_slice(body).expect("it is an event");
    HANDLED.handle(told.at);
}

impl Emitter for Core {
    const NAME: &'static str = "async-nats, core + serde_json";
    const ROLE: Role = Role::Floor;
    const WORK: &'static str = "hear-core";
    const EVENTS: u64 = 40_000;
    type Listener = JoinHandle<()>;

    async fn listen(nats: String) -> Self::Listener {
        let client = client(&nats).await;
        let mut events = client.subscribe(CORE).await.expect("it may listen");
        client.flush().await.expect("the nats-server is there");
        spawn(&Handle::current(), async move {
            // Held, for the subscription ends with it.
            let _client = client;
            while let Some(message) = events.next().await {
                handle(&message.payload);
            }
        })
    }

    async fn connect(nats: String) -> Self {
        Self(client(&nats).await)
    }

    async fn emit(&self, _: u64, at: u64, text: String) {
        let published = self.0.publish(CORE, written(at, text).into()).await;
        published.expect("it may publish");
    }
}

impl Emitter for Stream {
    const NAME: &'static str = "async-nats, JetStream + serde_json";
    const ROLE: Role = Role::Floor;
    const WORK: &'static str = "hear-stream";
    const EVENTS: u64 = 4000;
    type Listener = JoinHandle<()>;

    async fn listen(nats: String) -> Self::Listener {
        let config = Config {
            name: NAME.to_owned(),
            subjects: vec![STREAM.to_owned()],
            retention: RetentionPolicy::Interest,
            storage: StorageType::File,
            discard: DiscardPolicy::New,
            ..Config::default()
        };
        let stream = jetstream::new(client(&nats).await)
            .create_stream(config)
            .await
            .expect("the nats-server has streams");
        let consumer = pull::Config {
            durable_name: Some("listener".to_owned()),
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(consumer).await;
        let consumer = consumer.expect("a stream has consumers");
        let mut events = consumer.messages().await.expect("it can be pulled from");
        spawn(&Handle::current(), async move {
            while let Some(message) = events.next().await {
                let message = message.expect("the nats-server is there");
                handle(&message.payload);
                message.ack().await.expect("it can be acknowledged");
            }
        })
    }

    async fn connect(nats: String) -> Self {
        Self {
            stream: jetstream::new(client(&nats).await),
            ids: Arc::default(),
        }
    }

    async fn emit(&self, _: u64, at: u64, text: String) {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let message = PublishMessage::build()
            .payload(written(at, text).into())
            .message_id(id.to_string());
        let sent = self.stream.send_publish(STREAM, message).await;
        let confirmed = sent.expect("it may publish").await;
        confirmed.expect("the stream has it");
    }
}
