//! The threads that serve the doors: one for an actix system, and those that it starts for accepting and for work.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use futures_util::future::{join_all, try_join_all};
use tokio::sync::oneshot;

use super::admin::Desk;
use super::api::Site;
use crate::call::Clock;

/// Connections that the operator's door may have open at once.
const ADMIN_CONNECTIONS: usize = 256;
/// actix reads its clock twice a second: without this much more, a short timeout may be none at all.
const CLOCK_SLACK: Duration = Duration::from_millis(500);

/// The door of the API, bound and not yet served.
pub(super) struct ApiDoor {
    pub(super) listener: TcpListener,
    pub(super) site: Arc<Site>,
    pub(super) workers: usize,
    pub(super) connections: usize,
}

/// The operator's door, bound and not yet served.
pub(super) struct AdminDoor {
    pub(super) listener: TcpListener,
    pub(super) desk: Arc<Desk>,
}

/// Doors that are served.
pub(super) struct Serving {
    handles: Vec<ServerHandle>,
    thread: JoinHandle<()>,
    /// Ends everything at once.
    abort: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

/// How long to wait: for requests to arrive, and for those under way when the doors close.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) receive: Duration,
    pub(super) shutdown: Duration,
}

impl Serving {
    /// Starts the threads.
    pub(super) fn start(
        api: Option<ApiDoor>,
        admin: Option<AdminDoor>,
        patience: Patience,
    ) -> io::Result<Self> {
        let (started, starting) = mpsc::sync_channel(1);
        let (abort, aborted) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("skep-doors".to_owned())
            .spawn(move || {
                let _end = end;
                rt::System::new().block_on(serve(api, admin, patience, &started, aborted));
            })?;
        let lost = |_| io::Error::other("the thread of the doors ended at once");
        let handles = starting.recv().map_err(lost)??;
        Ok(Self {
            handles,
            thread,
            abort,
            ended,
        })
    }

    /// Takes no new connections, finishes the requests under way for as long as `deadline`, and ends the threads.
    pub(super) async fn stop(self, clock: &Clock, deadline: Duration) {
        let stops = join_all(self.handles.iter().map(|handle| handle.stop(true)));
        tokio::select! {
            _ = stops => {}
            () = clock.sleep(deadline) => {
                tracing::warn!("the shutdown deadline has passed: requests that are still under way are cut off");
            }
        }
        let _ = self.abort.send(());
        let _ = self.ended.await;
        let _ = self.thread.join();
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

async fn serve(
    api: Option<ApiDoor>,
    admin: Option<AdminDoor>,
    patience: Patience,
    started: &mpsc::SyncSender<io::Result<Vec<ServerHandle>>>,
    aborted: oneshot::Receiver<()>,
) {
    let api = api.map(|door| api_server(door, patience));
    let admin = admin.map(|door| admin_server(door, patience));
    let servers: io::Result<Vec<Server>> = api.into_iter().chain(admin).collect();
    let servers = match servers {
        Ok(servers) => servers,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let _ = started.send(Ok(servers.iter().map(Server::handle).collect()));
    tokio::select! {
        served = try_join_all(servers) => {
            if let Err(error) = served {
                tracing::error!(%error, "a door does not serve any more");
            }
            // Who closes the doors waits for this end, not for that of the servers.
        }
        _ = aborted => {}
    }
}

fn api_server(door: ApiDoor, patience: Patience) -> io::Result<Server> {
    let site = web::Data::from(door.site);
    let workers = door.workers.min(door.connections).max(1);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(site.clone())
            .default_service(web::to(answer_caller))
    });
    let server = server
        .workers(workers)
        .max_connections((door.connections / workers).max(1))
        .client_request_timeout(patience.receive + CLOCK_SLACK)
        .shutdown_timeout(seconds(patience.shutdown))
        .disable_signals();
    Ok(server.listen(door.listener)?.run())
}

fn admin_server(door: AdminDoor, patience: Patience) -> io::Result<Server> {
    let desk = web::Data::from(door.desk);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(desk.clone())
            .default_service(web::to(answer_operator))
    });
    let server = server
        .workers(1)
        .max_connections(ADMIN_CONNECTIONS)
        .client_request_timeout(patience.receive + CLOCK_SLACK)
        .shutdown_timeout(seconds(patience.shutdown))
        .disable_signals();
    Ok(server.listen(door.listener)?.run())
}

async fn answer_caller(
    request: HttpRequest,
    payload: web::Payload,
    site: web::Data<Site>,
) -> HttpResponse {
    site.serve(request, payload).await
}

async fn answer_operator(
    request: HttpRequest,
    payload: web::Payload,
    desk: web::Data<Desk>,
) -> HttpResponse {
    desk.serve(request, payload).await
}

/// Whole seconds, rounded up: what is more exact is watched over by [`Serving::stop`].
const fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + 1
}
