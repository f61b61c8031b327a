//! A session with a server, at the client. RFC 6120 §4 to §8.
//!
//! ```text
//!        open            features          success          open, features        result           result
//!  Idle ─────▶ Opening ───────────▶ Auth ─────────▶ Opening ───────────────▶ Bind ───────▶ Session ───────▶ Online
//!                                                                                  └── no session offered ──▲
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_xml::{Limits, Scope};

use super::{CloseReason, Error, Security, bind_payload};
use crate::error::DecodeError;
use crate::id::{IdSource, StanzaId};
use crate::jid::Jid;
use crate::ns;
use crate::sasl::{Password, Plain, SaslElement};
use crate::stanza::{
    Condition, ErrorType, Iq, IqContent, Payload, Presence, PresenceKind, Stanza, StanzaError,
};
use crate::stream::{
    Features, Form, Fragment, Frame, Header, Outbox, StreamCondition, StreamError, TcpFraming,
    decode_message, end_of_stream,
};

/// Settings of a [`Client`] session.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Who logs in; its resource, if it has one, is asked for.
    pub jid: Jid,
    /// The password. It is sent as PLAIN: use it on TLS, or on an address that only this machine reaches.
    pub password: Password,
    /// Random number of the host's: makes the ids of requests. One per session.
    pub seed: u64,
    /// What is below the stream. From [`Security::Protected`] no server moves the session to a transport without TLS:
    /// such a move counts as an end in order (RFC 7395 §3.6.1). Default protected.
    pub security: Security,
    /// Sent as soon as there is an address; without it nobody's bare address reaches this session. Default: available,
    /// priority 0.
    pub initial_presence: Option<Presence>,
    /// How long the server may take until there is an address. Default 30 s.
    pub negotiation_timeout: Duration,
    /// What the server may send. Default: stanzas of 1 MiB.
    pub limits: Limits,
    /// After this silence the server is pinged. Default 20 s; none never pings.
    pub ping_after: Option<Duration>,
    /// How long the server may then stay silent before it counts as lost. Default 20 s.
    pub ping_timeout: Duration,
}

impl ClientConfig {
    /// Settings to log in as `jid`. `seed` is a random number of the host's.
    #[must_use]
    pub fn new(jid: Jid, password: Password, seed: u64) -> Self {
        Self {
            jid,
            password,
            seed,
            security: Security::Protected,
            initial_presence: Some(Presence::new(PresenceKind::Available)),
            negotiation_timeout: Duration::from_secs(30),
            limits: Limits::default(),
            ping_after: Some(Duration::from_secs(20)),
            ping_timeout: Duration::from_secs(20),
        }
    }

    /// Sets what is below the stream.
    #[must_use]
    pub const fn with_security(mut self, security: Security) -> Self {
        self.security = security;
        self
    }

    /// Sets what presence is sent first, if any.
    #[must_use]
    pub fn with_initial_presence(mut self, presence: Option<Presence>) -> Self {
        self.initial_presence = presence;
        self
    }

    /// Sets after what silence the server is pinged, and how long it may stay silent then.
    #[must_use]
    pub const fn with_ping(mut self, after: Option<Duration>, timeout: Duration) -> Self {
        self.ping_after = after;
        self.ping_timeout = timeout;
        self
    }
}

/// What the application should know or do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientEvent {
    /// On BOSH only: send a body that restarts the stream. XEP-0206 §5.
    Restart,
    /// There is an address; stanzas can be sent.
    Online {
        /// The full address, as the server gave it.
        jid: Jid,
    },
    /// A stanza for the application. Pings are answered already.
    Stanza(Stanza),
    /// The session is over. Send what [`Client::poll_transmit`] still has, on BOSH also
    /// [`Client::poll_stream_error`], then close the transport.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

