//! One client's session, at the server. RFC 6120 §4 to §8.
//!
//! ```text
//!           open            auth                authenticate_ok         open             bind
//!  Opening ─────▶ Offering ─────▶ Authenticating ──────────────▶ Opening ────▶ Binding ──────▶ BindAsked
//!     ▲            │   ▲                │ failure                                 ▲  bind_failed  │
//!     │ tls_ok     │   └────────────────┘                                         └───────────────┤ bind_ok
//!     │            ▼ starttls                                                                     ▼
//!     └───────── Upgrading                 Closed ◀──────── Closing ◀──────────────────────────  Bound
//!                                            ▲  their end,    close
//!                                            │  close_timeout
//!                        any fault, their end, timeout
//! ```
//!
//! A SCRAM goes through the same states: while it is `Authenticating`, the host looks up keys and the client has its
//! challenge. A client that sends no first message is asked for one (`Started`).

mod bound;
mod config;
mod login;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_xml::{Limits, Scope};

use self::login::Exchange;
use super::{CloseReason, Error, LANGUAGE};
use crate::id::{IdSource, StanzaId};
use crate::jid::Jid;
use crate::sasl::Mechanism;
use crate::stanza::{Iq, Outgoing, Stanza};
use crate::stream::{
    Form, Fragment, Frame, Header, Outbox, SeeOtherUri, StreamCondition, StreamError, TcpFraming,
    decode_message,
};

pub use config::{Security, ServerConfig, ServerEvent};

