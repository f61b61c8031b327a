//! xmpp-pubsub: stanzas with what they carry, and sessions over each form of stream.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_xml::{Element, Limits, Profile, Scope, Writer};
use xmpp_pubsub::form::{
    Form, MetaData, NodeConfig, PublishOptions, SubscribeAuthorization, SubscribeOptions,
};
use xmpp_pubsub::sasl::Password;
use xmpp_pubsub::session::{
    Client, ClientConfig, ClientEvent, Security, Server, ServerConfig, ServerEvent,
};
use xmpp_pubsub::stanza::{IqContent, Payload, Payloads};
use xmpp_pubsub::stream::{self, TcpFraming, decode_message, fragments};
use xmpp_pubsub::{Jid, Stanza};
use xmpp_pubsub::{
    Uri, caps, command, delay, disco, event, notification, ns, owner, pubsub, rsm, shim,
};

/// A stanza; what can be read is written and read again as the same, and so is each element that it carries.
pub fn stanza(data: &[u8]) {
    let Ok(stanza) = Stanza::parse(data, &Limits::default()) else {
        return;
    };
    let written = stanza.to_bytes();
    match Stanza::parse(&written, &Limits::default().with_document(usize::MAX)) {
        Ok(again) => assert_eq!(again, stanza, "{}", String::from_utf8_lossy(&written)),
        Err(error) => panic!("{error} in {}", String::from_utf8_lossy(&written)),
    }
    match &stanza {
        Stanza::Iq(iq) => match &iq.content {
            IqContent::Get(payload) | IqContent::Set(payload) => carried(payload),
            IqContent::Result(payload) => payload.iter().for_each(carried),
            IqContent::Error { request, .. } => request.iter().for_each(carried),
        },
        Stanza::Message(message) => message.payloads.iter().for_each(carried),
        Stanza::Presence(presence) => presence.payloads.iter().for_each(carried),
    }
}

/// Reads an element as everything it may be.
fn carried(payload: &Payload) {
    macro_rules! round_trip {
        ($($kind:ty),*) => { $(
            if let Ok(value) = <$kind>::decode(payload) {
                let written = value.to_payload();
                match <$kind>::decode(&written) {
                    Ok(again) => assert_eq!(again, value, "{written:?}"),
                    Err(error) => panic!("{error} in {written:?}"),
                }
            }
        )* };
    }
    round_trip!(
        pubsub::PubSub,
        owner::Owner,
        event::Event,
        disco::Info,
        disco::Items,
        delay::Delay,
        shim::Headers,
        command::Command,
        caps::Capabilities,
        Form
    );
    let Ok(element) = payload.to_element() else {
        return;
    };
    if let Ok(form) = Form::from_element(&element) {
        typed_forms(&form);
    }
    for child in element.children() {
        let forms = child.children_named(xmpp_pubsub::ns::DATA_FORMS, "x");
        forms
            .filter_map(|form| Form::from_element(form).ok())
            .for_each(|form| typed_forms(&form));
    }
    if let Ok(set) = rsm::Set::from_element(&element) {
        let mut written = BytesMut::new();
        set.write(&mut Writer::new(&mut written));
        let again = Element::parse(&written, Profile::Xmpp, &Limits::MAX);
        assert_eq!(again.map(|set| rsm::Set::from_element(&set)), Ok(Ok(set)));
    }
    let text = element.text();
    if let Ok(uri) = text.parse::<Uri>() {
        assert_eq!(uri.to_string().parse::<Uri>().as_ref(), Ok(&uri));
    }
    if payload.name().local() == "notification" {
        let expected = Some(text.into_owned()).filter(|text| !text.trim().is_empty());
        assert_eq!(notification::unwrap(payload), expected);
    }
    if let Ok(read) = event::Event::decode(payload) {
        assert_eq!(read.detach(), read);
        // Written anew, so that nothing is as the peer wrote it.
        let again = event::Event::decode(&Payload::from_element(&element));
        assert_eq!(again.map(meaning), Ok(meaning(read)));
    }
}

/// The event with trees for the payloads of its items: what was read in place keeps the bytes of the peer.
fn meaning(event: event::Event) -> (String, Vec<Element>) {
    let mut event = event;
    let mut trees = Vec::new();
    if let event::Event::Items { changes, .. } = &mut event {
        for change in changes.iter_mut() {
            if let event::ItemChange::Published(item) = change {
                let payloads = item.payloads.iter();
                trees.extend(payloads.filter_map(|payload| payload.to_element().ok()));
                item.payloads = Payloads::default();
            }
        }
    }
    (format!("{event:?}"), trees)
}

