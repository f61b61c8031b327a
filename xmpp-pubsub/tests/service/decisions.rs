//! Where the text leaves a choice: decisions of the README that have no topic of their own.

use std::time::Duration;

use xmpp_pubsub::client::{Config as ClientConfig, Event as Told, Outcome, PubSub};
use xmpp_pubsub::event::Event;
use xmpp_pubsub::pubsub::{Child, PubSub as Element, Subscription, SubscriptionState};
use xmpp_pubsub::service::NodeConfig;
use xmpp_pubsub::stanza::{Condition, IqContent, PubSubCondition, Stanza};
use xmpp_pubsub::xml::{Limits, Scope};
use xmpp_pubsub::{DecodeError, ns};

use crate::common::{
    Bench, OWNER, READER, config, error, form, jid, meaning, node, pubsub_result, row, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";

fn decode(stanza: &str) -> Result<Stanza, DecodeError> {
    Stanza::decode(
        stanza.as_bytes(),
        &Scope::new().with("", ns::CLIENT),
        &Limits::default(),
    )
}

fn content(stanza: &str) -> IqContent {
    let Stanza::Iq(iq) = decode(stanza).unwrap() else {
        panic!("{stanza}")
    };
    iq.content
}

fn element(stanza: &str) -> Element {
    let (IqContent::Set(payload) | IqContent::Result(Some(payload))) = content(stanza) else {
        panic!("{stanza}")
    };
    Element::decode(&payload).unwrap()
}

#[test]
fn t2_the_policy_of_full_nodes_has_one_name() {
    let mut bench = Bench::with(config(), NodeConfig::default());
    let answer = bench.configure(&[("publish_full_node", "reject")]);
    assert!(
        answer.contains(" type=\"result\""),
        "T2: passed over: {answer}"
    );
    let shown = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(
        shown.contains(
            "<field var=\"pubsub#publish_node_full\" type=\"list-single\"><value>retract-oldest</value>"
        ) && !shown.contains("publish_full_node"),
        "T2: {shown}"
    );
    bench.configure(&[("publish_node_full", "reject")]);
    bench.publish("a");
    assert_eq!(
        error(&bench.publish("b")),
        row("cancel", "conflict", "node-full"),
        "T2"
    );
    let options = form("publish-options", &[("publish_full_node", "reject")]);
    let publish = format!(
        "<publish node='princely_musings'><item id='a'><a xmlns='urn:e'/></item></publish>\
         <publish-options>{options}</publish-options>"
    );
    assert_eq!(
        error(&bench.pubsub(OWNER, "set", &publish)),
        row("cancel", "conflict", "precondition-not-met"),
        "T2: no setting is called so"
    );
}

#[test]
fn t3_not_subscribed_is_read_with_any_condition() {
    for (kind, condition) in [
        ("cancel", "unexpected-request"),
        ("modify", "unexpected-request"),
        ("auth", "not-authorized"),
        ("wait", "forbidden"),
    ] {
        let stanza = format!(
            "<iq type='error' from='pubsub.shakespeare.lit' to='{READER}' id='i'>\
             <error type='{kind}'><{condition} xmlns='{}'/><not-subscribed xmlns='{}'/></error></iq>",
            ns::STANZA_ERRORS,
            ns::PUBSUB_ERRORS
        );
        let IqContent::Error { error, .. } = content(&stanza) else {
            panic!("{stanza}")
        };
        assert_eq!(
            (error.kind.as_str(), error.condition.as_str(), error.pubsub),
            (kind, condition, Some(PubSubCondition::NOT_SUBSCRIBED)),
            "T3"
        );
    }
    let mut bench = Bench::open();
    let own = "node='princely_musings' jid='francisco@denmark.lit'";
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {own}/>"));
    let expected = row("cancel", "unexpected-request", "not-subscribed");
    assert_eq!(error(&answer), expected, "T3");
    let answer = bench.pubsub(READER, "get", &format!("<options {own}/>"));
    let expected = row("modify", "unexpected-request", "not-subscribed");
    assert_eq!(error(&answer), expected, "T3");
}

#[test]
fn t4_an_event_of_a_subscription_is_read_without_node_and_state_and_written_with_both() {
    let stanza = format!(
        "<message from='pubsub.shakespeare.lit' to='{FRANCISCO}'><event xmlns='{}'>\
         <subscription jid='{FRANCISCO}'/></event></message>",
        ns::PUBSUB_EVENT
    );
    let Stanza::Message(message) = decode(&stanza).unwrap() else {
        panic!("{stanza}")
    };
    let told = Event::decode(&message.payloads.as_slice()[0]).unwrap();
    let bare = Subscription {
        node: None,
        state: None,
        ..Subscription::new(node("x"), jid(FRANCISCO), SubscriptionState::None)
    };
    assert_eq!(told, Event::Subscription(bare), "T4");
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    let sent = bench.affiliate(FRANCISCO, "outcast");
    assert!(
        to(&sent, FRANCISCO)[0].contains(
            "<subscription node=\"princely_musings\" jid=\"francisco@denmark.lit\" subscription=\"none\"/>"
        ),
        "T4, T10: {sent}"
    );
}

#[test]
fn t6_children_are_read_in_any_number_order_and_combination() {
    let stanza = format!(
        "<iq type='set' from='{READER}' to='pubsub.shakespeare.lit' id='i'><pubsub xmlns='{}'>\
         <options/><subscribe jid='{FRANCISCO}'/><items/><subscribe jid='{FRANCISCO}'/></pubsub></iq>",
        ns::PUBSUB
    );
    let read = element(&stanza);
    assert!(
        matches!(
            read.children.as_slice(),
            [
                Child::Options { .. },
                Child::Subscribe { .. },
                Child::Items(_),
                Child::Subscribe { .. }
            ]
        ),
        "T6: {read:?}"
    );
    let answer = Bench::open().say(&stanza);
    assert_eq!(
        error(&answer),
        row("modify", "bad-request", ""),
        "T6: who is asked says that it means nothing"
    );
}

#[test]
fn t7_the_set_of_a_page_is_read_and_written_beside_items() {
    let source = format!(
        "<iq type='result' from='pubsub.shakespeare.lit' to='{READER}' id='i'><pubsub xmlns='{}'>\
         <items node='princely_musings'><item id='a'/></items>\
         <set xmlns='http://jabber.org/protocol/rsm'><first index='0'>a</first><last>a</last>\
         <count>19</count></set></pubsub></iq>",
        ns::PUBSUB
    );
    let read = element(&source);
    assert!(
        matches!(read.children.as_slice(), [Child::Items(_), Child::Set(set)] if set.count == Some(19)),
        "T7: {read:?}"
    );
    let Stanza::Iq(mut iq) = decode(&source).unwrap() else {
        panic!("{source}")
    };
    iq.content = IqContent::Result(Some(read.to_payload()));
    let written = Stanza::Iq(iq).to_bytes();
    assert_eq!(
        meaning(core::str::from_utf8(&written).unwrap()),
        meaning(&source),
        "T7"
    );
}

#[test]
fn t9_a_stanza_without_type_or_id_is_refused() {
    let inside = format!("<pubsub xmlns='{}'><subscriptions/></pubsub>", ns::PUBSUB);
    for head in [
        format!("from='{READER}' id='i'"),
        format!("from='{READER}' type='get'"),
        // Example 4.
        "to='pubsub.shakespeare.lit/news announcements'".to_owned(),
    ] {
        let stanza = format!("<iq {head}>{inside}</iq>");
        assert!(decode(&stanza).is_err(), "T9: {stanza}");
    }
    let whole = format!("<iq from='{READER}' type='get' id='i'>{inside}</iq>");
    assert!(decode(&whole).is_ok(), "T9: {whole}");
}

#[test]
fn t10_none_is_a_state_like_the_others() {
    let source = format!(
        "<iq type='result' from='pubsub.shakespeare.lit' to='{READER}' id='unsub1'>\
         <pubsub xmlns='{}'><subscription node='princely_musings' jid='{FRANCISCO}' \
         subid='ba49252aaa4f5d320c24d3766f0bdcade78c78d3' subscription='none'/></pubsub></iq>",
        ns::PUBSUB
    );
    let read = element(&source);
    let [Child::Subscription(told)] = read.children.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!(told.state, Some(SubscriptionState::None), "T10");
    let Stanza::Iq(mut iq) = decode(&source).unwrap() else {
        panic!("{source}")
    };
    iq.content = IqContent::Result(Some(read.to_payload()));
    let written = Stanza::Iq(iq).to_bytes();
    assert_eq!(
        meaning(core::str::from_utf8(&written).unwrap()),
        meaning(&source),
        "T10"
    );
}

#[test]
fn t12_a_client_takes_an_empty_pubsub_for_no_items() {
    for inside in ["", "<items node='princely_musings'/>"] {
        let mut client = PubSub::new(ClientConfig::new(jid("pubsub.shakespeare.lit"), 1));
        client.items(Duration::ZERO, &node("princely_musings"), None);
        let Some(Stanza::Iq(asked)) = client.poll_transmit() else {
            panic!("nothing was asked")
        };
        let answer = format!(
            "<iq type='result' from='pubsub.shakespeare.lit' to='{READER}' id='{}'>\
             <pubsub xmlns='{}'>{inside}</pubsub></iq>",
            asked.id.as_str(),
            ns::PUBSUB
        );
        assert!(
            client
                .handle_stanza(Duration::ZERO, decode(&answer).unwrap())
                .is_none()
        );
        let told = client.poll_event();
        assert!(
            matches!(&told, Some(Told::Done { outcome: Outcome::Items(items), .. }) if items.is_empty()),
            "T12: {told:?}"
        );
    }
    let answer = Bench::open().pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, "<items node='princely_musings'/>"),
        "T12"
    );
}

