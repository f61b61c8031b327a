//! A client and a server on a wire without delay, with a clock that only the test moves.

use std::time::Duration;

use bytes::BytesMut;
use cti_proto::Message;
use cti_proto::message::OpenConf;
use cti_proto::session::server::Delivery;
use cti_proto::session::{Client, Server, client, server};

pub(crate) struct Pair {
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) now: Duration,
    pub(crate) client_events: Vec<client::Event>,
    pub(crate) server_events: Vec<server::Event>,
    /// Everything the client wrote.
    pub(crate) client_bytes: Vec<u8>,
    /// Everything the server wrote.
    pub(crate) server_bytes: Vec<u8>,
    to_client: BytesMut,
    to_server: BytesMut,
    /// Whether bytes arrive; a cut wire loses what is sent.
    pub(crate) connected: bool,
}

impl Pair {
    pub(crate) fn new(client: client::Config, server: server::Config) -> Self {
        Self {
            client: Client::new(client),
            server: Server::new(Duration::ZERO, server),
            now: Duration::ZERO,
            client_events: Vec::new(),
            server_events: Vec::new(),
            client_bytes: Vec::new(),
            server_bytes: Vec::new(),
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
            connected: true,
        }
    }

    /// An open session, with what opening it brought put away.
    pub(crate) fn opened(client: client::Config, server: server::Config, conf: OpenConf) -> Self {
        let mut pair = Self::new(client, server);
        pair.client.open(pair.now).unwrap();
        pair.settle();
        pair.server.accept(pair.now, conf).unwrap();
        pair.settle();
        pair.forget();
        pair
    }

    /// Puts away the events and bytes so far.
    pub(crate) fn forget(&mut self) {
        self.client_events.clear();
        self.server_events.clear();
        self.client_bytes.clear();
        self.server_bytes.clear();
    }

    /// Sends what the client asked for, and carries it there.
    pub(crate) fn tell(&mut self, message: impl Into<Message>) {
        assert_eq!(self.server.send(message), Ok(Delivery::Queued));
        self.settle();
    }

    /// Carries bytes until both sides are silent.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(bytes) = self.client.poll_transmit() {
                moved = true;
                self.client_bytes.extend(&bytes);
                if self.connected {
                    self.to_server.extend_from_slice(&bytes);
                }
            }
            while let Some(bytes) = self.server.poll_transmit() {
                moved = true;
                self.server_bytes.extend(&bytes);
                if self.connected {
                    self.to_client.extend_from_slice(&bytes);
                }
            }
            self.client
                .handle_input(self.now, &mut self.to_client)
                .unwrap();
            self.server
                .handle_input(self.now, &mut self.to_server)
                .unwrap();
            while let Some(event) = self.client.poll_event() {
                self.client_events.push(event);
            }
            while let Some(event) = self.server.poll_event() {
                self.server_events.push(event);
            }
            if !moved {
                return;
            }
        }
    }

    /// Moves the clock from timer to timer up to `until`.
    pub(crate) fn drive(&mut self, until: Duration) {
        self.settle();
        loop {
            let next = self
                .client
                .poll_timeout()
                .into_iter()
                .chain(self.server.poll_timeout())
                .min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
            self.settle();
        }
        self.now = until;
    }

    /// Takes the client's events so far.
    pub(crate) fn take_client(&mut self) -> Vec<client::Event> {
        std::mem::take(&mut self.client_events)
    }

    /// Takes the server's events so far.
    pub(crate) fn take_server(&mut self) -> Vec<server::Event> {
        std::mem::take(&mut self.server_events)
    }
}
