//! A session with a server, at the client. RFC 6120 §4 to §8.
//!
//! ```text
//!        open            features          success          open, features        result           result
//!  Idle ─────▶ Opening ───────────▶ Auth ─────────▶ Opening ───────────────▶ Bind ───────▶ Session ───────▶ Online
//!               ▲   │                                                              └── no session offered ──▲  │
//!        tls_ok │   ▼ features with starttls                                                       close    │
//!        Upgrading ◀───────── TlsAsked          Closed ◀──────────────────────── Closing ◀───────────────────┘
//!                   proceed                         their end, close_timeout
//! ```

mod config;
mod login;
mod online;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_xml::Scope;

use self::login::Exchange;
use super::{CloseReason, Error, LANGUAGE, Security, foreign_language};
use crate::error::DecodeError;
use crate::id::{IdSource, StanzaId};
use crate::jid::Jid;
use crate::ns;
use crate::sasl::SaslElement;
use crate::stanza::Stanza;
use crate::stream::{
    Features, Form, Fragment, Frame, Header, Outbox, StreamCondition, StreamError, TcpFraming,
    decode_message, end_of_stream,
};

pub use config::{ClientConfig, ClientEvent};

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
    /// The default of the server's stanzas, where it is not [`LANGUAGE`] (XC-SZ-13).
    lang: Option<Box<str>>,
}

#[derive(Debug)]
enum State {
    Idle,
    Opening {
        login: Login,
    },
    Features {
        login: Login,
    },
    TlsAsked,
    /// The host makes TLS.
    Upgrading,
    Auth {
        exchange: Exchange,
    },
    Bind {
        request: StanzaId,
        session: bool,
    },
    Session {
        request: StanzaId,
        jid: Jid,
    },
    Online {
        jid: Jid,
    },
    /// Our stream has ended in order, the server's has not; what it still sends is heard.
    Closing {
        /// Not known before the next look at the clock.
        ends: Option<Duration>,
    },
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
            lang: None,
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
    /// The server broke the protocol: a stream error is on its way, [`ClientEvent::Closed`] follows. While TLS is being made
    /// nothing can be taken: the session goes on, and `input` is thrown away.
    pub fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        while !self.is_closed() {
            if let State::Upgrading = self.state {
                if input.is_empty() {
                    break;
                }
                input.clear();
                return Err(self.misuse("take bytes in the clear"));
            }
            match self.framing.next_frame(input) {
                Ok(Some(frame)) => {
                    if self.begins_tls(&frame) && !input.is_empty() {
                        input.clear();
                        return Err(self.fail(StreamError::new(
                            StreamCondition::POLICY_VIOLATION,
                            "nothing follows proceed in the clear",
                        )));
                    }
                    self.handle_frame(now, frame)?;
                }
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
            Frame::Open(header) => self.on_open(&header),
            Frame::Fragment(fragment) => self.on_fragment(&fragment),
            Frame::Close => {
                self.out.close();
                self.end(if matches!(self.state, State::Closing { .. }) {
                    CloseReason::Ended
                } else {
                    CloseReason::Peer
                });
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
        if let State::Closing { ends } = &mut self.state {
            let ends = *ends.get_or_insert(now.saturating_add(self.config.close_timeout));
            if ends <= now {
                self.end(CloseReason::Ended);
            }
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

    /// Ends the stream in order. The session is over when the server's stream has ended too, or has not in time; until then
    /// what it sends is heard (XC-ST-06).
    pub fn close(&mut self) {
        match self.state {
            State::Idle => self.end(CloseReason::Ended),
            State::Upgrading => self.end(CloseReason::TlsFailed),
            State::Closing { .. } | State::Closed => {}
            State::Opening { .. }
            | State::Features { .. }
            | State::TlsAsked
            | State::Auth { .. }
            | State::Bind { .. }
            | State::Session { .. }
            | State::Online { .. } => {
                self.out.close();
                if self.form == Form::Bosh {
                    return self.end(CloseReason::Ended);
                }
                self.negotiation_ends = None;
                self.ping_ends = None;
                self.state = State::Closing { ends: None };
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
        if let State::Closing { ends } = self.state {
            return Some(ends.unwrap_or(self.last_input));
        }
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
            | State::TlsAsked
            | State::Upgrading
            | State::Auth { .. }
            | State::Bind { .. }
            | State::Session { .. }
            | State::Closing { .. }
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
        header.lang = Some(LANGUAGE.to_owned());
        self.out.open(&header);
        // BOSH has no header; the layer below opens and restarts.
        self.state = match self.form {
            Form::Bosh => State::Features { login },
            Form::Tcp | Form::WebSocket => State::Opening { login },
        };
    }

    fn on_open(&mut self, header: &Header) -> Result<(), Error> {
        if let State::Closing { .. } = self.state {
            return Ok(());
        }
        let State::Opening { login } = self.state else {
            return match self.form {
                // The layer below may report the opening, but need not.
                Form::Bosh => Ok(()),
                Form::Tcp | Form::WebSocket => Err(self.fail(StreamCondition::BAD_FORMAT.into())),
            };
        };
        self.lang = header.lang.as_deref().and_then(foreign_language);
        self.state = State::Features { login };
        Ok(())
    }

    fn on_fragment(&mut self, fragment: &Fragment) -> Result<(), Error> {
        if fragment.name().ns() == ns::CLIENT {
            return match fragment.to_stanza(&self.config.limits) {
                Ok(stanza) => self.on_stanza(stanza),
                Err(DecodeError::Xml(error)) => Err(self.fail(error.into())),
                Err(error) => {
                    self.on_bad_stanza(&error);
                    Ok(())
                }
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
            (State::TlsAsked, _) if element.is(ns::TLS, "proceed") => {
                self.on_proceed();
                Ok(())
            }
            (State::TlsAsked, _) if element.is(ns::TLS, "failure") => {
                self.out.close();
                self.end(CloseReason::TlsFailed);
                Ok(())
            }
            (State::Auth { .. }, Some(element)) => self.on_sasl(element),
            (State::Closing { .. }, _) => Ok(()),
            _ => Err(self.fail(StreamError::new(
                StreamCondition::UNSUPPORTED_STANZA_TYPE,
                &format!("{} was not expected", element.name()),
            ))),
        }
    }

    fn fail(&mut self, error: StreamError) -> Error {
        match self.state {
            State::Closed => {}
            // Nothing can be said any more.
            State::Closing { .. } => self.end(CloseReason::Ended),
            State::Upgrading => self.end(CloseReason::TlsFailed),
            State::Idle
            | State::Opening { .. }
            | State::Features { .. }
            | State::TlsAsked
            | State::Auth { .. }
            | State::Bind { .. }
            | State::Session { .. }
            | State::Online { .. } => {
                self.out.error(&error);
                self.out.close();
                self.end(CloseReason::Error(error.clone()));
            }
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
            State::TlsAsked | State::Upgrading => "TLS is being made",
            State::Auth { .. } => "the login is being checked",
            State::Bind { .. } | State::Session { .. } => "an address is being bound",
            State::Online { .. } => "online",
            State::Closing { .. } => "closing",
            State::Closed => "closed",
        };
        Error::Caller { attempted, state }
    }
}
