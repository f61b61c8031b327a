//! A small XMPP server on `bosh::session::Manager` and std sockets, right in itself, and a layer around it that gets
//! one thing wrong.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each place names the faults and events that it knows"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bosh::session::{Event, Farewell, Manager, RequestSlot, ServerConfig, SessionId, Transmit};
use bosh::xml::{Element, Limits};
use bosh::{Body, BodyCodec, BodyKind, Condition};
use bytes::Bytes;

/// What a server gets wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Fault {
    None,
    /// Responses are labelled text/html.
    ContentType,
    /// A rid above the window is refused, and the session goes on.
    WindowForgiven,
    /// A request that was answered is answered by an empty wrapper when it is repeated.
    RepeatForgotten,
    /// The payloads of a repeat are processed again.
    RepeatProcessed,
    /// One more request is held than was asked.
    HoldAbove,
    /// One more second of wait is granted than was asked.
    WaitAbove,
    /// A request above a gap is answered at once.
    AnswersEarly,
    /// A request that came above a gap is never answered.
    GapForgotten,
    /// The answer to a pause carries what it led to.
    PauseCarries,
    /// Comments are taken for white space.
    Comments,
    /// Restarts are not announced.
    RestartlogicMissing,
    /// `requests` is not in the creation response.
    RequestsMissing,
    /// The end is confirmed and then forgotten, payloads and all.
    TerminateForgotten,
    /// The old copy of a held request is never answered.
    OldCopyForgotten,
    /// HTTP errors go to everybody.
    HttpErrors,
    /// A stanza without a namespace keeps what is in it in httpbind.
    NamespaceHalf,
}

/// Serves on a port of its own, until the tests end.
pub(crate) fn serve(fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (posts, inbox) = mpsc::channel();
    thread::spawn(move || Host::new(fault).run(&inbox));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, posts) = (stream.unwrap(), posts.clone());
            // A connection that breaks is no fault of this server.
            thread::spawn(move || converse(stream, &posts));
        }
    });
    address
}

enum Input {
    Post(RequestSlot, Bytes, Line),
    /// The client closed the connection on which that request came.
    Gone(RequestSlot),
}

/// Where the answer to a request is written. Nobody pipelines: each answer is for the last request.
struct Line(TcpStream);

impl Line {
    fn answer(&self, response: &Transmit) {
        let head = format!(
            "HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            response.status,
            response.content_type,
            response.body.len()
        );
        let bytes = [head.as_bytes(), &response.body].concat();
        // The connection may be gone.
        let _ = (&self.0).write_all(&bytes);
    }

