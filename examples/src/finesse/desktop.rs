//! The agent desktop: files built into the binary, the node's settings for them, and the simulated
//! caller. `desktop/CONTRACT.md` says what the page relies on.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use super::{
    api::{App, Caller, Failed},
    caller::CallMe,
    core::ApiError,
};
use crate::settings::Settings;

/// What the page needs beside the API.
#[derive(Clone, Debug)]
pub(super) struct Desktop {
    app: App,
    settings: Arc<Settings>,
    call_me: Arc<CallMe>,
    policy: HeaderValue,
}

/// A file of the page.
#[derive(Debug)]
struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

macro_rules! files {
    ($($name:literal: $kind:expr,)*) => {
        &[$(File {
            name: $name,
            kind: $kind,
            content: include_bytes!(concat!("../../desktop/", $name)),
        },)*]
    };
}

/// The routes below `/desktop/`, and the ways to it.
pub(super) fn router(app: App, settings: Arc<Settings>) -> Router {
    let call_me = Arc::new(CallMe::new(&settings));
    let policy = policy(&settings);
    let desktop = Desktop {
        app,
        settings,
        call_me,
        policy,
    };
    Router::new()
        .route("/", get(to_desktop))
        .route("/desktop", get(to_desktop))
        .route("/desktop/", get(index))
        .route("/desktop/config.json", get(config))
        .route("/desktop/call-me", post(call_me_now))
        .route("/desktop/{name}", get(file))
        .with_state(desktop)
}

async fn to_desktop() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "/desktop/")]).into_response()
}

async fn index(State(desktop): State<Desktop>, headers: HeaderMap) -> Response {
    desktop.file("index.html", &headers)
}

async fn file(
    State(desktop): State<Desktop>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    desktop.file(&name, &headers)
}

async fn config(State(desktop): State<Desktop>) -> Response {
    let settings = &desktop.settings;
    let in_service = desktop.app.node.read(|core, _| core.is_in_service());
    let config = json!({
        "systemStatus": if in_service { "IN_SERVICE" } else { "OUT_OF_SERVICE" },
        "systemAuthMode": "NON_SSO",
        "host": settings.xmpp_domain,
        "alternateHost": "",
        "isAlternateSystemAvailable": false,
        "redirectToAlternateHost": false,
        "xmppDomain": settings.xmpp_domain,
        "pubsubDomain": settings.pubsub_domain(),
        "restPath": "/finesse/api",
        "callMePath": "/desktop/call-me",
        "notification": {
            "securePort": settings.notification.bosh_tls.port(),
            "clearPort": settings.notification.bosh.port(),
            "tunnelPath": "/tunnel/",
        },
        "version": env!("CARGO_PKG_VERSION"),
    });
    let mut response = config.to_string().into_response();
    desktop.add_headers(&mut response, "application/json");
    response
}

async fn call_me_now(State(desktop): State<Desktop>, caller: Caller) -> Result<Response, Failed> {
    // The password may be that of someone who is no agent here.
    desktop
        .app
        .node
        .read(|core, _| core.check_user(&caller.0))?;
    match desktop.call_me.call().await {
        Ok(()) => Ok(StatusCode::ACCEPTED.into_response()),
        Err(error) => {
            tracing::warn!(%error, "no simulated call");
            Err(Failed(ApiError::unavailable(
                "there is no simulated caller now",
            )))
        }
    }
}

impl axum::extract::FromRef<Desktop> for App {
    fn from_ref(desktop: &Desktop) -> Self {
        desktop.app.clone()
    }
}

impl Desktop {
    fn file(&self, name: &str, headers: &HeaderMap) -> Response {
        let Some(file) = FILES.iter().find(|file| file.name == name) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let tag = entity_tag(file.content);
        let known = headers
            .get(header::IF_NONE_MATCH)
            .map(HeaderValue::as_bytes);
        let mut response = if known == Some(tag.as_bytes()) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            file.content.into_response()
        };
        self.add_headers(&mut response, file.kind);
        if let Ok(tag) = HeaderValue::try_from(tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    fn add_headers(&self, response: &mut Response, kind: &'static str) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
    }
}

/// The page talks to its own origin and embeds the tunnel, under each name that the node goes by.
fn policy(settings: &Settings) -> HeaderValue {
    let notification = &settings.notification;
    let mut tunnels: Vec<String> = Vec::new();
    for (scheme, address) in [
        ("https", notification.bosh_tls),
        ("http", notification.bosh),
    ] {
        let mut names = vec![settings.xmpp_domain.as_str()];
        if address.ip().is_loopback() || address.ip().is_unspecified() {
            names.extend(["localhost", "127.0.0.1"]);
        }
        for name in names {
            let origin = format!("{scheme}://{name}:{}", address.port());
            if !tunnels.contains(&origin) {
                tunnels.push(origin);
            }
        }
    }
    let tunnels = tunnels.join(" ");
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {tunnels}; frame-src {tunnels}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    // The settings admit no character in a domain that a header could not hold.
    HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// FNV-1a: tells two versions of a file apart.
fn entity_tag(content: &[u8]) -> String {
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("\"{hash:016x}\"")
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: &[File] = files! {
    "index.html": HTML,
    "style.css": CSS,
    "icon.svg": "image/svg+xml",
    "api.js": SCRIPT,
    "banner.js": SCRIPT,
    "call.js": SCRIPT,
    "dom.js": SCRIPT,
    "flow.js": SCRIPT,
    "hub.js": SCRIPT,
    "main.js": SCRIPT,
    "refresh.js": SCRIPT,
    "signin.js": SCRIPT,
    "state.js": SCRIPT,
    "team.js": SCRIPT,
    "tunnel.js": SCRIPT,
    "wrapup.js": SCRIPT,
    "xml.js": SCRIPT,
};

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::PathBuf};

    use super::*;

    #[test]
    fn every_file_of_the_page_is_built_in() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("desktop");
        let names = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap());
        let names = names.filter(|entry| entry.file_type().unwrap().is_file());
        let names = names.map(|entry| entry.file_name().into_string().unwrap());
        let names: BTreeSet<String> = names.filter(|name| !name.ends_with(".md")).collect();
        let built_in: BTreeSet<String> = FILES.iter().map(|file| file.name.to_owned()).collect();
        assert_eq!(built_in, names);
    }

    #[test]
    fn the_policy_names_the_tunnel_under_each_name_of_the_node() {
        let settings = Settings::with_data_dir(PathBuf::new());
        let policy = policy(&settings);
        let expected = "default-src 'none'; script-src 'self'; style-src 'self'; \
            img-src 'self' data:; connect-src 'self' https://localhost:7443 \
            https://127.0.0.1:7443 http://localhost:7071 http://127.0.0.1:7071; \
            frame-src https://localhost:7443 https://127.0.0.1:7443 http://localhost:7071 \
            http://127.0.0.1:7071; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        assert_eq!(policy.to_str().unwrap(), expected);
    }

    #[test]
    fn an_entity_tag_follows_the_content() {
        assert_eq!(entity_tag(b""), "\"cbf29ce484222325\"");
        assert_ne!(entity_tag(b"a"), entity_tag(b"b"));
    }
}
