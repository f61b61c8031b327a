//! What XEP-0060 asks of subscribers, publishers and owners: the requests of the client, by requirement.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;
#[path = "common/examples.rs"]
mod examples;

use std::time::Duration;

use canonical::{canonical, read, stream_scope};
use xmpp_pubsub::client::{Config, Decision, Event, Outcome, PubSub, RequestId};
use xmpp_pubsub::form::{
    AccessModel, Depth, Form, FormKind, NodeConfig, NodeType, PublishOptions, SubscribeOptions,
    SubscriptionType,
};
use xmpp_pubsub::pubsub::{
    Affiliation, AffiliationEntry, Child, Item, PubSub as Element, Subscription, SubscriptionState,
};
use xmpp_pubsub::stanza::{IqContent, Stanza};
use xmpp_pubsub::xml::{Limits, Scope};
use xmpp_pubsub::{ItemId, Jid, NodeId, SubId, notification, ns};

const NOW: Duration = Duration::from_secs(5);
const ROOT: Option<&NodeId> = None;

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

fn node() -> NodeId {
    NodeId::new("n").unwrap()
}

/// What a request says: `get` or `set`, and its payload.
fn asked(ask: impl FnOnce(&mut PubSub) -> RequestId) -> (&'static str, String) {
    let mut client = PubSub::new(Config::new(jid("pubsub.localhost"), 3));
    ask(&mut client);
    let Some(Stanza::Iq(iq)) = client.poll_transmit() else {
        panic!()
    };
    match iq.content {
        IqContent::Get(payload) => ("get", meaning(payload.as_bytes())),
        IqContent::Set(payload) => ("set", meaning(payload.as_bytes())),
        IqContent::Result(_) | IqContent::Error { .. } => panic!(),
    }
}

fn meaning(bytes: &[u8]) -> String {
    canonical(&read(bytes, &Scope::new()))
}

fn pubsub(kind: &'static str, content: &str) -> (&'static str, String) {
    let text = format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB);
    (kind, meaning(text.as_bytes()))
}

fn owner(kind: &'static str, content: &str) -> (&'static str, String) {
    let text = format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB_OWNER);
    (kind, meaning(text.as_bytes()))
}

fn form(kind: &str, form_type: &str, fields: &str) -> String {
    format!(
        "<x xmlns='jabber:x:data' type='{kind}'><field var='FORM_TYPE' type='hidden'>\
         <value>{form_type}</value></field>{fields}</x>"
    )
}

fn example(name: &str) -> Stanza {
    let folder = examples::folder().unwrap();
    let text = std::fs::read(folder.join(format!("{name}.xml"))).unwrap();
    Stanza::decode(&text, &stream_scope(), &Limits::default()).unwrap()
}

#[test]
fn subscribing_and_its_end() {
    let user = || jid("a@b");
    assert_eq!(
        asked(|client| client.subscribe(NOW, &node(), user())),
        pubsub("set", "<subscribe node='n' jid='a@b'/>"),
        "PS-6.1-01"
    );
    assert_eq!(
        asked(|client| client.subscribe(NOW, ROOT, user())),
        pubsub("set", "<subscribe jid='a@b'/>"),
        "PS-6.1-01: the root"
    );
    assert_eq!(
        asked(|client| client.unsubscribe(NOW, &node(), user(), None)),
        pubsub("set", "<unsubscribe node='n' jid='a@b'/>"),
        "PS-6.2-01"
    );
    let subid = || Some(SubId::new("1").unwrap());
    assert_eq!(
        asked(|client| client.unsubscribe(NOW, &node(), user(), subid())),
        pubsub("set", "<unsubscribe node='n' jid='a@b' subid='1'/>"),
        "PS-6.2-01"
    );
    // Options: asked for, set, and beside the subscribe.
    assert_eq!(
        asked(|client| client.options(NOW, &node(), user(), None)),
        pubsub("get", "<options node='n' jid='a@b'/>"),
        "PS-6.3-03"
    );
    assert_eq!(
        asked(|client| client.options(NOW, ROOT, user(), subid())),
        pubsub("get", "<options jid='a@b' subid='1'/>"),
        "PS-6.3-03: the root"
    );
}

