//! One client's session, at the server. RFC 6120 §4 to §8.
//!
//! ```text
//!           open            auth                authenticate_ok         open             bind
//!  Opening ─────▶ Offering ─────▶ Authenticating ──────────────▶ Opening ────▶ Binding ──────▶ BindAsked
//!                    ▲                  │ authenticate_failed                     ▲  bind_failed  │
//!                    └──────────────────┘                                         └───────────────┤ bind_ok
//!                                                                                                 ▼
//!                              Closed ◀──────── any fault, end, timeout ──────────────────────  Bound
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_xml::{Limits, Scope};

use super::{CloseReason, Error, bind_payload};
use crate::error::DecodeError;
use crate::id::{IdSource, StanzaId};
use crate::jid::Jid;
use crate::ns;
use crate::sasl::{Plain, SaslCondition, SaslElement};
use crate::stanza::{Condition, ErrorType, Iq, IqContent, Payload, Stanza, StanzaError};
use crate::stream::{
    Features, Form, Fragment, Frame, Header, Outbox, SeeOtherUri, StreamCondition, StreamError,
    TcpFraming, decode_message,
};

/// Settings of a [`Server`] session.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The domain served.
    pub domain: Jid,
    /// Random number of the host's: makes stream ids and ping ids. One per session.
    pub seed: u64,
    /// What is below the stream. PLAIN is offered on [`Security::Protected`] only (XC-SA-02).
    pub security: Security,
    /// How long a client may take from the first byte to a bound resource. Default 30 s.
    pub negotiation_timeout: Duration,
    /// How many logins may fail before the stream ends. Default 3: RFC 6120 §6.4.5 asks for two to five.
    pub max_attempts: u32,
    /// What a client may send before it has logged in. Default: stanzas of 10,000 bytes (XC-ST-11), depth 8.
    pub limits_before_login: Limits,
    /// What a client may send afterwards. Default: stanzas of 256 KiB.
    pub limits: Limits,
    /// On TCP and WebSocket: after this silence the client is pinged. Default 60 s; none never pings.
    pub ping_after: Option<Duration>,
    /// How long the client may then stay silent before the session ends (XC-ST-10). Default 30 s.
    pub ping_timeout: Duration,
}

/// What is below a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    /// TLS, or an address that only this machine reaches: passwords may pass.
    Protected,
    /// Anybody may listen: no mechanism is offered.
    Clear,
}

impl ServerConfig {
    /// Settings for a domain. `seed` is a random number of the host's.
    #[must_use]
    pub fn new(domain: Jid, seed: u64, security: Security) -> Self {
        Self {
            domain,
            seed,
            security,
            negotiation_timeout: Duration::from_secs(30),
            max_attempts: 3,
            limits_before_login: Limits::default().with_document(10_000).with_depth(8),
            limits: Limits::default().with_document(256 * 1024),
            ping_after: Some(Duration::from_secs(60)),
            ping_timeout: Duration::from_secs(30),
        }
    }

    /// Sets how long a client may take until it has a resource.
    #[must_use]
    pub const fn with_negotiation_timeout(mut self, timeout: Duration) -> Self {
        self.negotiation_timeout = timeout;
        self
    }

    /// Sets after what silence a client is pinged, and how long it may stay silent then.
    #[must_use]
    pub const fn with_ping(mut self, after: Option<Duration>, timeout: Duration) -> Self {
        self.ping_after = after;
        self.ping_timeout = timeout;
        self
    }
}

/// What the host should know or do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// Somebody wants to log in. Answer with [`Server::authenticate_ok`] or [`Server::authenticate_failed`],
    /// now or later; until then there is no other login.
    Authenticate {
        /// The user's bare address.
        user: Jid,
        /// Name and password.
        credentials: Plain,
    },
    /// The user wants a full address. Answer with [`Server::bind_ok`] or [`Server::bind_failed`].
    Bind {
        /// The user's bare address.
        user: Jid,
        /// What was asked for; without it the server chooses.
        resource: Option<String>,
    },
    /// A stanza of a bound client; its sender is set to the session's full address.
    Stanza(Stanza),
    /// The session is over. Send what [`Server::poll_transmit`] still has, on BOSH also
    /// [`Server::poll_stream_error`], then close the transport.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

