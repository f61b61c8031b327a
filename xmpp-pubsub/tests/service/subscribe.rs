//! Subscribing: §6.1.1 to §6.1.5.

use std::time::Duration;

use xmpp_pubsub::client::{Config as ClientConfig, PubSub};
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{AccessModel, Configuration, NodeConfig, Standing};
use xmpp_pubsub::{Feature, ns};

use crate::common::{
    Bench, NOW, OWNER, READER, attribute, config, error, events, jid, meaning, node, pubsub_result,
    row, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const OWN: &str = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>";
const SUBSCRIBED: &str = "<subscription node='princely_musings' jid='francisco@denmark.lit' \
     subscription='subscribed'/>";

#[test]
fn a_client_subscribes_by_one_element_in_a_set() {
    let mut client = PubSub::new(ClientConfig::new(jid("pubsub.shakespeare.lit"), 1));
    client.subscribe(Duration::ZERO, &node("princely_musings"), jid(FRANCISCO));
    let sent = client.poll_transmit().unwrap();
    let sent = String::from_utf8(sent.to_bytes().to_vec()).unwrap();
    let expected = format!(
        "<iq type='set' to='pubsub.shakespeare.lit' id='{}'><pubsub xmlns='{}'>{OWN}</pubsub></iq>",
        attribute(&sent, "id"),
        ns::PUBSUB
    );
    assert_eq!(meaning(&sent), meaning(&expected), "PS-6.1-01");
    let mut bench = Bench::open();
    for (kind, content) in [("get", OWN.to_owned()), ("set", OWN.repeat(2))] {
        let answer = bench.pubsub(READER, kind, &content);
        assert_eq!(
            error(&answer),
            row("modify", "bad-request", ""),
            "PS-6.1-01: {kind}"
        );
    }
    let nobody = bench.pubsub(READER, "set", "<subscribe node='princely_musings'/>");
    assert_eq!(
        error(&nobody),
        row("modify", "bad-request", "invalid-jid"),
        "PS-6.1-01: an address is needed"
    );
}

#[test]
fn no_node_is_the_root_where_there_are_collections() {
    let on = config().with_feature(Feature::COLLECTIONS, true);
    let mut bench = Bench::with(on, NodeConfig::default());
    for named in ["", "node=''"] {
        let subscribe = format!("<subscribe {named} jid='{FRANCISCO}'/>");
        let answer = bench.pubsub(READER, "set", &subscribe);
        let expected = format!("<subscription jid='{FRANCISCO}' subscription='subscribed'/>");
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, &expected),
            "PS-6.1-01, T22: {named}"
        );
    }
    let mut bench = Bench::open();
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='' jid='{FRANCISCO}'/>"),
    );
    assert_eq!(
        error(&answer),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[collections]"
        ),
        "T22: no root without collections"
    );
    for (kind, content) in [
        ("get", "<items node=''/>"),
        (
            "set",
            "<publish node=''><item><a xmlns='urn:e'/></item></publish>",
        ),
        ("set", "<retract node=''><item id='a'/></retract>"),
    ] {
        let answer = bench.pubsub(READER, kind, content);
        assert_eq!(
            error(&answer),
            row("modify", "bad-request", "nodeid-required"),
            "T22: {content}"
        );
    }
}

#[test]
fn the_answer_is_the_subscription_and_asking_again_yields_it() {
    let mut bench = Bench::open();
    for _ in 0..2 {
        let answer = bench.subscribe(READER, FRANCISCO);
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, SUBSCRIBED),
            "PS-6.1-02, PS-6.1-22"
        );
    }
    assert_eq!(
        bench.subscribe(READER, FRANCISCO),
        "<iq xmlns=\"jabber:client\" from=\"pubsub.shakespeare.lit\" \
         to=\"francisco@denmark.lit/barracks\" id=\"i/1\" type=\"result\">\
         <pubsub xmlns=\"http://jabber.org/protocol/pubsub\">\
         <subscription node=\"princely_musings\" jid=\"francisco@denmark.lit\" \
         subscription=\"subscribed\"/></pubsub></iq>\n",
        "PS-6.1-02: byte for byte"
    );
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        list.matches("<subscription ").count(),
        1,
        "PS-6.1-22: there is one: {list}"
    );
    assert_eq!(events(&bench.publish("a")), 1, "PS-6.1-22");
}

#[test]
fn two_resources_are_two_addresses() {
    let mut bench = Bench::open();
    let [barracks, walls] = [READER, "francisco@denmark.lit/walls"];
    for session in [barracks, walls] {
        bench.subscribe(session, session);
    }
    let sent = bench.publish("a");
    assert_eq!(
        (
            to(&sent, barracks).len(),
            to(&sent, walls).len(),
            events(&sent)
        ),
        (1, 1, 2),
        "PS-6.1-24: {sent}"
    );
    bench.pubsub(
        barracks,
        "set",
        &format!("<unsubscribe node='princely_musings' jid='{barracks}'/>"),
    );
    let sent = bench.publish("b");
    assert_eq!(
        (to(&sent, barracks).len(), to(&sent, walls).len()),
        (0, 1),
        "PS-6.1-24: {sent}"
    );
}

