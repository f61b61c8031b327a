//! How events reach subscribers: §6.1.7, §12.3 to §12.8, §12.20 and §12.25.

use std::time::Duration;

use xmpp_pubsub::Payload;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{Availability, NodeConfig, OnBounce, Overlap, SendLast};
use xmpp_pubsub::stanza::Show;

use crate::common::{
    Bench, NOW, OWNER, READER, attribute, config, done, events, form, jid, node, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";

fn subscribe_with(bench: &mut Bench, jid: &str, fields: &[(&str, &str)]) -> String {
    let form = form("subscribe_options", fields);
    bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='princely_musings' jid='{jid}'/><options>{form}</options>"),
    )
}

#[test]
fn the_last_item_on_subscribing_with_its_date() {
    let mut bench = Bench::open();
    bench.publish("a");
    bench.wait(Duration::from_secs(60));
    let sent = bench.subscribe(READER, FRANCISCO);
    let told = to(&sent, FRANCISCO)[0];
    assert!(
        told.contains("<item id=\"a\"><entry xmlns=\"urn:e\"/></item></items></event>")
            && told.ends_with(
                "<delay xmlns=\"urn:xmpp:delay\" stamp=\"2006-01-01T00:00:01Z\"/></message>"
            ),
        "PS-6.1-25, PS-12.10-01, PS-12.2-01: {told}"
    );
    let again = bench.subscribe(READER, FRANCISCO);
    assert_eq!(events(&again), 0, "once: {again}");
    let info = bench.ask(
        READER,
        "get",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    assert!(
        info.contains("#last-published\""),
        "PS-6.1-26, PS-4.3-02: {info}"
    );
}

#[test]
fn the_last_item_when_a_subscriber_comes() {
    for (when, expected) in [
        (SendLast::OnSubAndPresence, 1),
        (SendLast::OnSub, 0),
        (SendLast::Never, 0),
    ] {
        let mut bench = Bench::with(config(), NodeConfig::default().with_send_last(when));
        bench.subscribe(READER, FRANCISCO);
        bench.publish("a");
        let sent = bench.online(READER);
        assert_eq!(
            to(&sent, READER).len(),
            expected,
            "PS-4.3-03, PS-9.3-04, {when}: {sent}"
        );
        let again = bench.online(READER);
        assert_eq!(again, "", "PS-9.3-04: later presence is none, {when}");
    }
}

#[test]
fn the_last_item_of_a_node_that_keeps_none() {
    let config_of_node = NodeConfig::transient().with_send_last(SendLast::OnSub);
    let mut bench = Bench::with(config(), config_of_node);
    bench.publish("a");
    let sent = bench.subscribe(READER, FRANCISCO);
    assert_eq!(events(&sent), 1, "PS-3-07: {sent}");
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert!(items.contains("<item id=\"a\">"), "PS-6.5-08: {items}");
}

#[test]
fn several_subscriptions_bring_one_last_item() {
    let mut bench = Bench::with(config().with_multi_subscribe(true), NodeConfig::default());
    bench.publish("a");
    let first = bench.subscribe(READER, FRANCISCO);
    let second = bench.subscribe(READER, FRANCISCO);
    assert_eq!((events(&first), events(&second)), (1, 0), "T21");
    assert!(
        first.contains(&format!(
            "<header name=\"SubID\">{}</header>",
            attribute(&first, "subid")
        )),
        "PS-12.16-01: {first}"
    );
}

#[test]
fn only_who_is_there_gets_events_by_presence() {
    let by_presence = NodeConfig {
        presence_based_delivery: true,
        send_last: SendLast::Never,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), by_presence);
    bench.subscribe(READER, FRANCISCO);
    bench.subscribe(READER, READER);
    assert_eq!(
        events(&bench.publish("a")),
        0,
        "PS-12.6-01: nobody is there"
    );
    bench.online("francisco@denmark.lit/walls");
    let sent = bench.publish("b");
    assert_eq!(
        to(&sent, FRANCISCO).len(),
        1,
        "PS-12.6-01, PS-12.3-01: {sent}"
    );
    assert_eq!(
        to(&sent, READER).len(),
        0,
        "PS-6.1-24: another session: {sent}"
    );
    bench.online(READER);
    assert_eq!(
        events(&bench.publish("c")),
        2,
        "PS-6.1-24: different recipients"
    );
}

