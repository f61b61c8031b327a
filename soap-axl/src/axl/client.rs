//! The client half: an operation to an HTTP request, and the response to its answer.

use core::marker::PhantomData;
use std::borrow::Cow;

use crate::{
    CallError, Cookie, Credentials, DecodeError, DecodeErrorKind, Decoder, Encoder, EnvelopeCodec,
    Headers, HttpRequest, RefusalKind, ResponseHead, Secret, SoapVersion, Tree,
    axl::{Action, AxlError, Content, Dynamic, Operation, ReplyPlace, Request, Version},
    client,
    xml::Name,
};

/// How a client speaks.
#[derive(Clone, Debug)]
pub struct Config {
    version: Version,
    path: String,
    credentials: Option<Credentials>,
    codec: EnvelopeCodec,
}

impl Config {
    /// A client of this version of the schema, without credentials.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            path: PATH.to_owned(),
            credentials: None,
            codec: EnvelopeCodec::default().with_versions(&[SoapVersion::V11]),
        }
    }

    /// Credentials of an application user with an AXL role.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Path of the service, `/axl/` by default.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Limits for answers. CUCM keeps results under 8 MB.
    #[must_use]
    pub fn with_codec(mut self, codec: EnvelopeCodec) -> Self {
        self.codec = codec;
        self
    }
}

/// Makes requests. It holds the session cookies, nothing else that changes.
#[derive(Clone, Debug)]
pub struct Client {
    config: Config,
    cookies: Vec<Cookie>,
}

impl Client {
    /// A client without a session.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            cookies: Vec::new(),
        }
    }

    /// The request for an operation, and what will take its response.
    pub fn call<O: Operation>(&self, operation: &O) -> Call<O::Reply> {
        self.call_operation(operation, None)
    }

    /// As [`Client::call`], with a number that the answer has to repeat.
    pub fn call_numbered<O: Operation>(&self, operation: &O, sequence: u64) -> Call<O::Reply> {
        self.call_operation(operation, Some(sequence))
    }

    /// The request for any operation by name. [`Reply::finish`] gives its answer whole, as elements:
    /// `return`, which nearly all have ([`Dynamic::returned`]), and what else there is.
    /// [`Reply::finish_tree`] gives the same as a tree over the bytes that came.
    pub fn call_dynamic(&self, operation: &Dynamic) -> Call<Dynamic> {
        self.call_with(
            &operation.name,
            ReplyPlace::Answer,
            None,
            &operation.attributes(),
            |encoder| operation.write_inside(encoder),
        )
    }

    /// The request for an operation that came in elsewhere, as a proxy passes it on. Its answer is
    /// to be had as for [`Client::call_dynamic`].
    pub fn call_request(&self, request: &Request) -> Call<Dynamic> {
        self.call_with(
            request.name(),
            ReplyPlace::Answer,
            None,
            &request.attributes(),
            |encoder| request.write_inside(encoder),
        )
    }

    /// A GET that tells whether the credentials are good: 200, 401 or 403.
    pub fn probe(&self) -> HttpRequest {
        HttpRequest {
            method: "GET",
            path: self.config.path.clone(),
            headers: self.with_identity(Headers::new()),
            body: bytes::Bytes::new(),
        }
    }

    /// Keeps the session cookies of a response, so that CUCM need not authenticate anew. The
    /// credentials are sent along, so that an expired session does no harm.
    pub fn remember(&mut self, head: &ResponseHead) {
        for cookie in head.cookies() {
            self.cookies.retain(|have| have.name != cookie.name);
            if self.cookies.len() < crate::MAX_COOKIES {
                self.cookies.push(cookie.clone());
            }
        }
    }

    fn call_operation<O: Operation>(&self, operation: &O, sequence: Option<u64>) -> Call<O::Reply> {
        self.call_with(
            O::NAME,
            O::PLACE,
            sequence,
            &operation.attributes(),
            |encoder| operation.write_inside(encoder),
        )
    }

    fn call_with<R>(
        &self,
        name: &str,
        place: ReplyPlace,
        sequence: Option<u64>,
        attributes: &[(Cow<'static, str>, String)],
        write_inside: impl FnOnce(&mut Encoder),
    ) -> Call<R> {
        let version = self.config.version;
        let action = Action {
            version,
            operation: Some(name.to_owned()),
        };
        let mut request = client::post(
            SoapVersion::V11,
            &self.config.path,
            &action.to_string(),
            &[],
            |encoder| {
                let sequence = sequence.map(|sequence| sequence.to_string());
                let mut tag = encoder
                    .open_prefixed("ns", &version.namespace(), name)
                    .attr_opt("sequence", sequence.as_deref());
                for (name, value) in attributes {
                    // Stands there already.
                    if sequence.is_some() && name == "sequence" {
                        continue;
                    }
                    tag = tag.attr(name, value);
                }
                write_inside(encoder);
                encoder.close();
            },
        );
        request.headers = self.with_identity(request.headers);
        let expected = Expected {
            name: format!("{name}Response"),
            place,
            sequence,
            codec: self.config.codec.clone(),
        };
        let pending = Pending {
            expected,
            reply: PhantomData,
        };
        Call { request, pending }
    }

    fn with_identity(&self, headers: Headers) -> Headers {
        let headers = match &self.config.credentials {
            Some(credentials) => headers.with("Authorization", credentials.to_header().expose()),
            None => headers,
        };
        if self.cookies.is_empty() {
            return headers;
        }
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|Cookie { name, value }| format!("{name}={}", Secret::expose(value)))
            .collect();
        headers.with("Cookie", pairs.join("; "))
    }
}