/// A client's session, at the server.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event),
/// and re-arm a timer from [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Server {
    config: ServerConfig,
    form: Form,
    ids: IdSource,
    framing: TcpFraming,
    state: State,
    failed_attempts: u32,
    /// Our header went out, so that a stream error has a stream to be in.
    opened: bool,
    out: Outbox,
    events: VecDeque<ServerEvent>,
    negotiation_ends: Option<Duration>,
    last_input: Duration,
    ping: Option<Ping>,
}

#[derive(Debug)]
enum State {
    Opening {
        user: Option<Jid>,
    },
    Offering,
    /// The host checks a password. A login that was aborted keeps its place until the host has answered, so that no
    /// answer is taken for that of another login.
    Authenticating {
        user: Jid,
        aborted: bool,
    },
    Binding {
        user: Jid,
    },
    BindAsked {
        user: Jid,
        request: Box<Iq>,
    },
    Bound {
        jid: Jid,
    },
    Closed,
}

#[derive(Debug)]
struct Ping {
    id: StanzaId,
    ends: Duration,
}

impl Server {
    /// A session that waits for its first header. `now` starts the clock of the negotiation.
    #[must_use]
    pub fn new(now: Duration, config: ServerConfig, form: Form) -> Self {
        Self {
            ids: IdSource::new(config.seed),
            framing: TcpFraming::new(config.limits_before_login),
            negotiation_ends: Some(now.saturating_add(config.negotiation_timeout)),
            config,
            form,
            state: State::Opening { user: None },
            failed_attempts: 0,
            opened: false,
            out: Outbox::new(form),
            events: VecDeque::new(),
            last_input: now,
            ping: None,
        }
    }

