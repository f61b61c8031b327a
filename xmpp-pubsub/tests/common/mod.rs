//! A client and a server that talk to each other without sockets, in a time that only the test moves.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod ends;

use std::time::Duration;

use bytes::BytesMut;
use wire_xml::Scope;
use xmpp_pubsub::Jid;
#[cfg(feature = "scram")]
use xmpp_pubsub::sasl::scram::ScramKeys;
use xmpp_pubsub::sasl::{ChannelBinding, Password, SaslCondition};
use xmpp_pubsub::session::{
    Client, ClientConfig, ClientEvent, CloseReason, Security, Server, ServerConfig, ServerEvent,
};
use xmpp_pubsub::stream::{Form, Frame, Header};

pub(crate) fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

pub(crate) fn server_config() -> ServerConfig {
    ServerConfig::new(jid("localhost"), 7, Security::Protected)
}

pub(crate) fn client_config(user: &str, password: &str) -> ClientConfig {
    ClientConfig::new(jid(user), Password::new(password), 8)
}

/// Both ends, and everything that was said and noticed.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) form: Form,
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) now: Duration,
    pub(crate) transcript: String,
    pub(crate) client_events: Vec<ClientEvent>,
    pub(crate) server_events: Vec<ServerEvent>,
    /// What TLS gives to both ends.
    pub(crate) binding: Option<ChannelBinding>,
    client_input: BytesMut,
    server_input: BytesMut,
    /// On BOSH: the terminating body has passed.
    terminated: bool,
}

impl Pair {
    pub(crate) fn new(form: Form, client: ClientConfig, server: ServerConfig) -> Self {
        Self::over_tls(form, client, server, None)
    }

    pub(crate) fn over_tls(
        form: Form,
        client: ClientConfig,
        server: ServerConfig,
        binding: Option<ChannelBinding>,
    ) -> Self {
        let mut pair = Self {
            binding,
            form,
            client: Client::new(client, form),
            server: Server::new(Duration::ZERO, server, form),
            now: Duration::ZERO,
            transcript: String::new(),
            client_events: Vec::new(),
            server_events: Vec::new(),
            client_input: BytesMut::new(),
            server_input: BytesMut::new(),
            terminated: false,
        };
        pair.client.open(pair.now).unwrap();
        if form == Form::Bosh {
            pair.transcript.push_str("C: BOSH creation\n");
            let opened = pair
                .server
                .handle_opening(pair.now, Some("localhost"), None, Some("en"));
            opened.unwrap();
        }
        pair.settle();
        pair
    }

