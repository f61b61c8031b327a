//! The base model, and the plain rows of subscribing, publishing and owning: §3, §4, §6.1, §6.2, §7.1, §8.1 and §12.

use xmpp_pubsub::ns;
use xmpp_pubsub::service::{NodeConfig, NodeType};

use crate::common::{Bench, OWNER, READER, attribute, config, error, events, node, to};

const FRANCISCO: &str = "francisco@denmark.lit";
const OWN: &str = "node='princely_musings' jid='francisco@denmark.lit'";

fn publish(bench: &mut Bench, items: &str) -> String {
    bench.pubsub(
        OWNER,
        "set",
        &format!("<publish node='princely_musings'>{items}</publish>"),
    )
}

/// Type, condition and condition of pubsub in one line.
fn row(answer: &str) -> String {
    let (kind, condition, pubsub) = error(answer);
    format!("{kind} {condition} {}", pubsub.unwrap_or_default())
}

#[test]
fn what_is_published_reaches_who_is_subscribed() {
    let mut bench = Bench::open();
    let answer = bench.subscribe(READER, FRANCISCO);
    assert!(
        answer.contains(
            "<subscription node=\"princely_musings\" jid=\"francisco@denmark.lit\" subscription=\"subscribed\"/>"
        ),
        "PS-3-02, PS-6.1-02: {answer}"
    );
    bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit/x");
    let sent = bench.publish("a");
    let told = (
        to(&sent, FRANCISCO).len(),
        to(&sent, "bernardo@denmark.lit/x").len(),
    );
    assert_eq!(told, (1, 1), "PS-3-01, PS-7.1-07: {sent}");
    let ids: Vec<_> = sent
        .lines()
        .filter(|line| line.contains("<event"))
        .map(|line| attribute(line, "id"))
        .collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "PS-7.1-08: {ids:?}");
}

#[test]
fn affiliations_that_there_are() {
    let mut bench = Bench::open();
    let info = bench.ask(
        READER,
        "get",
        &format!("<query xmlns='{}'/>", ns::DISCO_INFO),
    );
    for name in ["member", "outcast", "publisher", "publish-only"] {
        let entry = format!("<affiliation jid='x@denmark.lit' affiliation='{name}'/>");
        let content = format!("<affiliations node='princely_musings'>{entry}</affiliations>");
        bench.owner(OWNER, "set", "<affiliations node='princely_musings'><affiliation jid='x@denmark.lit' affiliation='none'/></affiliations>");
        let answer = bench.owner(OWNER, "set", &content);
        assert!(
            answer.contains("type=\"result\""),
            "PS-3-04, PS-3-03: {name}: {answer}"
        );
        assert!(
            info.contains(&format!("#{name}-affiliation\"")),
            "PS-4.1-02: {name}"
        );
    }
    let list = bench.owner(OWNER, "get", "<affiliations node='princely_musings'/>");
    assert!(
        list.contains("affiliation=\"owner\""),
        "PS-3-03, PS-8.9-01: {list}"
    );
}

#[test]
fn asking_again_yields_the_one_there_is() {
    let mut bench = Bench::open();
    let first = bench.subscribe(READER, FRANCISCO);
    let second = bench.subscribe(READER, FRANCISCO);
    assert_eq!(first, second, "PS-6.1-22");
    assert_eq!(
        bench.service.subscriber_count(&node("princely_musings")),
        1,
        "PS-6.1-22"
    );
    let mut bench = Bench::with(config().with_multi_subscribe(true), NodeConfig::default());
    let asked = format!("<subscribe {OWN} subid='mine'/>");
    let one = attribute(&bench.pubsub(READER, "set", &asked), "subid");
    let two = attribute(&bench.pubsub(READER, "set", &asked), "subid");
    assert!(
        one != two && one != "mine",
        "PS-6.1-19, PS-6.1-21: {one} {two}"
    );
}

#[test]
fn nodes_that_take_no_subscription() {
    let mut bench = Bench::open();
    bench.configure(&[("subscribe", "0")]);
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        row(&answer),
        "cancel feature-not-implemented unsupported[subscribe]",
        "PS-6.1-11: {answer}"
    );
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='none' jid='{FRANCISCO}'/>"),
    );
    assert_eq!(
        row(&answer),
        "cancel item-not-found ",
        "PS-6.1-13: {answer}"
    );
}

