//! gRPC is between the capabilities: services and channels of tonic, written by hand where a generator would have written them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::{NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use super::http::Addresses;
use crate::hotel::{
    Answer, Ask, Availability, Catalogue, Charge, Failed, FindGuest, FindRooms, Guests, LogIn,
    Near, Notifications, Notify, Payments, Profiles, Question, Quote, Rates, Recommend,
    Recommendations, Reservations, Reserve, Search, Service, every_service,
};

/// Neighbours behind gRPC: one connection to each, on which requests travel side by side.
#[derive(Debug, Clone)]
pub(crate) struct Grpc {
    channels: BTreeMap<Service, Channel>,
}

impl Grpc {
    /// Connects when it is first needed; to be called on an executor.
    pub(crate) fn to(addresses: Addresses) -> Result<Self, Failed> {
        let connect = |(service, address): (Service, String)| {
            let endpoint = Endpoint::from_shared(address);
            let endpoint = endpoint.map_err(|error| Failed::from_error(&error))?;
            Ok((service, endpoint.tcp_nodelay(true).connect_lazy()))
        };
        let channels = addresses.into_iter().map(connect);
        Ok(Self {
            channels: channels.collect::<Result<_, Failed>>()?,
        })
    }

    async fn call<M: Question>(&self, question: M) -> Result<M::Answer, Status> {
        let channel = self.channels.get(&M::SERVICE).cloned();
        let channel = channel.ok_or_else(|| Status::unavailable("no address"))?;
        let mut client = tonic::client::Grpc::new(channel);
        let ready = client.ready().await;
        ready.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(M::PATH);
        let codec = ProstCodec::<M, M::Answer>::default();
        let answer = client.unary(Request::new(question), path, codec).await?;
        Ok(answer.into_inner())
    }
}

impl<M: Question> Ask<M> for Grpc {
    async fn ask(&self, question: M) -> Result<M::Answer, Failed> {
        let answer = self.call(question).await;
        answer.map_err(|error| Failed::from_error(&error))
    }
}

/// A service and its neighbours.
struct Hosted<S> {
    service: Arc<S>,
    neighbours: Arc<Grpc>,
}

impl<S> Clone for Hosted<S> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            neighbours: Arc::clone(&self.neighbours),
        }
    }
}

impl<S: Answer<M, Grpc> + 'static, M: Question> UnaryService<M> for Hosted<S> {
    type Response = M::Answer;
    type Future = BoxFuture<'static, Result<Response<M::Answer>, Status>>;

    fn call(&mut self, request: Request<M>) -> Self::Future {
        let hosted = self.clone();
        async move {
            let question = request.into_inner();
            let answer = hosted.service.answer(question, &hosted.neighbours).await;
            let answer = answer.map_err(|failed| Status::internal(failed.reason));
            answer.map(Response::new)
        }
        .boxed()
    }
}

/// A capability that can be asked over gRPC: calls the method that the path names.
trait Routed: Sized + Send + Sync + 'static {
    const NAME: &'static str;

    fn route(
        hosted: Hosted<Self>,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, http::Response<Body>>;
}

fn unary<S: Answer<M, Grpc> + 'static, M: Question>(
    hosted: Hosted<S>,
    request: http::Request<Body>,
) -> BoxFuture<'static, http::Response<Body>> {
    let codec = ProstCodec::<M::Answer, M>::default();
    let mut server = tonic::server::Grpc::new(codec);
    async move { server.unary(UnaryFor::<S, M>::of(hosted), request).await }.boxed()
}

/// Says which of a service's questions is meant.
struct UnaryFor<S, M>(Hosted<S>, std::marker::PhantomData<fn() -> M>);

impl<S, M> UnaryFor<S, M> {
    const fn of(hosted: Hosted<S>) -> Self {
        Self(hosted, std::marker::PhantomData)
    }
}

impl<S: Answer<M, Grpc> + 'static, M: Question> UnaryService<M> for UnaryFor<S, M> {
    type Response = M::Answer;
    type Future = BoxFuture<'static, Result<Response<M::Answer>, Status>>;

    fn call(&mut self, request: Request<M>) -> Self::Future {
        UnaryService::<M>::call(&mut self.0, request)
    }
}

struct Routes<S>(Hosted<S>);

impl<S> Clone for Routes<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Routed> NamedService for Routes<S> {
    const NAME: &'static str = S::NAME;
}

impl<S: Routed> tonic::codegen::Service<http::Request<Body>> for Routes<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        S::route(self.0.clone(), request).map(Ok).boxed()
    }
}

macro_rules! routed {
    ($($service:ident, $name:ident: $($question:ident),+;)*) => {
        $(impl Routed for $service {
            const NAME: &'static str = concat!("hotel.", stringify!($name));

            fn route(hosted: Hosted<Self>, request: http::Request<Body>) -> BoxFuture<'static, http::Response<Body>> {
                $(if request.uri().path() == $question::PATH {
                    return unary::<Self, $question>(hosted, request);
                })+
                let unknown = Status::unimplemented("no such method");
                std::future::ready(unknown.into_http()).boxed()
            }
        })*

        /// Serves until the executor ends.
        pub(crate) async fn serve(service: Service, listener: TcpListener, addresses: Addresses) -> Result<(), Failed> {
            let neighbours = Grpc::to(addresses)?;
            match service {
                $(Service::$service => host(<$service>::default(), listener, neighbours).await,)*
            }
        }
    };
}

every_service!(routed);

fn host<S: Routed>(
    service: S,
    listener: TcpListener,
    neighbours: Grpc,
) -> impl Future<Output = Result<(), Failed>> {
    let routes = Routes(Hosted {
        service: Arc::new(service),
        neighbours: Arc::new(neighbours),
    });
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let served = tonic::transport::Server::builder()
        .add_service(routes)
        .serve_with_incoming(incoming);
    served.map(|served| served.map_err(|error| Failed::from_error(&error)))
}
