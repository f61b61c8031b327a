//! What a publish-subscribe client asks, against the example stanzas of XEP-0060, and how it reads the answers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/canonical.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod canonical;
#[path = "common/examples.rs"]
mod examples;

use std::time::Duration;

use canonical::{canonical, read, stream_scope};
use xmpp_pubsub::client::{Config, Decision, Event, Failure, Outcome, PubSub, RequestId};
use xmpp_pubsub::form::{
    AccessModel, Form, NodeConfig, PublishOptions, ShowValue, SubscribeOptions,
};
use xmpp_pubsub::pubsub::{
    Affiliation, AffiliationEntry, Child, Item, PubSub as Element, Subscription, SubscriptionState,
};
use xmpp_pubsub::stanza::{Iq, IqContent, Stanza};
use xmpp_pubsub::xml::{Limits, Scope};
use xmpp_pubsub::{ItemId, Jid, NodeId, Payload, SubId, ns};

const NOW: Duration = Duration::from_secs(5);

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

fn node() -> NodeId {
    NodeId::new("princely_musings").unwrap()
}

fn id(text: &str) -> ItemId {
    ItemId::new(text).unwrap()
}

fn client() -> PubSub {
    PubSub::new(Config::new(jid("pubsub.shakespeare.lit"), 3))
}

fn stanza(text: &str) -> Stanza {
    Stanza::decode(text.as_bytes(), &stream_scope(), &Limits::default()).unwrap()
}

/// The example of that number.
fn example(name: &str) -> Stanza {
    let folder = examples::folder().unwrap();
    stanza(&std::fs::read_to_string(folder.join(format!("{name}.xml"))).unwrap())
}

fn payload(stanza: &Stanza) -> Payload {
    let Stanza::Iq(iq) = stanza else {
        panic!("{stanza:?}")
    };
    match &iq.content {
        IqContent::Get(payload) | IqContent::Set(payload) | IqContent::Result(Some(payload)) => {
            payload.clone()
        }
        IqContent::Result(None) | IqContent::Error { .. } => panic!("{iq:?}"),
    }
}

fn meaning(payload: &Payload) -> String {
    canonical(&read(payload.as_bytes(), &Scope::new()))
}

fn is_get(stanza: &Stanza) -> bool {
    matches!(
        stanza,
        Stanza::Iq(Iq {
            content: IqContent::Get(_),
            ..
        })
    )
}

/// The example's answer to the request that was sent last.
fn answered(client: &mut PubSub, answer: Stanza) -> Event {
    let Some(Stanza::Iq(asked)) = client.poll_transmit() else {
        panic!()
    };
    let Stanza::Iq(mut answer) = answer else {
        panic!()
    };
    answer.id = asked.id;
    answer.from = Some(jid("pubsub.shakespeare.lit"));
    assert!(client.handle_stanza(NOW, Stanza::Iq(answer)).is_none());
    client.poll_event().unwrap()
}

fn outcome(ask: impl FnOnce(&mut PubSub) -> RequestId, answer: Stanza) -> Outcome {
    let mut client = client();
    let request = ask(&mut client);
    let event = answered(&mut client, answer);
    let Event::Done {
        request: done,
        outcome,
    } = event
    else {
        panic!("{event:?}")
    };
    assert_eq!(done, request);
    outcome
}

type Ask = fn(&mut PubSub) -> RequestId;

