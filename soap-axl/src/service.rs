//! The server half: a request, taken in piece by piece, to a message; and the response to it.

use core::fmt;

use bytes::{Bytes, BytesMut};

use crate::{
    Body, ContentType, DecodeError, DecodeErrorKind, Decoder, Encoder, Envelope, EnvelopeCodec,
    Fault, FaultCode, Headers, HttpResponse, RequestHead, SoapVersion, Strictness, encode,
    encoding,
    http::Length,
    xml::{Element, Name},
};

/// What a SOAP service takes. One value serves any number of requests.
#[derive(Clone, Debug, Default)]
pub struct Service {
    codec: EnvelopeCodec,
}

impl Service {
    /// A service that reads with this codec.
    pub fn new(codec: EnvelopeCodec) -> Self {
        Self { codec }
    }

    /// Looks at the head of a request. Path and credentials are the caller's to look at.
    ///
    /// # Errors
    ///
    /// The response to send: 405 for another method than POST, 415 for another content type, 413
    /// for too long a body. SOAP 1.1 has none of these in words; they are HTTP's.
    pub fn receive(&self, head: RequestHead) -> Result<Receiving, HttpResponse> {
        if head.method() != "POST" {
            return Err(page(405, "Method Not Allowed").with_header("Allow", "POST"));
        }
        let known = head
            .content_type()
            .is_none_or(|kind| kind.is_soap11() || kind.is_soap12());
        if !known {
            return Err(page(415, "Unsupported Media Type"));
        }
        let announced = head.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |announced| announced > self.codec.max_len()) {
            return Err(page(413, "Content Too Large"));
        }
        Ok(Receiving {
            codec: self.codec.clone(),
            head,
            body: BytesMut::new(),
        })
    }

    /// The response with a fault.
    pub fn fault(&self, version: SoapVersion, fault: &Fault) -> HttpResponse {
        let body = self.codec.encode_fault(version, fault);
        soap(fault.http_status(version), version, body)
    }

    /// The response to a message that asks for no answer: 202 without a body. SOAP 1.2 part 2
    /// §7.5.2.2; Basic Profile 1.1 R1112 for 1.1.
    pub fn accepted(&self) -> HttpResponse {
        HttpResponse {
            status: 202,
            headers: Headers::new(),
            body: Bytes::new(),
        }
    }

    /// The response with a result.
    pub fn answer(&self, version: SoapVersion, write: impl FnOnce(&mut Encoder)) -> HttpResponse {
        soap(200, version, encode(version, &[], write))
    }
}

/// A request on its way in.
///
/// `Debug` prints how long the body is.
pub struct Receiving {
    codec: EnvelopeCodec,
    head: RequestHead,
    body: BytesMut,
}

impl fmt::Debug for Receiving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiving")
            .field("head", &self.head)
            .field("body", &Length(&self.body))
            .finish_non_exhaustive()
    }
}

impl Receiving {
    /// The head of the request.
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// The 413 to send when the body is over the limit of the codec.
    pub fn handle_body(&mut self, chunk: &[u8]) -> Result<(), HttpResponse> {
        if chunk.len() > self.codec.max_len() - self.body.len() {
            return Err(page(413, "Content Too Large"));
        }
        self.body.extend_from_slice(chunk);
        Ok(())
    }

    /// The body is complete: reads it. `read` is as for [`EnvelopeCodec::decode`].
    ///
    /// # Errors
    ///
    /// The response to send: 400 when it is no XML, else a fault.
    pub fn finish<T>(
        self,
        read: impl FnOnce(Name<'_>, &mut Decoder<'_>) -> Result<T, DecodeError>,
    ) -> Result<Message<T>, HttpResponse> {
        let charset = self
            .head
            .content_type()
            .and_then(|kind| kind.charset.as_deref());
        let mut in_body = false;
        let decoded = encoding::to_text(&self.body, charset)
            .map_err(DecodeError::from)
            .and_then(|text| {
                self.codec.decode(text.as_bytes(), |name, decoder| {
                    let result = read(name, decoder);
                    in_body = result.is_err();
                    result
                })
            });
        let Envelope {
            version,
            headers,
            body,
        } = decoded.map_err(|error| self.refuse(&error, in_body))?;
        if self.codec.strictness() == Strictness::Strict && !self.type_fits(version) {
            return Err(page(415, "Unsupported Media Type"));
        }
        let body = match body {
            Body::Entry(entry) => entry,
            Body::Empty => {
                let kind = DecodeErrorKind::Missing("body entry");
                return Err(self.refuse(&DecodeError::new(kind, 0), true));
            }
            Body::Fault(_) => {
                let fault = Fault::new(FaultCode::Sender, "a fault is no request");
                return Err(soap(500, version, self.codec.encode_fault(version, &fault)));
            }
        };
        Ok(Message {
            head: self.head,
            version,
            headers,
            body,
        })
    }

    /// Whether the content type is that of the envelope's version. SOAP 1.1 §6; SOAP 1.2 part 2
    /// §7.1.4.
    fn type_fits(&self, version: SoapVersion) -> bool {
        self.head.content_type().is_none_or(|kind| match version {
            SoapVersion::V11 => kind.is_soap11(),
            SoapVersion::V12 => kind.is_soap12(),
        })
    }

    fn refuse(&self, error: &DecodeError, in_body: bool) -> HttpResponse {
        if error.is_malformed() {
            return page(400, "Bad Request");
        }
        let by_type = self.head.content_type().is_some_and(ContentType::is_soap12);
        let claimed = if by_type {
            SoapVersion::V12
        } else {
            SoapVersion::V11
        };
        let version = error.answer_version(self.codec.versions(), claimed);
        let mut fault = error.to_fault();
        if in_body {
            // SOAP 1.1 §4.4: its presence says that the fault is about the body.
            fault.detail = Some(Element::new("", "detail"));
        }
        soap(
            fault.http_status(version),
            version,
            self.codec.encode_fault(version, &fault),
        )
    }
}

/// A request that was read.
#[derive(Debug)]
pub struct Message<T> {
    /// The head of the request.
    pub head: RequestHead,
    /// The version to answer in.
    pub version: SoapVersion,
    /// Header blocks in order.
    pub headers: Vec<crate::HeaderBlock>,
    /// The body's entry.
    pub body: T,
}

impl HttpResponse {
    /// A small HTML page, as servers send when a request does not get as far as SOAP.
    pub fn page(status: u16, text: &str) -> Self {
        page(status, text)
    }

    /// Adds a header at the end.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers = self.headers.with(name, value);
        self
    }
}

/// `text` is ours, so that it needs no escaping beyond the three signs.
fn page(status: u16, text: &str) -> HttpResponse {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let body = format!(
        "<!DOCTYPE html><html><head><title>{status} {text}</title></head>\
         <body><h1>{status} {text}</h1></body></html>"
    );
    HttpResponse {
        status,
        headers: Headers::new().with("Content-Type", "text/html;charset=UTF-8"),
        body: Bytes::from(body),
    }
}

fn soap(status: u16, version: SoapVersion, body: Bytes) -> HttpResponse {
    let headers = Headers::new().with("Content-Type", version.content_type());
    HttpResponse {
        status,
        headers,
        body,
    }
}