/// A request to be sent, and what takes its response.
#[derive(Debug)]
#[must_use]
pub struct Call<R> {
    /// To be sent.
    pub request: HttpRequest,
    /// To be given the response.
    pub pending: Pending<R>,
}

/// A call whose response has not begun.
#[derive(Debug)]
pub struct Pending<R> {
    expected: Expected,
    reply: PhantomData<fn() -> R>,
}

/// What an answer has to look like.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Local name of its element.
    pub(crate) name: String,
    place: ReplyPlace,
    sequence: Option<u64>,
    pub(crate) codec: EnvelopeCodec,
}

impl<R: Content> Pending<R> {
    /// The head of the response came.
    ///
    /// # Errors
    ///
    /// When the announced length is over the limit.
    pub fn receive(self, head: ResponseHead) -> Result<Reply<R>, AxlCallError> {
        let incoming = client::Incoming::new(self.expected.codec.clone(), head)?;
        Ok(Reply {
            pending: self,
            incoming,
        })
    }
}

/// A response on its way in.
#[derive(Debug)]
pub struct Reply<R> {
    pending: Pending<R>,
    incoming: client::Incoming,
}

impl<R: Content> Reply<R> {
    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// When the body is over the limit.
    pub fn handle_body(&mut self, chunk: &[u8]) -> Result<(), AxlCallError> {
        Ok(self.incoming.handle_body(chunk)?)
    }

    /// The body is complete: reads the answer.
    ///
    /// # Errors
    ///
    /// [`AxlCallError::Operation`] when the operation failed, else why there is no answer.
    pub fn finish(self) -> Result<R, AxlCallError> {
        let Self { pending, incoming } = self;
        let answer = incoming.finish(|name, decoder| {
            let sequence = decoder.attribute("", "sequence");
            pending.expected.check(&name, sequence, decoder.offset())?;
            match pending.expected.place {
                ReplyPlace::Return => read_return(decoder),
                ReplyPlace::Answer => R::read(decoder, "answer"),
            }
        })?;
        answer.body.ok_or_else(no_entry)
    }

