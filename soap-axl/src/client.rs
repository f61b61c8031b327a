//! The client half: an answer, taken in piece by piece, to an envelope or a typed error.

use core::fmt;

use bytes::BytesMut;

use crate::{
    Body, DecodeError, Decoder, Envelope, EnvelopeCodec, Fault, Headers, HttpRequest, ResponseHead,
    SoapVersion, Tree, encode, encoding,
    http::Length,
    xml::{Element, Name},
};

/// The POST that carries a message. SOAP 1.1 §6; SOAP 1.2 part 2 §7.
///
/// `action` goes into the `SOAPAction` header, which 1.1 always has, or into the content type.
pub fn post(
    version: SoapVersion,
    path: &str,
    action: &str,
    headers: &[Element],
    write: impl FnOnce(&mut crate::Encoder),
) -> HttpRequest {
    let quoted = format!("\"{}\"", action.replace('\\', "\\\\").replace('"', "\\\""));
    let headers_of_http = match version {
        SoapVersion::V11 => Headers::new()
            .with("Content-Type", version.content_type())
            .with("Accept", "text/xml")
            .with("SOAPAction", quoted),
        SoapVersion::V12 => Headers::new()
            .with(
                "Content-Type",
                format!("{};action={quoted}", version.content_type()),
            )
            .with("Accept", "application/soap+xml"),
    };
    HttpRequest {
        method: "POST",
        path: path.to_owned(),
        headers: headers_of_http,
        body: encode(version, headers, write),
    }
}

/// An answer on its way in: head, then chunks of the body, then [`Incoming::finish`].
///
/// `Debug` prints how long the body is.
pub struct Incoming {
    codec: EnvelopeCodec,
    head: ResponseHead,
    body: BytesMut,
    /// Whether the body is SOAP to be read, or a page of which a piece is kept.
    is_soap: bool,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("head", &self.head)
            .field("body", &Length(&self.body))
            .finish_non_exhaustive()
    }
}

impl Incoming {
    /// Starts with the head of the response.
    ///
    /// # Errors
    ///
    /// [`CallError::TooLong`] when the announced length is over the limit of the codec.
    pub fn new(codec: EnvelopeCodec, head: ResponseHead) -> Result<Self, CallError> {
        let max = codec.max_len();
        let announced = head.content_length().unwrap_or_default();
        let this = Self::of_any_length(codec, head);
        if this.is_soap && usize::try_from(announced).map_or(true, |announced| announced > max) {
            return Err(CallError::TooLong { max });
        }
        Ok(this)
    }

    /// Starts with the head of a response whose announced length does not matter.
    pub(crate) fn of_any_length(codec: EnvelopeCodec, head: ResponseHead) -> Self {
        Self {
            codec,
            is_soap: is_soap(&head),
            head,
            body: BytesMut::new(),
        }
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// [`CallError::TooLong`] when the body is over the limit of the codec.
    pub fn handle_body(&mut self, chunk: &[u8]) -> Result<(), CallError> {
        if !self.is_soap {
            let room = MAX_EXCERPT.saturating_sub(self.body.len());
            self.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            return Ok(());
        }
        let max = self.codec.max_len();
        if chunk.len() > max - self.body.len() {
            return Err(CallError::TooLong { max });
        }
        self.body.extend_from_slice(chunk);
        Ok(())
    }

    /// Whether the head says that an answer comes: no page, and no fault but one of a server that
    /// gives faults the status of a success.
    pub(crate) fn is_answer(&self) -> bool {
        self.is_soap && is_success(self.head.status())
    }

    /// The head of the response.
    pub fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// The body is complete: reads it. `read` is as for [`EnvelopeCodec::decode`].
    ///
    /// # Errors
    ///
    /// A status that says that this is no answer, a fault (with any status), or a body that
    /// cannot be read.
    pub fn finish<T>(
        self,
        read: impl FnOnce(Name<'_>, &mut Decoder<'_>) -> Result<T, DecodeError>,
    ) -> Result<Answer<T>, CallError> {
        let charset = self.charset();
        self.finish_with(|codec, body| {
            let text = encoding::to_text(&body, charset.as_deref())?;
            codec.decode(text.as_bytes(), read)
        })
    }

    /// The body is complete: reads it, its entry as a tree that keeps the bytes.
    ///
    /// # Errors
    ///
    /// As for [`Incoming::finish`].
    pub fn finish_tree(self) -> Result<Answer<Tree>, CallError> {
        let charset = self.charset();
        self.finish_with(|codec, body| {
            let (text, start) = encoding::into_text(body.into(), charset.as_deref())?;
            codec.decode_tree_in(text, start)
        })
    }

    fn charset(&self) -> Option<String> {
        self.head
            .content_type()
            .and_then(|kind| kind.charset.clone())
    }

    fn finish_with<T>(
        mut self,
        decode: impl FnOnce(&EnvelopeCodec, BytesMut) -> Result<Envelope<T>, DecodeError>,
    ) -> Result<Answer<T>, CallError> {
        if !self.is_soap {
            return Err(CallError::Status(self.refusal()));
        }
        let is_success = is_success(self.head.status());
        if self.body.is_empty() && is_success {
            // The message was one way.
            return Ok(Answer {
                headers: Vec::new(),
                body: None,
            });
        }
        // An error status whose body is XML and no fault says no more than its status.
        let refusal = (!is_success).then(|| self.refusal());
        let body = core::mem::take(&mut self.body);
        let decoded = decode(&self.codec, body).map(Answer::of);
        match (decoded, refusal) {
            (Ok(Err(fault)), _) => Err(CallError::Fault {
                status: self.head.status(),
                fault,
            }),
            (Ok(Ok(_)) | Err(_), Some(refusal)) => Err(CallError::Status(refusal)),
            (Ok(Ok(answer)), None) => Ok(answer),
            (Err(error), None) => Err(CallError::Decode(error)),
        }
    }

    fn refusal(&self) -> Refusal {
        let excerpt = &self.body[..self.body.len().min(MAX_EXCERPT)];
        Refusal {
            status: self.head.status(),
            retry_after: self.head.retry_after(),
            excerpt: String::from_utf8_lossy(excerpt).into_owned(),
        }
    }
}

/// What came back, when it is no fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer<T> {
    /// Header blocks in order.
    pub headers: Vec<crate::HeaderBlock>,
    /// The body's entry; `None` for an empty body, as a message gets that asks for no answer.
    pub body: Option<T>,
}

