//! What was written is read as the same, for any text that XML can carry.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::option;
use proptest::prelude::*;
use wire_xml::{Limits, Scope, Writer};
use xmpp_pubsub::event::{Association, Event, ItemChange};
use xmpp_pubsub::form::{Field, Form, FormKind};
use xmpp_pubsub::owner::Owner;
use xmpp_pubsub::pubsub::{
    Affiliation, AffiliationEntry, Child, Item, Items, PubSub, Subscription, SubscriptionState,
};
use xmpp_pubsub::stanza::{
    Condition, ErrorType, Iq, IqContent, Message, MessageKind, Payload, Presence, PresenceKind,
    PubSubCondition, Show, Stanza,
};
use xmpp_pubsub::xml::{Attribute, Element, Name};
use xmpp_pubsub::{
    ItemId, Jid, NodeId, Other, StanzaError, StanzaId, SubId, notification, ns, rsm,
};

/// Any characters that XML 1.0 can carry, the awkward ones often.
fn text() -> impl Strategy<Value = String> {
    let characters = prop_oneof![
        Just('<'),
        Just('&'),
        Just('"'),
        Just('\''),
        Just('>'),
        Just('\r'),
        Just('\n'),
        Just('\t'),
        Just(']'),
        any::<char>().prop_filter("XML", |c| {
            matches!(c, ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        }),
    ];
    proptest::collection::vec(characters, 1..12).prop_map(|all| all.into_iter().collect())
}

/// What no type has a field for.
fn other() -> Other {
    let attribute = |ns: &'static str, value: &str| Attribute {
        name: Name::new(ns, "more"),
        value: value.to_owned(),
    };
    Other::new()
        .with_attribute(attribute("", "<&"))
        .with_attribute(attribute("urn:other", ""))
        .with_element(Element::new("urn:other", "more").with_text("]]>"))
        .with_element(Element::new("", "bare"))
}

/// The attributes alone, where every child has a meaning.
fn attributes() -> Other {
    let all = other();
    let attributes = all.attributes().iter().cloned();
    attributes.fold(Other::new(), Other::with_attribute)
}

/// The same, in the element around as well.
fn within() -> Other {
    other().with_around(other())
}

fn jid() -> impl Strategy<Value = Jid> {
    ("[a-z0-9.]{1,8}", "[a-z]{1,8}", option::of("[ -~]{1,8}")).prop_map(
        |(local, domain, resource)| {
            Jid::from_parts(Some(&local), &domain, resource.as_deref()).unwrap()
        },
    )
}

fn node() -> impl Strategy<Value = NodeId> {
    text().prop_map(|text| NodeId::new(&text).unwrap())
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        text().prop_map(|text| notification::wrap(&text)),
        (text(), text()).prop_map(|(value, text)| {
            let inner = Element::new("", "inner")
                .with_attr("a", value)
                .with_text(text);
            Payload::from_element(&Element::new("urn:outer", "outer").with_child(inner))
        }),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    (option::of(text()), option::of(jid()), option::of(payload())).prop_map(
        |(id, publisher, payload)| Item {
            id: id.map(|id| ItemId::new(&id).unwrap()),
            publisher,
            payloads: payload.into(),
            other: attributes(),
        },
    )
}

fn error() -> impl Strategy<Value = StanzaError> {
    (0..5_usize, option::of(text()), option::of(text())).prop_map(|(kind, text, feature)| {
        let mut error = StanzaError::new(ErrorType::ALL[kind], Condition::GONE);
        error.address = text.clone().map(String::into_boxed_str);
        error.text = text.map(String::into_boxed_str);
        error.other = other();
        error.pubsub = feature.is_some().then_some(PubSubCondition::UNSUPPORTED);
        error.feature = feature.map(String::into_boxed_str);
        error
    })
}

fn iq() -> impl Strategy<Value = Stanza> {
    let content = prop_oneof![
        payload().prop_map(IqContent::Get),
        payload().prop_map(IqContent::Set),
        option::of(payload()).prop_map(IqContent::Result),
        (error(), option::of(payload())).prop_map(|(error, request)| IqContent::Error {
            error: Box::new(error),
            request
        }),
    ];
    (
        option::of(jid()),
        option::of(jid()),
        text(),
        option::of(text()),
        content,
    )
        .prop_map(|(from, to, id, lang, content)| {
            let id = StanzaId::new(&id).unwrap();
            Stanza::Iq(Iq {
                from,
                to,
                id,
                lang: lang.map(String::into_boxed_str),
                content,
                other: attributes(),
            })
        })
}

fn message() -> impl Strategy<Value = Stanza> {
    let payloads = proptest::collection::vec(payload(), 0..3);
    (option::of(jid()), option::of(text()), 0..5_usize, payloads).prop_map(
        |(to, id, kind, payloads)| {
            let mut message = Message::new(MessageKind::ALL[kind], payloads);
            message.to = to;
            message.other = attributes();
            message.id = id.map(|id| StanzaId::new(&id).unwrap());
            Stanza::Message(message)
        },
    )
}

fn presence() -> impl Strategy<Value = Stanza> {
    (
        0..8_usize,
        option::of(0..4_usize),
        option::of(text()),
        any::<i8>(),
    )
        .prop_map(|(kind, show, status, priority)| {
            let mut presence = Presence::new(PresenceKind::ALL[kind]);
            presence.show = show.map(|show| Show::ALL[show]);
            presence.status = status.map(String::into_boxed_str);
            presence.priority = priority;
            presence.other = attributes();
            Stanza::Presence(presence)
        })
}