#[test]
fn each_request_is_that_of_the_example() {
    if examples::folder().is_none() {
        return;
    }
    let table: &[(&str, Ask)] = &[
        ("ex-015-a", |client| client.entries(NOW, Some(&node()))),
        ("ex-016", |client| client.subscriptions(NOW, None)),
        ("ex-020", |client| client.subscriptions(NOW, Some(&node()))),
        ("ex-022", |client| client.affiliations(NOW, None)),
        ("ex-026", |client| {
            client.affiliations(NOW, Some(&NodeId::new("node6").unwrap()))
        }),
        ("ex-047", |client| {
            client.unsubscribe(NOW, &node(), jid("francisco@denmark.lit"), None)
        }),
        ("ex-069", |client| {
            client.default_options(NOW, Some(&node()))
        }),
        ("ex-074", |client| client.items(NOW, &node(), None)),
        ("ex-080", |client| client.items(NOW, &node(), Some(2))),
        ("ex-083", |client| {
            client.items_by_id(NOW, &node(), [id("ae890ac52d0df67ed7cfdf51b644e901")])
        }),
        ("ex-115", |client| {
            client.retract(NOW, &node(), id("ae890ac52d0df67ed7cfdf51b644e901"))
        }),
        ("ex-125", |client| client.create(NOW, Some(&node()), None)),
        ("ex-131", |client| client.create(NOW, None, None)),
        ("ex-139", |client| client.configuration(NOW, &node())),
        ("ex-147", |client| {
            client.configure(NOW, &node(), Form::cancel())
        }),
        ("ex-152", |client| client.default_configuration(NOW, None)),
        ("ex-157", |client| client.delete(NOW, &node())),
        ("ex-158", |client| {
            let uri = "xmpp:hamlet@denmark.lit?;node=blog".to_owned();
            client.delete_with(NOW, &node(), Some(uri))
        }),
        ("ex-163", |client| client.purge(NOW, &node())),
        ("ex-184", |client| client.node_subscriptions(NOW, &node())),
        ("ex-194", |client| {
            let entry = |user, state| Subscription {
                node: None,
                ..Subscription::new(node(), jid(user), state)
            };
            let changes = vec![
                entry("polonius@denmark.lit", SubscriptionState::None),
                entry("bard@shakespeare.lit", SubscriptionState::Subscribed),
            ];
            client.set_node_subscriptions(NOW, &node(), changes)
        }),
        ("ex-197", |client| client.node_affiliations(NOW, &node())),
        ("ex-208", |client| {
            let entry = |user, affiliation| AffiliationEntry {
                node: None,
                jid: Some(jid(user)),
                affiliation,
                other: Default::default(),
            };
            let changes = vec![
                entry("hamlet@denmark.lit", Affiliation::None),
                entry("polonius@denmark.lit", Affiliation::None),
                entry("bard@shakespeare.lit", Affiliation::Publisher),
            ];
            client.set_node_affiliations(NOW, &node(), changes)
        }),
    ];
    for (name, ask) in table {
        let mut client = client();
        ask(&mut client);
        let sent = client.poll_transmit().unwrap();
        let example = example(name);
        let found = meaning(&payload(&sent));
        assert_eq!(found.contains("notify"), *name == "ex-115", "{name}");
        // Who retracts has the subscribers told (§7.2.1); the example leaves that to the service.
        let found = found.replace(" {}notify=\"true\"", "");
        assert_eq!(found, meaning(&payload(&example)), "{name}");
        assert_eq!(is_get(&sent), is_get(&example), "{name}");
        assert_eq!(
            sent.recipient(),
            Some(&jid("pubsub.shakespeare.lit")),
            "{name}"
        );
        assert_eq!(client.poll_transmit(), None);
    }
}

#[test]
fn options_of_a_subscription() {
    if examples::folder().is_none() {
        return;
    }
    // Example 64 and, beside a subscribe, example 67.
    let wanted = SubscribeOptions {
        deliver: Some(true),
        digest: Some(false),
        include_body: Some(false),
        show_values: Some(vec![ShowValue::CHAT, ShowValue::ONLINE, ShowValue::AWAY]),
        ..SubscribeOptions::default()
    };
    let options_of = |payload: &Payload| {
        let children = Element::decode(payload).unwrap().children;
        children.into_iter().find_map(|child| {
            let Child::Options {
                jid,
                form: Some(form),
                ..
            } = child
            else {
                return None;
            };
            Some((jid, SubscribeOptions::from_form(&form).unwrap()))
        })
    };
    let user = jid("francisco@denmark.lit");
    let mut client = client();
    client.subscribe_with(NOW, &node(), user.clone(), &wanted);
    let sent = payload(&client.poll_transmit().unwrap());
    assert_eq!(options_of(&sent), options_of(&payload(&example("ex-067"))));
    client.set_options(NOW, &node(), user.clone(), None, &wanted);
    let sent = payload(&client.poll_transmit().unwrap());
    assert_eq!(options_of(&sent), Some((Some(user.clone()), wanted)));
    // Example 55.
    client.options(NOW, &node(), user, Some(SubId::new("123").unwrap()));
    let sent = payload(&client.poll_transmit().unwrap());
    let expected = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\
        <options node='princely_musings' jid='francisco@denmark.lit' subid='123'/></pubsub>";
    assert_eq!(
        meaning(&sent),
        canonical(&read(expected.as_bytes(), &Scope::new()))
    );
}

