//! HTTP/1.1 with JSON and connections that are kept: actix-web serves, reqwest asks. Each ask under way has a connection of its own, as the
//! protocol wants it.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpServer, post, web};
use benches::Role;
use benches::threads::spawn;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::peer::Peer;
use crate::skep_node::{Echo, Echoed};

/// A client that keeps its connections.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    url: String,
}

#[post("/echo")]
async fn say_back(body: web::Json<Echo>) -> web::Json<Echoed> {
    let Echo { number, text } = body.into_inner();
    web::Json(Echoed { number, text })
}

impl Peer for Http {
    const NAME: &'static str = "HTTP/1.1 + serde_json";
    const ROLE: Role = Role::Peer;
    const WORK: &'static str = "http";
    const IS_OVER_NATS: bool = false;
    type Server = JoinHandle<std::io::Result<()>>;

    async fn serve(_: String) -> (String, Self::Server) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let server = HttpServer::new(|| App::new().service(say_back))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .expect("it may listen");
        let serving = spawn(&Handle::current(), server.run());
        (format!("http://{address}/echo"), serving)
    }

    async fn connect(_: String, url: String) -> Self {
        let client = Client::builder().tcp_nodelay(true).no_proxy().build();
        Self {
            client: client.expect("a client without TLS"),
            url,
        }
    }

    async fn echo(&self, number: u64, text: &Arc<str>) {
        let echo = Echo {
            number,
            text: text.as_ref().to_owned(),
        };
        let body = serde_json::to_vec(&echo).expect("it can be written");
        let asked = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send();
        let response = asked.await.expect("the server answers");
        let reply = response.bytes().await.expect("a whole reply");
        let echoed: Echoed = serde_json::from_slice(&reply).expect("it is an echo");
        echoed.compare(number, text);
    }
}