    /// Takes what has come on a TCP connection. Complete parts are taken off the front of `input`.
    ///
    /// # Errors
    ///
    /// The client broke the protocol: a stream error is on its way, [`ServerEvent::Closed`] follows.
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
        match decode_message(message, &self.limits()) {
            Ok(frame) => self.handle_frame(now, frame),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Takes what a BOSH layer saw in a first or restarting body: the stream opens, or opens anew. XEP-0206 §3, §5.
    ///
    /// # Errors
    ///
    /// As [`handle_input`](Self::handle_input).
    pub fn handle_opening(
        &mut self,
        now: Duration,
        to: Option<&str>,
        from: Option<&str>,
        lang: Option<&str>,
    ) -> Result<(), Error> {
        match Header::of_body(to, from, lang) {
            Ok(header) => self.handle_frame(now, Frame::Open(header)),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Takes a child of a BOSH body, which inherits `scope`.
    ///
    /// # Errors
    ///
    /// As [`handle_input`](Self::handle_input).
    pub fn handle_payload(&mut self, now: Duration, xml: Bytes, scope: Scope) -> Result<(), Error> {
        match Fragment::new(xml, scope, &self.limits()) {
            Ok(fragment) => self.handle_frame(now, Frame::Fragment(fragment)),
            Err(error) => Err(self.fail(error.into())),
        }
    }

    /// The client ended its BOSH session. Nothing can be sent any more.
    pub fn handle_terminate(&mut self) {
        if !self.is_closed() {
            self.finish(CloseReason::Peer);
        }
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
            Frame::Open(header) => self.on_open(&header),
            Frame::Fragment(fragment) => self.on_fragment(&fragment),
            // A client has no place to send us to.
            Frame::Close | Frame::Moved(_) => {
                self.finish(CloseReason::Peer);
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
        match &self.ping {
            Some(ping) if ping.ends <= now => {
                self.fail(StreamError::new(
                    StreamCondition::CONNECTION_TIMEOUT,
                    "the client fell silent",
                ));
            }
            Some(_) => {}
            None => self.ping_if_silent(now),
        }
    }

    /// The password was right. A client that aborted its login meanwhile is refused all the same.
    ///
    /// # Errors
    ///
    /// If no login is open.
    pub fn authenticate_ok(&mut self) -> Result<(), Error> {
        let State::Authenticating { user, aborted } = &self.state else {
            return Err(self.misuse("accept a login"));
        };
        if *aborted {
            self.refuse_login(SaslCondition::ABORTED);
            return Ok(());
        }
        self.state = State::Opening {
            user: Some(user.clone()),
        };
        self.out
            .element(|writer| SaslElement::Success(String::new()).write(writer));
        // XC-ST-05: what follows is a new stream.
        self.framing.restart(self.config.limits);
        self.opened = false;
        Ok(())
    }

    /// The login failed. The client may try again until its attempts are used up.
    ///
    /// # Errors
    ///
    /// If no login is open.
    pub fn authenticate_failed(&mut self, condition: SaslCondition) -> Result<(), Error> {
        let State::Authenticating { aborted, .. } = &self.state else {
            return Err(self.misuse("refuse a login"));
        };
        self.refuse_login(if *aborted {
            SaslCondition::ABORTED
        } else {
            condition
        });
        Ok(())
    }

    /// The client has this address now.
    ///
    /// # Errors
    ///
    /// If no address was asked for.
    pub fn bind_ok(&mut self, jid: Jid) -> Result<(), Error> {
        let State::BindAsked { request, .. } = &self.state else {
            return Err(self.misuse("bind a resource"));
        };
        let mut answer = request.to_result(Some(bind_payload(Some(("jid", jid.as_str())))));
        answer.to = Some(jid.clone());
        self.out.stanza(&Stanza::Iq(answer));
        self.state = State::Bound { jid };
        self.negotiation_ends = None;
        Ok(())
    }

    /// The client cannot have that address; it may ask for another.
    ///
    /// # Errors
    ///
    /// If no address was asked for.
    pub fn bind_failed(&mut self, error: StanzaError) -> Result<(), Error> {
        let State::BindAsked { user, request } = &self.state else {
            return Err(self.misuse("refuse a resource"));
        };
        let answer = request.to_error(error);
        self.state = State::Binding { user: user.clone() };
        self.out.stanza(&Stanza::Iq(answer));
        Ok(())
    }

    /// Sends a stanza to the client. Nothing happens unless it is bound.
    pub fn send(&mut self, stanza: &Stanza) {
        if let State::Bound { .. } = self.state {
            self.out.stanza(stanza);
        }
    }

    /// Ends the session: with a stream error, such as `system-shutdown`, or in order.
    pub fn close(&mut self, error: Option<StreamError>) {
        if self.is_closed() {
            return;
        }
        match error {
            Some(error) => {
                self.fail(error);
            }
            None => self.finish(CloseReason::Ended),
        }
    }

    /// Ends the session, and asks the client to go on at another endpoint. RFC 7395 §3.6.1.
    ///
    /// # Errors
    ///
    /// On another transport than WebSocket, which has no word for it, or if the session is over.
    pub fn redirect(&mut self, to: &SeeOtherUri) -> Result<(), Error> {
        if self.form != Form::WebSocket {
            return Err(Error::Caller {
                attempted: "redirect the client",
                state: "the transport is no WebSocket",
            });
        }
        if self.is_closed() {
            return Err(self.misuse("redirect the client"));
        }
        self.out.redirect(to);
        self.end(CloseReason::Ended);
        Ok(())
    }

    /// The transport broke; there is nobody to tell.
    pub fn transport_lost(&mut self) {
        if !self.is_closed() {
            self.end(CloseReason::TransportLost);
        }
    }

    /// The next bytes to send. On TCP all there is; on BOSH and WebSocket one element.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.out.poll()
    }

    /// On BOSH, when [`ServerEvent::Closed`] was told: the stream error that goes into the terminating body, whose
    /// condition is `remote-stream-error` then (XEP-0206 §6). Without one the body has no condition.
    pub fn poll_stream_error(&mut self) -> Option<Bytes> {
        self.out.take_error()
    }

    /// The next thing to know or do.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.is_closed() {
            return None;
        }
        self.negotiation_ends.or_else(|| self.silence_ends())
    }

    /// The client's full address, once it has one.
    #[must_use]
    pub const fn jid(&self) -> Option<&Jid> {
        match &self.state {
            State::Bound { jid } => Some(jid),
            State::Opening { .. }
            | State::Offering
            | State::Authenticating { .. }
            | State::Binding { .. }
            | State::BindAsked { .. }
            | State::Closed => None,
        }
    }

    /// Whether the session is over.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    fn on_open(&mut self, header: &Header) -> Result<(), Error> {
        let State::Opening { user } = &self.state else {
            // BOSH clients that lost track restart; on TCP a second header is a child of the first.
            return Err(self.fail(StreamCondition::BAD_FORMAT.into()));
        };
        let user = user.clone();
        let answer = Header {
            to: header.from.as_ref().map(Jid::bare),
            from: Some(self.config.domain.clone()),
            id: Some(self.ids.next_hex()),
            version: Some("1.0".to_owned()),
            lang: Some("en".to_owned()),
        };
        self.out.open(&answer);
        self.opened = true;
        if header
            .to
            .as_ref()
            .is_some_and(|to| *to != self.config.domain)
        {
            return Err(self.fail(StreamError::new(
                StreamCondition::HOST_UNKNOWN,
                &format!("this server serves {}", self.config.domain),
            )));
        }
        if self.form != Form::Bosh && !header.is_version_1() {
            return Err(self.fail(StreamCondition::UNSUPPORTED_VERSION.into()));
        }
        let features = match &user {
            Some(_) => Features {
                bind: true,
                session: true,
                mechanisms: Vec::new(),
            },
            None => Features {
                mechanisms: self.mechanisms(),
                ..Features::default()
            },
        };
        self.out.element(|writer| features.write(writer));
        self.state = match user {
            Some(user) => State::Binding { user },
            None => State::Offering,
        };
        Ok(())
    }