    /// No answer will come.
    fn close(&self) {
        // The connection may be gone.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn slot() -> RequestSlot {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    RequestSlot(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Sleeps until something is read: hundreds of requests wait at the same time, and looking after each would be the load
/// that the tool then measures.
fn converse(mut stream: TcpStream, posts: &Sender<Input>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = Vec::new();
    let mut last = None;
    while let Ok(Some(body)) = read_request(&mut stream, &mut input) {
        let slot = slot();
        last = Some(slot);
        let line = Line(stream.try_clone()?);
        posts.send(Input::Post(slot, body, line)).unwrap();
    }
    if let Some(slot) = last {
        posts.send(Input::Gone(slot)).unwrap();
    }
    Ok(())
}

fn read_request(stream: &mut TcpStream, input: &mut Vec<u8>) -> io::Result<Option<Bytes>> {
    loop {
        if let Some((body, length)) = parse(input) {
            input.drain(..length);
            return Ok(Some(body));
        }
        let mut buffer = [0; 4_096];
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(None);
        }
        input.extend_from_slice(&buffer[..count]);
    }
}

fn parse(input: &[u8]) -> Option<(Bytes, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(start) = head.parse(input).ok()? else {
        return None;
    };
    let value = |name: &str| {
        let field = head
            .headers
            .iter()
            .find(|it| it.name.eq_ignore_ascii_case(name));
        field.map(|it| String::from_utf8_lossy(it.value).into_owned())
    };
    if value("transfer-encoding").is_none() {
        let length: usize = value("content-length")?.parse().ok()?;
        let body = input.get(start..start + length)?;
        return Some((Bytes::copy_from_slice(body), start + length));
    }
    let (mut body, mut at) = (Vec::new(), start);
    loop {
        let httparse::Status::Complete((line, size)) =
            httparse::parse_chunk_size(&input[at..]).ok()?
        else {
            return None;
        };
        let (from, size) = (at + line, usize::try_from(size).ok()?);
        body.extend_from_slice(input.get(from..from + size)?);
        at = from + size + 2;
        if size == 0 {
            return Some((body.into(), at));
        }
    }
}

/// A request as the faulty layer knows it.
struct Asked {
    body: Option<Body>,
    bytes: Bytes,
    line: Line,
    /// It came above a gap.
    early: bool,
    session: Option<SessionId>,
}

/// What the faulty layer knows of a session.
#[derive(Default)]
struct Known {
    /// All rids up to here have come.
    last: u64,
    beyond: BTreeSet<u64>,
    answered: BTreeSet<u64>,
}

struct Host {
    fault: Fault,
    manager: Manager,
    origin: Instant,
    waiting: BTreeMap<RequestSlot, Asked>,
    known: BTreeMap<String, Known>,
    clients: BTreeMap<SessionId, String>,
    ids: BTreeMap<String, SessionId>,
    jids: u64,
    opening: Vec<(RequestSlot, SessionId)>,
}

impl Host {
    fn new(fault: Fault) -> Self {
        let config = ServerConfig::default()
            .with_max_hold(2)
            .with_polling(Some(Duration::from_secs(1)))
            .with_gap_margin(Duration::from_secs(2));
        let mut count = 0_u64;
        let sids = move || {
            // Good enough for tests: what counts is that they differ in many places.
            count += 1;
            format!("{:016x}", count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        };
        Self {
            fault,
            manager: Manager::new(config, sids),
            origin: Instant::now(),
            waiting: BTreeMap::new(),
            known: BTreeMap::new(),
            clients: BTreeMap::new(),
            ids: BTreeMap::new(),
            jids: 0,
            opening: Vec::new(),
        }
    }

    fn run(&mut self, inbox: &Receiver<Input>) {
        loop {
            let now = self.origin.elapsed();
            let sleep = self
                .manager
                .poll_timeout()
                .map_or(Duration::from_secs(60), |at| at.saturating_sub(now));
            match inbox.recv_timeout(sleep) {
                Ok(Input::Post(slot, bytes, line)) => self.on_post(slot, bytes, line),
                Ok(Input::Gone(slot)) => {
                    let asked = self.waiting.remove(&slot);
                    if let Some(session) = asked.and_then(|asked| asked.session) {
                        let now = self.origin.elapsed();
                        self.manager.handle_disconnect(now, session, slot);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.manager.handle_timeout(self.origin.elapsed())
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.drain();
        }
    }

    fn on_post(&mut self, slot: RequestSlot, bytes: Bytes, line: Line) {
        let bytes = self.changed(bytes);
        let body = BodyCodec::default().decode(&bytes).ok();
        let mut asked = Asked {
            body,
            bytes: bytes.clone(),
            line,
            early: false,
            session: None,
        };
        let wrong = self.instead(&mut asked);
        if let Some(answer) = wrong {
            reply(&asked, slot, answer);
            return;
        }
        asked.session = self
            .manager
            .handle_request(self.origin.elapsed(), slot, bytes);
        if asked.early && self.fault == Fault::AnswersEarly {
            reply(&asked, slot, Body::default());
        } else {
            self.waiting.insert(slot, asked);
        }
    }

    /// The request as the server sees it.
    fn changed(&self, bytes: Bytes) -> Bytes {
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return bytes;
        };
        match self.fault {
            Fault::Comments => text.replace("<!-- a -->", "").into(),
            Fault::HoldAbove => text.replace(" hold='1'", " hold='2'").into(),
            _ => bytes,
        }
    }

    /// An answer that the server never gave.
    fn instead(&mut self, asked: &mut Asked) -> Option<Body> {
        let body = asked.body.as_ref()?;
        let rid = body.rid?.get();
        let sid = body.sid.as_ref()?.as_str();
        let id = self.ids.get(sid).copied();
        let known = self.known.get_mut(sid)?;
        let repeated = known.answered.contains(&rid);
        if rid > known.last + 2 && self.fault == Fault::WindowForgiven {
            return Some(Body::terminate(Some(Condition::ItemNotFound)));
        }
        // Above a gap, and not above the window.
        asked.early = rid == known.last + 2;
        known.beyond.insert(rid);
        while known.beyond.remove(&(known.last + 1)) {
            known.last += 1;
        }
        if body.kind == BodyKind::Terminate && self.fault == Fault::TerminateForgotten {
            return Some(Body::terminate(None));
        }
        if repeated && self.fault == Fault::RepeatForgotten {
            return Some(Body::default());
        }
        if repeated && self.fault == Fault::RepeatProcessed {
            let payloads: Vec<Element> = elements(body);
            for payload in payloads {
                self.on_payload(id?, &payload);
            }
        }
        None
    }

    fn drain(&mut self) {
        while let Some((id, event)) = self.manager.poll_event() {
            match event {
                Event::Open(open) => {
                    self.opening.push((open.slot, id));
                    let farewell = match open.to.as_deref() {
                        Some("localhost") => None,
                        None | Some("") => Some(Condition::ImproperAddressing),
                        Some(_) => Some(Condition::HostUnknown),
                    };
                    match farewell {
                        None => self.send(id, &format!("<stream:features><mechanisms xmlns='{SASL}'><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>")),
                        Some(condition) => {
                            let now = self.origin.elapsed();
                            self.manager.close(now, id, Farewell::condition(condition)).unwrap();
                        }
                    }
                }
                Event::Restart(_) => {
                    self.send(
                        id,
                        &format!("<stream:features><bind xmlns='{BIND}'/></stream:features>"),
                    );
                }
                Event::Payload(payload) => {
                    let element = payload.to_element(&Limits::default()).unwrap();
                    let raw = payload.to_standalone();
                    self.route(id, &element, &raw);
                }
                Event::Terminated { .. } => {
                    self.clients.remove(&id);
                }
                _ => {}
            }
        }
        while let Some(transmit) = self.manager.poll_transmit() {
            if let Some(asked) = self.waiting.remove(&transmit.slot) {
                self.transmit(transmit, &asked);
            }
        }
    }

    /// The answer as the client sees it.
    fn transmit(&mut self, mut transmit: Transmit, asked: &Asked) {
        if let Some(body) = &asked.body
            && let (Some(rid), Some(sid)) = (body.rid, &body.sid)
            && let Some(known) = self.known.get_mut(sid.as_str())
        {
            known.answered.insert(rid.get());
        }
        let answer = BodyCodec::default().decode(&transmit.body).ok();
        let creates = asked.body.as_ref().is_some_and(|it| it.sid.is_none());
        if creates
            && let Some(sid) = answer.as_ref().and_then(|it| it.sid.as_ref())
            && let Some(rid) = asked.body.as_ref().and_then(|it| it.rid)
        {
            let known = Known {
                last: rid.get(),
                ..Known::default()
            };
            self.known.insert(sid.as_str().to_owned(), known);
            if let Some(at) = self.opening.iter().position(|it| it.0 == transmit.slot) {
                self.ids
                    .insert(sid.as_str().to_owned(), self.opening.remove(at).1);
            }
        }
        let text = String::from_utf8_lossy(&transmit.body).into_owned();
        match self.fault {
            Fault::ContentType if transmit.content_type.starts_with("text/xml") => {
                transmit.content_type = bosh::xml::Str::borrowed("text/html");
            }
            Fault::WaitAbove if creates => {
                if let Some(wait) = answer.as_ref().and_then(|it| it.wait) {
                    let (is, told) = (format!("wait=\"{wait}\""), format!("wait=\"{}\"", wait + 1));
                    transmit.body = text.replace(&is, &told).into();
                }
            }
            Fault::RequestsMissing if creates => {
                let requests = answer
                    .as_ref()
                    .and_then(|it| it.requests)
                    .unwrap_or_default();
                transmit.body = text
                    .replace(&format!(" requests=\"{requests}\""), "")
                    .into();
            }
            Fault::RestartlogicMissing => {
                transmit.body = text.replace(" xmpp:restartlogic=\"true\"", "").into();
            }
            Fault::HttpErrors => {
                let condition = answer.as_ref().and_then(|it| it.condition);
                if let Some(status) = condition.and_then(Condition::legacy_status) {
                    transmit.status = status;
                    transmit.body = Bytes::new();
                }
            }
            Fault::GapForgotten if asked.early => return asked.line.close(),
            Fault::OldCopyForgotten
                if answer.as_ref().is_some_and(|it| it.kind == BodyKind::Error) =>
            {
                return asked.line.close();
            }
            Fault::PauseCarries
                if asked.body.as_ref().is_some_and(|it| it.pause.is_some())
                    && String::from_utf8_lossy(&asked.bytes).contains("probe-pause") =>
            {
                let carried = format!("<iq xmlns='{CLIENT}' type='result' id='probe-pause'/>");
                transmit.body = text.replace("/>", &format!(">{carried}</body>")).into();
            }
            _ => {}
        }
        asked.line.answer(&transmit);
    }

    fn route(&mut self, from: SessionId, element: &Element, raw: &[u8]) {
        if !element.is(CLIENT, "message") {
            self.on_payload(from, element);
            return;
        }
        let to = element.attr("to").unwrap_or_default();
        let found = self.clients.iter().find(|it| it.1 == to).map(|it| *it.0);
        let mut text = String::from_utf8_lossy(raw).into_owned();
        if self.fault == Fault::NamespaceHalf && text.contains("probe-ns") {
            text = text.replace(
                "<body>",
                "<body xmlns='http://jabber.org/protocol/httpbind'>",
            );
        }
        if let Some(to) = found {
            self.send(to, &text);
        }
    }

    fn on_payload(&mut self, id: SessionId, element: &Element) {
        let request = element.attr("id").unwrap_or_default();
        if element.is(SASL, "auth") {
            if element.attr("mechanism") != Some("ANONYMOUS") {
                self.send(
                    id,
                    &format!("<failure xmlns='{SASL}'><invalid-mechanism/></failure>"),
                );
                return;
            }
            // A session that is over hears nothing.
            let _ = self.manager.set_authenticated(id);
            self.send(id, &format!("<success xmlns='{SASL}'/>"));
        } else if element.is(CLIENT, "iq") && element.child(BIND, "bind").is_some() {
            self.jids += 1;
            let jid = format!("anonymous@localhost/{}", self.jids);
            self.send(id, &format!("<iq xmlns='{CLIENT}' type='result' id='{request}'><bind xmlns='{BIND}'><jid>{jid}</jid></bind></iq>"));
            self.clients.insert(id, jid);
        } else if element.is(CLIENT, "iq") && element.attr("type") == Some("get") {
            let known = element.child("urn:xmpp:ping", "ping").is_some();
            self.send(id, &if known {
                format!("<iq xmlns='{CLIENT}' type='result' id='{request}'/>")
            } else {
                format!("<iq xmlns='{CLIENT}' type='error' id='{request}'><error type='cancel'><service-unavailable xmlns='{STANZAS}'/></error></iq>")
            });
        } else if !element.is(CLIENT, "iq") {
            let error = format!(
                "<stream:error><unsupported-stanza-type xmlns='{STREAM_ERRORS}'/></stream:error>"
            );
            let now = self.origin.elapsed();
            // It may be over already.
            let _ = self
                .manager
                .close(now, id, Farewell::stream_error(error.into()));
        }
    }

    fn send(&mut self, id: SessionId, payload: &str) {
        let payload = Bytes::copy_from_slice(payload.as_bytes());
        // A session may end while its client is written to.
        let _ = self.manager.send(self.origin.elapsed(), id, payload);
    }
}

fn elements(body: &Body) -> Vec<Element> {
    body.payloads
        .iter()
        .map(|it| it.to_element(&Limits::default()).unwrap())
        .collect()
}

fn reply(asked: &Asked, slot: RequestSlot, body: Body) {
    let transmit = Transmit {
        slot,
        status: 200,
        content_type: bosh::xml::Str::borrowed("text/xml; charset=utf-8"),
        body: body.to_bytes(),
    };
    asked.line.answer(&transmit);
}

const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
const CLIENT: &str = "jabber:client";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
