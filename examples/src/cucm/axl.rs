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
    axl::{self, AxlCode, AxlError, Effect, Received},
};
use tokio::{net::TcpListener, sync::Semaphore};

use super::{
    accounts::Accounts,
    directory::{Directory, Page},
    sql,
};
use crate::{
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
    directory: Mutex<Directory>,
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
        let directory =
            Directory::from_seed(&settings.seed).map_err(|error| StartError::Database {
                path: ":memory:".into(),
                reason: error.to_string(),
            })?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| StartError::Tls(error.to_string()))?;
        Ok(Self {
            address,
            listener,
            tls: tls::server_config(settings)?,
            shared: Arc::new(Shared {
                server: axl::Server::new(axl::ServerConfig::default()),
                accounts: Accounts::new(&settings.seed, &random),
                directory: Mutex::new(directory),
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
        return Ok(received.answer(&authenticate(&shared.accounts, operation)));
    }
    let Ok(_place) = shared.places.try_acquire() else {
        return Err(HttpResponse::page(503, "Service Unavailable").with_header("Retry-After", "1"));
    };
    // SQLite blocks while it works.
    let work = {
        let shared = Arc::clone(&shared);
        tokio::task::spawn_blocking(move || {
            // A panic in the middle of a read leaves the directory whole.
            let mut directory = shared
                .directory
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            perform(&mut directory, &received).unwrap_or_else(|error| received.fault(&error))
        })
    };
    work.await
        .map_err(|_| HttpResponse::page(500, "Internal Server Error"))
}

fn authenticate(
    accounts: &Accounts,
    operation: &axl::DoAuthenticateUser,
) -> axl::DoAuthenticateUserReply {
    let right = match &operation.secret {
        axl::UserSecret::Password(password) => {
            accounts.is_end_user(&operation.userid, password.expose())
        }
        // No user has one.
        axl::UserSecret::Pin(_) => false,
    };
    axl::DoAuthenticateUserReply {
        user_authenticated: right,
        code: if right { 0 } else { WRONG_CREDENTIALS },
        days_to_expiry: None,
        is_warning_needed: Some(false),
        other: Vec::new(),
    }
}

/// Does what only the directory is needed for.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation is served once it has an arm here, not once the crate has a type for it"
)]
fn perform(directory: &mut Directory, received: &Received) -> Result<HttpResponse, AxlError> {
    use axl::Request as Operation;

    Ok(match received.request() {
        Operation::GetUser(operation) => {
            let user = found(directory.user(&operation.key), "User")?;
            received.answer(&axl::GetUserReply {
                user: masked(user, operation.returned_tags.as_ref()),
                other: Vec::new(),
            })
        }
        Operation::ListUser(operation) => {
            let page = Page {
                skip: operation.skip,
                first: operation.first,
            };
            let found = directory.users(&operation.criteria, page);
            let users = listed(found, &operation.returned_tags)?;
            let rows = users.len();
            within_limit(
                rows,
                received.answer(&axl::ListUserReply {
                    users,
                    other: Vec::new(),
                }),
            )?
        }
        Operation::GetPhone(operation) => {
            let phone = found(directory.phone(&operation.key), "Phone")?;
            received.answer(&axl::GetPhoneReply {
                phone: masked(phone, operation.returned_tags.as_ref()),
                other: Vec::new(),
            })
        }
        Operation::ListPhone(operation) => {
            let page = Page {
                skip: operation.skip,
                first: operation.first,
            };
            let found = directory.phones(&operation.criteria, page);
            let phones = listed(found, &operation.returned_tags)?;
            let rows = phones.len();
            within_limit(
                rows,
                received.answer(&axl::ListPhoneReply {
                    phones,
                    other: Vec::new(),
                }),
            )?
        }
        Operation::ListLine(operation) => {
            let page = Page {
                skip: operation.skip,
                first: operation.first,
            };
            let found = directory.lines(&operation.criteria, page);
            let lines = listed(found, &operation.returned_tags)?;
            let rows = lines.len();
            within_limit(
                rows,
                received.answer(&axl::ListLineReply {
                    lines,
                    other: Vec::new(),
                }),
            )?
        }
        Operation::GetLine(operation) => {
            let line = found(directory.line(&operation.key), "Line")?;
            let line = masked(line, operation.returned_tags.as_ref());
            received.answer(&axl::GetLineReply {
                line,
                other: Vec::new(),
            })
        }
        Operation::GetAppUser(operation) => {
            let user = found(directory.app_user(&operation.key), "AppUser")?;
            let app_user = masked(user, operation.returned_tags.as_ref());
            received.answer(&axl::GetAppUserReply {
                app_user,
                other: Vec::new(),
            })
        }
        Operation::ListAppUser(operation) => {
            let page = Page {
                skip: operation.skip,
                first: operation.first,
            };
            let found = directory.app_users(&operation.criteria, page);
            let app_users = listed(found, &operation.returned_tags)?;
            let rows = app_users.len();
            let reply = axl::ListAppUserReply {
                app_users,
                other: Vec::new(),
            };
            within_limit(rows, received.answer(&reply))?
        }
        Operation::GetCcmVersion(_) => received.answer(&axl::GetCcmVersionReply {
            component_version: axl::ComponentVersion {
                version: RELEASE.into(),
                other: Vec::new(),
            },
            other: Vec::new(),
        }),
        Operation::ExecuteSqlQuery(operation) => {
            let rows = sql::query(&mut directory.connection, &operation.sql)?;
            received.answer(&axl::ExecuteSqlQueryReply {
                rows,
                other: Vec::new(),
            })
        }
        other => {
            let message = format!("{} is not served by this stand-in", other.name());
            return Err(AxlError::new(AxlCode::GENERAL, message));
        }
    })
}