/// A session with a server, at the client.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event),
/// and re-arm a timer from [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    form: Form,
    ids: IdSource,
    framing: TcpFraming,
    state: State,
    out: Outbox,
    events: VecDeque<ClientEvent>,
    negotiation_ends: Option<Duration>,
    last_input: Duration,
    ping_ends: Option<Duration>,
}

#[derive(Debug)]
enum State {
    Idle,
    Opening { login: Login },
    Features { login: Login },
    Auth,
    Bind { request: StanzaId, session: bool },
    Session { request: StanzaId, jid: Jid },
    Online { jid: Jid },
    Closed,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Login {
    Needed,
    Done,
}

impl Client {
    /// A session that is not yet open.
    #[must_use]
    pub fn new(config: ClientConfig, form: Form) -> Self {
        Self {
            ids: IdSource::new(config.seed),
            framing: TcpFraming::new(config.limits),
            config,
            form,
            state: State::Idle,
            out: Outbox::new(form),
            events: VecDeque::new(),
            negotiation_ends: None,
            last_input: Duration::ZERO,
            ping_ends: None,
        }
    }

    /// Opens the stream, once the transport stands.
    ///
    /// # Errors
    ///
    /// If it is open already.
    pub fn open(&mut self, now: Duration) -> Result<(), Error> {
        let State::Idle = self.state else {
            return Err(self.misuse("open the stream"));
        };
        self.last_input = now;
        self.negotiation_ends = Some(now.saturating_add(self.config.negotiation_timeout));
        self.open_stream(Login::Needed);
        Ok(())
    }

    /// Takes what has come on a TCP connection. Complete parts are taken off the front of `input`.
    ///
    /// # Errors
    ///
    /// The server broke the protocol: a stream error is on its way, [`ClientEvent::Closed`] follows.
    pub fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        while !self.is_closed() {
            match self.framing.next_frame(input) {
                Ok(Some(frame)) => self.handle_frame(now, frame)?,
                Ok(None) => break,
                Err(error) => return Err(self.fail(error)),
            }
        }
        self.on_sign_of_life(now);
        Ok(())
    }

    /// Takes one text message of a WebSocket. RFC 7395 §3.3.
    ///
    /// # Errors
    ///
    /// As [`handle_input`](Self::handle_input).
    pub fn handle_message(&mut self, now: Duration, message: Bytes) -> Result<(), Error> {
        match decode_message(message, &self.config.limits) {
            Ok(frame) => self.handle_frame(now, frame),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Takes a child of a BOSH body, which inherits `scope`.
    ///
    /// # Errors
    ///
    /// As [`handle_input`](Self::handle_input).
    pub fn handle_payload(&mut self, now: Duration, xml: Bytes, scope: Scope) -> Result<(), Error> {
        match Fragment::new(xml, scope, &self.config.limits) {
            Ok(fragment) => self.handle_frame(now, Frame::Fragment(fragment)),
            Err(error) => Err(self.fail(error.into())),
        }
    }

    /// The server ended the BOSH session, with a condition or in order. What the body carried comes before, by
    /// [`handle_payload`](Self::handle_payload). A condition that RFC 6120 knows too ends the stream with that error;
    /// any other says that the session below was lost.
    pub fn handle_terminate(&mut self, condition: Option<&str>) {
        if self.is_closed() {
            return;
        }
        self.end(match condition.map(end_of_stream) {
            None => CloseReason::Peer,
            Some(Some(error)) => CloseReason::PeerError(error),
            Some(None) => CloseReason::TransportLost,
        });
    }

    /// Takes one part of a stream.
    ///
    /// # Errors
    ///
    /// As [`handle_input`](Self::handle_input).
    pub fn handle_frame(&mut self, now: Duration, frame: Frame) -> Result<(), Error> {
        self.on_sign_of_life(now);
        match frame {
            _ if self.is_closed() => Ok(()),
            Frame::Open(_) => self.on_open(),
            Frame::Fragment(fragment) => self.on_fragment(&fragment),
            Frame::Close => {
                self.out.close();
                self.end(CloseReason::Peer);
                Ok(())
            }
            Frame::Moved(uri) => {
                self.out.close();
                let may_follow = self.config.security == Security::Clear || uri.is_secure();
                self.end(if may_follow {
                    CloseReason::Moved(uri)
                } else {
                    CloseReason::Peer
                });
                Ok(())
            }
        }
    }

    /// Does what is due. Early or repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.negotiation_ends.is_some_and(|ends| ends <= now) {
            self.fail(StreamError::new(
                StreamCondition::CONNECTION_TIMEOUT,
                "the login took too long",
            ));
            return;
        }
        match self.ping_ends {
            Some(ends) if ends <= now => {
                self.fail(StreamError::new(
                    StreamCondition::CONNECTION_TIMEOUT,
                    "the server fell silent",
                ));
            }
            Some(_) => {}
            None => self.ping_if_silent(now),
        }
    }

