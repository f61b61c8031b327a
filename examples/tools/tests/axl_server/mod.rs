//! A small AXL server on `soap-axl`'s server half and std sockets, over TLS, with a few phones.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use contact_center_tools::net::Fingerprint;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use soap_axl::axl::{self, AxlError, Effect, Presence, Received, Request, Row, Version};
use soap_axl::xml::Element;
use soap_axl::{HttpResponse, RequestHead};

/// What the server is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nature {
    /// Phones that there are.
    pub(crate) phones: u64,
    /// Most items or rows of an answer; more is too large.
    pub(crate) most: u64,
    /// Requests answered with 503 before anything else.
    pub(crate) busy: usize,
    pub(crate) versions: &'static [Version],
    /// What every request gets instead of an answer.
    pub(crate) page: Option<(u16, &'static str)>,
    /// Whether the connection is closed after each answer, without a word.
    pub(crate) closes: bool,
}

impl Default for Nature {
    fn default() -> Self {
        Self {
            phones: 3,
            most: 1_000,
            busy: 0,
            versions: &[Version::V12_5, Version::V14_0],
            page: None,
            closes: false,
        }
    }
}

/// A server that runs until the tests end.
pub(crate) struct AxlServer {
    pub(crate) address: SocketAddr,
    pub(crate) fingerprint: Fingerprint,
    /// The authority that signed its certificate, in PEM.
    pub(crate) authority: PathBuf,
    folder: tempfile::TempDir,
    seen: Arc<Seen>,
}

/// What came, in order.
#[derive(Default)]
struct Seen {
    /// Bodies of requests.
    bodies: Mutex<Vec<String>>,
    /// Values of `Cookie`.
    cookies: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    refused: Mutex<usize>,
}

impl AxlServer {
    /// Over TLS.
    pub(crate) fn secure(nature: Nature) -> Self {
        Self::start(nature, true)
    }

    /// In the clear.
    pub(crate) fn clear(nature: Nature) -> Self {
        Self::start(nature, false)
    }

    fn start(nature: Nature, secure: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (config, authority, fingerprint) = certificates(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, config, seen) =
                    (stream.unwrap(), Arc::clone(&config), Arc::clone(&shared));
                *seen.connections.lock().unwrap() += 1;
                thread::spawn(move || {
                    if secure {
                        let session = ServerConnection::new(config).unwrap();
                        converse(StreamOwned::new(session, stream), nature, &seen);
                    } else {
                        converse::<TcpStream>(stream, nature, &seen);
                    }
                });
            }
        });
        Self {
            address,
            fingerprint,
            authority,
            folder,
            seen,
        }
    }

    /// A folder that goes with the server.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What stood inside the bodies of the requests that came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.bodies.lock().unwrap().clone()
    }

    pub(crate) fn cookies(&self) -> Vec<String> {
        self.seen.cookies.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.seen.connections.lock().unwrap()
    }
}

fn certificates(folder: &Path) -> (Arc<ServerConfig>, PathBuf, Fingerprint) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.clone().self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let file = folder.join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let fingerprint = Fingerprint::of(certificate.der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (Arc::new(config), file, fingerprint)
}

fn converse<S: Read + Write>(mut stream: S, nature: Nature, seen: &Seen) {
    let mut input = Vec::new();
    // A connection that breaks is no fault of this server.
    while let Some((head, body)) = read_request(&mut stream, &mut input, seen) {
        let response = respond(head, &body, nature, seen).unwrap_or_else(|response| response);
        let mut text = format!("HTTP/1.1 {} X\r\n", response.status);
        for (name, value) in response.headers.iter() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("Set-Cookie: JSESSIONIDSSO=c0ffee; Path=/; Secure; HttpOnly\r\n");
        text.push_str(&format!("Content-Length: {}\r\n\r\n", response.body.len()));
        let bytes = [text.as_bytes(), &response.body].concat();
        if stream
            .write_all(&bytes)
            .and_then(|()| stream.flush())
            .is_err()
            || nature.closes
        {
            return;
        }
    }
}