    /// Hands everything over until both have nothing to say; the test's host accepts `right` as password.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(event) = self.server.poll_event() {
                moved = true;
                self.on_server_event(event);
            }
            while let Some(event) = self.client.poll_event() {
                moved = true;
                if let ClientEvent::StartTls = event {
                    self.transcript.push_str("TLS\n");
                    self.client.tls_ok(self.binding.clone()).unwrap();
                }
                if let ClientEvent::Restart = event {
                    self.transcript.push_str("C: BOSH restart\n");
                    self.server
                        .handle_opening(self.now, Some("localhost"), None, Some("en"))
                        .unwrap();
                }
                self.client_events.push(event);
            }
            while let Some(bytes) = self.client.poll_transmit() {
                moved = true;
                self.transcript.push_str("C: ");
                self.transcript.push_str(&String::from_utf8_lossy(&bytes));
                self.transcript.push('\n');
                match self.form {
                    Form::Tcp => {
                        self.server_input.extend_from_slice(&bytes);
                        let _ = self.server.handle_input(self.now, &mut self.server_input);
                    }
                    Form::WebSocket => {
                        let _ = self.server.handle_message(self.now, bytes);
                    }
                    Form::Bosh => {
                        let _ = self.server.handle_payload(self.now, bytes, Scope::new());
                    }
                }
            }
            while let Some(bytes) = self.server.poll_transmit() {
                moved = true;
                self.transcript.push_str("S: ");
                self.transcript.push_str(&String::from_utf8_lossy(&bytes));
                self.transcript.push('\n');
                match self.form {
                    Form::Tcp => {
                        self.client_input.extend_from_slice(&bytes);
                        let _ = self.client.handle_input(self.now, &mut self.client_input);
                    }
                    Form::WebSocket => {
                        let _ = self.client.handle_message(self.now, bytes);
                    }
                    Form::Bosh => {
                        let _ = self.client.handle_payload(self.now, bytes, Scope::new());
                    }
                }
            }
            if self.form == Form::Bosh {
                moved |= self.terminate();
            }
            if !moved {
                return;
            }
        }
    }

    /// Passes the terminating body of BOSH, once, from the end that is over first.
    fn terminate(&mut self) -> bool {
        let said = |reason: &CloseReason| *reason != CloseReason::TransportLost;
        let by_server = matches!(self.server_events.last(), Some(ServerEvent::Closed { reason }) if said(reason));
        let by_client = matches!(self.client_events.last(), Some(ClientEvent::Closed { reason }) if said(reason));
        if self.terminated || !(by_server || by_client) {
            return false;
        }
        self.terminated = true;
        let error = if by_server {
            self.server.poll_stream_error()
        } else {
            self.client.poll_stream_error()
        };
        let condition = error.as_ref().map(|_| "remote-stream-error");
        let name = if by_server { 'S' } else { 'C' };
        let words = error.as_deref().map(String::from_utf8_lossy);
        self.transcript.push_str(&format!(
            "{name}: BOSH terminate {} {}\n",
            condition.unwrap_or("in order"),
            words.unwrap_or_default()
        ));
        if by_server {
            if let Some(error) = error {
                let _ = self.client.handle_payload(self.now, error, Scope::new());
            }
            self.client.handle_terminate(condition);
        } else {
            if let Some(error) = error {
                let _ = self.server.handle_payload(self.now, error, Scope::new());
            }
            self.server.handle_terminate();
        }
        true
    }

    /// Lets time pass up to the next thing that is due at either end, at most `until`.
    pub(crate) fn drive(&mut self, until: Duration) {
        while let Some(next) = [self.client.poll_timeout(), self.server.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
            .filter(|next| *next <= until)
        {
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
            self.settle();
        }
        self.now = until;
    }

    fn on_server_event(&mut self, event: ServerEvent) {
        match &event {
            ServerEvent::Authenticate { credentials, .. } => {
                if credentials.password.matches("right") {
                    self.server.authenticate_ok().unwrap();
                } else {
                    self.server
                        .authenticate_failed(SaslCondition::NOT_AUTHORIZED)
                        .unwrap();
                }
            }
            #[cfg(feature = "scram")]
            ServerEvent::ScramKeys { user, hash } => {
                let keys = (user.local() == Some("1001001")).then(|| {
                    let password = Password::new("right");
                    ScramKeys::derive(*hash, &password, b"a salt of 16 by.", 4096).unwrap()
                });
                self.server.scram_keys(keys).unwrap();
            }
            #[cfg(not(feature = "scram"))]
            ServerEvent::ScramKeys { .. } => panic!("not built"),
            // The transport of the test is TLS when both say so.
            ServerEvent::StartTls => self.server.tls_ok(self.binding.clone()).unwrap(),
            ServerEvent::Bind { user, resource } => {
                let full = user
                    .with_resource(resource.as_deref().unwrap_or("made"))
                    .unwrap();
                self.server.bind_ok(full).unwrap();
            }
            ServerEvent::Stanza(_)
            | ServerEvent::LoginChecked { .. }
            | ServerEvent::Closed { .. }
            | _ => {}
        }
        self.server_events.push(event);
    }
}

/// What a first BOSH body says.
pub(crate) fn bosh_open() -> Frame {
    Frame::Open(Header::to_domain(jid("localhost")))
}

/// Everything that a machine wants to send, as text.
pub(crate) fn sent(server: &mut Server) -> String {
    let mut text = String::new();
    while let Some(bytes) = server.poll_transmit() {
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    text
}