    /// Sends a stanza.
    ///
    /// # Errors
    ///
    /// If there is no address yet, or no more.
    pub fn send(&mut self, stanza: &Stanza) -> Result<(), Error> {
        let State::Online { .. } = self.state else {
            return Err(self.misuse("send a stanza"));
        };
        self.out.stanza(stanza);
        Ok(())
    }

    /// Ends the stream in order.
    pub fn close(&mut self) {
        match self.state {
            State::Idle => self.end(CloseReason::Ended),
            State::Closed => {}
            State::Opening { .. }
            | State::Features { .. }
            | State::Auth
            | State::Bind { .. }
            | State::Session { .. }
            | State::Online { .. } => {
                self.out.close();
                self.end(CloseReason::Ended);
            }
        }
    }

    /// The transport broke.
    pub fn transport_lost(&mut self) {
        if !self.is_closed() {
            self.end(CloseReason::TransportLost);
        }
    }

    /// The next bytes to send. On TCP all there is; on BOSH and WebSocket one element.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.out.poll()
    }

    /// On BOSH, when [`ClientEvent::Closed`] was told: the stream error that goes into the terminating body.
    pub fn poll_stream_error(&mut self) -> Option<Bytes> {
        self.out.take_error()
    }

    /// The next thing to know or do.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.negotiation_ends
            .or(self.ping_ends)
            .or_else(|| self.silence_ends())
    }

    /// The full address, once there is one.
    #[must_use]
    pub const fn jid(&self) -> Option<&Jid> {
        match &self.state {
            State::Online { jid } => Some(jid),
            State::Idle
            | State::Opening { .. }
            | State::Features { .. }
            | State::Auth
            | State::Bind { .. }
            | State::Session { .. }
            | State::Closed => None,
        }
    }

    /// Whether the session is over.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    fn open_stream(&mut self, login: Login) {
        let mut header = Header::to_domain(self.config.jid.to_domain());
        header.lang = Some("en".to_owned());
        self.out.open(&header);
        // BOSH has no header; the layer below opens and restarts.
        self.state = match self.form {
            Form::Bosh => State::Features { login },
            Form::Tcp | Form::WebSocket => State::Opening { login },
        };
    }

    fn on_open(&mut self) -> Result<(), Error> {
        let State::Opening { login } = self.state else {
            return match self.form {
                // The layer below may report the opening, but need not.
                Form::Bosh => Ok(()),
                Form::Tcp | Form::WebSocket => Err(self.fail(StreamCondition::BAD_FORMAT.into())),
            };
        };
        self.state = State::Features { login };
        Ok(())
    }

    fn on_fragment(&mut self, fragment: &Fragment) -> Result<(), Error> {
        if fragment.name().ns() == ns::CLIENT {
            return match fragment.to_stanza(&self.config.limits) {
                Ok(stanza) => self.on_stanza(stanza),
                Err(DecodeError::Xml(error)) => Err(self.fail(error.into())),
                // A stanza that cannot be read concerns nobody else; what follows is fine.
                Err(_) => Ok(()),
            };
        }
        let element = match fragment.to_element(&self.config.limits) {
            Ok(element) => element,
            Err(error) => return Err(self.fail(error.into())),
        };
        // In an older form of XEP-0206 §6 the terminating body has the condition without the error around it.
        if self.form == Form::Bosh && element.name().ns() == ns::STREAM_ERRORS {
            let condition = StreamCondition::from_name(element.local());
            self.end(CloseReason::PeerError(condition.into()));
            return Ok(());
        }
        if element.is(ns::STREAM, "error") {
            self.out.close();
            self.end(CloseReason::PeerError(StreamError::from_element(&element)));
            return Ok(());
        }
        match (&self.state, SaslElement::from_element(&element)) {
            (State::Features { login }, _) if element.is(ns::STREAM, "features") => {
                let login = *login;
                self.on_features(&Features::from_element(&element), login);
                Ok(())
            }
            (State::Auth, Some(SaslElement::Success(_))) => {
                self.framing.restart(self.config.limits);
                if self.form == Form::Bosh {
                    self.events.push_back(ClientEvent::Restart);
                }
                self.open_stream(Login::Done);
                Ok(())
            }
            (State::Auth, Some(SaslElement::Failure { condition, .. })) => {
                self.out.close();
                self.end(CloseReason::Refused(condition));
                Ok(())
            }
            _ => Err(self.fail(StreamError::new(
                StreamCondition::UNSUPPORTED_STANZA_TYPE,
                &format!("{} was not expected", element.name()),
            ))),
        }
    }

    fn on_features(&mut self, features: &Features, login: Login) {
        match login {
            Login::Needed => {
                if !features
                    .mechanisms
                    .iter()
                    .any(|offered| offered == Plain::MECHANISM)
                {
                    self.out.close();
                    return self.end(CloseReason::Unsupported("PLAIN"));
                }
                let plain = Plain {
                    authzid: None,
                    authcid: self.config.jid.local().unwrap_or_default().to_owned(),
                    password: self.config.password.clone(),
                };
                let mechanism = Plain::MECHANISM.to_owned();
                let auth = SaslElement::Auth {
                    mechanism,
                    message: plain.encode(),
                };
                self.out.element(|writer| auth.write(writer));
                self.state = State::Auth;
            }
            Login::Done => {
                let resource = self
                    .config
                    .jid
                    .resource()
                    .map(|resource| ("resource", resource));
                let payload = bind_payload(resource);
                if let Some(request) = self.request(payload) {
                    self.state = State::Bind {
                        request,
                        session: features.session,
                    };
                }
            }
        }
    }

    fn on_stanza(&mut self, stanza: Stanza) -> Result<(), Error> {
        match (&self.state, stanza) {
            (State::Bind { request, session }, Stanza::Iq(iq)) if *request == iq.id => {
                let session = *session;
                self.on_bound(iq, session)
            }
            (State::Session { request, jid }, Stanza::Iq(iq)) if *request == iq.id => {
                // A server that refuses the session of RFC 3921 has none to give: RFC 6120 needs none.
                let jid = jid.clone();
                self.on_online(jid);
                Ok(())
            }
            (State::Online { .. }, stanza) => {
                self.on_online_stanza(stanza);
                Ok(())
            }
            (State::Bind { .. } | State::Session { .. }, _) => Ok(()),
            _ => Err(self.fail(StreamCondition::NOT_AUTHORIZED.into())),
        }
    }

    fn on_bound(&mut self, iq: Iq, session: bool) -> Result<(), Error> {
        let jid = match iq.content {
            IqContent::Result(Some(payload)) => bound_jid(&payload),
            IqContent::Error { error, .. } => {
                self.out.close();
                self.end(CloseReason::NotBound(*error));
                return Ok(());
            }
            IqContent::Get(_) | IqContent::Set(_) | IqContent::Result(None) => None,
        };
        let Some(jid) = jid else {
            return Err(self.fail(StreamError::new(
                StreamCondition::INVALID_XML,
                "the answer to bind has no address",
            )));
        };
        if !session {
            self.on_online(jid);
        } else if let Some(request) = self.request(Payload::empty(ns::SESSION, "session")) {
            self.state = State::Session { request, jid };
        }
        Ok(())
    }

    fn on_online(&mut self, jid: Jid) {
        self.negotiation_ends = None;
        self.state = State::Online { jid: jid.clone() };
        if let Some(presence) = &self.config.initial_presence {
            self.out.stanza(&Stanza::Presence(presence.clone()));
        }
        self.events.push_back(ClientEvent::Online { jid });
    }

    fn on_online_stanza(&mut self, stanza: Stanza) {
        if let Stanza::Iq(iq) = &stanza {
            match &iq.content {
                IqContent::Get(payload) if payload.is(ns::PING, "ping") => {
                    self.out.stanza(&Stanza::Iq(iq.to_result(None)));
                    return;
                }
                // Nothing else is served here (XC-SZ-03).
                IqContent::Get(_) | IqContent::Set(_) => {
                    let error = StanzaError::new(ErrorType::Cancel, Condition::SERVICE_UNAVAILABLE);
                    self.out.stanza(&Stanza::Iq(iq.to_error(error)));
                    return;
                }
                IqContent::Result(_) | IqContent::Error { .. } => {}
            }
        }
        self.events.push_back(ClientEvent::Stanza(stanza));
    }

    /// Sends a request to the own account or server and returns its id.
    fn request(&mut self, payload: Payload) -> Option<StanzaId> {
        let id = StanzaId::new(&self.ids.next_hex()).ok()?;
        self.out
            .stanza(&Stanza::Iq(Iq::new(id.clone(), IqContent::Set(payload))));
        Some(id)
    }

    fn on_sign_of_life(&mut self, now: Duration) {
        self.last_input = self.last_input.max(now);
        self.ping_ends = None;
    }

    fn ping_if_silent(&mut self, now: Duration) {
        let Some(due) = self.silence_ends() else {
            return;
        };
        if due > now {
            return;
        }
        let Ok(id) = StanzaId::new(&self.ids.next_hex()) else {
            return;
        };
        let ping = Iq::new(id, IqContent::Get(Payload::empty(ns::PING, "ping")))
            .with_to(self.config.jid.to_domain());
        self.out.stanza(&Stanza::Iq(ping));
        self.ping_ends = Some(now.saturating_add(self.config.ping_timeout));
    }

    fn silence_ends(&self) -> Option<Duration> {
        self.jid()?;
        // BOSH knows by itself when a server is gone.
        let after = self.config.ping_after.filter(|_| self.form != Form::Bosh)?;
        Some(self.last_input.saturating_add(after))
    }

    fn fail(&mut self, error: StreamError) -> Error {
        if !self.is_closed() {
            self.out.error(&error);
            self.out.close();
            self.end(CloseReason::Error(error.clone()));
        }
        Error::Peer(error)
    }

    fn end(&mut self, reason: CloseReason) {
        self.state = State::Closed;
        self.negotiation_ends = None;
        self.ping_ends = None;
        self.events.push_back(ClientEvent::Closed { reason });
    }

    const fn misuse(&self, attempted: &'static str) -> Error {
        let state = match &self.state {
            State::Idle => "the stream is not open",
            State::Opening { .. } | State::Features { .. } => "the stream is being opened",
            State::Auth => "the login is being checked",
            State::Bind { .. } | State::Session { .. } => "an address is being bound",
            State::Online { .. } => "online",
            State::Closed => "closed",
        };
        Error::Caller { attempted, state }
    }
}

fn bound_jid(bind: &Payload) -> Option<Jid> {
    let element = bind.to_element().ok()?;
    Jid::new(element.child(ns::BIND, "jid")?.text().trim()).ok()
}
