//! xmpp-pubsub: stanzas with what they carry, and a server's session over TCP.

use std::time::Duration;

use bytes::BytesMut;
use wire_xml::{Element, Limits, Profile, Writer};
use xmpp_pubsub::form::{
    Form, MetaData, NodeConfig, PublishOptions, SubscribeAuthorization, SubscribeOptions,
};
use xmpp_pubsub::service::{Config, Service};
use xmpp_pubsub::session::{Server, ServerConfig, ServerEvent};
use xmpp_pubsub::stanza::{IqContent, Payload, Payloads};
use xmpp_pubsub::stream;
use xmpp_pubsub::{Feature, Jid, Stanza};
use xmpp_pubsub::{
    Uri, caps, command, delay, disco, event, notification, owner, pubsub, rsm, shim,
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
    let config = ServerConfig::new(domain, 7, xmpp_pubsub::session::Security::Protected);
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
        match event {
            ServerEvent::Authenticate { .. } => {
                // Refused when the same piece held something that ended the session.
                let _ = server.authenticate_ok();
            }
            ServerEvent::Bind { user, resource } => {
                let asked = resource.and_then(|resource| user.with_resource(&resource).ok());
                let _ = server.bind_ok(asked.unwrap_or_else(|| suggested.clone()));
            }
            ServerEvent::Closed { .. } => closed = true,
            _ => {}
        }
    }
}

/// Stanzas to a publish-subscribe service, with NUL between them; the first byte of each says who sends it.
///
/// Every request is answered once, to who sent it; what goes out can be read.
pub fn service(data: &[u8]) {
    let Ok(address) = Jid::new("pubsub.localhost") else {
        unreachable!("an address");
    };
    let mut config = Config::new(address, 7);
    config.batches = true;
    for feature in [
        Feature::AUTO_CREATE,
        Feature::COLLECTIONS,
        Feature::MULTI_COLLECTION,
        Feature::MULTI_SUBSCRIBE,
    ] {
        config = config.with_feature(feature, true);
    }
    let mut service = Service::new(config);
    let mut now = core::time::Duration::ZERO;
    for piece in data.split(|byte| *byte == 0) {
        let Some((who, xml)) = piece.split_first() else {
            continue;
        };
        let Ok(mut stanza) = Stanza::parse(xml, &Limits::default()) else {
            continue;
        };
        let sender =
            ["a@localhost/r", "b@localhost/r", "finesse@localhost/s"][usize::from(*who) % 3];
        stanza.set_sender(Jid::new(sender).ok());
        // Leases, digests and items end meanwhile.
        now += core::time::Duration::from_secs(60);
        service.handle_stanza(now, &stanza);
        let mut answers = 0;
        while let Some(out) = service.poll_transmit() {
            let written = out.to_bytes();
            let again = Stanza::parse(&written, &Limits::default().with_document(usize::MAX));
            assert!(
                again.is_ok(),
                "{again:?} in {}",
                String::from_utf8_lossy(&written)
            );
            if let (Stanza::Iq(answer), Stanza::Iq(request)) = (&out, &stanza) {
                assert!(!answer.is_request());
                assert_eq!(answer.id, request.id);
                assert_eq!(out.recipient().map(Jid::as_str), Some(sender));
                answers += 1;
            }
        }
        if let Stanza::Iq(request) = &stanza {
            let asks = matches!(request.content, IqContent::Get(_) | IqContent::Set(_));
            assert_eq!(answers, usize::from(asks), "answers to {request:?}");
        }
    }
}
