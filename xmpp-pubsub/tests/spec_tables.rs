//! The tables in `spec/`, transcribed from XEP-0060, against those of the crate.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;

use std::collections::BTreeSet;

use bytes::BytesMut;
use canonical::{canonical, read};
use wire_xml::{Limits, Scope, Writer};
use xmpp_pubsub::event::Event;
use xmpp_pubsub::form::{
    AccessModel, AssociationPolicy, FieldKind, ItemReply, MetaData, NodeConfig, NodeType,
    NotificationType, PublishModel, PublishNodeFull, SendLastPublishedItem, ShowValue,
    SubscribeAuthorization, SubscribeOptions, SubscriptionType,
};
use xmpp_pubsub::owner::Owner;
use xmpp_pubsub::pubsub::{Child, PubSub};
use xmpp_pubsub::stanza::{Condition, ErrorType, PubSubCondition};
use xmpp_pubsub::{Feature, Payload, StanzaError, ns};

const ERRORS: &str = include_str!("../spec/errors.tsv");
const CONDITIONS: &str = include_str!("../spec/conditions.tsv");
const FEATURES: &str = include_str!("../spec/features.tsv");
const FIELDS: &str = include_str!("../spec/fields.tsv");
const ELEMENTS: &str = include_str!("../spec/elements.tsv");

fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            cells
                .try_into()
                .unwrap_or_else(|_| panic!("{line} has not {N} cells"))
        })
        .collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

#[test]
fn the_conditions_of_publish_subscribe_are_those_of_the_text() {
    let listed: Vec<_> = rows::<1>(CONDITIONS).into_iter().flatten().collect();
    assert_eq!(listed.len(), 24);
    assert_eq!(set(listed), set(PubSubCondition::KNOWN.iter().copied()));
}

#[test]
fn the_features_are_those_of_the_text() {
    let listed: Vec<_> = rows::<3>(FEATURES)
        .into_iter()
        .map(|[name, ..]| name)
        .collect();
    assert_eq!(listed.len(), 48);
    assert_eq!(Feature::KNOWN.len(), 48);
    assert_eq!(set(listed), set(Feature::KNOWN.iter().copied()));
}