fn read_request(
    stream: &mut impl Read,
    input: &mut Vec<u8>,
    seen: &Seen,
) -> Option<(RequestHead, String)> {
    loop {
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut fields);
        if let httparse::Status::Complete(start) = request.parse(input).unwrap() {
            let mut head = RequestHead::new(request.method.unwrap(), request.path.unwrap());
            let mut cookies = Vec::new();
            for field in request.headers.iter() {
                head = head.header(field.name, field.value);
                if field.name.eq_ignore_ascii_case("cookie") {
                    cookies.push(String::from_utf8(field.value.to_vec()).unwrap());
                }
            }
            let length = usize::try_from(head.content_length().unwrap_or_default()).unwrap();
            if input.len() >= start + length {
                let body = String::from_utf8(input[start..start + length].to_vec()).unwrap();
                input.drain(..start + length);
                seen.cookies.lock().unwrap().extend(cookies);
                return Some((head, body));
            }
        }
        let mut buffer = [0; 4_096];
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        input.extend_from_slice(&buffer[..count]);
    }
}

fn respond(
    head: RequestHead,
    body: &str,
    nature: Nature,
    seen: &Seen,
) -> Result<HttpResponse, HttpResponse> {
    if let Some((status, text)) = nature.page {
        return Err(HttpResponse::page(status, text));
    }
    let config = axl::ServerConfig::default().with_versions(nature.versions);
    let server = axl::Server::new(config);
    let mut incoming = server.receive(head)?;
    let credentials = incoming.credentials();
    if credentials.password().expose() != "axl-secret" {
        return Err(server.unauthorized());
    }
    let effect = match credentials.user() {
        "admin" => Effect::Write,
        "reader" => Effect::Read,
        "norole" => return Err(server.forbidden()),
        _ => return Err(server.unauthorized()),
    };
    incoming.handle_body(body.as_bytes())?;
    let received =
        incoming.finish(|wanted, _| effect == Effect::Write || wanted == Effect::Read)?;
    seen.bodies.lock().unwrap().push(inside(body));
    let mut refused = seen.refused.lock().unwrap();
    if *refused < nature.busy {
        *refused += 1;
        let busy = HttpResponse::page(503, "Service Unavailable");
        return Err(busy.with_header("Retry-After", "0"));
    }
    Ok(perform(&received, nature))
}

/// What stands inside of the envelope's body.
fn inside(envelope: &str) -> String {
    let (_, rest) = envelope.split_once("Body>").unwrap();
    let (inside, _) = rest.rsplit_once("</").unwrap();
    let (inside, _) = inside.rsplit_once("</").unwrap();
    inside.to_owned()
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation is served once it has an arm here"
)]
fn perform(received: &Received, nature: Nature) -> HttpResponse {
    let uuid = "{1B1B6F0A-ABCD-0123-4567-89ABCDEF0123}";
    let answer_text =
        |text: &str| received.answer_with(|encoder| encoder.text_element("return", text));
    match received.request() {
        Request::GetCcmVersion(_) => received.answer(&axl::GetCcmVersionReply {
            component_version: axl::ComponentVersion {
                version: "14.0.1.10000(20)".into(),
                other: Vec::new(),
            },
            other: Vec::new(),
        }),
        Request::GetPhone(operation) => {
            let wanted = match &operation.key {
                axl::NameKey::Name(name) => number_of(name),
                axl::NameKey::Uuid(_) => None,
            };
            match wanted.filter(|number| *number < nature.phones) {
                Some(number) => received.answer(&axl::GetPhoneReply {
                    phone: phone(number),
                    other: Vec::new(),
                }),
                None => received.fault(&AxlError::not_found("Phone")),
            }
        }
        Request::ListPhone(operation) => {
            let (skip, first) = (operation.skip.unwrap(), operation.first.unwrap());
            let range = skip..nature.phones.min(skip.saturating_add(first));
            if range.clone().count() as u64 > nature.most {
                return received.fault(&AxlError::query_too_large(nature.phones, nature.most + 1));
            }
            let mut phones: Vec<axl::Phone> = range.map(phone).collect();
            for phone in &mut phones {
                axl::Content::mask(phone, &operation.returned_tags);
            }
            received.answer(&axl::ListPhoneReply {
                phones,
                other: Vec::new(),
            })
        }
        Request::ExecuteSqlQuery(operation) => {
            let number = |word: &str| {
                let mut words = operation.sql.split_whitespace();
                words.find(|found| *found == word)?;
                words.next()?.parse::<u64>().ok()
            };
            let skip = number("SKIP").unwrap_or(0);
            let first = number("FIRST").unwrap_or(nature.phones);
            let range = skip..nature.phones.min(skip + first);
            if range.clone().count() as u64 > nature.most {
                return received.fault(&AxlError::query_too_large(nature.phones, nature.most + 1));
            }
            let row = |number: u64| {
                Row::new()
                    .with("name", name_of(number))
                    .with("pin", "12345")
                    .with("fkenduser", Presence::Absent)
            };
            received.answer(&axl::ExecuteSqlQueryReply {
                rows: range.map(row).collect(),
                other: Vec::new(),
            })
        }
        Request::ExecuteSqlUpdate(_) => received.answer(&axl::ExecuteSqlUpdateReply {
            rows_updated: 2,
            other: Vec::new(),
        }),
        Request::ListChange(operation) => changes(received, operation),
        Request::UpdatePhone(_) | Request::RemovePhone(_) => answer_text(uuid),
        Request::Other(operation) if operation.name == "addThing" => answer_text(uuid),
        Request::DoDeviceReset(_) => received.answer(&axl::Returned::done()),
        Request::Other(operation) if operation.name == "getSmartLicenseStatus" => {
            let mode = Element::new("", "SmartLicensing").with_text("ENABLED");
            let answer = axl::Dynamic::default()
                .with(Element::new("", "return").with_text("success"))
                .with(Element::new("", "LicenseDetails").with_child(mode));
            received.answer_inside(&answer)
        }
        Request::Other(operation) if operation.name == "listThing" => {
            let is_first = operation
                .child("skip")
                .is_some_and(|skip| skip.text() == "0");
            let thing = Element::new("", "thing")
                .with_child(Element::new("", "name").with_text("a, \"quoted\" one"))
                .with_child(Element::new("", "pool").with_text("two\nlines"));
            received.answer(&axl::Dynamic {
                children: is_first.then_some(thing).into_iter().collect(),
                ..axl::Dynamic::default()
            })
        }
        other => {
            let message = format!("{} is not served here", other.name());
            received.fault(&AxlError::new(axl::AxlCode::GENERAL, message))
        }
    }
}