#[test]
fn t14_payment_required_is_a_condition_like_others() {
    let source = format!(
        "<iq type='error' from='pubsub.shakespeare.lit' to='{READER}' id='items1'>\
         <error type='auth'><payment-required xmlns='{}'/></error></iq>",
        ns::STANZA_ERRORS
    );
    let IqContent::Error { error, .. } = content(&source) else {
        panic!("{source}")
    };
    assert_eq!(error.condition, Condition::PAYMENT_REQUIRED, "T14");
    let written = decode(&source).unwrap().to_bytes();
    assert_eq!(
        meaning(core::str::from_utf8(&written).unwrap()),
        meaning(&source),
        "T14"
    );
}

#[test]
fn t6_what_nobody_knows_is_passed_over() {
    let mut bench = Bench::open();
    let answer = bench.pubsub(
        READER,
        "set",
        &format!(
            "<x xmlns='urn:more'/><subscribe node='princely_musings' jid='{FRANCISCO}'/>\
             <reason xmlns='urn:more'>for the stories</reason>"
        ),
    );
    let expected = format!(
        "<subscription node='princely_musings' jid='{FRANCISCO}' subscription='subscribed'/>"
    );
    assert_eq!(meaning(&answer), pubsub_result(READER, &expected), "T6");
    let answer = bench.pubsub(READER, "set", "<x xmlns='urn:more'/>");
    assert_eq!(error(&answer), row("modify", "bad-request", ""), "T6");
}

#[test]
fn t27_a_stanza_has_the_namespaces_of_its_stream() {
    let bare = "<message to='a@b'><event xmlns='http://jabber.org/protocol/pubsub#event'><purge node='n'/></event></message>";
    let Stanza::Message(message) = decode(bare).unwrap() else {
        panic!("no message")
    };
    let event = message
        .payloads
        .iter()
        .find_map(|payload| Event::decode(payload).ok());
    assert_eq!(
        event,
        Some(Event::purge(node("n"))),
        "T27: nothing in it declares jabber:client"
    );
    let alone = Stanza::decode(bare.as_bytes(), &Scope::new(), &Limits::default());
    assert!(
        alone.is_err(),
        "T27: outside of a stream it is no stanza: {alone:?}"
    );
}