fn found<T>(result: rusqlite::Result<Option<T>>, object: &str) -> Result<T, AxlError> {
    result
        .map_err(broken)?
        .ok_or_else(|| AxlError::not_found(object))
}

/// What is asked of each object of a list.
fn listed<T: axl::Content>(
    objects: rusqlite::Result<Vec<T>>,
    tags: &axl::Tags,
) -> Result<Vec<T>, AxlError> {
    let objects = objects.map_err(broken)?;
    Ok(objects
        .into_iter()
        .map(|object| masked(object, Some(tags)))
        .collect())
}

/// CUCM refuses a list over 8 MB and says how many rows would fit.
fn within_limit(rows: usize, response: HttpResponse) -> Result<HttpResponse, AxlError> {
    let bytes = response.body.len();
    if bytes <= sql::MAX_RESULT {
        return Ok(response);
    }
    let fits = (rows.saturating_mul(sql::MAX_RESULT) / bytes).max(1);
    Err(AxlError::of_too_large(rows as u64, fits as u64))
}

/// What is asked of an object. Keys are attributes, which always stay.
fn masked<T: axl::Content>(mut object: T, tags: Option<&axl::Tags>) -> T {
    if let Some(tags) = tags {
        object.mask(tags);
    }
    object
}

/// Our own statements do not fail on a database in memory; should one, the caller is told no more
/// than that.
fn broken(error: rusqlite::Error) -> AxlError {
    tracing::error!(%error, "the directory cannot be read");
    AxlError::new(AxlCode::GENERAL, "the directory cannot be read")
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

/// What this stand-in says it is.
const RELEASE: &str = "14.0.1.10000(20)";
/// Our own number; the schema names none.
const WRONG_CREDENTIALS: i64 = 1;
/// Longest request body, in bytes; the crate's own limit is the same.
const MAX_BODY: usize = 1024 * 1024;
/// Requests that wait for the directory; a further one is asked to come again.
const MAX_WAITING: usize = 64;
