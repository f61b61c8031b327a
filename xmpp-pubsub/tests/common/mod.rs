//! A client and a server that talk to each other without sockets, in a time that only the test moves.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use bytes::BytesMut;
use wire_xml::{Limits, Scope};
use xmpp_pubsub::Jid;
use xmpp_pubsub::sasl::{Password, SaslCondition};
use xmpp_pubsub::session::{
    Client, ClientConfig, ClientEvent, Security, Server, ServerConfig, ServerEvent,
};
use xmpp_pubsub::stream::{Form, Frame, Header, fragments};

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
    client_input: BytesMut,
    server_input: BytesMut,
}

impl Pair {
    pub(crate) fn new(form: Form, client: ClientConfig, server: ServerConfig) -> Self {
        let mut pair = Self {
            form,
            client: Client::new(client, form),
            server: Server::new(Duration::ZERO, server, form),
            now: Duration::ZERO,
            transcript: String::new(),
            client_events: Vec::new(),
            server_events: Vec::new(),
            client_input: BytesMut::new(),
            server_input: BytesMut::new(),
        };
        pair.client.open(pair.now).unwrap();
        if form == Form::Bosh {
            pair.server.handle_frame(pair.now, bosh_open()).unwrap();
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
                if let ClientEvent::Restart = event {
                    self.server
                        .handle_frame(self.now, Frame::Open(Header::default()))
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
                        for fragment in
                            fragments(&bytes, &Scope::new(), &Limits::default()).unwrap()
                        {
                            let frame = Frame::Fragment(fragment);
                            let _ = self.server.handle_frame(self.now, frame);
                        }
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
                        for fragment in
                            fragments(&bytes, &Scope::new(), &Limits::default()).unwrap()
                        {
                            let frame = Frame::Fragment(fragment);
                            let _ = self.client.handle_frame(self.now, frame);
                        }
                    }
                }
            }
            if !moved {
                return;
            }
        }
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
            ServerEvent::Bind { user, resource } => {
                let full = user
                    .with_resource(resource.as_deref().unwrap_or("made"))
                    .unwrap();
                self.server.bind_ok(full).unwrap();
            }
            ServerEvent::Stanza(_) | ServerEvent::Closed { .. } | _ => {}
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
