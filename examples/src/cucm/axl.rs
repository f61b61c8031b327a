//! AXL over HTTPS: who asks, what for, and the answer from the directory.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::StatusCode;
use soap_axl::{
    HttpResponse, RequestHead,
    axl::{self, Effect},
};
use tokio::{net::TcpListener, sync::Semaphore};

use super::{
    accounts::Accounts,
    changes::Changes,
    directory::Directory,
    operations::{Desk, authenticate},
};
use crate::{
    data_dir,
    http::{self as web, BodyError},
    seed::AxlRole,
    server::{Exposure, StartError, bind},
    settings::Settings,
    shutdown::Shutdown,
    tls,
};

/// A bound listener and everything behind it.
pub(super) struct Axl {
    pub(super) address: SocketAddr,
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    shared: Arc<Shared>,
}

struct Shared {
    server: axl::Server,
    accounts: Accounts,
    desk: Mutex<Desk>,
    /// Requests that may wait for the directory at one time.
    places: Semaphore,
}

impl Axl {
    /// Binds the listener and fills the directory.
    pub(super) async fn bind(settings: &Settings) -> Result<Self, StartError> {
        let listener = bind(settings, "--cucm-axl", settings.cucm.axl, Exposure::Network).await?;
        let address = listener.local_addr().map_err(|source| StartError::Bind {
            address: settings.cucm.axl,
            flag: "--cucm-axl",
            source,
        })?;
        let path = settings
            .cucm
            .keep
            .then(|| settings.data_dir.join("cucm.sqlite"));
        if path.is_some() {
            data_dir::create(&settings.data_dir)?;
        }
        let broken = |reason: &dyn std::fmt::Display| StartError::Database {
            path: path.clone().unwrap_or_else(|| ":memory:".into()),
            reason: reason.to_string(),
        };
        let directory = Directory::open(path.as_deref(), &settings.seed)
            .map_err(|error| broken(&error.reason))?;
        let mut random = [0; 48];
        getrandom::fill(&mut random).map_err(|error| StartError::Tls(error.to_string()))?;
        let (for_passwords, for_queue) = random.split_at(32);
        let accounts = Accounts::new(&settings.seed, directory.connection(), for_passwords)
            .map_err(|error| broken(&error))?;
        let queue_id: String = for_queue.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            address,
            listener,
            tls: tls::server_config(settings)?,
            shared: Arc::new(Shared {
                server: axl::Server::new(axl::ServerConfig::default()),
                accounts,
                desk: Mutex::new(Desk {
                    directory,
                    changes: Changes::new(queue_id, MAX_CHANGES),
                }),
                places: Semaphore::new(MAX_WAITING),
            }),
        })
    }

    /// Serves until the end is asked for.
    pub(super) async fn serve(self, shutdown: Shutdown) {
        let limits = web::Limits {
            connections: 1024,
            body_bytes: MAX_BODY,
            head_timeout: Duration::from_secs(60),
            ..web::Limits::default()
        };
        let router = Router::new().fallback(handle).with_state(self.shared);
        web::serve(self.listener, Some(self.tls), router, limits, shutdown).await;
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let response = match respond(shared, request).await {
        Ok(response) | Err(response) => response,
    };
    to_axum(response)
}

async fn respond(shared: Arc<Shared>, request: Request) -> Result<HttpResponse, HttpResponse> {
    let (parts, body) = request.into_parts();
    let mut head = RequestHead::new(parts.method.as_str(), parts.uri.path());
    for (name, value) in &parts.headers {
        head = head.header(name.as_str(), value.as_bytes());
    }
    let mut incoming = shared.server.receive(head)?;
    let role = shared.accounts.role(incoming.credentials());
    let effect = match role {
        None => return Err(shared.server.unauthorized()),
        Some(AxlRole::None) => return Err(shared.server.forbidden()),
        Some(AxlRole::ReadOnly) => Effect::Read,
        Some(AxlRole::Full) => Effect::Write,
    };
    let body = web::read_body(body).await.map_err(|error| match error {
        BodyError::TooLarge => HttpResponse::page(413, "Content Too Large"),
        BodyError::TooSlow => HttpResponse::page(408, "Request Timeout"),
        BodyError::Broken => HttpResponse::page(400, "Bad Request"),
    })?;
    incoming.handle_body(&body)?;
    let received =
        incoming.finish(|wanted, _| effect == Effect::Write || wanted == Effect::Read)?;
    if let axl::Request::DoAuthenticateUser(operation) = received.request() {
        // The realm asks this at every login: it waits for nobody.
        return Ok(received.answer(&authenticate(&shared.accounts, operation)));
    }
    let Ok(_place) = shared.places.try_acquire() else {
        return Err(HttpResponse::page(503, "Service Unavailable").with_header("Retry-After", "1"));
    };
    // SQLite blocks while it works.
    let work = {
        let shared = Arc::clone(&shared);
        tokio::task::spawn_blocking(move || {
            // After a panic in the middle of a write the next one takes it back.
            let mut desk = shared.desk.lock().unwrap_or_else(PoisonError::into_inner);
            desk.perform(&shared.accounts, &received)
                .unwrap_or_else(|error| received.fault(&error))
        })
    };
    work.await
        .map_err(|_| HttpResponse::page(500, "Internal Server Error"))
}

fn to_axum(response: HttpResponse) -> Response {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = Response::builder().status(status);
    for (name, value) in response.headers.iter() {
        builder = builder.header(name, value);
    }
    builder
        .body(Body::from(response.body))
        .unwrap_or_else(|error| {
            tracing::error!(%error, "a response cannot be written");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
}

/// Longest request body, in bytes; the crate's own limit is the same.
const MAX_BODY: usize = 1024 * 1024;
/// Requests that wait for the directory; a further one is asked to come again.
const MAX_WAITING: usize = 64;
/// Changes that `listChange` remembers; CUCM's own limit is at most 100,000.
const MAX_CHANGES: usize = 10_000;