    /// The body is complete: gives the answer whole, as a tree whose root is the answer's element,
    /// `return` and all.
    ///
    /// # Errors
    ///
    /// As for [`Reply::finish`].
    pub fn finish_tree(self) -> Result<Tree, AxlCallError> {
        let Self { pending, incoming } = self;
        let tree = incoming.finish_tree()?.body.ok_or_else(no_entry)?;
        let root = tree.root();
        pending
            .expected
            .check(&root.name(), root.attr("sequence"), 0)
            .map_err(CallError::from)?;
        Ok(tree)
    }
}

impl<R> Pending<R> {
    pub(crate) fn into_expected(self) -> Expected {
        self.expected
    }
}

impl Expected {
    /// Reads an answer whose items have been taken out.
    pub(crate) fn read_frame(&self, frame: Vec<u8>) -> Result<(), AxlCallError> {
        let mut incoming = client::Incoming::new(self.codec.clone(), ResponseHead::new(200))?;
        incoming.handle_body(&frame)?;
        let answer = incoming.finish(|name, decoder| {
            self.check(&name, decoder.attribute("", "sequence"), decoder.offset())?;
            while let Some(name) = decoder.child()? {
                decoder.skip()?;
                if name.local() == "return" {
                    return Ok(());
                }
            }
            Err(decoder.missing("return"))
        })?;
        answer.body.ok_or_else(no_entry)
    }

    /// Whether an entry is the answer to this call.
    fn check(
        &self,
        name: &Name<'_>,
        sequence: Option<&str>,
        offset: usize,
    ) -> Result<(), DecodeError> {
        if name.local() != self.name {
            let kind = DecodeErrorKind::Misplaced {
                name: name.to_string(),
                place: "an answer to another operation",
            };
            return Err(DecodeError { kind, offset });
        }
        if let (Some(sent), Some(came)) = (self.sequence, sequence)
            && came.trim().parse() != Ok(sent)
        {
            let kind = DecodeErrorKind::Value {
                field: "sequence",
                expected: "the number of the request",
            };
            return Err(DecodeError { kind, offset });
        }
        Ok(())
    }
}

pub(crate) fn no_entry() -> AxlCallError {
    missing("body entry")
}

/// An answer that was read whole has nothing where a list stands.
pub(crate) fn no_return() -> AxlCallError {
    missing("return")
}

fn missing(name: &'static str) -> AxlCallError {
    let kind = DecodeErrorKind::Missing(name);
    CallError::Decode(DecodeError { kind, offset: 0 }).into()
}

fn read_return<R: Content>(decoder: &mut Decoder<'_>) -> Result<R, DecodeError> {
    let mut reply = None;
    while let Some(name) = decoder.child()? {
        if name.local() == "return" && reply.is_none() {
            reply = Some(R::read(decoder, "return")?);
        } else {
            decoder.skip()?;
        }
    }
    reply.ok_or_else(|| decoder.missing("return"))
}

/// Why an operation has no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AxlCallError {
    /// The operation failed, and the server says why.
    #[error("{error}")]
    Operation {
        /// HTTP status: 500, or 403 for a refused role.
        status: u16,
        /// What it says.
        error: AxlError,
    },
    /// Anything else.
    #[error(transparent)]
    Call(CallError),
}

impl AxlCallError {
    /// The meaning of the HTTP status, when the server refused before SOAP.
    pub fn refusal(&self) -> Option<RefusalKind> {
        match self {
            Self::Call(CallError::Status(refusal)) => Some(refusal.kind()),
            Self::Call(_) | Self::Operation { .. } => None,
        }
    }

    /// Seconds that the server asks to wait.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Call(CallError::Status(refusal)) => refusal.retry_after,
            Self::Call(_) | Self::Operation { .. } => None,
        }
    }
}

impl From<CallError> for AxlCallError {
    fn from(error: CallError) -> Self {
        if let CallError::Fault { status, fault } = &error
            && let Some(error) = AxlError::from_fault(fault)
        {
            return Self::Operation {
                status: *status,
                error,
            };
        }
        Self::Call(error)
    }
}

const PATH: &str = "/axl/";
