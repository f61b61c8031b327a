//! How a node is named: §4.6.

use xmpp_pubsub::ns;
use xmpp_pubsub::service::{Config, NodeConfig};

use crate::common::{Bench, READER, error, jid, meaning, row};

/// A request to an address of the service, as somebody else's literal text.
fn at(bench: &mut Bench, address: &str, kind: &str, content: &str) -> String {
    bench.say(&format!(
        "<iq type='{kind}' from='{READER}' to='{address}' id='i/1'>{content}</iq>"
    ))
}

fn in_pubsub(content: &str) -> String {
    format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB)
}

#[test]
fn an_address_or_an_address_and_a_node_id() {
    let mut bench = Bench::open();
    bench.publish("a");
    let by_node = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert!(by_node.contains("<item id=\"a\">"), "PS-4.6-01: {by_node}");
    let address = "pubsub.shakespeare.lit/princely_musings";
    let by_address = at(&mut bench, address, "get", &in_pubsub("<items/>"));
    assert_eq!(
        meaning(&by_address),
        meaning(&by_node.replace("\"pubsub.shakespeare.lit\"", &format!("\"{address}\""))),
        "PS-4.6-01: who is asked answers"
    );
    let query = format!("<query xmlns='{}'/>", ns::DISCO_INFO);
    let info = at(&mut bench, address, "get", &query);
    assert!(
        info.contains("<query xmlns=\"http://jabber.org/protocol/disco#info\"><identity category=\"pubsub\" type=\"leaf\"/>"),
        "PS-4.6-01, PS-5.3-02: {info}"
    );
    let query = format!("<query xmlns='{}'/>", ns::DISCO_ITEMS);
    let items = at(&mut bench, address, "get", &query);
    assert!(items.contains("name=\"a\""), "PS-4.6-01: {items}");
    let absent = at(&mut bench, "pubsub.shakespeare.lit/absent", "get", &query);
    assert_eq!(
        error(&absent),
        row("cancel", "item-not-found", ""),
        "PS-4.6-01"
    );
}

#[test]
fn in_an_address_the_node_id_is_the_resource_and_prepared() {
    let mut bench = Bench::open();
    // As example 4 has it.
    bench.add("news announcements", NodeConfig::default());
    // Composed: the resource profile makes one character of a letter and its accent.
    bench.add("caf\u{e9}", NodeConfig::default());
    let subscribe = in_pubsub("<subscribe jid='francisco@denmark.lit'/>");
    for (resource, node) in [
        ("news announcements", "news announcements"),
        ("cafe\u{301}", "caf\u{e9}"),
    ] {
        let address = format!("pubsub.shakespeare.lit/{resource}");
        let answer = at(&mut bench, &address, "set", &subscribe);
        let told = format!(
            "<subscription node=\"{node}\" jid=\"francisco@denmark.lit\" subscription=\"subscribed\"/>"
        );
        assert!(answer.contains(&told), "PS-4.6-03: {answer}");
    }
    for elsewhere in [
        "princely_musings@pubsub.shakespeare.lit",
        "somebody@pubsub.shakespeare.lit/princely_musings",
    ] {
        let answer = at(&mut bench, elsewhere, "get", &in_pubsub("<items/>"));
        assert_eq!(
            error(&answer),
            row("modify", "bad-request", "nodeid-required"),
            "PS-4.6-03: a local part names no node, nor is {elsewhere} in the service"
        );
    }
    // What is said inside counts more: the address is then that of the service.
    let both = at(
        &mut bench,
        "pubsub.shakespeare.lit/news announcements",
        "set",
        &in_pubsub("<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"),
    );
    assert!(
        both.contains("node=\"princely_musings\""),
        "PS-4.6-01: {both}"
    );
}

#[test]
fn a_service_with_a_local_part_has_resources_too() {
    // As example 5 has it.
    let mut bench = Bench::new(Config::new(jid("pubsub@shakespeare.lit"), 1));
    bench.add("news announcements", NodeConfig::default());
    let address = "pubsub@shakespeare.lit/news announcements";
    let answer = at(&mut bench, address, "get", &in_pubsub("<items/>"));
    assert!(
        answer.contains("<items node=\"news announcements\"/>"),
        "PS-4.6-01, PS-4.6-03: {answer}"
    );
}

#[test]
fn one_string_names_the_node_for_disco_and_for_pubsub() {
    let mut bench = Bench::open();
    let name = "/finesse/api/Caf\u{e9} & Bar/ 1";
    bench.add(name, NodeConfig::default());
    let written = name.replace('&', "&amp;");
    let query = format!("<query xmlns='{}'/>", ns::DISCO_ITEMS);
    let nodes = bench.ask(READER, "get", &query);
    let item = format!("<item jid=\"pubsub.shakespeare.lit\" node=\"{written}\"/>");
    assert!(nodes.contains(&item), "PS-4.6-02, PS-4.6-04: {nodes}");
    let info = bench.info(&format!(" node='{written}'"));
    assert!(
        info.contains(&format!("node=\"{written}\"")) && info.contains("type=\"leaf\""),
        "PS-4.6-02, PS-4.6-04: {info}"
    );
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='{written}' jid='francisco@denmark.lit'/>"),
    );
    assert!(
        answer.contains(&format!("<subscription node=\"{written}\"")),
        "PS-4.6-04: {answer}"
    );
    // Another string is another node, however alike they look.
    let other = bench.info(&format!(
        " node='{}'",
        written.replace("Caf\u{e9}", "Cafe\u{301}")
    ));
    assert_eq!(
        error(&other),
        row("cancel", "item-not-found", ""),
        "PS-4.6-04"
    );
}