/// Reads a form as each of those that have a type, strictly and leniently.
fn typed_forms(form: &Form) {
    macro_rules! round_trip {
        ($($kind:ty),*) => { $(
            for read in [<$kind>::from_form(form), <$kind>::from_form_lenient(form)] {
                let Ok(value) = read else { continue };
                let written = value.to_form(form.kind);
                assert_eq!(<$kind>::from_form_lenient(&written), Ok(value), "{written:?}");
            }
        )* };
    }
    round_trip!(
        NodeConfig,
        MetaData,
        SubscribeOptions,
        SubscribeAuthorization
    );
    if let Ok(options) = PublishOptions::from_form(form) {
        let written = options.to_form();
        assert_eq!(
            PublishOptions::from_form(&written),
            Ok(options),
            "{written:?}"
        );
    }
}

/// Bytes of a client; NUL, which XML cannot hold, stands where a piece ends and our answer comes in between. Everybody
/// may log in and bind what they ask for.
///
/// A session ends once, says so, and then says nothing more.
pub fn server(data: &[u8]) {
    let (Ok(domain), Ok(suggested)) = (Jid::new("localhost"), Jid::new("1001001@localhost/r"))
    else {
        unreachable!("both are addresses");
    };
    let config = ServerConfig::new(domain, 7, Security::Protected);
    let mut server = Server::new(Duration::ZERO, config, stream::Form::Tcp);
    let mut input = BytesMut::new();
    let mut closed = false;
    for (count, chunk) in (1..).zip(data.split(|byte| *byte == 0)) {
        let now = Duration::from_millis(count);
        input.extend_from_slice(chunk);
        let over = server.handle_input(now, &mut input).is_err();
        closed |= drain(&mut server, &suggested);
        assert!(
            closed || !over,
            "a failed session did not say that it is over"
        );
        if closed {
            break;
        }
    }
    // The first hour of silence brings a ping, the second the end.
    for hour in 1..=2 {
        if !closed {
            server.handle_timeout(Duration::from_secs(hour * 3600));
            closed = drain(&mut server, &suggested);
        }
    }
    assert!(closed, "a silent session lives for hours");
    let late = server.handle_input(
        Duration::from_secs(10_000),
        &mut BytesMut::from("<presence/>"),
    );
    assert!(
        late.is_err() || server.poll_event().is_none(),
        "a session went on after its end"
    );
    assert_eq!(
        server.poll_timeout(),
        None,
        "a session that is over waits for something"
    );
}

/// Takes all output and events; whether the session said that it is over.
fn drain(server: &mut Server, suggested: &Jid) -> bool {
    let mut closed = false;
    loop {
        while server.poll_transmit().is_some() {}
        let Some(event) = server.poll_event() else {
            return closed;
        };
        assert!(!closed, "{event:?} after the end");
        closed = reacted(server, event, suggested);
    }
}

/// Does what the server asks for; whether it said that it is over.
fn reacted(server: &mut Server, event: ServerEvent, suggested: &Jid) -> bool {
    match event {
        ServerEvent::Authenticate { .. } => {
            // Refused when the same piece held something that ended the session.
            let _ = server.authenticate_ok();
        }
        ServerEvent::Bind { user, resource } => {
            let asked = resource.and_then(|resource| user.with_resource(&resource).ok());
            let _ = server.bind_ok(asked.unwrap_or_else(|| suggested.clone()));
        }
        ServerEvent::Closed { .. } => return true,
        _ => {}
    }
    false
}

/// A peer's stream: the first byte says in which form, and whether to a client or a server. NUL stands where a piece of
/// TCP, a message of WebSocket or a body of BOSH ends, and our answer comes in between.
///
/// Whatever comes, what we say can be read by a peer, a session ends once and says so, and silence ends it, but on BOSH, which knows that
/// by itself.
pub fn stream(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let form = [
        stream::Form::Tcp,
        stream::Form::WebSocket,
        stream::Form::Bosh,
    ][usize::from(*first) % 3];
    let mut session = if *first / 3 % 2 == 0 {
        Session::client(form)
    } else {
        Session::server(form)
    };
    let mut input = BytesMut::new();
    for (count, piece) in (1..).zip(rest.split(|byte| *byte == 0)) {
        let now = Duration::from_millis(count);
        session.take(now, form, piece, &mut input);
        session.settle(form);
        if session.closed {
            break;
        }
    }
    // A ping, and the time that its answer may take, for each state that a session can be in.
    for _ in 0..5 {
        let Some(until) = session.timeout() else {
            break;
        };
        match &mut session.role {
            Role::Client(client) => client.handle_timeout(until),
            Role::Server(server) => server.handle_timeout(until),
        }
        session.settle(form);
    }
    if form == stream::Form::Bosh && !session.closed {
        // BOSH itself knows when a peer is gone.
        match &mut session.role {
            Role::Client(client) => client.transport_lost(),
            Role::Server(server) => server.transport_lost(),
        }
        session.settle(form);
    }
    assert!(session.closed, "a silent session lives on");
    assert_eq!(
        session.timeout(),
        None,
        "a session that is over waits for something"
    );
}

enum Role {
    Client(Box<Client>),
    Server(Box<Server>),
}