    fn on_fragment(&mut self, fragment: &Fragment) -> Result<(), Error> {
        match &self.state {
            State::Opening { .. } => Err(self.fail(StreamCondition::BAD_FORMAT.into())),
            State::Offering | State::Authenticating { .. } => self.on_negotiation(fragment),
            State::Binding { user } => {
                let user = user.clone();
                self.on_bind(fragment, user)
            }
            // Nothing may come before the address is known: a stanza without sender goes nowhere.
            State::BindAsked { .. } => Err(self.fail(StreamCondition::NOT_AUTHORIZED.into())),
            State::Bound { jid } => {
                let jid = jid.clone();
                self.on_stanza(fragment, &jid)
            }
            State::Closed => Ok(()),
        }
    }

    fn on_negotiation(&mut self, fragment: &Fragment) -> Result<(), Error> {
        let element = match fragment.to_element(&self.config.limits_before_login) {
            Ok(element) => element,
            Err(error) => return Err(self.fail(error.into())),
        };
        if element.is(ns::STREAM, "error") {
            self.finish(CloseReason::PeerError(StreamError::from_element(&element)));
            return Ok(());
        }
        let asked = SaslElement::from_element(&element);
        match (asked, &mut self.state) {
            (Some(SaslElement::Auth { mechanism, message }), State::Offering) => {
                self.on_auth(&mechanism, &message);
                Ok(())
            }
            // §6.4.4. The failure goes out when the host has answered.
            (
                Some(SaslElement::Abort),
                State::Authenticating {
                    aborted: aborted @ false,
                    ..
                },
            ) => {
                *aborted = true;
                Ok(())
            }
            (Some(SaslElement::Abort), State::Offering) => {
                self.refuse_login(SaslCondition::ABORTED);
                Ok(())
            }
            (Some(_), State::Authenticating { .. }) => Err(self.fail(StreamError::new(
                StreamCondition::POLICY_VIOLATION,
                "one login at a time",
            ))),
            (Some(_), _) => {
                self.refuse_login(SaslCondition::MALFORMED_REQUEST);
                Ok(())
            }
            // XC-ST-12.
            (None, _) => Err(self.fail(StreamCondition::NOT_AUTHORIZED.into())),
        }
    }

    fn on_auth(&mut self, mechanism: &str, message: &str) {
        if !self.mechanisms().iter().any(|offered| offered == mechanism) {
            let condition = match self.config.security {
                Security::Clear => SaslCondition::ENCRYPTION_REQUIRED,
                Security::Protected => SaslCondition::INVALID_MECHANISM,
            };
            return self.refuse_login(condition);
        }
        let identity = Plain::decode(message).and_then(|credentials| {
            let user = credentials.identity(self.config.domain.domain())?;
            Ok((user, credentials))
        });
        match identity {
            Ok((user, credentials)) => {
                self.state = State::Authenticating {
                    user: user.clone(),
                    aborted: false,
                };
                self.events
                    .push_back(ServerEvent::Authenticate { user, credentials });
            }
            Err(condition) => self.refuse_login(condition),
        }
    }

