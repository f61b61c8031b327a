//! Feature `http`: requests and responses as types of the [`http`](https://docs.rs/http) crate.
//!
//! Bodies are whole here: the host collects them within a limit of its own, takes off content codings
//! that it announced, and adds what a page of another origin needs (CORS).
//!
//! ```
//! use std::time::Duration;
//!
//! use bosh::session::{Channel, Manager, RequestSlot, ServerConfig};
//! use bytes::Bytes;
//!
//! let mut manager = Manager::new(ServerConfig::default(), || "k7Fq2".to_owned());
//! let now = Duration::ZERO;
//! let post = http::Request::post("/http-bind/").body(Bytes::from_static(
//!     b"<body xmlns='http://jabber.org/protocol/httpbind' rid='42' sid='gone'/>",
//! ))?;
//! // A refusal is to be sent at once, everything else is answered through `poll_transmit`.
//! manager.handle_http_request(now, Channel::Secure, RequestSlot(1), post)?;
//! while let Some(transmit) = manager.poll_transmit() {
//!     let _slot = transmit.slot;
//!     let response: http::Response<Bytes> = transmit.into();
//!     assert_eq!(response.headers()[http::header::CONTENT_TYPE], "text/xml; charset=utf-8");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use ::http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use bytes::Bytes;

use crate::body::CONTENT_TYPE;
use crate::session::{
    Channel, Client, ClientTransmit, Manager, RequestId, RequestSlot, SessionId, Transmit,
};

/// Why an HTTP request is no BOSH request, whatever its body says. No session hears of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Another method than POST (XEP-0124 §5).
    #[error("BOSH requests are POST requests")]
    Method,
    /// A content coding, which the host would have taken off if it knew it (XEP-0124 §7.2).
    #[error("the body has a content coding that is not supported")]
    ContentCoding,
}

impl Refusal {
    /// 405 or 415.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

/// With the header that says what would have been taken (RFC 9110 §15.5.6, §15.5.16).
impl From<Refusal> for Response<Bytes> {
    fn from(refusal: Refusal) -> Self {
        let mut response = Self::new(Bytes::from(refusal.to_string()));
        *response.status_mut() = refusal.status();
        let (name, value) = match refusal {
            Refusal::Method => (header::ALLOW, "POST"),
            Refusal::ContentCoding => (header::ACCEPT_ENCODING, "identity"),
        };
        let headers = response.headers_mut();
        headers.insert(name, HeaderValue::from_static(value));
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, text);
        response
    }
}

impl Manager {
    /// [`handle_request_over`](Self::handle_request_over) for a whole HTTP request.
    ///
    /// # Errors
    ///
    /// As [`check`] has it. No [`Transmit`] follows then: the refusal is the response.
    pub fn handle_http_request(
        &mut self,
        now: Duration,
        channel: Channel,
        slot: RequestSlot,
        request: Request<Bytes>,
    ) -> Result<Option<SessionId>, Refusal> {
        check(&request)?;
        Ok(self.handle_request_over(now, channel, slot, request.into_body()))
    }
}

/// Whether a request is one of BOSH as far as its head tells: for a host that asks before it collects the
/// body. Path and Content-Type do not matter: clients in browsers may be unable to set the latter
/// (XEP-0124 §5).
///
/// # Errors
///
/// If it is none. The refusal is the response.
pub fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method);
    }
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::ContentCoding);
    }
    Ok(())
}

/// Labelled as the client asked, not to be kept by caches; behind 403 the connection is to be closed.
impl From<Transmit> for Response<Bytes> {
    fn from(transmit: Transmit) -> Self {
        let status = StatusCode::from_u16(transmit.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Self::new(transmit.body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let label = HeaderValue::from_str(transmit.content_type.as_str());
        let label = label.unwrap_or(HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CONTENT_TYPE, label);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::FORBIDDEN {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl ClientTransmit {
    /// The POST to make to the connection manager at `uri`, if its connection is HTTP/1.1 or later
    /// and has no other request in flight.
    #[must_use]
    pub fn to_http_request(&self, uri: Uri) -> Request<Bytes> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let label = HeaderValue::from_static(CONTENT_TYPE);
        request.headers_mut().insert(header::CONTENT_TYPE, label);
        request
    }
}

impl Client {
    /// [`handle_response`](Self::handle_response) for a whole HTTP response.
    pub fn handle_http_response(
        &mut self,
        now: Duration,
        id: RequestId,
        response: &Response<Bytes>,
    ) {
        self.handle_response(now, id, response.status().as_u16(), response.body());
    }
}