#[test]
fn options_are_asked_for_and_set() {
    let wanted = SubscribeOptions {
        subscription_type: Some(SubscriptionType::NODES),
        subscription_depth: Some(Depth::All),
        ..SubscribeOptions::default()
    };
    let fields = "<field var='pubsub#subscription_type'><value>nodes</value></field>\
        <field var='pubsub#subscription_depth'><value>all</value></field>";
    let form = form("submit", ns::SUBSCRIBE_OPTIONS, fields);
    assert_eq!(
        asked(|client| client.set_options(NOW, &node(), jid("a@b"), None, &wanted)),
        pubsub(
            "set",
            &format!("<options node='n' jid='a@b'>{form}</options>")
        ),
        "PS-6.3-09, CN-06"
    );
    assert_eq!(
        asked(|client| client.subscribe_with(NOW, &node(), jid("a@b"), &wanted)),
        pubsub(
            "set",
            &format!("<subscribe node='n' jid='a@b'/><options>{form}</options>")
        ),
        "PS-6.3-11, PS-6.3-12"
    );
}

#[test]
fn items_of_a_node() {
    assert_eq!(
        asked(|client| client.items(NOW, &node(), None)),
        pubsub("get", "<items node='n'/>"),
        "PS-6.5-04"
    );
    let id = ItemId::new("i").unwrap();
    assert_eq!(
        asked(|client| client.items_by_id(NOW, &node(), [id])),
        pubsub("get", "<items node='n'><item id='i'/></items>"),
        "PS-6.5-13"
    );
}

#[test]
fn what_a_user_has() {
    assert_eq!(
        asked(|client| client.subscriptions(NOW, None)),
        pubsub("get", "<subscriptions/>"),
        "PS-5.6-02"
    );
    assert_eq!(
        asked(|client| client.subscriptions(NOW, Some(&node()))),
        pubsub("get", "<subscriptions node='n'/>"),
        "PS-5.6-06"
    );
    assert_eq!(
        asked(|client| client.affiliations(NOW, Some(&node()))),
        pubsub("get", "<affiliations node='n'/>"),
        "PS-5.7-04"
    );
    assert_eq!(
        asked(|client| client.default_options(NOW, Some(&node()))),
        pubsub("get", "<default node='n'/>"),
        "PS-6.4-01"
    );
    assert_eq!(
        asked(|client| client.default_options(NOW, None)),
        pubsub("get", "<default/>"),
        "PS-6.4-02"
    );
}

#[test]
fn publishing() {
    let payload = || notification::wrap("x");
    let written = format!("<notification xmlns='{}'>x</notification>", ns::PUBSUB);
    let id = ItemId::new("i").unwrap();
    assert_eq!(
        asked(|client| client.publish(NOW, &node(), Item::new(payload()).with_id(id))),
        pubsub(
            "set",
            &format!("<publish node='n'><item id='i'>{written}</item></publish>")
        ),
        "PS-7.1-02, PS-7.1-03, PS-7.1-04"
    );
    assert_eq!(
        asked(|client| client.publish(NOW, &node(), Item::new(payload()))),
        pubsub(
            "set",
            &format!("<publish node='n'><item>{written}</item></publish>")
        ),
        "PS-7.1-04: the service names it"
    );
    assert_eq!(
        asked(|client| client.publish_current(NOW, &node(), Item::new(payload()))),
        pubsub(
            "set",
            &format!("<publish node='n'><item id='current'>{written}</item></publish>")
        ),
        "PS-12.21-01"
    );
    let wanted = PublishOptions(NodeConfig {
        access_model: Some(AccessModel::PRESENCE),
        ..NodeConfig::default()
    });
    let fields = "<field var='pubsub#access_model'><value>presence</value></field>";
    let options = form("submit", ns::PUBLISH_OPTIONS, fields);
    assert_eq!(
        asked(|client| client.publish_with(NOW, &node(), Item::new(payload()), &wanted)),
        pubsub(
            "set",
            &format!(
                "<publish node='n'><item>{written}</item></publish><publish-options>{options}</publish-options>"
            )
        ),
        "PS-7.1-42"
    );
}

#[test]
fn retracting() {
    let id = ItemId::new("i").unwrap();
    assert_eq!(
        asked(|client| client.retract(NOW, &node(), id)),
        pubsub(
            "set",
            "<retract node='n' notify='true'><item id='i'/></retract>"
        ),
        "PS-7.2-02"
    );
}

