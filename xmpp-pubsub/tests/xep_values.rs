//! What single examples of XEP-0060 say, down to their values. They are read as in `xep_examples`, and nothing is tested
//! where there are none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;
#[path = "common/examples.rs"]
mod examples;

use canonical::stream_scope;
use wire_xml::Limits;
use xmpp_pubsub::event::{Event, ItemChange};
use xmpp_pubsub::pubsub::{Affiliation, Child, PubSub, SubscriptionState};
use xmpp_pubsub::stanza::{Condition, ErrorType, IqContent, PubSubCondition, Stanza};
use xmpp_pubsub::{Payload, ns};

#[test]
fn ex_029_ps_6_1_02_success_of_subscribe() {
    let Some(pubsub) = pubsub("ex-029") else {
        return;
    };
    let children = pubsub.children;
    let [Child::Subscription(subscription)] = children.as_slice() else {
        panic!("{children:?}");
    };
    assert_eq!(
        subscription.node.as_ref().unwrap().as_str(),
        "princely_musings"
    );
    assert_eq!(subscription.jid.as_str(), "francisco@denmark.lit");
    assert_eq!(
        subscription.subid.as_ref().unwrap().as_str(),
        "ba49252aaa4f5d320c24d3766f0bdcade78c78d3"
    );
    assert_eq!(subscription.state, Some(SubscriptionState::Subscribed));
}

#[test]
fn ex_067_ps_6_3_12_options_beside_subscribe_have_no_address() {
    let Some(pubsub) = pubsub("ex-067") else {
        return;
    };
    let children = pubsub.children;
    let [
        Child::Subscribe { .. },
        Child::Options {
            node: None,
            jid: None,
            form: Some(form),
            ..
        },
    ] = children.as_slice()
    else {
        panic!("{children:?}");
    };
    assert_eq!(form.form_type(), Some(ns::SUBSCRIBE_OPTIONS));
    assert_eq!(
        form.field("pubsub#show-values").unwrap().values,
        ["chat", "online", "away"]
    );
}

#[test]
fn ex_049_subid_required() {
    let Some(stanza) = example("ex-049") else {
        return;
    };
    let Stanza::Iq(iq) = stanza else {
        panic!("{stanza:?}")
    };
    let IqContent::Error { error, .. } = iq.content else {
        panic!()
    };
    assert_eq!(error.kind, ErrorType::Modify);
    assert_eq!(error.condition, Condition::BAD_REQUEST);
    assert_eq!(error.pubsub, Some(PubSubCondition::SUBID_REQUIRED));
}

#[test]
fn ex_126_unsupported_names_its_feature() {
    let Some(stanza) = example("ex-126") else {
        return;
    };
    let Stanza::Iq(iq) = stanza else {
        panic!("{stanza:?}")
    };
    let IqContent::Error { error, .. } = iq.content else {
        panic!()
    };
    assert_eq!(error.feature.as_deref(), Some("create-nodes"));
}

#[test]
fn ex_092_trap_14_payment_required_is_kept() {
    let Some(stanza) = example("ex-092") else {
        return;
    };
    let Stanza::Iq(iq) = stanza else {
        panic!("{stanza:?}")
    };
    let IqContent::Error { error, .. } = iq.content else {
        panic!()
    };
    assert_eq!(error.condition, Condition::PAYMENT_REQUIRED);
}

#[test]
fn ex_117_ps_7_2_03_retract_event() {
    let Some(stanza) = example("ex-117-a") else {
        return;
    };
    let Stanza::Message(message) = stanza else {
        panic!("{stanza:?}")
    };
    let event = Event::decode(message.payloads.find(ns::PUBSUB_EVENT, "event").unwrap()).unwrap();
    let Event::Items { node, changes, .. } = event else {
        panic!("{event:?}")
    };
    assert_eq!(node.as_str(), "princely_musings");
    let [ItemChange::Retracted(id)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(id.as_str(), "ae890ac52d0df67ed7cfdf51b644e901");
}

#[test]
fn ex_210_trap_24_the_misspelt_affiliation_is_read() {
    let source = br#"<pubsub xmlns="http://jabber.org/protocol/pubsub"><affiliations node="princely_musings"><affilation jid="polonius@denmark.lit" affiliation="none"/></affiliations></pubsub>"#;
    let pubsub = PubSub::decode(&Payload::parse(source, &Limits::default()).unwrap()).unwrap();
    let [Child::Affiliations { entries, .. }] = pubsub.children.as_slice() else {
        panic!()
    };
    assert_eq!(entries[0].affiliation, Affiliation::None);
    assert!(String::from_utf8_lossy(pubsub.to_payload().as_bytes()).contains("<affiliation "));
}

/// The `pubsub` element that the example carries.
fn pubsub(name: &str) -> Option<PubSub> {
    let stanza = example(name)?;
    let Stanza::Iq(iq) = stanza else {
        panic!("{name} is no iq")
    };
    let (IqContent::Get(payload) | IqContent::Set(payload) | IqContent::Result(Some(payload))) =
        iq.content
    else {
        panic!("{name} carries nothing");
    };
    Some(PubSub::decode(&payload).unwrap())
}

fn example(name: &str) -> Option<Stanza> {
    let source = std::fs::read(examples::folder()?.join(format!("{name}.xml"))).unwrap();
    Some(Stanza::decode(&source, &stream_scope(), &Limits::default()).unwrap())
}
