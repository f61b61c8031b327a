//! The server half: an HTTP request to an operation, and the answer to its response.

use crate::{
    Credentials, DecodeError, DecodeErrorKind, Decoder, Encoder, EnvelopeCodec, Fault, FaultCode,
    HttpResponse, Receiving, RequestHead, Service, SoapVersion,
    axl::{Action, AxlCode, AxlError, Blame, Content, Effect, Request, Version},
    xml::{Element, Name},
};

/// What a server takes.
#[derive(Clone, Debug)]
pub struct Config {
    path: String,
    realm: String,
    versions: Vec<Version>,
    codec: EnvelopeCodec,
}

impl Default for Config {
    /// Path `/axl/`, all versions of [`Version::KNOWN`], requests up to 1 MiB.
    fn default() -> Self {
        let limits = crate::xml::Limits::default().with_document(MAX_REQUEST);
        Self {
            path: "/axl/".to_owned(),
            realm: "Cisco Web Services Realm".to_owned(),
            versions: Version::KNOWN.to_vec(),
            codec: EnvelopeCodec::default()
                .with_versions(&[SoapVersion::V11])
                .with_limits(limits),
        }
    }
}

impl Config {
    /// Versions served, oldest first. Others get status 599.
    #[must_use]
    pub fn with_versions(mut self, versions: &[Version]) -> Self {
        self.versions = versions.to_vec();
        self
    }

    /// Path served; the same without its last slash is served too.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The realm that the Basic challenge names; quotes and backslashes are left out.
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = realm.into();
        self.realm
            .retain(|c| !matches!(c, '"' | '\\') && !c.is_control());
        self
    }

    /// Limits for requests.
    #[must_use]
    pub fn with_codec(mut self, codec: EnvelopeCodec) -> Self {
        self.codec = codec;
        self
    }
}

/// Reads requests and writes responses; it holds no state of either.
#[derive(Clone, Debug)]
pub struct Server {
    config: Config,
    service: Service,
}

impl Server {
    /// A server.
    pub fn new(config: Config) -> Self {
        let service = Service::new(config.codec.clone());
        Self { config, service }
    }

    /// Looks at the head of a request.
    ///
    /// # Errors
    ///
    /// The response to send: 404 for another path, 401 without credentials, 405, 413, 415.
    pub fn receive(&self, head: RequestHead) -> Result<Incoming, HttpResponse> {
        if head.path().trim_end_matches('/') != self.config.path.trim_end_matches('/') {
            return Err(HttpResponse::page(404, "Not Found"));
        }
        let credentials = head
            .authorization()
            .and_then(|value| Credentials::from_header(value.expose().as_bytes()).ok())
            .ok_or_else(|| self.unauthorized())?;
        let body = match head.method() {
            "GET" | "HEAD" => None,
            _ => Some(self.service.receive(head)?),
        };
        Ok(Incoming {
            credentials,
            body,
            server: self.clone(),
        })
    }

    /// The response to wrong or missing credentials: 401 with a Basic challenge and a page.
    pub fn unauthorized(&self) -> HttpResponse {
        let challenge = format!("Basic realm=\"{}\"", self.config.realm);
        HttpResponse::page(401, "Unauthorized").with_header("WWW-Authenticate", challenge)
    }

    /// The response to a user without an AXL role: 403 with a page.
    pub fn forbidden(&self) -> HttpResponse {
        HttpResponse::page(403, "Forbidden")
    }

    /// The response to a login probe.
    pub fn probe_page(&self) -> HttpResponse {
        let versions: Vec<_> = self
            .config
            .versions
            .iter()
            .map(Version::to_string)
            .collect();
        let text = format!("AXL is running. Versions: {}", versions.join(", "));
        HttpResponse::page(200, &text)
    }

    fn unknown_version(&self) -> HttpResponse {
        let versions: Vec<_> = self
            .config
            .versions
            .iter()
            .map(Version::to_string)
            .collect();
        let text = format!(
            "Incorrect axl version. Supported versions: {}",
            versions.join(", ")
        );
        HttpResponse::page(599, &text)
    }

    fn fault(&self, status: Option<u16>, error: &AxlError) -> HttpResponse {
        let mut response = self.service.fault(SoapVersion::V11, &Fault::from(error));
        response.status = status.unwrap_or(response.status);
        response
    }
}

/// A request on its way in. The caller checks the credentials before it takes the body.
#[derive(Debug)]
pub struct Incoming {
    credentials: Credentials,
    body: Option<Receiving>,
    server: Server,
}

impl Incoming {
    /// Who sent it.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whether this is a GET, which clients use to probe a login; it has no body to be read.
    pub fn is_probe(&self) -> bool {
        self.body.is_none()
    }

    /// Takes the next piece of the body; what a probe sends is dropped.
    ///
    /// # Errors
    ///
    /// The 413 to send when the body is over the limit.
    pub fn handle_body(&mut self, chunk: &[u8]) -> Result<(), HttpResponse> {
        self.body
            .as_mut()
            .map_or(Ok(()), |body| body.handle_body(chunk))
    }