#[test]
fn creating_and_deleting() {
    assert_eq!(
        asked(|client| client.create(NOW, Some(&node()), None)),
        pubsub("set", "<create node='n'/>"),
        "PS-8.1-02"
    );
    assert_eq!(
        asked(|client| client.create(NOW, None, None)),
        pubsub("set", "<create/>"),
        "PS-8.1-02: the service names it"
    );
    let config = NodeConfig {
        access_model: Some(AccessModel::WHITELIST),
        ..NodeConfig::default()
    };
    let fields = "<field var='pubsub#access_model'><value>whitelist</value></field>";
    let form = form("submit", ns::NODE_CONFIG, fields);
    assert_eq!(
        asked(|client| {
            client.create(NOW, Some(&node()), Some(config.to_form(FormKind::Submit)))
        }),
        pubsub(
            "set",
            &format!("<create node='n'/><configure>{form}</configure>")
        ),
        "PS-8.1-06, PS-8.1-09, PS-4.5-03"
    );
    let uri = || Some("xmpp:a@b?;node=m".to_owned());
    assert_eq!(
        asked(|client| client.delete_with(NOW, &node(), uri())),
        owner(
            "set",
            "<delete node='n'><redirect uri='xmpp:a@b?;node=m'/></delete>"
        ),
        "PS-8.4-02"
    );
}

#[test]
fn configuring() {
    assert_eq!(
        asked(|client| client.configuration(NOW, &node())),
        owner("get", "<configure node='n'/>"),
        "PS-8.2-02"
    );
    let config = NodeConfig {
        tempsub: Some(true),
        ..NodeConfig::default()
    };
    let (kind, text) =
        asked(|client| client.configure(NOW, &node(), config.to_form(FormKind::Submit)));
    assert_eq!(kind, "set");
    assert!(
        text.contains("pubsub#tempsub"),
        "PS-8.2-05, PS-12.5-02: {text}"
    );
    assert_eq!(
        text.matches("{}var=").count(),
        2,
        "PS-8.2-05: nothing but FORM_TYPE and that: {text}"
    );
    assert_eq!(
        asked(|client| client.configure(NOW, &node(), Form::cancel())),
        owner(
            "set",
            "<configure node='n'><x xmlns='jabber:x:data' type='cancel'/></configure>"
        ),
        "PS-8.2-06"
    );
    assert_eq!(
        asked(|client| client.default_configuration(NOW, None)),
        owner("get", "<default/>"),
        "PS-8.3-01"
    );
}

#[test]
fn default_settings_by_type() {
    assert_eq!(
        asked(|client| client.default_configuration(NOW, Some(&NodeType::COLLECTION))),
        owner("get", "<default type='collection'/>"),
        "PS-8.3-02"
    );
}

#[test]
fn who_is_subscribed_and_affiliated() {
    assert_eq!(
        asked(|client| client.node_subscriptions(NOW, &node())),
        owner("get", "<subscriptions node='n'/>"),
        "PS-8.8-02"
    );
    assert_eq!(
        asked(|client| client.node_affiliations(NOW, &node())),
        owner("get", "<affiliations node='n'/>"),
        "PS-8.9-02"
    );
    let entry = |user, affiliation| AffiliationEntry {
        node: None,
        jid: Some(jid(user)),
        affiliation,
        other: Default::default(),
    };
    let changes = vec![
        entry("a@b", Affiliation::Member),
        entry("c@d", Affiliation::Publisher),
        entry("a@b", Affiliation::Outcast),
    ];
    assert_eq!(
        asked(|client| client.set_node_affiliations(NOW, &node(), changes)),
        owner(
            "set",
            "<affiliations node='n'><affiliation jid='c@d' affiliation='publisher'/>\
             <affiliation jid='a@b' affiliation='outcast'/></affiliations>"
        ),
        "PS-8.9-05, PS-8.9-07, PS-3-08"
    );
}

#[test]
fn a_change_of_subscriptions() {
    let entry = |user, subid: Option<&str>, state| Subscription {
        node: None,
        subid: subid.map(|subid| SubId::new(subid).unwrap()),
        ..Subscription::new(node(), jid(user), state)
    };
    let changes = vec![
        entry("a@b", Some("1"), SubscriptionState::Subscribed),
        entry("a@b", Some("2"), SubscriptionState::None),
        entry("a@b", Some("1"), SubscriptionState::None),
    ];
    assert_eq!(
        asked(|client| client.set_node_subscriptions(NOW, &node(), changes)),
        owner(
            "set",
            "<subscriptions node='n'><subscription jid='a@b' subid='2' subscription='none'/>\
             <subscription jid='a@b' subid='1' subscription='none'/></subscriptions>"
        ),
        "PS-8.8-05, PS-8.8-07"
    );
}

