//! HTTP and JSON are between the capabilities: services of actix-web, connections of reqwest that stay open. Nothing else is.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::dev::Server;
use actix_web::web::{Data, Json, ServiceConfig, post};

use super::door::serve;
use crate::hotel::{
    Answer, Ask, Availability, Catalogue, Charge, Failed, FindGuest, FindRooms, Guests, LogIn,
    Near, Notifications, Notify, Payments, Profiles, Question, Quote, Rates, Recommend,
    Recommendations, Reservations, Reserve, Search, Service, every_service,
};

/// Where each service is: `http://127.0.0.1:4080`.
pub(crate) type Addresses = BTreeMap<Service, String>;

/// Neighbours behind HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    addresses: Addresses,
}

impl Http {
    pub(crate) fn to(addresses: Addresses) -> Self {
        Self {
            client: reqwest::Client::new(),
            addresses,
        }
    }

    async fn call<M: Question>(&self, question: M) -> Result<M::Answer, reqwest::Error> {
        let address = self.addresses.get(&M::SERVICE).map_or("", String::as_str);
        let request = self.client.post(format!("{address}{}", M::PATH));
        let answer = request.json(&question).send().await?;
        answer.error_for_status()?.json().await
    }
}

impl<M: Question> Ask<M> for Http {
    async fn ask(&self, question: M) -> Result<M::Answer, Failed> {
        let answer = self.call(question).await;
        answer.map_err(|error| Failed::from_error(&error))
    }
}

/// A service and its neighbours.
struct Hosted<S> {
    service: S,
    neighbours: Http,
}

async fn handle<S: Answer<M, Http>, M: Question>(
    hosted: Data<Hosted<S>>,
    question: Json<M>,
) -> HttpResponse {
    let answer = hosted
        .service
        .answer(question.into_inner(), &hosted.neighbours);
    match answer.await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(failed) => HttpResponse::InternalServerError().json(failed),
    }
}

/// A capability that can be asked over HTTP.
trait Routed: Sized + 'static {
    fn routes(config: &mut ServiceConfig);
}

macro_rules! routed {
    ($($service:ident, $name:ident: $($question:ident),+;)*) => {
        $(impl Routed for $service {
            fn routes(config: &mut ServiceConfig) {
                $(config.route($question::PATH, post().to(handle::<Self, $question>));)+
            }
        })*

        /// Starts a service on a free port, which is returned with its server.
        pub(crate) fn start(service: Service, addresses: Addresses) -> std::io::Result<(u16, Server)> {
            let neighbours = Http::to(addresses);
            match service {
                $(Service::$service => host(<$service>::default(), neighbours),)*
            }
        }
    };
}

every_service!(routed);

fn host<S: Routed + Send + Sync>(service: S, neighbours: Http) -> std::io::Result<(u16, Server)> {
    let hosted = Data::new(Hosted {
        service,
        neighbours,
    });
    serve(move |config| S::routes(config.app_data(hosted.clone())))
}