#[test]
fn nobody_subscribes_others_unless_trusted_with_that() {
    let mut trusting = config();
    trusting.proxies.insert(jid("laertes@denmark.lit"));
    let mut bench = Bench::with(trusting, NodeConfig::default());
    for address in [
        "bernardo@denmark.lit",
        "francisco@denmark.org",
        "pubsub.shakespeare.lit",
    ] {
        let answer = bench.subscribe(READER, address);
        assert_eq!(
            error(&answer),
            row("modify", "bad-request", "invalid-jid"),
            "PS-6.1-03: {address}"
        );
    }
    // An owner is no proxy: he has a request of his own for that.
    let answer = bench.subscribe(OWNER, FRANCISCO);
    assert_eq!(
        error(&answer),
        row("modify", "bad-request", "invalid-jid"),
        "PS-6.1-03"
    );
    let answer = bench.subscribe("laertes@denmark.lit/x", FRANCISCO);
    assert_eq!(
        meaning(&answer),
        pubsub_result("laertes@denmark.lit/x", SUBSCRIBED),
        "PS-6.1-04"
    );
    assert_eq!(to(&bench.publish("a"), FRANCISCO).len(), 1, "PS-6.1-04");
    let barred = jid("bernardo@denmark.lit");
    bench
        .service
        .set_service_affiliation(NOW, &barred, Affiliation::Outcast);
    let session = "bernardo@denmark.lit/x";
    for (kind, content) in [
        (
            "set",
            "<subscribe node='princely_musings' jid='bernardo@denmark.lit'/>",
        ),
        ("get", "<items node='princely_musings'/>"),
        (
            "set",
            "<publish node='princely_musings'><item><a xmlns='urn:e'/></item></publish>",
        ),
        ("set", "<create node='his'/>"),
    ] {
        let answer = bench.pubsub(session, kind, content);
        assert_eq!(
            error(&answer),
            row("auth", "forbidden", ""),
            "PS-6.1-04: barred from {content}"
        );
    }
}

/// The server of a user knows whether he has an account of his own, and whether he owes; the host says so.
#[test]
fn who_is_anonymous_or_has_to_pay_is_turned_away() {
    for (standing, expected) in [
        (Standing::Anonymous, row("cancel", "forbidden", "")),
        (Standing::PaymentDue, row("auth", "payment-required", "")),
    ] {
        let mut bench = Bench::open();
        bench.publish("a");
        bench.service.set_standing(NOW, &jid(FRANCISCO), standing);
        let answer = bench.subscribe(READER, FRANCISCO);
        assert_eq!(
            error(&answer),
            expected,
            "PS-6.1-06, PS-6.1-07, T14: {standing:?}"
        );
        let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
        if standing == Standing::PaymentDue {
            assert_eq!(error(&items), expected, "PS-6.5-14, T14");
        } else {
            assert!(items.contains("<item id=\"a\">"), "PS-6.1-07: {items}");
        }
        bench
            .service
            .set_standing(NOW, &jid(FRANCISCO), Standing::Good);
        let answer = bench.subscribe(READER, FRANCISCO);
        let answer = answer.lines().next().unwrap();
        assert_eq!(
            meaning(answer),
            pubsub_result(READER, SUBSCRIBED),
            "PS-6.1-06, PS-6.1-07"
        );
    }
}

#[test]
fn subscriptions_that_are_refused() {
    let mut limited = config();
    limited.max_subscriptions_per_user = 1;
    let mut bench = Bench::with(limited, NodeConfig::default());
    bench.add(
        "off",
        NodeConfig {
            subscribe: false,
            ..NodeConfig::default()
        },
    );
    let ask = |bench: &mut Bench, node: &str| {
        bench.pubsub(
            READER,
            "set",
            &format!("<subscribe node='{node}' jid='{FRANCISCO}'/>"),
        )
    };
    assert_eq!(
        error(&ask(&mut bench, "absent")),
        row("cancel", "item-not-found", ""),
        "PS-6.1-13"
    );
    assert_eq!(
        error(&ask(&mut bench, "off")),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[subscribe]"
        ),
        "PS-6.1-11"
    );
    bench.add("another", NodeConfig::default());
    ask(&mut bench, "another");
    assert_eq!(
        error(&ask(&mut bench, "princely_musings")),
        row("wait", "policy-violation", "too-many-subscriptions"),
        "PS-6.1-10"
    );
    bench.affiliate("bernardo@denmark.lit", "outcast");
    let answer = bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert_eq!(error(&answer), row("auth", "forbidden", ""), "PS-6.1-09");
}