#[test]
fn the_end_of_a_subscription() {
    let mut bench = Bench::open();
    let mut ask =
        |attributes: &str| bench.pubsub(READER, "set", &format!("<unsubscribe {attributes}/>"));
    let answer = ask(OWN);
    assert_eq!(
        row(&answer),
        "cancel unexpected-request not-subscribed",
        "PS-6.2-04, T3: {answer}"
    );
    let answer = ask("node='princely_musings' jid='bernardo@denmark.lit'");
    assert_eq!(row(&answer), "auth forbidden ", "PS-6.2-05: {answer}");
    let answer = ask("node='none' jid='francisco@denmark.lit'");
    assert_eq!(
        row(&answer),
        "cancel item-not-found ",
        "PS-6.2-06: {answer}"
    );
    bench.subscribe(READER, FRANCISCO);
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {OWN} subid='x'/>"));
    assert!(
        answer.ends_with(" type=\"result\"/>\n"),
        "PS-6.2-02, PS-6.2-07: {answer}"
    );
    assert_eq!(events(&bench.publish("a")), 0, "PS-6.2-02");
}

#[test]
fn the_end_of_one_of_several() {
    let mut bench = Bench::with(config().with_multi_subscribe(true), NodeConfig::default());
    let first = attribute(&bench.subscribe(READER, FRANCISCO), "subid");
    bench.subscribe(READER, FRANCISCO);
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {OWN}/>"));
    assert_eq!(
        row(&answer),
        "modify bad-request subid-required",
        "PS-6.2-03: {answer}"
    );
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {OWN} subid='x'/>"));
    assert_eq!(
        row(&answer),
        "modify not-acceptable invalid-subid",
        "PS-6.2-08: {answer}"
    );
    bench.pubsub(
        READER,
        "set",
        &format!("<unsubscribe {OWN} subid='{first}'/>"),
    );
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        list.matches("<subscription ").count(),
        1,
        "PS-6.2-02: {list}"
    );
}

#[test]
fn items_by_what_the_node_is() {
    let mut bench = Bench::open();
    let answer = publish(&mut bench, "<item><e xmlns='urn:e'/></item>");
    assert!(
        !attribute(&answer, "node").is_empty() && answer.contains("<item id=\""),
        "PS-7.1-30: {answer}"
    );
    let answer = publish(&mut bench, "");
    assert_eq!(
        row(&answer),
        "modify bad-request item-required",
        "PS-7.1-31: {answer}"
    );
    let answer = publish(&mut bench, "<item id='a'/>");
    assert_eq!(
        row(&answer),
        "modify bad-request payload-required",
        "PS-7.1-32: {answer}"
    );
    bench.configure(&[("persist_items", "0"), ("deliver_payloads", "0")]);
    let answer = publish(&mut bench, "<item id='a'/>");
    assert_eq!(
        row(&answer),
        "modify bad-request item-forbidden",
        "PS-7.1-33: {answer}"
    );
    bench.subscribe(READER, FRANCISCO);
    let sent = publish(&mut bench, "");
    assert!(
        sent.contains("<items node=\"princely_musings\"/>"),
        "PS-4.3-04: {sent}"
    );
}

#[test]
fn names_are_there_once() {
    let mut bench = Bench::open();
    let answer = bench.pubsub(READER, "set", "<create node='princely_musings'/>");
    assert_eq!(row(&answer), "cancel conflict ", "PS-12.9-01: {answer}");
    bench.publish("a");
    bench.publish("a");
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(
        items.matches("<item ").count(),
        1,
        "PS-12.9-01, PS-6.5-16: {items}"
    );
    bench.configure(&[("deliver_payloads", "0")]);
    publish(&mut bench, "<item/>");
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    let unnamed = items.contains("<item>") || items.contains("<item/>");
    assert!(
        !unnamed && items.contains("<item id=\""),
        "PS-12.9-02, PS-6.5-01: {items}"
    );
}

