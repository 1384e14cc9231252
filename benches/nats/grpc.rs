//! gRPC: tonic on both sides, one connection, and messages of the same fields in protocol buffers.

use std::sync::Arc;

use benches::Role;
use benches::threads::spawn;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Error, Server};
use tonic::{Request, Response, Status};

use self::generated::echoing_client::EchoingClient;
use self::generated::echoing_server::{Echoing, EchoingServer};
use crate::peer::Peer;

/// What the build has written from the description in `build.rs`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    reason = "generated as it comes"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/benches.Echoing.rs"));
}

/// What is said, and said back.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Echo {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(string, tag = "2")]
    text: String,
}

/// A client of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Grpc(EchoingClient<Channel>);

#[derive(Debug)]
struct Wall;

#[tonic::async_trait]
impl Echoing for Wall {
    async fn echo(&self, request: Request<Echo>) -> Result<Response<Echo>, Status> {
        let Echo { number, text } = request.into_inner();
        Ok(Response::new(Echo { number, text }))
    }
}

impl Peer for Grpc {
    const NAME: &'static str = "gRPC";
    const ROLE: Role = Role::Peer;
    const WORK: &'static str = "grpc";
    const IS_OVER_NATS: bool = false;
    type Server = JoinHandle<Result<(), Error>>;

    async fn serve(_: String) -> (String, Self::Server) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = Server::builder().serve_with_incoming(EchoingServer::new(Wall), incoming);
        let serving = spawn(&Handle::current(), server);
        (format!("http://{address}"), serving)
    }

    async fn connect(_: String, url: String) -> Self {
        let endpoint = Endpoint::from_shared(url).expect("an address");
        let channel = endpoint.tcp_nodelay(true).connect().await;
        Self(EchoingClient::new(channel.expect("the server is there")))
    }

    async fn echo(&self, number: u64, text: &Arc<str>) {
        let echo = Echo {
            number,
            text: text.as_ref().to_owned(),
        };
        let mut client = self.0.clone();
        let response = client.echo(echo).await.expect("the server answers");
        let echoed = response.into_inner();
        assert_eq!(echoed.number, number, "another number came back");
        assert_eq!(echoed.text, text.as_ref(), "another text came back");
    }
}