/// The first answer tells where to begin, the second has three changes, later ones none.
fn changes(received: &Received, operation: &axl::ListChange) -> HttpResponse {
    let asked = operation
        .start_change_id
        .as_ref()
        .map_or(7, |start| start.id);
    let change = |id: i64, action, kind: &str| axl::Change {
        kind: Some(kind.to_owned()),
        uuid: Some(axl::Uuid::new("{1B1B6F0A-ABCD-0123-4567-89ABCDEF0123}")),
        id: id.into(),
        action: Presence::Value(action),
        changed_tags: Presence::Value(axl::ChangedTags {
            tags: vec![
                axl::ChangedTag {
                    name: "description".to_owned(),
                    value: "Front desk".to_owned(),
                },
                axl::ChangedTag {
                    name: "pin".to_owned(),
                    value: "12345".to_owned(),
                },
            ],
            other: Vec::new(),
        }),
        ..Default::default()
    };
    let changes = if operation.start_change_id.is_some() && asked == 7 {
        vec![
            change(7, axl::ChangeAction::ADD, "Phone"),
            change(8, axl::ChangeAction::UPDATE, "Phone"),
            change(9, axl::ChangeAction::REMOVE, "User"),
        ]
    } else {
        Vec::new()
    };
    let next = asked + changes.len() as i64;
    received.answer_inside(&axl::ListChangeReply {
        queue_info: Presence::Value(axl::QueueInfo {
            first_change_id: 1.into(),
            last_change_id: (next - 1).into(),
            next_start_change_id: next.into(),
            queue_id: "1".into(),
            other: Vec::new(),
        }),
        changes: Presence::Value(axl::Changes {
            changes,
            other: Vec::new(),
        }),
        other: Vec::new(),
    })
}

fn name_of(number: u64) -> String {
    format!("SEP{number:012}")
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("SEP")?.parse().ok()
}

fn phone(number: u64) -> axl::Phone {
    let line = axl::PhoneLine {
        index: "1".into(),
        label: "Front\u{202e}desk".into(),
        dirn: Presence::Value(axl::Dirn {
            pattern: format!("{}", 1001 + number).into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    axl::Phone {
        uuid: Some(axl::Uuid::new(format!(
            "{{00000000-0000-0000-0000-{number:012}}}"
        ))),
        name: name_of(number).into(),
        description: format!("The telephone of desk {number}, by the window").into(),
        protocol: axl::DeviceProtocol::SIP.into(),
        device_pool_name: axl::ForeignKey::named("Default").into(),
        owner_user_name: Presence::Nil,
        lines: Presence::Value(axl::PhoneLines {
            lines: vec![line],
            ..Default::default()
        }),
        ..Default::default()
    }
}