#[test]
fn every_error_is_read_and_written() {
    let table = rows::<8>(ERRORS);
    assert!(table.len() > 100);
    for [operation, situation, kind, condition, pubsub, feature, ..] in table {
        let at = format!("{operation}, {situation}");
        assert!(Condition::KNOWN.contains(&condition), "{at}: {condition}");
        let mut error = StanzaError::new(
            ErrorType::from_name(kind).unwrap_or_else(|| panic!("{at}: {kind}")),
            Condition::from_name(condition),
        );
        let mut source = format!(
            "<error xmlns='jabber:client' type='{kind}'>\
             <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        );
        if pubsub != "-" {
            assert!(PubSubCondition::KNOWN.contains(&pubsub), "{at}: {pubsub}");
            error = error.with_pubsub(PubSubCondition::from_name(pubsub));
            source.push_str(&format!(
                "<{pubsub} xmlns='http://jabber.org/protocol/pubsub#errors'"
            ));
            if feature != "-" {
                assert!(Feature::KNOWN.contains(&feature), "{at}: {feature}");
                assert_eq!(pubsub, "unsupported", "{at}");
                error.feature = Some(Box::from(feature));
                source.push_str(&format!(" feature='{feature}'"));
            }
            source.push_str("/>");
        }
        source.push_str("</error>");
        let element = read(source.as_bytes(), &Scope::new());
        assert_eq!(
            StanzaError::from_element(&element),
            Ok(error.clone()),
            "{at}"
        );
        let mut out = BytesMut::new();
        error.write(&mut Writer::new(&mut out));
        assert_eq!(
            canonical(&read(&out, &Scope::new())),
            canonical(&element),
            "{at}"
        );
    }
}

#[test]
fn every_condition_of_publish_subscribe_has_its_row() {
    let used: BTreeSet<_> = rows::<8>(ERRORS).into_iter().map(|row| row[4]).collect();
    let unused: Vec<_> = PubSubCondition::KNOWN
        .iter()
        .filter(|name| !used.contains(*name))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn xc_sz_08_the_conditions_of_stanzas() {
    let rfc = "bad-request conflict feature-not-implemented forbidden gone internal-server-error \
               item-not-found jid-malformed not-acceptable not-allowed not-authorized \
               policy-violation recipient-unavailable redirect registration-required \
               remote-server-not-found remote-server-timeout resource-constraint \
               service-unavailable subscription-required undefined-condition unexpected-request \
               payment-required";
    assert_eq!(
        set(rfc.split_whitespace()),
        set(Condition::KNOWN.iter().copied())
    );
}

#[test]
fn the_fields_of_the_forms_are_those_of_the_text() {
    for (form, fields) in [
        ("node_config", NodeConfig::FIELDS),
        ("subscribe_options", SubscribeOptions::FIELDS),
        ("subscribe_authorization", SubscribeAuthorization::FIELDS),
        ("meta-data", MetaData::FIELDS),
    ] {
        let listed: BTreeSet<_> = rows::<4>(FIELDS)
            .into_iter()
            .filter(|row| row[0] == form)
            .map(|[_, var, kind, _]| (var, kind))
            .collect();
        let ours = fields.iter().map(|(var, kind)| (*var, kind.as_str()));
        assert_eq!(listed, ours.collect(), "{form}");
    }
    assert_eq!(rows::<4>(FIELDS).len(), 59);
}

#[test]
fn the_words_that_fields_choose_from_are_those_of_the_text() {
    let mut count = 0;
    for [_, var, kind, words] in rows::<4>(FIELDS) {
        if words == "-" {
            continue;
        }
        let known = match var {
            "pubsub#access_model" => AccessModel::KNOWN,
            "pubsub#children_association_policy" => AssociationPolicy::KNOWN,
            "pubsub#itemreply" => ItemReply::KNOWN,
            "pubsub#node_type" => NodeType::KNOWN,
            "pubsub#notification_type" => NotificationType::KNOWN,
            "pubsub#publish_model" => PublishModel::KNOWN,
            "pubsub#publish_node_full" => PublishNodeFull::KNOWN,
            "pubsub#send_last_published_item" => SendLastPublishedItem::KNOWN,
            "pubsub#show-values" => ShowValue::KNOWN,
            "pubsub#subscription_type" => SubscriptionType::KNOWN,
            _ => panic!("{var} is not known to have words"),
        };
        assert_eq!(set(words.split(' ')), set(known.iter().copied()), "{var}");
        assert!(matches!(
            FieldKind::from_name(kind),
            Some(FieldKind::ListSingle | FieldKind::ListMulti)
        ));
        count += 1;
    }
    assert_eq!(count, 10);
}

/// Each element with no, with each, and with all of its attributes and children: nothing of it may be left to what is
/// not understood, and it is written as it was read.
#[test]
fn every_element_and_attribute_is_understood() {
    let table = rows::<4>(ELEMENTS);
    assert_eq!(table.len(), 25);
    for [space, local, attributes, children] in table {
        let children = split_children(children);
        let mut forms: Vec<Vec<&str>> = vec![Vec::new()];
        forms.extend(children.iter().map(|child| vec![*child]));
        // Those of which there may be many stand together, too.
        forms.push([children.as_slice(), &children].concat());
        for children in forms {
            if children.len() > 1 && !children.iter().all(|child| child.ends_with('+')) {
                continue;
            }
            for optional in optional_attributes(attributes) {
                let inner: String = children.iter().map(|child| markup(child)).collect();
                let attributes = values(attributes, &optional);
                understood(space, &format!("<{local}{attributes}>{inner}</{local}>"));
            }
        }
    }
}

fn understood(space: &str, markup: &str) {
    let (namespace, around) = match space {
        "pubsub" => (ns::PUBSUB, "pubsub"),
        "owner" => (ns::PUBSUB_OWNER, "pubsub"),
        "event" => (ns::PUBSUB_EVENT, "event"),
        _ => panic!("{space} is no namespace"),
    };
    let source = format!("<{around} xmlns='{namespace}'>{markup}</{around}>");
    let payload = Payload::parse(source.as_bytes(), &Limits::default()).unwrap();
    let (rest, written) = match space {
        "pubsub" => {
            let pubsub = PubSub::decode(&payload).unwrap_or_else(|e| panic!("{source}: {e}"));
            let [child] = pubsub.children.as_slice() else {
                panic!("{source}: {pubsub:?}");
            };
            assert!(!matches!(child, Child::Other(_)), "{source}");
            (child.other().cloned(), pubsub.to_payload())
        }
        "owner" => {
            let owner = Owner::decode(&payload).unwrap_or_else(|e| panic!("{source}: {e}"));
            (owner.other().cloned(), owner.to_payload())
        }
        _ => {
            let event = Event::decode(&payload).unwrap_or_else(|e| panic!("{source}: {e}"));
            (event.other().cloned(), event.to_payload())
        }
    };
    // `None` is an element that is not known at all.
    assert!(rest.is_some_and(|rest| rest.is_empty()), "{source}");
    assert_eq!(
        canonical(&read(written.as_bytes(), &Scope::new())),
        canonical(&read(source.as_bytes(), &Scope::new()))
    );
}

/// `item(id publisher)+ retract(id*)+` is two children.
fn split_children(cell: &'static str) -> Vec<&'static str> {
    let mut depth = 0;
    let parts = cell.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ' ' && depth == 0
    });
    parts.filter(|part| !part.is_empty()).collect()
}

fn markup(child: &str) -> String {
    match child {
        "x" => "<x xmlns='jabber:x:data' type='submit'/>".to_owned(),
        "subscribe-options" => "<subscribe-options><required/></subscribe-options>".to_owned(),
        _ => {
            let (local, attributes) = child.trim_end_matches([')', '+']).split_once('(').unwrap();
            let all = attributes.split(' ').collect::<Vec<_>>();
            format!("<{local}{}/>", values(attributes, &all))
        }
    }
}

/// No optional attribute, each of them, all of them.
fn optional_attributes(cell: &'static str) -> Vec<Vec<&'static str>> {
    let optional: Vec<_> = cell
        .split(' ')
        .filter(|name| !name.is_empty() && !name.ends_with('*'))
        .collect();
    let mut sets: Vec<_> = optional.iter().map(|name| vec![*name]).collect();
    sets.push(Vec::new());
    sets.push(optional);
    sets
}

/// The required attributes and these others, each with a value that it can have.
fn values(cell: &str, optional: &[&str]) -> String {
    let names = cell.split(' ').filter(|name| !name.is_empty());
    let given = names.filter(|name| name.ends_with('*') || optional.contains(name));
    let values = given.map(|name| {
        let name = name.trim_end_matches('*');
        let value = match name {
            "node" => "a node",
            "jid" | "publisher" => "hamlet@denmark.lit/elsinore",
            "affiliation" => "publish-only",
            "subscription" => "unconfigured",
            "subid" | "id" => "1",
            "max_items" => "3",
            "notify" => "true",
            "type" => "collection",
            "uri" => "xmpp:hamlet@denmark.lit?;node=blog",
            "expiry" => "2006-02-28T23:59:59Z",
            _ => panic!("{name} has no value here"),
        };
        format!(" {name}='{value}'")
    });
    values.collect()
}
