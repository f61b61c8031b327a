//! What the tests share.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file is a crate of its own and uses a part; helpers may unwrap as tests do"
)]

use soap_axl::{EnvelopeCodec, HttpResponse, Incoming, RequestHead, ResponseHead, axl};

/// A file of `tests/golden`, without the white space between tags that is there for people.
pub(crate) fn golden(name: &str) -> String {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(str::trim_start).collect()
}

/// A 1.1 envelope around what is inside of it.
pub(crate) fn envelope11(inside: &str) -> String {
    format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">{inside}</e:Envelope>"
    )
}

/// A 1.2 envelope around what is inside of it.
pub(crate) fn envelope12(inside: &str) -> String {
    format!("<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\">{inside}</e:Envelope>")
}

/// The head of a POST to AXL with the credentials `reader:secret`.
pub(crate) fn axl_head(action: &str) -> RequestHead {
    RequestHead::new("POST", "/axl/")
        .header("Authorization", b"Basic cmVhZGVyOnNlY3JldA==")
        .header("Content-Type", b"text/xml;charset=UTF-8")
        .header("SOAPAction", action.as_bytes())
}

/// What an AXL server makes of a body, by a user who may do anything.
pub(crate) fn serve(head: RequestHead, body: &str) -> Result<axl::Received, HttpResponse> {
    let mut incoming = axl::Server::new(axl::ServerConfig::default()).receive(head)?;
    incoming.handle_body(body.as_bytes())?;
    incoming.finish(|_, _| true)
}

/// What an AXL client makes of a response to `operation`.
pub(crate) fn answer<O: axl::Operation>(
    operation: &O,
    status: u16,
    content_type: &str,
    body: &str,
) -> Result<O::Reply, axl::AxlCallError> {
    let client = axl::Client::new(axl::ClientConfig::new(axl::Version::V14_0));
    let head = ResponseHead::new(status).header("Content-Type", content_type.as_bytes());
    let mut reply = client.call(operation).pending.receive(head)?;
    // Byte by byte: pieces may be cut anywhere.
    for byte in body.as_bytes() {
        reply.handle_body(&[*byte])?;
    }
    reply.finish()
}

/// The body of a response as text.
pub(crate) fn text(response: &HttpResponse) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

/// What a call ends with when the operation failed.
pub(crate) fn failed(code: axl::AxlCode, message: &str) -> axl::AxlCallError {
    axl::AxlCallError::Operation {
        status: 500,
        error: axl::AxlError::new(code, message),
    }
}

/// What a call ends with when the server asks to wait, perhaps for so many seconds.
pub(crate) fn throttled(retry_after: Option<&str>) -> axl::AxlCallError {
    let mut head = ResponseHead::new(503);
    if let Some(value) = retry_after {
        head = head.header("Retry-After", value.as_bytes());
    }
    let incoming = Incoming::new(EnvelopeCodec::default(), head).expect("no length");
    let error = incoming
        .finish(|_, decoder| decoder.element())
        .expect_err("a refusal");
    error.into()
}
