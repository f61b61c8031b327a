//! The REST resources over HTTP: routes, credentials, bodies and statuses. What they mean is in
//! [`core`](super::core).

use axum::{
    Router,
    body::Body,
    extract::{FromRef, FromRequestParts, Path, RawQuery, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use soap_axl::Credentials;

use super::{
    core::{self, ApiError, Core, DialogChange, MAX_BODY, Moment, UserChange},
    node::Node,
};
use crate::{
    http::{BodyError, read_body},
    realm::{Realm, Verdict},
};

/// What the handlers share.
#[derive(Clone, Debug)]
pub(super) struct App {
    /// The web service.
    pub node: Node,
    /// Who may come in.
    pub realm: Realm,
}

/// The routes below `/finesse/api`.
pub(super) fn router() -> Router<App> {
    let routes = Router::new()
        .route("/SystemInfo", get(system_info))
        .route("/User/{id}", get(user).merge(put(change_user)))
        .route("/User/{id}/Dialogs", get(dialogs).merge(post(make_call)))
        .route("/User/{id}/ReasonCodes", get(reason_codes))
        .route("/User/{id}/WrapUpReasons", get(wrap_up_reasons))
        .route("/Dialog/{id}", get(dialog).merge(put(change_dialog)))
        .route("/Team/{id}", get(team))
        .route("/ClientLog", post(client_log))
        .method_not_allowed_fallback(|method: Method| async move {
            Failed(ApiError::method_not_allowed(method.as_str()))
        })
        .fallback(|request: Request| async move {
            Failed(ApiError::not_found(&format!(
                "{API}{}",
                request.uri().path()
            )))
        });
    Router::new().nest(API, routes)
}

async fn system_info(State(app): State<App>) -> Response {
    xml(StatusCode::OK, app.node.read(Core::system_info))
}

async fn user(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    app.read(|core, _| core.user(&caller.0, &id))
}

async fn dialogs(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    app.read(|core, _| core.dialogs(&caller.0, &id))
}

async fn dialog(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    app.read(|core, _| core.dialog(&caller.0, &id))
}

async fn team(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    app.read(|core, _| core.team(&caller.0, &id))
}

async fn reason_codes(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = query.unwrap_or_default();
    let category = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("category="));
    app.read(|core, _| core.reason_codes(&caller.0, &id, category))
}

async fn wrap_up_reasons(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    app.read(|core, _| core.wrap_up_reasons(&caller.0, &id))
}

async fn change_user(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request_id: RequestId,
    body: Body,
) -> Answer {
    let change = UserChange::parse(&read(body).await?).map_err(ApiError::from)?;
    app.change(|core, now| core.change_user(now, &caller.0, &id, &change, &request_id.0))
}

async fn make_call(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request_id: RequestId,
    body: Body,
) -> Answer {
    let change = DialogChange::parse(&read(body).await?).map_err(ApiError::from)?;
    app.change(|core, now| core.make_call(now, &caller.0, &id, &change, &request_id.0))
}

async fn change_dialog(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request_id: RequestId,
    body: Body,
) -> Answer {
    let change = DialogChange::parse(&read(body).await?).map_err(ApiError::from)?;
    app.change(|core, now| core.change_dialog(now, &caller.0, &id, &change, &request_id.0))
}

async fn client_log(caller: Caller, body: Body) -> Answer {
    let text = core::client_log(&read(body).await?).map_err(ApiError::from)?;
    tracing::debug!(user = %caller.0, %text, "client log");
    Ok(StatusCode::ACCEPTED.into_response())
}

impl App {
    /// Whether the request carries the right credentials of a user; returns the login id.
    ///
    /// # Errors
    ///
    /// 401, or 503 when the node is out of service or nobody can say.
    pub(super) async fn authenticate(&self, headers: &HeaderMap) -> Result<String, ApiError> {
        self.node.read(|core, _| core.check_in_service())?;
        let header = headers.get(header::AUTHORIZATION);
        let credentials = header
            .and_then(|value| Credentials::from_header(value.as_bytes()).ok())
            .ok_or_else(|| ApiError::unauthorized(""))?;
        let user = credentials.user();
        match self
            .realm
            .check(user, credentials.password().expose())
            .await
        {
            Ok(Verdict::Accepted) => Ok(user.to_owned()),
            Ok(Verdict::Refused | Verdict::Locked { .. }) => Err(ApiError::unauthorized(user)),
            Err(error) => {
                tracing::warn!(%error, "a login cannot be checked");
                Err(ApiError::unavailable("the login cannot be checked now"))
            }
        }
    }

    fn read(&self, look: impl FnOnce(&Core, Moment) -> Result<String, ApiError>) -> Answer {
        Ok(xml(StatusCode::OK, self.node.read(look)?))
    }

    fn change(&self, ask: impl FnOnce(&mut Core, Moment) -> Result<(), ApiError>) -> Answer {
        self.node.change(ask)?;
        Ok(StatusCode::ACCEPTED.into_response())
    }
}

type Answer = Result<Response, Failed>;

/// The login id of who asks, with the right password.
pub(super) struct Caller(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        refuse_foreign_pages(parts)?;
        Ok(Self(
            App::from_ref(state).authenticate(&parts.headers).await?,
        ))
    }
}

/// A browser that has the credentials would add them to what the page of another site sends; reading is
/// kept from such pages by the browser itself.
fn refuse_foreign_pages(parts: &Parts) -> Result<(), Failed> {
    let site = parts
        .headers
        .get("sec-fetch-site")
        .map(HeaderValue::as_bytes);
    let is_own = matches!(site, None | Some(b"same-origin" | b"none"));
    if is_own || matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    Err(Failed(ApiError::forbidden(
        "requests of other sites are not taken",
    )))
}

/// The `requestId` header; empty when there is none.
struct RequestId(String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let Some(value) = parts.headers.get("requestid") else {
            return Ok(Self(String::new()));
        };
        match value.to_str() {
            Ok(text) if text.len() <= MAX_REQUEST_ID => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => {
                let message = format!("requestId is not text of up to {MAX_REQUEST_ID} characters");
                Err(Failed(ApiError::bad_request("requestId", message)))
            }
        }
    }
}

async fn read(body: Body) -> Result<Bytes, ApiError> {
    let body = read_body(body).await.map_err(|error| match error {
        BodyError::TooLarge => ApiError::too_large(MAX_BODY),
        BodyError::TooSlow | BodyError::Broken => ApiError::bad_request("", error.to_string()),
    })?;
    if body.len() > MAX_BODY {
        return Err(ApiError::too_large(MAX_BODY));
    }
    Ok(body)
}

/// An error as its answer.
#[derive(Debug)]
pub(super) struct Failed(pub(super) ApiError);

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status);
        let mut response = xml(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            core::error_body(&self.0),
        );
        if self.0.kind == UNAUTHENTICATED {
            let challenge = HeaderValue::from_static(r#"Basic realm="CCX Realm", charset="UTF-8""#);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/xml;charset=UTF-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

/// Where the API is.
const API: &str = "/finesse/api";

/// `ErrorType` of an answer to which other credentials could lead further.
const UNAUTHENTICATED: &str = "Authorization Failure";

/// It comes back in a notification, so it is kept short.
const MAX_REQUEST_ID: usize = 256;
