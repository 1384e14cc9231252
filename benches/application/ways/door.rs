//! The door, the same in every way of running the hotel: an HTTP server that reads a question, asks the capability, and writes its answer.

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::web::{Data, Json, ServiceConfig, post};
use actix_web::{App, HttpResponse, HttpServer};

use crate::hotel::{Ask, Availability, FindRooms, LogIn, Question, Recommend, Reserve};

/// Whoever can be asked all that comes through the door.
pub(crate) trait Front:
    Ask<FindRooms> + Ask<Recommend> + Ask<LogIn> + Ask<Availability> + Ask<Reserve> + 'static
{
}

impl<N> Front for N where
    N: Ask<FindRooms> + Ask<Recommend> + Ask<LogIn> + Ask<Availability> + Ask<Reserve> + 'static
{
}

/// Opens the door on a free port, which is returned with its server.
pub(crate) fn open<N: Front>(neighbours: N) -> std::io::Result<(u16, Server)> {
    let neighbours = Data::new(neighbours);
    serve(move |config| {
        config
            .app_data(neighbours.clone())
            .route(FindRooms::PATH, post().to(through::<N, FindRooms>))
            .route(Recommend::PATH, post().to(through::<N, Recommend>))
            .route(LogIn::PATH, post().to(through::<N, LogIn>))
            .route(Availability::PATH, post().to(through::<N, Availability>))
            .route(Reserve::PATH, post().to(through::<N, Reserve>));
    })
}

async fn through<N: Ask<M> + 'static, M: Question>(
    neighbours: Data<N>,
    question: Json<M>,
) -> HttpResponse {
    match neighbours.ask(question.into_inner()).await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(failed) => HttpResponse::InternalServerError().json(failed),
    }
}

/// A server with one worker, since there is one processor for it, on a free port. Connections stay open.
pub(crate) fn serve(
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<(u16, Server)> {
    let server = HttpServer::new(move || App::new().configure(routes.clone()))
        .workers(1)
        .keep_alive(KeepAlive::Os)
        .disable_signals()
        .bind(("127.0.0.1", 0))?;
    let port = server.addrs().first().map_or(0, std::net::SocketAddr::port);
    Ok((port, server.run()))
}