#[test]
fn publish_with_preconditions_and_create_with_settings() {
    if examples::folder().is_none() {
        return;
    }
    let mut client = client();
    let example_114 = payload(&example("ex-114"));
    let children = Element::decode(&example_114).unwrap().children;
    let [
        Child::Publish { items, .. },
        Child::PublishOptions {
            form: Some(form), ..
        },
    ] = children.as_slice()
    else {
        panic!()
    };
    let wanted = PublishOptions(NodeConfig {
        access_model: Some(AccessModel::PRESENCE),
        ..NodeConfig::default()
    });
    assert_eq!(PublishOptions::from_form(form).unwrap(), wanted);
    client.publish_with(NOW, &node(), items[0].clone(), &wanted);
    let sent = Element::decode(&payload(&client.poll_transmit().unwrap()))
        .unwrap()
        .children;
    let [
        Child::Publish {
            items: sent_items, ..
        },
        Child::PublishOptions {
            form: Some(sent), ..
        },
    ] = sent.as_slice()
    else {
        panic!("{sent:?}")
    };
    assert_eq!(
        (sent_items, PublishOptions::from_form(sent).unwrap()),
        (items, wanted)
    );

    let example_137 = payload(&example("ex-137"));
    let children = Element::decode(&example_137).unwrap().children;
    let Child::Configure {
        form: Some(form), ..
    } = &children[1]
    else {
        panic!()
    };
    client.create(NOW, Some(&node()), Some(form.clone()));
    let sent = payload(&client.poll_transmit().unwrap());
    assert_eq!(meaning(&sent), meaning(&example_137));
}

#[test]
fn what_the_answers_of_the_examples_mean() {
    if examples::folder().is_none() {
        return;
    }
    let Outcome::Subscriptions(list) = outcome(
        |client| client.subscriptions(NOW, Some(&node())),
        example("ex-021"),
    ) else {
        panic!()
    };
    assert!(
        list.iter()
            .all(|entry| entry.state == Some(SubscriptionState::Subscribed))
    );
    let none = outcome(|client| client.subscriptions(NOW, None), example("ex-018"));
    assert_eq!(none, Outcome::Subscriptions(Vec::new()));
    let Outcome::Affiliations(list) = outcome(
        |client| client.affiliations(NOW, Some(&node())),
        example("ex-027"),
    ) else {
        panic!()
    };
    assert_eq!(list[0].affiliation, Affiliation::Owner);
    let Outcome::Subscribed(Some(subscription)) = outcome(
        |client| client.subscribe(NOW, &node(), jid("a@b")),
        example("ex-029"),
    ) else {
        panic!()
    };
    assert_eq!(
        subscription.subid.unwrap().as_str(),
        "ba49252aaa4f5d320c24d3766f0bdcade78c78d3"
    );
    let Outcome::Items(items) =
        outcome(|client| client.items(NOW, &node(), None), example("ex-075"))
    else {
        panic!()
    };
    assert_eq!(items.len(), 4);
    let none = outcome(
        |client| client.items_by_id(NOW, &node(), [id("x")]),
        example("ex-095"),
    );
    assert_eq!(none, Outcome::Items(Vec::new()));
    let Outcome::Published(Some(made)) = outcome(
        |client| client.publish(NOW, &node(), Item::default()),
        example("ex-099"),
    ) else {
        panic!()
    };
    assert_eq!(made.as_str(), "ae890ac52d0df67ed7cfdf51b644e901");
    let done = outcome(
        |client| client.create(NOW, Some(&node()), None),
        example("ex-138"),
    );
    assert_eq!(done, Outcome::Created(None));
    let Outcome::Subscriptions(list) = outcome(
        |client| client.node_subscriptions(NOW, &node()),
        example("ex-185"),
    ) else {
        panic!()
    };
    assert_eq!(
        list.last().unwrap().subid.as_ref().unwrap().as_str(),
        "004-yyy"
    );
    let Outcome::Affiliations(list) = outcome(
        |client| client.node_affiliations(NOW, &node()),
        example("ex-198"),
    ) else {
        panic!()
    };
    assert_eq!(list[0].jid, Some(jid("hamlet@denmark.lit")));
    let Outcome::Info(info) = outcome(|client| client.info(NOW, Some(&node())), example("ex-014"))
    else {
        panic!()
    };
    assert_eq!(info.identities[0].kind, "leaf");
    let Outcome::Entries(entries) = outcome(
        |client| client.entries(NOW, Some(&node())),
        example("ex-015-b"),
    ) else {
        panic!()
    };
    assert_eq!(entries.items.len(), 4);
}

