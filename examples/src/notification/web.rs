//! HTTP around BOSH and WebSocket, and the tunnel page that shares its origin. `desktop/CONTRACT.md` says what the page
//! relies on.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Extension, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bosh::session::Channel;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use serde_json::json;

use super::{bosh::Sessions, session::Clients, websocket};
use crate::{
    http::{BodyError, Hold, Peer, Transport, read_body},
    settings::Settings,
};

#[derive(Clone, Debug)]
struct Web {
    sessions: Sessions,
    tunnel: Arc<Tunnel>,
}

/// What goes with the tunnel's files.
#[derive(Debug)]
struct Tunnel {
    config: String,
    policy: HeaderValue,
}

/// `/http-bind/`, `/ws/` and `/tunnel/`.
pub(super) fn router(settings: &Settings, sessions: Sessions, clients: Clients) -> Router {
    let tunnel = Arc::new(Tunnel::new(settings));
    let bind = || post(request).get(explain).options(preflight);
    let [plain, slashed] = BIND;
    Router::new()
        .route(plain, bind())
        .route(slashed, bind())
        .route("/tunnel", get(to_tunnel))
        .route("/tunnel/", get(index))
        .route("/tunnel/config.json", get(config))
        .route("/tunnel/{*name}", get(file))
        .with_state(Web { sessions, tunnel })
        .merge(sockets(clients))
}

fn sockets(clients: Clients) -> Router {
    Router::new()
        .route("/ws", get(websocket::upgrade))
        .route("/ws/", get(websocket::upgrade))
        .with_state(clients)
}

async fn request(
    State(web): State<Web>,
    Extension(peer): Extension<Peer>,
    request: Request<Body>,
) -> Response {
    if let Err(refusal) = bosh::http::check(&request) {
        return with_origin(http::Response::from(refusal).map(Body::from));
    }
    let body = match read_body(request.into_body()).await {
        Ok(body) => body,
        Err(error) => {
            let status = match error {
                BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
                BodyError::Broken => StatusCode::BAD_REQUEST,
            };
            return with_origin((status, error.to_string()).into_response());
        }
    };
    answer(&web.sessions, peer, body).await.map(Body::from)
}

async fn answer(sessions: &Sessions, peer: Peer, body: Bytes) -> http::Response<Bytes> {
    let channel = match peer.transport {
        Transport::Clear => Channel::Clear,
        Transport::Tls => Channel::Secure,
    };
    with_origin(match sessions.request(channel, body).await {
        Some(transmit) => transmit.into(),
        None => {
            let mut response = http::Response::new(Bytes::new());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    })
}

/// The POST requests of BOSH are those that are held.
impl Hold for Sessions {
    fn takes(&self, path: &str) -> bool {
        BIND.contains(&path)
    }

    async fn answer(&self, peer: Peer, body: Bytes) -> http::Response<Bytes> {
        answer(self, peer, body).await
    }
}

/// For people who follow the address.
async fn explain() -> Response {
    let mut response = EXPLANATION.into_response();
    add_headers(&mut response, HTML, "no-cache");
    response
}

async fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    with_origin(response)
}

/// Any page may speak BOSH: it has to bring the password, and no cookie or stored login is ever looked at.
///
/// An answer is no document: a form on some page could make a browser show one whose content somebody else chose, and
/// run what is in it with the rights of the tunnel.
fn with_origin<B>(mut response: http::Response<B>) -> http::Response<B> {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn to_tunnel() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "/tunnel/")]).into_response()
}

async fn index(State(web): State<Web>) -> Response {
    web.tunnel.file("index.html")
}

async fn file(State(web): State<Web>, Path(name): Path<String>) -> Response {
    web.tunnel.file(&name)
}

async fn config(State(web): State<Web>) -> Response {
    let mut response = web.tunnel.config.clone().into_response();
    web.tunnel.add_headers(&mut response, "application/json");
    response
}

impl Tunnel {
    fn new(settings: &Settings) -> Self {
        let origins = parent_origins(settings);
        let config = json!({ "boshPath": "/http-bind/", "parentOrigins": origins }).to_string();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors {}",
            origins.join(" ")
        );
        // The settings admit no character in a domain that a header could not hold.
        let policy = HeaderValue::try_from(policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        Self { config, policy }
    }