/// A client's session, at the server.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event),
/// and re-arm a timer from [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
#[repr(C)]
pub struct Server {
    // First what a stanza touches that is handed on: one of a thousand sessions is in no cache.
    state: State,
    out: Outbox,
    config: ServerConfig,
    form: Form,
    ids: IdSource,
    framing: TcpFraming,
    failed_attempts: u32,
    /// How many nonces were made.
    #[cfg(feature = "scram")]
    nonces: u64,
    /// The default of the client's stanzas, where it is not [`LANGUAGE`] (XC-SZ-13).
    lang: Option<Box<str>>,
    /// Our header went out, so that a stream error has a stream to be in.
    opened: bool,
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
    /// The host makes TLS.
    Upgrading,
    /// An empty challenge asks for the first message.
    Started {
        mechanism: Mechanism,
    },
    /// A login is on its way. One that was aborted keeps its place until the host has answered, so that no answer is taken
    /// for that of another login.
    Authenticating {
        user: Jid,
        aborted: bool,
        exchange: Exchange,
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
    /// Our stream has ended in order, the client's has not; what it still sends is heard.
    Closing {
        jid: Option<Jid>,
        /// Not known before the next look at the clock.
        ends: Option<Duration>,
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
            #[cfg(feature = "scram")]
            nonces: 0,
            lang: None,
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
    /// The client broke the protocol: a stream error is on its way, [`ServerEvent::Closed`] follows. While TLS is being made
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
                    if self.asks_for_tls(&frame) && !input.is_empty() {
                        input.clear();
                        return Err(self.fail(StreamError::new(
                            StreamCondition::POLICY_VIOLATION,
                            "nothing follows starttls in the clear",
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
                self.finish(if matches!(self.state, State::Closing { .. }) {
                    CloseReason::Ended
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
        if let State::Closing { ends, .. } = &mut self.state {
            let ends = *ends.get_or_insert(now.saturating_add(self.config.close_timeout));
            if ends <= now {
                self.end(CloseReason::Ended);
            }
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

    /// Sends a stanza to the client. Nothing happens unless it is bound.
    pub fn send(&mut self, stanza: &Stanza) {
        if let State::Bound { .. } = self.state {
            self.out.stanza(stanza);
        }
    }

    /// As [`send`](Self::send), for a stanza that a router or service hands out.
    pub fn send_outgoing(&mut self, outgoing: &Outgoing) {
        if let State::Bound { .. } = self.state {
            self.out.outgoing(outgoing);
        }
    }

    /// As [`send_outgoing`](Self::send_outgoing), but on TCP the bytes are appended to `out`, and before them all that
    /// [`poll_transmit`](Self::poll_transmit) would give: one buffer may serve many sessions. Nothing happens unless the
    /// client is bound.
    pub fn send_outgoing_into(&mut self, outgoing: &Outgoing, out: &mut BytesMut) {
        if let State::Bound { .. } = self.state {
            self.out.outgoing_into(outgoing, out);
        }
    }

    /// Ends the session: at once with a stream error, such as `system-shutdown`, or in order. Then it is over when the client's
    /// stream has ended too, or has not in time; until then what it sends is heard (XC-ST-06).
    pub fn close(&mut self, error: Option<StreamError>) {
        if self.is_closed() {
            return;
        }
        match error {
            Some(error) => {
                self.fail(error);
            }
            None => {
                if self.opened || self.form == Form::WebSocket {
                    self.out.close();
                }
                self.await_end();
            }
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
        if matches!(self.state, State::Closing { .. } | State::Closed) {
            return Err(self.misuse("redirect the client"));
        }
        self.out.redirect(to);
        self.await_end();
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
        let event = self.events.pop_front();
        if event.is_none() {
            // Sessions are idle most of the time, and their events are large.
            self.events = VecDeque::new();
        }
        event
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.is_closed() {
            return None;
        }
        if let State::Closing { ends, .. } = self.state {
            return Some(ends.unwrap_or(self.last_input));
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
            | State::Upgrading
            | State::Started { .. }
            | State::Authenticating { .. }
            | State::Binding { .. }
            | State::BindAsked { .. }
            | State::Closing { .. }
            | State::Closed => None,
        }
    }

    /// Whether the session is over.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    const fn limits(&self) -> Limits {
        match &self.state {
            State::Opening { user: None }
            | State::Offering
            | State::Upgrading
            | State::Started { .. }
            | State::Authenticating { .. } => self.config.limits_before_login,
            State::Opening { user: Some(_) }
            | State::Binding { .. }
            | State::BindAsked { .. }
            | State::Bound { .. }
            | State::Closing { .. }
            | State::Closed => self.config.limits,
        }
    }

    fn on_fragment(&mut self, fragment: &Fragment) -> Result<(), Error> {
        match &self.state {
            State::Opening { .. } => Err(self.fail(StreamCondition::BAD_FORMAT.into())),
            State::Offering | State::Started { .. } | State::Authenticating { .. } => {
                self.on_negotiation(fragment)
            }
            State::Binding { user } => {
                let user = user.clone();
                self.on_bind(fragment, user)
            }
            // Nothing may come before the address is known: a stanza without sender goes nowhere.
            State::BindAsked { .. } => Err(self.fail(StreamCondition::NOT_AUTHORIZED.into())),
            State::Bound { jid } | State::Closing { jid: Some(jid), .. } => {
                let jid = jid.clone();
                self.on_stanza(fragment, &jid)
            }
            State::Upgrading | State::Closing { jid: None, .. } | State::Closed => Ok(()),
        }
    }

    /// What our streams begin with.
    fn header(&mut self) -> Header {
        Header {
            to: None,
            from: Some(self.config.domain.clone()),
            id: Some(self.ids.next_hex()),
            version: Some("1.0".to_owned()),
            lang: Some(LANGUAGE.to_owned()),
        }
    }

    /// Sends a stream error and ends. XC-ST-07: where no stream is open yet, one is opened for it.
    fn fail(&mut self, error: StreamError) -> Error {
        match self.state {
            State::Closed => {}
            // Nothing can be said any more.
            State::Closing { .. } => self.end(CloseReason::Ended),
            State::Upgrading => self.end(CloseReason::TlsFailed),
            State::Opening { .. }
            | State::Offering
            | State::Started { .. }
            | State::Authenticating { .. }
            | State::Binding { .. }
            | State::BindAsked { .. }
            | State::Bound { .. } => {
                if !self.opened {
                    let header = self.header();
                    self.out.open(&header);
                }
                self.out.error(&error);
                self.out.close();
                self.end(CloseReason::Error(error.clone()));
            }
        }
        Error::Peer(error)
    }

    /// Our stream has ended; waits for the end of the client's, where there is one.
    fn await_end(&mut self) {
        let is_open = self.opened && self.form != Form::Bosh;
        if !is_open && self.form != Form::WebSocket {
            return self.end(CloseReason::Ended);
        }
        self.negotiation_ends = None;
        self.ping = None;
        self.state = State::Closing {
            jid: self.jid().cloned(),
            ends: None,
        };
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
            State::Offering | State::Started { .. } => "waiting for a login",
            State::Upgrading => "TLS is being made",
            State::Authenticating { .. } => "a login is being checked",
            State::Binding { .. } => "waiting for a resource",
            State::BindAsked { .. } => "a resource is being bound",
            State::Bound { .. } => "bound",
            State::Closing { .. } => "closing",
            State::Closed => "closed",
        };
        Error::Caller { attempted, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_has_nothing_to_tell_keeps_no_room_for_it() {
        let config = ServerConfig::new(Jid::new("localhost").unwrap(), 1, Security::Protected);
        let mut server = Server::new(Duration::ZERO, config, Form::Bosh);
        server.transport_lost();
        assert!(server.poll_event().is_some());
        assert!(server.events.capacity() > 0);
        assert!(server.poll_event().is_none());
        assert_eq!(server.events.capacity(), 0);
    }
}