    fn refuse_login(&mut self, condition: SaslCondition) {
        self.failed_attempts += 1;
        self.state = State::Offering;
        self.out.element(|writer| {
            SaslElement::Failure {
                condition,
                text: None,
            }
            .write(writer)
        });
        if self.failed_attempts >= self.config.max_attempts {
            self.fail(StreamError::new(
                StreamCondition::POLICY_VIOLATION,
                "too many failed logins",
            ));
        }
    }

    fn on_bind(&mut self, fragment: &Fragment, user: Jid) -> Result<(), Error> {
        let stanza = match fragment.to_stanza(&self.config.limits) {
            Ok(stanza) => stanza,
            Err(error) => return self.on_bad_stanza(fragment, error, &user),
        };
        let Stanza::Iq(request) = stanza else {
            return Err(self.fail(StreamCondition::NOT_AUTHORIZED.into()));
        };
        let resource = match &request.content {
            IqContent::Set(payload) if payload.is(ns::BIND, "bind") => requested_resource(payload),
            IqContent::Get(_)
            | IqContent::Set(_)
            | IqContent::Result(_)
            | IqContent::Error { .. } => {
                return Err(self.fail(StreamError::new(
                    StreamCondition::NOT_AUTHORIZED,
                    "bind a resource first",
                )));
            }
        };
        self.state = State::BindAsked {
            user: user.clone(),
            request: Box::new(request),
        };
        self.events.push_back(ServerEvent::Bind { user, resource });
        Ok(())
    }