#[test]
fn an_owner_is_asked() {
    if examples::folder().is_none() {
        return;
    }
    let mut client = PubSub::new(Config::new(jid("pubsub.shakespeare.lit"), 3));
    assert!(client.handle_stanza(NOW, example("ex-170")).is_none());
    let Some(Event::Approval(approval)) = client.poll_event() else {
        panic!()
    };
    for (decision, kind, allow) in [
        (Decision::Allow, FormKind::Submit, Some("1")),
        (Decision::Deny, FormKind::Submit, Some("0")),
        (Decision::Later, FormKind::Cancel, None),
    ] {
        client.decide(&approval, decision);
        let Some(Stanza::Message(answer)) = client.poll_transmit() else {
            panic!()
        };
        let form = Form::decode(answer.payloads.find(ns::DATA_FORMS, "x").unwrap()).unwrap();
        let found = form.field("pubsub#allow").and_then(|field| field.value());
        let found = found.map(|value| match value {
            "true" => "1",
            "false" => "0",
            digit => digit,
        });
        assert_eq!((form.kind, found), (kind, allow), "PS-8.6-03, PS-8.6-05");
        assert_eq!(answer.id.unwrap().as_str(), "approve1", "PS-8.6-03");
    }
}

#[test]
fn the_requests_that_wait_at_a_node() {
    let (kind, text) = asked(|client| client.ask_pending(NOW, &node(), Some("run".to_owned())));
    let expected = format!(
        "<command xmlns='{}' sessionid='run' node='{}' action='execute'>\
         <x xmlns='jabber:x:data' type='submit'><field var='pubsub#node'><value>n</value></field></x></command>",
        ns::COMMANDS,
        ns::GET_PENDING
    );
    assert_eq!(
        (kind, text),
        ("set", meaning(expected.as_bytes())),
        "PS-8.7-04"
    );
}

#[test]
fn what_a_service_is_its_identity_says() {
    if examples::folder().is_none() {
        return;
    }
    let mut client = PubSub::new(Config::new(jid("pubsub.shakespeare.lit"), 3));
    client.info(NOW, None);
    let (Some(Stanza::Iq(request)), Stanza::Iq(mut answer)) =
        (client.poll_transmit(), example("ex-008"))
    else {
        panic!()
    };
    answer.id = request.id;
    assert!(client.handle_stanza(NOW, Stanza::Iq(answer)).is_none());
    let Some(Event::Done {
        outcome: Outcome::Info(info),
        ..
    }) = client.poll_event()
    else {
        panic!()
    };
    assert!(info.is("pubsub", "service"), "PS-5.1-03");
    assert!(
        !info.is("pubsub", "leaf") && !info.is("account", "service"),
        "PS-5.1-03"
    );
}

#[test]
fn the_end_of_a_page_means_nothing_to_a_client() {
    let mut client = PubSub::new(Config::new(jid("pubsub.localhost"), 3));
    client.all_items(NOW, &node(), 1, 10);
    let mark = "any thing & <more>";
    let Some(Stanza::Iq(request)) = client.poll_transmit() else {
        panic!()
    };
    let escaped = "any thing &amp; &lt;more&gt;";
    let answer = format!(
        "<iq from='pubsub.localhost' type='result' id='{}'><pubsub xmlns='{}'><items node='n'><item id='i'/></items>\
         <set xmlns='{}'><first>x</first><last>{escaped}</last></set></pubsub></iq>",
        request.id,
        ns::PUBSUB,
        ns::RSM
    );
    let answer = Stanza::decode(answer.as_bytes(), &stream_scope(), &Limits::default()).unwrap();
    client.handle_stanza(NOW, answer);
    let Some(Stanza::Iq(next)) = client.poll_transmit() else {
        panic!()
    };
    let IqContent::Get(payload) = next.content else {
        panic!()
    };
    let children = Element::decode(&payload).unwrap().children;
    let Some(Child::Set(set)) = children.last() else {
        panic!()
    };
    assert_eq!(set.after.as_deref(), Some(mark), "RS-04");
}