#[test]
fn what_stands_beside_the_answer_does_not_hide_it() {
    let answer = |children: &str| {
        stanza(&format!(
            "<iq type='result' id='i'><pubsub xmlns='{}'>{children}</pubsub></iq>",
            ns::PUBSUB
        ))
    };
    let newest: Ask = |client| client.items(NOW, &node(), Some(2));
    let set = "<set xmlns='http://jabber.org/protocol/rsm'><count>5</count></set>";
    let more = "<more xmlns='urn:m'/>";
    let items = "<items node='princely_musings'><item id='i'/></items>";
    // As ejabberd answers, also where no page was asked for.
    for around in [format!("{set}{items}"), format!("{more}{items}{set}")] {
        let Outcome::Items(found) = outcome(newest, answer(&around)) else {
            panic!("T6: {around}")
        };
        assert_eq!(found.len(), 1, "T6: {around}");
    }
    let nothing = outcome(newest, answer(set));
    assert_eq!(nothing, Outcome::Items(Vec::new()), "T6, T12: {nothing:?}");
    let subscription =
        "<subscription node='princely_musings' jid='a@b' subscription='subscribed'/>";
    let subscribed = outcome(
        |client| client.subscribe(NOW, &node(), jid("a@b")),
        answer(&format!("{more}{subscription}")),
    );
    assert!(
        matches!(subscribed, Outcome::Subscribed(Some(_))),
        "T6: {subscribed:?}"
    );
    // Another answer than the one that is due is none.
    let mut client = client();
    newest(&mut client);
    let event = answered(&mut client, answer(subscription));
    assert!(
        matches!(
            event,
            Event::Failed {
                failure: Failure::Unreadable,
                ..
            }
        ),
        "T6: {event:?}"
    );
}

#[test]
fn forms_of_options_and_configuration() {
    let form = |form_type: &str| {
        format!(
            "<x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'>\
             <value>{form_type}</value></field></x>"
        )
    };
    let answer = |ns: &str, content: &str| {
        stanza(&format!(
            "<iq type='result' id='1'><pubsub xmlns='{ns}'>{content}</pubsub></iq>"
        ))
    };
    // Example 56 and section 6.4.2.
    for element in ["options node='n' jid='a@b'", "default"] {
        let name = element.split(' ').next().unwrap();
        let content = format!("<{element}>{}</{name}>", form(ns::SUBSCRIBE_OPTIONS));
        let Outcome::Options(found) = outcome(
            |client| client.options(NOW, &node(), jid("a@b"), None),
            answer(ns::PUBSUB, &content),
        ) else {
            panic!()
        };
        assert_eq!(found.form_type(), Some(ns::SUBSCRIBE_OPTIONS));
    }
    // Sections 8.2.2 and 8.3.3.
    for element in ["configure node='n'", "default"] {
        let name = element.split(' ').next().unwrap();
        let content = format!("<{element}>{}</{name}>", form(ns::NODE_CONFIG));
        let Outcome::Configuration(found) = outcome(
            |client| client.configuration(NOW, &node()),
            answer(ns::PUBSUB_OWNER, &content),
        ) else {
            panic!()
        };
        assert_eq!(found.form_type(), Some(ns::NODE_CONFIG));
    }
    // An answer without what was asked for is none.
    for ask in [
        (|client| client.configuration(NOW, &node())) as Ask,
        |client| client.options(NOW, &node(), jid("a@b"), None),
        |client| client.subscriptions(NOW, None),
        |client| client.affiliations(NOW, None),
        |client| client.pending(NOW),
        |client| client.info(NOW, None),
        |client| client.entries(NOW, None),
    ] {
        let mut client = client();
        let asked = ask(&mut client);
        let event = answered(&mut client, stanza("<iq type='result' id='1'/>"));
        let Event::Failed { request, failure } = event else {
            panic!("{event:?}")
        };
        assert_eq!((request, failure), (asked, Failure::Unreadable));
    }
}