#[test]
fn only_in_states_that_the_subscriber_names() {
    let mut bench = Bench::open();
    subscribe_with(&mut bench, FRANCISCO, &[("show-values", "chat|online")]);
    let mut publish_at = |show| {
        let availability = Availability::Available { show, priority: 0 };
        bench.service.set_presence(NOW, &jid(READER), availability);
        bench.sent();
        events(&bench.publish("a"))
    };
    assert_eq!(publish_at(None), 1, "PS-12.3-01: online");
    assert_eq!(publish_at(Some(Show::Chat)), 1, "PS-12.3-01: chat");
    assert_eq!(publish_at(Some(Show::Dnd)), 0, "PS-12.3-01: dnd");
    bench.offline(READER);
    assert_eq!(events(&bench.publish("a")), 0, "PS-12.3-01: gone");
}

#[test]
fn events_are_collected_in_a_digest() {
    let mut bench = Bench::open();
    subscribe_with(
        &mut bench,
        FRANCISCO,
        &[("digest", "1"), ("digest_frequency", "60000")],
    );
    for id in ["a", "b", "a"] {
        assert_eq!(events(&bench.publish(id)), 0, "PS-12.25-01: collected");
    }
    assert_eq!(
        bench.wait(Duration::from_secs(59)),
        "",
        "PS-12.25-01: not yet"
    );
    let sent = bench.wait(Duration::from_secs(1));
    assert_eq!(events(&sent), 1, "PS-12.25-01: one message: {sent}");
    let (b, a) = (sent.find("<item id=\"b\""), sent.find("<item id=\"a\""));
    assert!(
        b < a && b.is_some(),
        "PS-12.25-01: each item once, in order: {sent}"
    );
    assert_eq!(sent.matches("<item ").count(), 2, "PS-12.25-01: {sent}");
    assert_eq!(bench.service.poll_timeout(), None);
}

#[test]
fn a_digest_that_is_full_goes_at_once() {
    let mut small = config();
    small.max_digest = 2;
    let mut bench = Bench::with(small, NodeConfig::default());
    subscribe_with(&mut bench, FRANCISCO, &[("digest", "1")]);
    assert_eq!(events(&bench.publish("a")), 0);
    assert_eq!(events(&bench.publish("b")), 1, "PS-14.5-02");
}

#[test]
fn a_body_where_the_payload_has_words() {
    let mut words = config();
    words.body = Some(|payload: &Payload| Some(format!("News: {}", payload.name().local())));
    let mut bench = Bench::with(words, NodeConfig::default());
    subscribe_with(&mut bench, FRANCISCO, &[("include_body", "1")]);
    bench.subscribe(READER, READER);
    let sent = bench.publish("a");
    assert!(
        to(&sent, FRANCISCO)[0]
            .contains("><body xmlns=\"jabber:client\">News: entry</body><event "),
        "PS-12.8-01: {sent}"
    );
    assert!(
        !to(&sent, READER)[0].contains("<body"),
        "PS-12.8-01: {sent}"
    );
}

#[test]
fn one_subscription_that_wants_the_body_is_enough() {
    let mut words = config().with_multi_subscribe(true);
    words.body = Some(|_| Some("News".to_owned()));
    let mut bench = Bench::with(words, NodeConfig::default());
    subscribe_with(&mut bench, FRANCISCO, &[("include_body", "0")]);
    subscribe_with(&mut bench, FRANCISCO, &[("include_body", "1")]);
    let sent = bench.publish("a");
    assert_eq!(to(&sent, FRANCISCO).len(), 1, "PS-6.1-23: {sent}");
    assert!(
        sent.contains("<body xmlns=\"jabber:client\">News</body>"),
        "PS-12.8-03: {sent}"
    );
}