fn subscription() -> impl Strategy<Value = Subscription> {
    (node(), jid(), option::of(text()), 0..4_usize).prop_map(|(node, jid, subid, state)| {
        let state = SubscriptionState::ALL[state];
        let subid = subid.map(|subid| SubId::new(&subid).unwrap());
        Subscription {
            subid,
            other: other(),
            ..Subscription::new(node, jid, state)
        }
    })
}

fn form() -> impl Strategy<Value = Form> {
    (text(), text(), any::<bool>()).prop_map(|(var, value, yes)| {
        let mut form = Form::new(FormKind::Submit, ns::NODE_CONFIG);
        form.title = Some(value.clone());
        form.other = other();
        form.fields[0].other = other();
        form.fields.push(Field::text(&var, &value));
        form.fields.push(Field::boolean("b", yes));
        form.fields
            .push(Field::choice("c", &value, [value.as_str(), "x"]));
        form
    })
}

fn child() -> impl Strategy<Value = Child> {
    let items = || proptest::collection::vec(item(), 0..3);
    prop_oneof![
        (option::of(node()), items()).prop_map(|(node, items)| Child::Publish {
            node,
            items,
            other: other(),
        }),
        (option::of(node()), option::of(any::<bool>()), items()).prop_map(
            |(node, notify, items)| Child::Retract {
                node,
                notify,
                items,
                other: other(),
            }
        ),
        (option::of(node()), option::of(jid())).prop_map(|(node, jid)| Child::Subscribe {
            node,
            jid,
            other: other()
        }),
        subscription().prop_map(Child::Subscription),
        (
            option::of(node()),
            proptest::collection::vec(subscription(), 0..3)
        )
            .prop_map(|(node, entries)| Child::Subscriptions {
                node,
                entries,
                other: other()
            }),
        (option::of(node()), option::of(any::<u64>()), items()).prop_map(
            |(node, max_items, items)| Child::Items(Items {
                node,
                max_items,
                subid: None,
                items,
                other: other(),
            })
        ),
        (option::of(node()), option::of(form())).prop_map(|(node, form)| Child::Configure {
            node,
            form,
            other: other()
        }),
        option::of(form()).prop_map(|form| Child::PublishOptions {
            form,
            other: other()
        }),
        (option::of(text()), option::of(any::<u64>()), text()).prop_map(|(before, count, id)| {
            Child::Set(rsm::Set {
                before,
                count,
                first: Some(rsm::First { index: count, id }),
                other: other(),
                ..rsm::Set::default()
            })
        }),
        (node(), jid(), 0..6_usize).prop_map(|(node, jid, affiliation)| {
            let affiliation = Affiliation::ALL[affiliation];
            let entry = AffiliationEntry {
                other: other(),
                ..AffiliationEntry::of_entity(jid, affiliation)
            };
            Child::Affiliations {
                node: Some(node),
                entries: vec![entry],
                other: other(),
            }
        }),
    ]
}

proptest! {
    #[test]
    fn stanzas(stanza in prop_oneof![iq(), message(), presence()]) {
        let read = Stanza::parse(&stanza.to_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(&read, &stanza);
        // Inside a stream, which declares the namespace for all.
        let scope = Scope::new().with("", ns::CLIENT);
        let mut out = bytes::BytesMut::new();
        stanza.write(&mut Writer::within(&mut out, &scope));
        let read = Stanza::decode(&out, &scope, &Limits::default()).unwrap();
        prop_assert_eq!(read, stanza);
    }

    #[test]
    fn requests(children in proptest::collection::vec(child(), 1..3)) {
        let request = PubSub {
            children,
            other: attributes(),
        };
        prop_assert_eq!(PubSub::decode(&request.to_payload()).unwrap(), request);
    }

    #[test]
    fn events(node in node(), items in proptest::collection::vec(item(), 0..3), gone in text()) {
        let mut changes: Vec<_> = items.into_iter().map(ItemChange::Published).collect();
        changes.push(ItemChange::Retracted(ItemId::new(&gone).unwrap()));
        for event in [
            Event::Items { node: node.clone(), changes: changes.into(), other: within() },
            Event::Purge { node: node.clone(), other: within() },
            Event::Configuration { node: Some(node.clone()), form: None, other: within() },
            Event::Collection {
                node: None,
                changes: vec![
                    Association::Associate(node.clone()),
                    Association::Disassociate(node.clone()),
                ],
                other: within(),
            },
            Event::Delete { node, redirect: Some(gone), other: within() },
        ] {
            prop_assert_eq!(Event::decode(&event.to_payload()).unwrap(), event);
        }
    }

    #[test]
    fn owners(node in option::of(node()), form in option::of(form()), uri in option::of(text())) {
        for owner in [
            Owner::Configure { node: node.clone(), form: form.clone(), other: within() },
            Owner::Default { kind: uri.clone(), form, other: within() },
            Owner::Purge { node: node.clone(), other: within() },
            Owner::Delete { node, redirect: uri, other: within() },
        ] {
            prop_assert_eq!(Owner::decode(&owner.to_payload()).unwrap(), owner);
        }
    }

    #[test]
    fn documents(document in text()) {
        // A text of white space only is no document.
        prop_assume!(!document.trim().is_empty() && !document.trim_start().starts_with("<?xml"));
        prop_assert_eq!(notification::unwrap(&notification::wrap(&document)), Some(document));
    }

    #[test]
    fn an_address_is_the_same_when_parsed_again(text in "\\PC{1,20}") {
        if let Ok(jid) = Jid::new(&text) {
            prop_assert_eq!(Jid::new(jid.as_str()), Ok(jid));
        }
    }
}