#[test]
fn an_owner_is_asked_and_decides() {
    if examples::folder().is_none() {
        return;
    }
    let mut client = client();
    assert!(client.handle_stanza(NOW, example("ex-170")).is_none());
    let Some(Event::Approval(approval)) = client.poll_event() else {
        panic!()
    };
    assert_eq!(approval.request.node, Some(node()));
    assert_eq!(
        approval.request.subscriber_jid,
        Some(jid("horatio@denmark.lit"))
    );
    for (decision, allow) in [(Decision::Allow, true), (Decision::Deny, false)] {
        client.decide(&approval, decision);
        let Some(Stanza::Message(answer)) = client.poll_transmit() else {
            panic!()
        };
        assert_eq!(answer.to, Some(jid("pubsub.shakespeare.lit")));
        assert_eq!(answer.id.unwrap().as_str(), "approve1");
        let form = Form::decode(answer.payloads.find(ns::DATA_FORMS, "x").unwrap()).unwrap();
        assert_eq!(form.kind.as_str(), "submit");
        let values: Vec<_> = [
            "pubsub#subid",
            "pubsub#node",
            "pubsub#subscriber_jid",
            "pubsub#allow",
        ]
        .into_iter()
        .map(|field| form.field(field).unwrap().value().unwrap())
        .collect();
        let allow = if allow { ["true", "1"] } else { ["false", "0"] };
        assert_eq!(
            values[..3],
            ["123-abc", "princely_musings", "horatio@denmark.lit"]
        );
        assert!(allow.contains(&values[3]), "{values:?}");
    }
}

#[test]
fn subscriptions_that_wait_are_asked_for() {
    let mut client = client();
    client.pending(NOW);
    let sent = payload(&client.poll_transmit().unwrap());
    // Example 176.
    let expected = "<command xmlns='http://jabber.org/protocol/commands' \
        node='http://jabber.org/protocol/pubsub#get-pending' action='execute'/>";
    assert_eq!(
        meaning(&sent),
        canonical(&read(expected.as_bytes(), &Scope::new()))
    );
    // Section 8.7.2.
    let answer = "<iq type='result' id='1'><command xmlns='http://jabber.org/protocol/commands' \
        sessionid='pubsub-get-pending:20031021T150901Z-600' status='executing' \
        node='http://jabber.org/protocol/pubsub#get-pending'><x xmlns='jabber:x:data' type='form'>\
        <field var='pubsub#node' type='list-single'><option><value>princely_musings</value></option>\
        <option><value>news_from_elsinore</value></option></field></x></command></iq>";
    let Outcome::Pending { nodes, session } = outcome(|client| client.pending(NOW), stanza(answer))
    else {
        panic!()
    };
    assert_eq!(nodes, [node(), NodeId::new("news_from_elsinore").unwrap()]);
    // Example 182.
    client.ask_pending(NOW, &nodes[0], session);
    let sent = payload(&client.poll_transmit().unwrap());
    let expected = "<command xmlns='http://jabber.org/protocol/commands' \
        sessionid='pubsub-get-pending:20031021T150901Z-600' \
        node='http://jabber.org/protocol/pubsub#get-pending' action='execute'>\
        <x xmlns='jabber:x:data' type='submit'><field var='pubsub#node'>\
        <value>princely_musings</value></field></x></command>";
    assert_eq!(
        meaning(&sent),
        canonical(&read(expected.as_bytes(), &Scope::new()))
    );
}