    /// The body is complete: reads the operation. `permits` says whether the user may do it, by
    /// its effect and its name.
    ///
    /// # Errors
    ///
    /// The response to send: the page for a probe, 599 for a version that is not served, 403 with
    /// a fault for what the user may not do, 400 for what is no XML, a fault for the rest.
    ///
    /// Quirk: how CUCM refuses a write of a read-only user is documented nowhere; clients take a
    /// 403 as well as a fault, so this is both.
    pub fn finish(
        self,
        permits: impl FnOnce(Effect, &str) -> bool,
    ) -> Result<Received, HttpResponse> {
        let Self { body, server, .. } = self;
        let Some(body) = body else {
            return Err(server.probe_page());
        };
        let by_header = body.head().action().and_then(Action::parse);
        let known = |version: Version| server.config.versions.contains(&version);
        if by_header
            .as_ref()
            .is_some_and(|action| !known(action.version))
        {
            return Err(server.unknown_version());
        }
        let message = body.finish(|name, decoder| Parsed::read(&name, decoder, permits))?;
        let refuse = |status, error: AxlError| Err(server.fault(status, &error));
        match message.body {
            Parsed::Request {
                version,
                sequence,
                request,
            } => {
                if !known(version) {
                    return Err(server.unknown_version());
                }
                // The header chooses; the answer is in the namespace of the request.
                Ok(Received {
                    server,
                    version,
                    sequence,
                    request,
                })
            }
            Parsed::Foreign => refuse(
                None,
                AxlError::new(AxlCode::GENERAL, "the body holds no AXL operation").by_client(),
            ),
            Parsed::Invalid { operation, reason } => {
                let mut error = AxlError::new(AxlCode::GENERAL, reason).by_client();
                error.request = operation;
                refuse(None, error)
            }
            Parsed::Forbidden { operation } => {
                let message = format!("The user is not authorized to perform {operation}");
                let mut error = AxlError::new(AxlCode::GENERAL, message).by_client();
                error.request = operation;
                refuse(Some(403), error)
            }
        }
    }
}

/// What stood in the body.
enum Parsed {
    Request {
        version: Version,
        sequence: Option<u64>,
        request: Box<Request>,
    },
    /// An element that is in none of AXL's namespaces.
    Foreign,
    /// An operation with something missing or wrong.
    Invalid { operation: String, reason: String },
    /// An operation that the user may not do.
    Forbidden { operation: String },
}

impl Parsed {
    fn read(
        name: &Name<'_>,
        decoder: &mut Decoder<'_>,
        permits: impl FnOnce(Effect, &str) -> bool,
    ) -> Result<Self, DecodeError> {
        let Some(version) = Version::from_namespace(name.ns()) else {
            return Ok(Self::Foreign);
        };
        let operation = name.local();
        if !permits(Effect::of(operation), operation) {
            return Ok(Self::Forbidden {
                operation: operation.to_owned(),
            });
        }
        let sequence = decoder
            .attribute("", "sequence")
            .and_then(|text| text.trim().parse().ok());
        match Request::read(operation, decoder) {
            Ok(request) => Ok(Self::Request {
                version,
                sequence,
                request,
            }),
            // What is wrong with the content of an operation is AXL's to say.
            Err(DecodeError {
                kind:
                    kind @ (DecodeErrorKind::Missing(_)
                    | DecodeErrorKind::Repeated(_)
                    | DecodeErrorKind::Value { .. }),
                ..
            }) => Ok(Self::Invalid {
                operation: operation.to_owned(),
                reason: kind.to_string(),
            }),
            Err(error) => Err(error),
        }
    }
}

/// An operation to be done.
#[derive(Debug)]
pub struct Received {
    server: Server,
    version: Version,
    sequence: Option<u64>,
    request: Box<Request>,
}

impl Received {
    /// The operation.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The version of the schema that it is written in.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The response with a result, which stands in `return`.
    pub fn answer(&self, reply: &impl Content) -> HttpResponse {
        self.answer_with(|encoder| reply.write(encoder, "return"))
    }

    /// The response with a result whose parts stand in the answer's own element
    /// ([`ReplyPlace::Answer`](crate::axl::ReplyPlace::Answer)), and with an answer that came in
    /// elsewhere, which a [`Dynamic`](crate::axl::Dynamic) holds whole.
    pub fn answer_inside(&self, reply: &impl Content) -> HttpResponse {
        self.answer_with(|encoder| reply.write_inside(encoder))
    }

    /// The response with whatever `write` writes inside the answer's element; a few operations
    /// have no `return`.
    pub fn answer_with(&self, write: impl FnOnce(&mut Encoder)) -> HttpResponse {
        let name = format!("{}Response", self.request.name());
        let sequence = self.sequence.map(|sequence| sequence.to_string());
        self.server.service.answer(SoapVersion::V11, |encoder| {
            encoder
                .open_prefixed("ns", &self.version.namespace(), &name)
                .attr_opt("sequence", sequence.as_deref());
            write(encoder);
            encoder.close();
        })
    }

    /// The response with an error: a fault with status 500.
    pub fn fault(&self, error: &AxlError) -> HttpResponse {
        let mut error = error.clone();
        if error.request.is_empty() {
            self.request.name().clone_into(&mut error.request);
        }
        self.server.fault(None, &error)
    }
}

impl From<&AxlError> for Fault {
    /// `detail/axlError/{axlcode,axlmessage,request}`.
    ///
    /// Quirk: `axlError` is written unqualified, as CUCM does, though the schema declares it in
    /// AXL's namespace.
    fn from(error: &AxlError) -> Self {
        let code = match error.blame {
            Blame::Server => FaultCode::Receiver,
            Blame::Client => FaultCode::Sender,
        };
        let child = |name: &'static str, text: &str| Element::new("", name).with_text(text);
        let detail = Element::new("", "axlError")
            .with_child(child("axlcode", &error.code.to_string()))
            .with_child(child("axlmessage", &error.message))
            .with_child(child("request", &error.request));
        Self::new(code, error.message.clone())
            .with_detail(Element::new("", "detail").with_child(detail))
    }
}

/// Longest request, in bytes. Ours: the largest, an `addPhone` with all its children, is below
/// 100 KB.
const MAX_REQUEST: usize = 1024 * 1024;