#[test]
fn each_node_has_a_limit_of_subscriptions_too() {
    let mut limited = config();
    limited.max_subscriptions_per_node = 1;
    let mut bench = Bench::with(limited, NodeConfig::default());
    bench.subscribe(READER, FRANCISCO);
    let answer = bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert_eq!(
        error(&answer),
        row("wait", "policy-violation", "too-many-subscriptions"),
        "PS-6.1-10"
    );
    bench.affiliate(FRANCISCO, "outcast");
    let answer = bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-6.1-10: there is room again: {answer}"
    );
}

#[test]
fn a_node_that_moved_points_to_its_place() {
    let mut bench = Bench::open();
    let place = "xmpp:pubsub.shakespeare.lit?;node=sonnets";
    let expected = |condition: &str| {
        meaning(&format!(
            "<iq type='error' from='pubsub.shakespeare.lit' to='{READER}' id='i/1'>\
             <error type='modify'><{condition} xmlns='{}'>{place}</{condition}></error></iq>",
            ns::STANZA_ERRORS
        ))
    };
    let name = node("princely_musings");
    bench.service.set_redirect(NOW, &name, Some(place)).unwrap();
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(meaning(&answer), expected("redirect"), "PS-6.1-12: for now");
    bench.service.set_redirect(NOW, &name, None).unwrap();
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, SUBSCRIBED),
        "PS-6.1-12"
    );
    let delete = format!("<delete node='princely_musings'><redirect uri='{place}'/></delete>");
    bench.owner(OWNER, "set", &delete);
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(meaning(&answer), expected("gone"), "PS-6.1-12: for good");
}

#[test]
fn an_owner_is_asked_and_asking_again_is_an_error() {
    let mut bench = Bench::with(
        config(),
        NodeConfig::default().with_access_model(AccessModel::Authorize),
    );
    let sent = bench.subscribe(READER, FRANCISCO);
    let pending = SUBSCRIBED.replace("subscribed", "pending");
    assert_eq!(
        meaning(sent.lines().next().unwrap()),
        pubsub_result(READER, &pending),
        "PS-6.1-14"
    );
    assert_eq!(
        to(&sent, "hamlet@denmark.lit").len(),
        1,
        "PS-6.1-14: {sent}"
    );
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        error(&answer),
        row("auth", "not-authorized", "pending-subscription"),
        "PS-6.1-08"
    );
    assert_eq!(
        answer.lines().count(),
        1,
        "PS-6.1-08: nobody is asked twice: {answer}"
    );
}

#[test]
fn options_that_are_possible_are_hinted_at_and_hold_nothing_back() {
    let mut offered = config();
    offered.configuration = Configuration::Offered;
    let mut bench = Bench::with(offered.clone(), NodeConfig::default());
    let answer = bench.subscribe(READER, FRANCISCO);
    let expected = "<subscription node='princely_musings' jid='francisco@denmark.lit' \
        subscription='subscribed'><subscribe-options/></subscription>";
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, expected),
        "PS-6.1-18"
    );
    assert_eq!(
        events(&bench.publish("a")),
        1,
        "PS-6.1-18: events come at once"
    );
    let off = offered.with_feature(Feature::SUBSCRIPTION_OPTIONS, false);
    let mut bench = Bench::with(off, NodeConfig::default());
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, SUBSCRIBED),
        "PS-6.1-18: no hint at what is not there"
    );
}

#[test]
fn sessions_that_are_gone_do_not_use_up_what_a_user_may_have() {
    let mut limited = config();
    limited.max_subscriptions_per_user = 3;
    let mut bench = Bench::with(limited, NodeConfig::default());
    let [first, second, third, fourth] =
        ["1", "2", "3", "4"].map(|resource| format!("{FRANCISCO}/{resource}"));
    let taken = |answer: String| {
        assert!(
            answer.contains("subscription=\"subscribed\""),
            "PS-6.1-10: {answer}"
        );
        answer
    };
    taken(bench.subscribe(&first, FRANCISCO));
    for session in [&first, &second] {
        bench.service.set_reachable(NOW, &jid(session), true);
        taken(bench.subscribe(session, session));
    }
    let many = row("wait", "policy-violation", "too-many-subscriptions");
    assert_eq!(error(&bench.subscribe(&third, &third)), many, "PS-6.1-10");
    bench.service.set_reachable(NOW, &jid(&first), false);
    let answer = taken(bench.subscribe(&third, &third));
    let told = answer.lines().nth(1).unwrap();
    assert!(
        told.contains(&format!("to=\"{first}\"")) && told.contains("subscription=\"none\""),
        "§12.14: {told}"
    );
    let list = bench.pubsub(&third, "get", "<subscriptions/>");
    assert!(
        list.contains("jid=\"francisco@denmark.lit\"") && list.contains(&second),
        "{list}"
    );
    assert!(!list.contains(&first), "{list}");
    // Whoever asks keeps his own, even before he is available.
    bench.service.set_reachable(NOW, &jid(&third), false);
    let answer = bench.pubsub(
        &third,
        "set",
        &format!("<subscribe node='princely_musings' jid='{fourth}'/>"),
    );
    assert_eq!(error(&answer), many, "PS-6.1-10: {answer}");
}