    fn file(&self, name: &str) -> Response {
        let Some((_, kind, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut response = (*content).into_response();
        self.add_headers(&mut response, kind);
        response
    }

    fn add_headers(&self, response: &mut Response, kind: &'static str) {
        add_headers(response, kind, "no-cache");
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
    }
}

fn add_headers(response: &mut Response, kind: &'static str, cache: &'static str) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The origins of the web service's pages as a browser writes them: in lower case, without the scheme's own port.
///
/// An IPv6 address is left out, since the policy's `frame-ancestors` has no form for it: there the page needs a name.
fn parent_origins(settings: &Settings) -> Vec<String> {
    let mut origins = Vec::new();
    for (scheme, address, default_port) in [
        ("https", settings.finesse.https, 443),
        ("http", settings.finesse.http, 80),
    ] {
        let mut names = vec![settings.xmpp_domain.to_ascii_lowercase()];
        let ip = address.ip();
        if ip.is_loopback() || ip.is_unspecified() {
            names.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
        }
        if ip.is_ipv4() && !ip.is_unspecified() {
            names.push(ip.to_string());
        }
        for name in names {
            let origin = if address.port() == default_port {
                format!("{scheme}://{name}")
            } else {
                format!("{scheme}://{name}:{}", address.port())
            };
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
    }
    origins
}

/// Where BOSH is served.
const BIND: [&str; 2] = ["/http-bind", "/http-bind/"];

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

const FILES: &[(&str, &str, &[u8])] = &[
    (
        "index.html",
        HTML,
        include_bytes!("../../desktop/tunnel/index.html"),
    ),
    (
        "tunnel.js",
        SCRIPT,
        include_bytes!("../../desktop/tunnel/tunnel.js"),
    ),
    (
        "vendor/strophe.esm.js",
        SCRIPT,
        include_bytes!("../../desktop/tunnel/vendor/strophe.esm.js"),
    ),
    (
        "vendor/strophe-LICENSE.txt",
        TEXT,
        include_bytes!("../../desktop/tunnel/vendor/strophe-LICENSE.txt"),
    ),
];

const EXPLANATION: &str = "<!doctype html>
<html lang=\"en\">
  <head>
    <meta charset=\"utf-8\">
    <title>BOSH</title>
  </head>
  <body>
    <p>XMPP over BOSH (XEP-0206) is served here. Clients send POST requests; there is nothing to see.</p>
  </body>
</html>
";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_file_of_the_tunnel_is_built_in() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("desktop/tunnel");
        let mut names = Vec::new();
        for sub in ["", "vendor/"] {
            for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    names.push(format!("{sub}{}", entry.file_name().to_str().unwrap()));
                }
            }
        }
        names.retain(|name| !name.ends_with(".md"));
        names.sort();
        let mut built_in: Vec<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
        built_in.sort();
        assert_eq!(built_in, names);
    }

    #[test]
    fn the_tunnel_names_the_pages_that_may_embed_it() {
        let settings = Settings::with_data_dir(PathBuf::new());
        let tunnel = Tunnel::new(&settings);
        let config: serde_json::Value = serde_json::from_str(&tunnel.config).unwrap();
        assert_eq!(config["boshPath"], "/http-bind/");
        let expected = [
            "https://localhost:8445",
            "https://127.0.0.1:8445",
            "http://localhost:8082",
            "http://127.0.0.1:8082",
        ];
        assert_eq!(config["parentOrigins"], json!(expected));
        let policy = tunnel.policy.to_str().unwrap();
        assert!(
            policy.ends_with(&format!("frame-ancestors {}", expected.join(" "))),
            "{policy}"
        );
    }

    #[test]
    fn the_tunnel_names_a_page_as_its_browser_does() {
        let mut settings = Settings::with_data_dir(PathBuf::new());
        settings.xmpp_domain = "Desk.Example".to_owned();
        settings.finesse.https = "192.0.2.5:443".parse().unwrap();
        settings.finesse.http = "[2001:db8::5]:80".parse().unwrap();
        assert_eq!(
            parent_origins(&settings),
            [
                "https://desk.example",
                "https://192.0.2.5",
                "http://desk.example"
            ]
        );
    }
}