#[test]
fn a_name_with_slashes_is_one_name() {
    let mut bench = Bench::new(config());
    bench.pubsub(OWNER, "set", "<create node='/finesse/api/User'/>");
    assert!(
        bench.service.contains_node(&node("/finesse/api/User")),
        "PS-8.1-01"
    );
    for name in ["/finesse/api", "/finesse"] {
        assert!(
            !bench.service.contains_node(&node(name)),
            "PS-12.15-01: {name}"
        );
    }
    let info = bench.ask(
        READER,
        "get",
        &format!(
            "<query xmlns='{}' node='/finesse/api/User'/>",
            ns::DISCO_INFO
        ),
    );
    assert!(
        info.contains("node=\"/finesse/api/User\""),
        "PS-4.6-04, PS-4.6-02: {info}"
    );
    assert_eq!(NodeConfig::default().node_type, NodeType::Leaf);
    assert!(info.contains("type=\"leaf\""), "PS-8.1-08: {info}");
}

#[test]
fn a_node_takes_its_items_with_it() {
    let mut bench = Bench::open();
    bench.publish("a");
    let answer = bench.owner(OWNER, "set", "<delete node='princely_musings'/>");
    assert!(answer.contains("type=\"result\""), "PS-8.4-01: {answer}");
    bench.pubsub(OWNER, "set", "<create node='princely_musings'/>");
    let items = bench.pubsub(OWNER, "get", "<items node='princely_musings'/>");
    assert!(
        items.contains("<items node=\"princely_musings\"/>"),
        "PS-8.4-01: {items}"
    );
}

#[test]
fn what_owners_can_do_and_what_it_is_called() {
    let mut bench = Bench::open();
    bench.publish("a");
    let answer = bench.configure(&[("title", "T")]);
    assert!(
        answer.contains("type=\"result\""),
        "PS-8.2-01, PS-8.2-07: {answer}"
    );
    let answer = bench.configure(&[("max_items", "none")]);
    assert_eq!(
        row(&answer),
        "modify not-acceptable ",
        "PS-8.2-07: {answer}"
    );
    let answer = bench.owner(OWNER, "set", "<purge node='princely_musings'/>");
    assert!(answer.contains("type=\"result\""), "PS-8.5-01: {answer}");
    let answer = bench.owner(OWNER, "get", "<subscriptions node='princely_musings'/>");
    assert!(
        answer.contains("<subscriptions node="),
        "PS-8.8-01: {answer}"
    );
}

#[test]
fn features_of_publishers_and_subscribers() {
    let mut bench = Bench::open();
    let info = bench.ask(
        READER,
        "get",
        &format!("<query xmlns='{}'/>", ns::DISCO_INFO),
    );
    let has = |name: &str| info.contains(&format!("#{name}\"/>"));
    assert!(has("publish"), "PS-7.1-01: {info}");
    assert!(has("publish-options"), "PS-7.1-41: {info}");
    assert!(
        has("delete-items") && has("retract-items"),
        "PS-7.2-01: {info}"
    );
    assert!(has("subscription-options"), "PS-6.3-02, PS-6.3-01: {info}");
}

#[test]
fn events_are_not_stored_for_who_is_away() {
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    let sent = bench.publish("a");
    assert!(
        to(&sent, FRANCISCO)[0].contains("type=\"headline\""),
        "PS-12.7-01: {sent}"
    );
    bench.configure(&[("deliver_notifications", "0")]);
    assert_eq!(
        events(&bench.publish("b")),
        0,
        "PS-3-09: even notifications can be left out"
    );
}

#[test]
fn a_node_can_be_the_resource_of_the_service() {
    let mut bench = Bench::open();
    let mut ask = |kind: &str, content: &str| {
        bench.say(&format!(
            "<iq type='{kind}' from='{READER}' to='pubsub.shakespeare.lit/princely_musings' id='i'>{content}</iq>"
        ))
    };
    let info = ask("get", &format!("<query xmlns='{}'/>", ns::DISCO_INFO));
    assert!(
        info.contains("from=\"pubsub.shakespeare.lit/princely_musings\"")
            && info.contains("type=\"leaf\"")
            && !info.contains(" node=\"princely_musings\""),
        "PS-4.6-03, PS-4.6-01, PS-5.3-02: {info}"
    );
    let subscribe = format!("<subscribe jid='{FRANCISCO}'/>");
    let answer = ask(
        "set",
        &format!("<pubsub xmlns='{}'>{subscribe}</pubsub>", ns::PUBSUB),
    );
    assert!(
        answer.contains(
            "node=\"princely_musings\" jid=\"francisco@denmark.lit\" subscription=\"subscribed\""
        ),
        "PS-4.6-03: {answer}"
    );
}