    fn on_stanza(&mut self, fragment: &Fragment, jid: &Jid) -> Result<(), Error> {
        let mut stanza = match fragment.to_stanza(&self.config.limits) {
            Ok(stanza) => stanza,
            Err(error) => return self.on_bad_stanza(fragment, error, jid),
        };
        // XC-SZ-01: a client speaks for itself.
        if stanza
            .sender()
            .is_some_and(|from| from != jid && *from != jid.bare())
        {
            return Err(self.fail(StreamCondition::INVALID_FROM.into()));
        }
        stanza.set_sender(Some(jid.clone()));
        if let Stanza::Iq(iq) = &stanza {
            match &iq.content {
                IqContent::Set(payload) if payload.is(ns::SESSION, "session") => {
                    self.out.stanza(&Stanza::Iq(iq.to_result(None)));
                    return Ok(());
                }
                IqContent::Set(payload) if payload.is(ns::BIND, "bind") => {
                    let error = StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED);
                    self.out.stanza(&Stanza::Iq(iq.to_error(error)));
                    return Ok(());
                }
                IqContent::Result(_) | IqContent::Error { .. }
                    if self.ping.as_ref().is_some_and(|ping| ping.id == iq.id) =>
                {
                    self.ping = None;
                    return Ok(());
                }
                IqContent::Get(_)
                | IqContent::Set(_)
                | IqContent::Result(_)
                | IqContent::Error { .. } => {}
            }
        }
        self.events.push_back(ServerEvent::Stanza(stanza));
        Ok(())
    }

    fn on_bad_stanza(
        &mut self,
        fragment: &Fragment,
        error: DecodeError,
        jid: &Jid,
    ) -> Result<(), Error> {
        match error {
            DecodeError::Xml(error) => Err(self.fail(error.into())),
            DecodeError::Stanza(malformed) => {
                if let Some(mut answer) = malformed.to_answer() {
                    answer.to = Some(jid.clone());
                    self.out.stanza(&Stanza::Iq(answer));
                }
                Ok(())
            }
            _ if fragment.name().is(ns::STREAM, "error") => {
                let error = fragment
                    .to_element(&self.config.limits)
                    .map(|element| StreamError::from_element(&element))
                    .unwrap_or_else(|_| StreamCondition::UNDEFINED_CONDITION.into());
                self.finish(CloseReason::PeerError(error));
                Ok(())
            }
            DecodeError::Unexpected { .. }
            | DecodeError::Missing { .. }
            | DecodeError::Invalid { .. }
            | DecodeError::Jid { .. }
            | DecodeError::Id { .. } => Err(self.fail(StreamError::new(
                StreamCondition::UNSUPPORTED_STANZA_TYPE,
                &format!("{} is no stanza", fragment.name()),
            ))),
        }
    }

    fn on_sign_of_life(&mut self, now: Duration) {
        self.last_input = self.last_input.max(now);
        // Whatever comes shows that somebody is there; the answer itself is dropped when it comes.
        if let Some(ping) = &mut self.ping {
            ping.ends = now.saturating_add(self.config.ping_timeout);
        }
    }

    fn ping_if_silent(&mut self, now: Duration) {
        let Some(due) = self.silence_ends() else {
            return;
        };
        if due > now {
            return;
        }
        let (Some(jid), Ok(id)) = (self.jid().cloned(), StanzaId::new(&self.ids.next_hex())) else {
            return;
        };
        let mut ping =
            Iq::new(id.clone(), IqContent::Get(Payload::empty(ns::PING, "ping"))).with_to(jid);
        ping.from = Some(self.config.domain.clone());
        self.out.stanza(&Stanza::Iq(ping));
        self.ping = Some(Ping {
            id,
            ends: now.saturating_add(self.config.ping_timeout),
        });
    }

    /// When something must be done about a silent client. BOSH knows by itself when a client is gone.
    fn silence_ends(&self) -> Option<Duration> {
        match (&self.state, &self.ping) {
            (State::Bound { .. }, Some(ping)) => Some(ping.ends),
            (State::Bound { .. }, None) if self.form != Form::Bosh => self
                .config
                .ping_after
                .map(|after| self.last_input.saturating_add(after)),
            _ => None,
        }
    }

    fn mechanisms(&self) -> Vec<String> {
        match self.config.security {
            Security::Protected => vec![Plain::MECHANISM.to_owned()],
            Security::Clear => Vec::new(),
        }
    }

    const fn limits(&self) -> Limits {
        match &self.state {
            State::Opening { user: None } | State::Offering | State::Authenticating { .. } => {
                self.config.limits_before_login
            }
            State::Opening { user: Some(_) }
            | State::Binding { .. }
            | State::BindAsked { .. }
            | State::Bound { .. }
            | State::Closed => self.config.limits,
        }
    }

    /// Sends a stream error and ends. XC-ST-07: where no stream is open yet, one is opened for it.
    fn fail(&mut self, error: StreamError) -> Error {
        if !self.is_closed() {
            if !self.opened {
                let header = Header {
                    from: Some(self.config.domain.clone()),
                    id: Some(self.ids.next_hex()),
                    version: Some("1.0".to_owned()),
                    lang: Some("en".to_owned()),
                    to: None,
                };
                self.out.open(&header);
            }
            self.out.error(&error);
            self.out.close();
            self.end(CloseReason::Error(error.clone()));
        }
        Error::Peer(error)
    }

    /// Ends the stream without an error. On WebSocket also one that is not open (RFC 7395 §3.4): it is over when both
    /// have said so.
    fn finish(&mut self, reason: CloseReason) {
        if self.opened || self.form == Form::WebSocket {
            self.out.close();
        }
        self.end(reason);
    }

    fn end(&mut self, reason: CloseReason) {
        self.state = State::Closed;
        self.negotiation_ends = None;
        self.ping = None;
        self.events.push_back(ServerEvent::Closed { reason });
    }

    const fn misuse(&self, attempted: &'static str) -> Error {
        let state = match &self.state {
            State::Opening { .. } => "waiting for the stream to open",
            State::Offering => "waiting for a login",
            State::Authenticating { .. } => "a login is being checked",
            State::Binding { .. } => "waiting for a resource",
            State::BindAsked { .. } => "a resource is being bound",
            State::Bound { .. } => "bound",
            State::Closed => "closed",
        };
        Error::Caller { attempted, state }
    }
}

fn requested_resource(bind: &Payload) -> Option<String> {
    let element = bind.to_element().ok()?;
    let resource = element
        .child(ns::BIND, "resource")?
        .text()
        .trim()
        .to_owned();
    (!resource.is_empty()).then_some(resource)
}
