//! The example stanzas of XEP-0060 that `tests/examples/` holds, named by their number: each is read, typed all the way
//! down, written again, and must mean the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;

use std::path::Path;

use canonical::{canonical, read, stream_scope};
use wire_xml::{Limits, Scope};
use xmpp_pubsub::event::{Event, ItemChange};
use xmpp_pubsub::owner::Owner;
use xmpp_pubsub::pubsub::{Affiliation, Child, PubSub, SubscriptionState};
use xmpp_pubsub::stanza::{Condition, ErrorType, IqContent, PubSubCondition, Stanza};
use xmpp_pubsub::{Payload, disco, ns};

#[test]
fn every_example_is_written_as_it_was_read() {
    let mut count = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read(&path).unwrap();
        let stanza = Stanza::decode(&source, &stream_scope(), &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            canonical(&read(&retyped(stanza).to_bytes(), &Scope::new())),
            canonical(&read(&source, &stream_scope())),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 40, "only {count} examples");
}

#[test]
fn ex_029_ps_6_1_02_success_of_subscribe() {
    let children = pubsub("ex-029").children;
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
    let children = pubsub("ex-067").children;
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
    let Stanza::Iq(iq) = example("ex-049") else {
        panic!()
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
    let Stanza::Iq(iq) = example("ex-126") else {
        panic!()
    };
    let IqContent::Error { error, .. } = iq.content else {
        panic!()
    };
    assert_eq!(error.feature.as_deref(), Some("create-nodes"));
}

#[test]
fn ex_092_trap_14_payment_required_is_kept() {
    let Stanza::Iq(iq) = example("ex-092") else {
        panic!()
    };
    let IqContent::Error { error, .. } = iq.content else {
        panic!()
    };
    assert_eq!(error.condition, Condition::PAYMENT_REQUIRED);
}

#[test]
fn ex_117_ps_7_2_03_retract_event() {
    let Stanza::Message(message) = example("ex-117-a") else {
        panic!()
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

fn pubsub(name: &str) -> PubSub {
    let Stanza::Iq(iq) = example(name) else {
        panic!("{name} is no iq")
    };
    let (IqContent::Get(payload) | IqContent::Set(payload) | IqContent::Result(Some(payload))) =
        iq.content
    else {
        panic!("{name} carries nothing");
    };
    PubSub::decode(&payload).unwrap()
}

fn example(name: &str) -> Stanza {
    let source = std::fs::read(folder().join(format!("{name}.xml"))).unwrap();
    Stanza::decode(&source, &stream_scope(), &Limits::default()).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples")
}

/// The same stanza with every payload decoded to its type and encoded again.
fn retyped(mut stanza: Stanza) -> Stanza {
    match &mut stanza {
        Stanza::Iq(iq) => match &mut iq.content {
            IqContent::Get(payload) | IqContent::Set(payload) => *payload = retype(payload),
            IqContent::Result(payload) => *payload = payload.as_ref().map(retype),
            IqContent::Error { request, .. } => *request = request.as_ref().map(retype),
        },
        Stanza::Message(message) => {
            message.payloads = message
                .payloads
                .iter()
                .map(retype)
                .collect::<Vec<_>>()
                .into();
        }
        Stanza::Presence(_) => {}
    }
    stanza
}

fn retype(payload: &Payload) -> Payload {
    match payload.name().parts() {
        (ns::PUBSUB, "pubsub") => PubSub::decode(payload).unwrap().to_payload(),
        (ns::PUBSUB_OWNER, "pubsub") => Owner::decode(payload).unwrap().to_payload(),
        (ns::PUBSUB_EVENT, "event") => Event::decode(payload).unwrap().to_payload(),
        (ns::DISCO_INFO, "query") => disco::Info::decode(payload).unwrap().to_payload(),
        (ns::DISCO_ITEMS, "query") => disco::Items::decode(payload).unwrap().to_payload(),
        _ => payload.clone(),
    }
}