struct Session {
    role: Role,
    closed: bool,
    /// Reads what we send, as a peer on TCP does.
    reader: TcpFraming,
    sent: BytesMut,
}

impl Session {
    fn new(role: Role) -> Self {
        Self {
            role,
            closed: false,
            reader: TcpFraming::new(Limits::default()),
            sent: BytesMut::new(),
        }
    }

    fn client(form: stream::Form) -> Self {
        let Ok(jid) = Jid::new("1001001@localhost/desk") else {
            unreachable!("an address");
        };
        let config = ClientConfig::new(jid, Password::new("right"), 7);
        let mut client = Client::new(config, form);
        let _ = client.open(Duration::ZERO);
        Self::new(Role::Client(Box::new(client)))
    }

    fn server(form: stream::Form) -> Self {
        let Ok(domain) = Jid::new("localhost") else {
            unreachable!("an address");
        };
        let config = ServerConfig::new(domain, 7, Security::Protected);
        let mut server = Server::new(Duration::ZERO, config, form);
        if form == stream::Form::Bosh {
            let _ = server.handle_opening(Duration::ZERO, Some("localhost"), None, None);
        }
        Self::new(Role::Server(Box::new(server)))
    }

    fn timeout(&self) -> Option<Duration> {
        match &self.role {
            Role::Client(client) => client.poll_timeout(),
            Role::Server(server) => server.poll_timeout(),
        }
    }

    fn take(&mut self, now: Duration, form: stream::Form, piece: &[u8], input: &mut BytesMut) {
        // An error is told by an event too.
        match (&mut self.role, form) {
            (Role::Client(client), stream::Form::Tcp) => {
                input.extend_from_slice(piece);
                let _ = client.handle_input(now, input);
            }
            (Role::Server(server), stream::Form::Tcp) => {
                input.extend_from_slice(piece);
                let _ = server.handle_input(now, input);
            }
            (Role::Client(client), stream::Form::WebSocket) => {
                let _ = client.handle_message(now, Bytes::copy_from_slice(piece));
            }
            (Role::Server(server), stream::Form::WebSocket) => {
                let _ = server.handle_message(now, Bytes::copy_from_slice(piece));
            }
            (Role::Client(client), stream::Form::Bosh) => match piece.strip_prefix(b"!") {
                Some(condition) => {
                    let condition = core::str::from_utf8(condition).ok();
                    client.handle_terminate(condition.filter(|condition| !condition.is_empty()));
                }
                None => {
                    let _ = client.handle_payload(now, Bytes::copy_from_slice(piece), body_scope());
                }
            },
            (Role::Server(server), stream::Form::Bosh) => match piece {
                b"!" => server.handle_terminate(),
                b"?" => {
                    let _ = server.handle_opening(now, Some("localhost"), None, None);
                }
                _ => {
                    let _ = server.handle_payload(now, Bytes::copy_from_slice(piece), body_scope());
                }
            },
        }
    }

    fn settle(&mut self, form: stream::Form) {
        match &mut self.role {
            Role::Client(client) => {
                while let Some(event) = client.poll_event() {
                    assert!(!self.closed, "{event:?} after the end");
                    if let ClientEvent::Closed { .. } = event {
                        self.closed = true;
                    }
                }
                while let Some(sent) = client.poll_transmit() {
                    read_back(form, &sent, &mut self.reader, &mut self.sent);
                }
            }
            Role::Server(server) => {
                let Ok(suggested) = Jid::new("1001001@localhost/r") else {
                    unreachable!("an address");
                };
                while let Some(event) = server.poll_event() {
                    assert!(!self.closed, "{event:?} after the end");
                    self.closed |= reacted(server, event, &suggested);
                }
                while let Some(sent) = server.poll_transmit() {
                    read_back(form, &sent, &mut self.reader, &mut self.sent);
                }
            }
        }
    }
}

/// Children of a body are stanzas unless they say otherwise.
fn body_scope() -> Scope {
    Scope::new().with("", ns::CLIENT)
}

/// What we say is what a peer can read.
fn read_back(form: stream::Form, sent: &Bytes, reader: &mut TcpFraming, buffer: &mut BytesMut) {
    let text = String::from_utf8_lossy(sent);
    match form {
        stream::Form::Tcp => {
            // A header where the stream begins anew.
            if text.starts_with("<?xml") || text.starts_with("<stream:stream") {
                reader.restart(Limits::default());
                buffer.clear();
            }
            buffer.extend_from_slice(sent);
            loop {
                match reader.next_frame(buffer) {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => panic!("{error} in {text}"),
                }
            }
            assert!(buffer.is_empty(), "half of something is sent: {text}");
        }
        stream::Form::WebSocket => {
            let read = decode_message(sent.clone(), &Limits::default());
            assert!(read.is_ok(), "{read:?} in {text}");
        }
        stream::Form::Bosh => {
            let read = fragments(sent, &Scope::new(), &Limits::default());
            assert!(read.is_ok(), "{read:?} in {text}");
        }
    }
}