#[test]
fn an_address_for_replies() {
    for (reply, jid, publisher) in [
        ("owner", Some("hamlet@denmark.lit"), false),
        ("publisher", Some("polonius@denmark.lit"), true),
        ("none", None, false),
    ] {
        let mut bench = Bench::open();
        let name = node("princely_musings");
        let polonius = crate::common::jid("polonius@denmark.lit");
        bench
            .service
            .set_affiliation(NOW, &name, &polonius, Affiliation::Publisher)
            .unwrap();
        bench.configure(&[("itemreply", reply)]);
        bench.subscribe(READER, FRANCISCO);
        let item = "<publish node='princely_musings'><item id='a' publisher='x@y'><e xmlns='urn:e'/></item></publish>";
        let sent = bench.pubsub("polonius@denmark.lit/x", "set", item);
        let told = to(&sent, FRANCISCO)[0];
        let address = jid.map(|jid| format!("<address type=\"replyto\" jid=\"{jid}\"/>"));
        assert_eq!(
            told.contains("replyto"),
            address.is_some(),
            "PS-12.17-01, T13, {reply}: {told}"
        );
        if let Some(address) = address {
            assert!(told.contains(&address), "PS-12.17-01, {reply}: {told}");
        }
        let attribute = " publisher=\"polonius@denmark.lit\"";
        assert_eq!(
            told.contains(attribute),
            publisher,
            "PS-7.1-11, PS-7.1-13: {told}"
        );
        let items = bench.pubsub(OWNER, "get", "<items node='princely_musings'/>");
        assert_eq!(
            items.contains(attribute),
            publisher,
            "PS-7.1-11, PS-7.1-09: {items}"
        );
        assert!(!items.contains("x@y"), "PS-7.1-12: {items}");
    }
}

fn bounce(bench: &mut Bench, id: &str, kind: &str, condition: &str) -> String {
    bench.say(&format!(
        "<message type='error' from='{FRANCISCO}' to='pubsub.shakespeare.lit' id='{id}'>\
         <error type='{kind}'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
    ))
}

#[test]
fn an_event_that_comes_back_for_good_ends_the_subscription() {
    for (kind, condition) in [("cancel", "item-not-found"), ("modify", "gone")] {
        let mut bench = Bench::open();
        bench.subscribe(READER, FRANCISCO);
        bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
        let id = attribute(to(&bench.publish("a"), FRANCISCO)[0], "id");
        bounce(&mut bench, &id, kind, condition);
        let name = node("princely_musings");
        assert_eq!(
            bench.service.subscriber_count(&name),
            1,
            "PS-12.4-02: {condition}"
        );
        assert_eq!(
            to(&bench.publish("b"), FRANCISCO).len(),
            0,
            "PS-12.4-02: {condition}"
        );
    }
}

#[test]
fn events_that_may_pass_later_end_it_at_a_limit() {
    for (kind, condition) in [
        ("wait", "resource-constraint"),
        ("auth", "forbidden"),
        ("modify", "redirect"),
    ] {
        let mut bench = Bench::open();
        bench.subscribe(READER, FRANCISCO);
        for count in 1..=5 {
            let name = node("princely_musings");
            assert_eq!(
                bench.service.subscriber_count(&name),
                1,
                "PS-12.4-03: {count}"
            );
            let id = attribute(to(&bench.publish("a"), FRANCISCO)[0], "id");
            bounce(&mut bench, &id, kind, condition);
        }
        assert_eq!(
            bench.service.subscriber_count(&node("princely_musings")),
            0,
            "PS-12.4-03: {condition}"
        );
    }
}

#[test]
fn what_nobody_sent_comes_back_in_vain() {
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    let id = attribute(to(&bench.publish("a"), FRANCISCO)[0], "id");
    assert_eq!(bounce(&mut bench, "nonsense", "cancel", "gone"), "");
    let (prefix, _) = id.split_once('-').unwrap();
    assert_eq!(
        bounce(&mut bench, &format!("{prefix}-ffff"), "cancel", "gone"),
        ""
    );
    assert_eq!(bench.service.subscriber_count(&node("princely_musings")), 1);
    let mut bench = Bench::with(
        config().with_on_bounce(OnBounce::Nothing),
        NodeConfig::default(),
    );
    done(&bench.subscribe(READER, FRANCISCO));
    let id = attribute(to(&bench.publish("a"), FRANCISCO)[0], "id");
    bounce(&mut bench, &id, "cancel", "gone");
    assert_eq!(bench.service.subscriber_count(&node("princely_musings")), 1);
}

#[test]
fn a_session_that_gets_its_users_events_is_not_sent_a_second_copy() {
    for (overlap, reachable, expected) in [
        (Overlap::Both, true, 2),
        (Overlap::OncePerSession, true, 1),
        (Overlap::OncePerSession, false, 2),
    ] {
        let config = config().with_overlap(overlap);
        let mut bench = Bench::with(config, NodeConfig::default());
        bench.subscribe(READER, FRANCISCO);
        bench.subscribe(READER, READER);
        bench.service.set_reachable(NOW, &jid(READER), reachable);
        assert_eq!(events(&bench.publish("a")), expected, "{overlap:?}");
    }
}
