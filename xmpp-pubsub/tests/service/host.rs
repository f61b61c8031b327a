//! What the host does by calls, and what it can rely on.

use xmpp_pubsub::notification;
use xmpp_pubsub::pubsub::Item;
use xmpp_pubsub::service::{AccessModel, NewNode, NodeConfig, Service};
use xmpp_pubsub::stanza::{MessageKind, Payload, Stanza};
use xmpp_pubsub::xml::Element;

use crate::common::{Bench, NOW, READER, attribute, config, done, events, jid, node, refused};

#[test]
fn automatic_subscriptions_are_the_hosts_alone() {
    let mut bench = Bench::open();
    let name = node("princely_musings");
    bench
        .service
        .subscribe_automatically(NOW, &name, &jid("francisco@denmark.lit"))
        .unwrap();
    assert!(
        bench
            .pubsub(READER, "get", "<subscriptions/>")
            .contains("<subscriptions/>")
    );
    let unsubscribe = "<unsubscribe node='princely_musings' jid='francisco@denmark.lit'/>";
    let answer = bench.pubsub(READER, "set", unsubscribe);
    refused(
        &answer,
        "cancel",
        "unexpected-request",
        Some("not-subscribed"),
    );
    done(&bench.subscribe(READER, "francisco@denmark.lit"));
    assert_eq!(events(&bench.publish("a")), 1, "once for both");
    done(&bench.pubsub(READER, "set", unsubscribe));
    assert_eq!(events(&bench.publish("b")), 1, "still automatic");
    bench
        .service
        .unsubscribe_automatically(NOW, &name, &jid("francisco@denmark.lit"));
    assert_eq!(events(&bench.publish("c")), 0);
}

#[test]
fn the_finesse_event_as_clients_expect_it() {
    let config = config().with_node_defaults(
        NodeConfig::transient()
            .with_access_model(AccessModel::Whitelist)
            .with_notification_type(MessageKind::Normal),
    );
    let mut service = Service::new(config.clone());
    let name = node("/finesse/api/User/1001001");
    let new = NewNode {
        node: name.clone(),
        config: config.node_defaults,
        owner: None,
    };
    service.create_node(NOW, new).unwrap();
    service
        .subscribe_automatically(NOW, &name, &jid("1001001@localhost"))
        .unwrap();
    let item = Item::new(notification::wrap("<Update><event>PUT</event></Update>"));
    service
        .publish(NOW, &name, &jid("finesse@localhost"), item)
        .unwrap();
    let mut bench = Bench { service, now: NOW };
    let sent = bench.sent();
    let id = attribute(&sent, "id");
    let item = attribute(sent.split("<items").nth(1).unwrap(), "id");
    assert_eq!(
        sent,
        format!(
            "<message xmlns=\"jabber:client\" from=\"pubsub.shakespeare.lit\" \
             to=\"1001001@localhost\" id=\"{id}\">\
             <event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
             <items node=\"/finesse/api/User/1001001\"><item id=\"{item}\">\
             <notification xmlns=\"http://jabber.org/protocol/pubsub\">\
             &lt;Update&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;/Update&gt;</notification></item>\
             </items></event></message>\n"
        )
    );
}

#[test]
fn a_publish_is_encoded_once_for_all() {
    let mut service = Service::new(config());
    let name = node("n");
    let config = NodeConfig::transient();
    service
        .create_node(
            NOW,
            NewNode {
                node: name.clone(),
                config,
                owner: None,
            },
        )
        .unwrap();
    for user in 0..100 {
        service
            .subscribe_automatically(NOW, &name, &jid(&format!("u{user}@b")))
            .unwrap();
    }
    let item = Item::new(Payload::from_element(&Element::new("urn:e", "entry")));
    service.publish(NOW, &name, &jid("p@b"), item).unwrap();
    let mut places = std::collections::BTreeSet::new();
    let mut count = 0;
    while let Some(Stanza::Message(message)) = service.poll_transmit() {
        places.insert(message.payloads.as_slice()[0].as_bytes().as_ptr());
        count += 1;
    }
    assert_eq!((count, places.len()), (100, 1));
}