impl<T> Answer<T> {
    fn of(envelope: Envelope<T>) -> Result<Self, Box<Fault>> {
        let body = match envelope.body {
            Body::Empty => None,
            Body::Entry(entry) => Some(entry),
            Body::Fault(fault) => return Err(fault),
        };
        Ok(Self {
            headers: envelope.headers,
            body,
        })
    }
}

/// Why a call has no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server refused before SOAP was looked at.
    #[error(transparent)]
    Status(Refusal),
    /// The server answered with a fault, usually with status 500.
    #[error("{fault}")]
    Fault {
        /// HTTP status.
        status: u16,
        /// What it says.
        fault: Box<Fault>,
    },
    /// The answer is longer than the limit of the codec.
    #[error("the answer is longer than {max} bytes")]
    TooLong {
        /// The limit in bytes.
        max: usize,
    },
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Decode(#[from] DecodeError),
}

/// A response that is no SOAP: a status and perhaps a page.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("http status {status}: {}", self.kind())]
pub struct Refusal {
    /// HTTP status; may be 599.
    pub status: u16,
    /// Seconds to wait before another try.
    pub retry_after: Option<u32>,
    /// The first [`MAX_EXCERPT`] bytes of the body, for people.
    pub excerpt: String,
}

impl Refusal {
    /// What the status means here.
    pub fn kind(&self) -> RefusalKind {
        match self.status {
            200..=299 => RefusalKind::NotSoap,
            300..=399 => RefusalKind::Redirected,
            401 => RefusalKind::Unauthorized,
            403 => RefusalKind::Forbidden,
            404 => RefusalKind::NotFound,
            503 => RefusalKind::Throttled,
            599 => RefusalKind::UnknownVersion,
            _ => RefusalKind::Other,
        }
    }
}

/// Meaning of a status that came without SOAP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// 2xx with a body that is no XML: another program answers there.
    NotSoap,
    /// 3xx. Only a 307 or 308 may be followed, with the POST kept; that is the host's to do.
    Redirected,
    /// 401: unknown user, wrong password, or none given.
    Unauthorized,
    /// 403: the user is known and may not.
    Forbidden,
    /// 404: nothing is served at this path; with AXL, the service is not activated.
    NotFound,
    /// 503: too much asked; wait and try again.
    Throttled,
    /// 599: AXL does not know the version of the schema.
    UnknownVersion,
    /// Anything else.
    Other,
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSoap => "not a soap answer",
            Self::Redirected => "redirected",
            Self::Unauthorized => "user or password not accepted",
            Self::Forbidden => "the user has no access",
            Self::NotFound => "nothing is served there",
            Self::Throttled => "the server asks to wait",
            Self::UnknownVersion => "schema version not known",
            Self::Other => "refused",
        })
    }
}

/// Whether the body is to be read as SOAP: the status allows it and the type says so.
///
/// SOAP 1.2 part 2 §7.5.1.2 has 200, 400 and 500; 1.1 has 200 and 500; AXL adds a fault with 403.
/// A success without a type is read as well.
fn is_soap(head: &ResponseHead) -> bool {
    let by_type = head
        .content_type()
        .map(|kind| kind.is_soap11() || kind.is_soap12());
    match head.status() {
        200..=299 => by_type.unwrap_or(true),
        400 | 403 | 500 => by_type.unwrap_or(false),
        _ => false,
    }
}

fn is_success(status: u16) -> bool {
    (200..=299).contains(&status)
}

/// Most bytes kept of a body that is no SOAP.
pub const MAX_EXCERPT: usize = 1024;
