//! Either end of a session over TCP, and what is said to it.

use std::time::Duration;

use bytes::BytesMut;
use xmpp_pubsub::session::{
    Client, ClientConfig, ClientEvent, CloseReason, Error, Security, Server, ServerConfig,
    ServerEvent,
};
use xmpp_pubsub::stream::{Form, StartTls, StreamCondition};

use super::{client_config, jid, sent, server_config};

pub(crate) const NOW: Duration = Duration::from_secs(1);
pub(crate) const HEADER: &str = "<stream:stream to='localhost' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
pub(crate) const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
// NUL 1001001 NUL right.
pub(crate) const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' \
    mechanism='PLAIN'>ADEwMDEwMDEAcmlnaHQ=</auth>";
pub(crate) const BIND: &str =
    "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

pub(crate) fn server_of(config: ServerConfig) -> Server {
    Server::new(Duration::ZERO, config, Form::Tcp)
}

pub(crate) fn clear(starttls: StartTls) -> ServerConfig {
    ServerConfig::new(jid("localhost"), 7, Security::Clear).with_starttls(starttls)
}

pub(crate) fn feed(server: &mut Server, text: &str) -> Result<(), Error> {
    server.handle_input(NOW, &mut BytesMut::from(text))
}

pub(crate) fn bound() -> Server {
    let mut server = server_of(server_config());
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, AUTH).unwrap();
    server.authenticate_ok().unwrap();
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, BIND).unwrap();
    server.bind_ok(jid("1001001@localhost/desktop")).unwrap();
    while server.poll_event().is_some() {}
    sent(&mut server);
    server
}

pub(crate) fn server_end(server: &mut Server) -> Option<CloseReason> {
    match std::iter::from_fn(|| server.poll_event()).last() {
        Some(ServerEvent::Closed { reason }) => Some(reason),
        _ => None,
    }
}

pub(crate) fn said(client: &mut Client) -> String {
    std::iter::from_fn(|| client.poll_transmit())
        .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
        .collect()
}

pub(crate) fn hear(client: &mut Client, text: &str) -> Result<(), Error> {
    client.handle_input(NOW, &mut BytesMut::from(text))
}

pub(crate) fn client_end(client: &mut Client) -> Option<CloseReason> {
    match std::iter::from_fn(|| client.poll_event()).last() {
        Some(ClientEvent::Closed { reason }) => Some(reason),
        _ => None,
    }
}

pub(crate) fn client(config: ClientConfig) -> Client {
    let mut client = Client::new(config, Form::Tcp);
    client.open(NOW).unwrap();
    client
}

pub(crate) fn clear_client() -> Client {
    client(client_config("1001001@localhost", "right").with_security(Security::Clear))
}

/// An answering header and features.
pub(crate) fn features(content: &str) -> String {
    let header = HEADER.replace("to=", "from=");
    format!("{header}<stream:features>{content}</stream:features>")
}

pub(crate) fn id_of(text: &str) -> &str {
    text.split(" id=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
}

/// The condition that ends a stream which the client fed with this.
pub(crate) fn ends_with(server: &mut Server, text: &str) -> StreamCondition {
    match feed(server, text) {
        Err(Error::Peer(error)) => error.condition,
        other => panic!("{text}: {other:?}"),
    }
}
