//! What can be found out: §5.2 to §5.5, §6.5.4 and XEP-0059.

use xmpp_pubsub::ns;
use xmpp_pubsub::service::{Config, NodeConfig};

use crate::common::{Bench, OWNER, READER, config, error, node};

fn items(bench: &mut Bench, node: &str, set: &str) -> String {
    let query = format!("<query xmlns='{}'{node}>{set}</query>", ns::DISCO_ITEMS);
    bench.ask(READER, "get", &query)
}

fn set(content: &str) -> String {
    format!("<set xmlns='{}'>{content}</set>", ns::RSM)
}

fn names(answer: &str, attribute: &str) -> Vec<String> {
    let start = format!("{attribute}=\"");
    answer
        .split("<item ")
        .skip(1)
        .filter_map(|item| item.split(&start).nth(1))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

fn many() -> Bench {
    let mut bench = Bench::new(config());
    for name in ["a", "b", "c", "d", "e"] {
        bench.add(name, NodeConfig::default());
    }
    bench
}

#[test]
fn nodes_come_in_pages() {
    let mut bench = many();
    for (content, expected) in [
        ("<max>2</max>", "a b"),
        ("<max>2</max><after>b</after>", "c d"),
        ("<max>2</max><before/>", "d e"),
        ("<max>2</max><before>c</before>", "a b"),
        ("<max>2</max><index>3</index>", "d e"),
        ("<max>0</max>", ""),
    ] {
        let answer = items(&mut bench, "", &set(content));
        let found = names(&answer, "node").join(" ");
        assert_eq!(
            found, expected,
            "PS-5.2-01, RS-01, RS-02: {content}: {answer}"
        );
        assert!(answer.contains("<count>5</count>"), "RS-01: {answer}");
    }
    let page = items(&mut bench, "", &set("<max>2</max><index>3</index>"));
    assert!(
        page.contains("<first index=\"3\">d</first><last>e</last>"),
        "RS-01: {page}"
    );
    let unknown = items(&mut bench, "", &set("<max>2</max><after>x</after>"));
    assert_eq!(error(&unknown).1, "item-not-found", "RS-03: {unknown}");
    let empty = items(&mut bench, " node='a'", "");
    assert!(
        empty.contains("<query xmlns=\"http://jabber.org/protocol/disco#items\" node=\"a\"/>"),
        "DI-02: {empty}"
    );
}

#[test]
fn a_list_that_is_too_long_says_so() {
    let mut short = config();
    short.max_listed = 2;
    let mut bench = Bench::new(short);
    for name in ["a", "b", "c"] {
        bench.add(name, NodeConfig::default());
    }
    let answer = items(&mut bench, "", "");
    assert_eq!(names(&answer, "node"), ["a", "b"], "PS-5.2-01: {answer}");
    assert!(
        answer.contains("<first index=\"0\">a</first><last>b</last><count>3</count>"),
        "PS-5.2-01: {answer}"
    );
}

fn with_items(config: Config) -> Bench {
    let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
    for id in ["a", "b", "c", "d"] {
        bench.publish(id);
    }
    bench
}

fn retrieve(bench: &mut Bench, attributes: &str, set: &str) -> String {
    let content = format!("<items node='princely_musings'{attributes}/>{set}");
    bench.pubsub(READER, "get", &content)
}

#[test]
fn items_come_in_pages() {
    let mut bench = with_items(config());
    let answer = retrieve(&mut bench, "", &set("<max>2</max><after>a</after>"));
    assert_eq!(names(&answer, "id"), ["b", "c"], "RS-02: {answer}");
    assert!(
        answer.contains(
            "</items><set xmlns=\"http://jabber.org/protocol/rsm\"><first index=\"1\">b</first>\
             <last>c</last><count>4</count></set></pubsub>"
        ),
        "PS-6.5-06, T7: {answer}"
    );
    let answer = retrieve(&mut bench, " max_items='3'", "");
    assert_eq!(names(&answer, "id"), ["b", "c", "d"], "PS-6.5-11: {answer}");
    let answer = retrieve(&mut bench, " max_items='9'", "");
    assert_eq!(names(&answer, "id").len(), 4, "PS-6.5-12: {answer}");
    let answer = retrieve(&mut bench, "", &set("<max>1</max><after>x</after>"));
    assert_eq!(error(&answer).1, "item-not-found", "RS-03: {answer}");
}

#[test]
fn a_truncated_answer_has_the_newest_and_says_so() {
    let mut short = config();
    short.max_listed = 2;
    let mut bench = with_items(short);
    let answer = retrieve(&mut bench, "", "");
    assert_eq!(names(&answer, "id"), ["c", "d"], "PS-6.5-06: {answer}");
    assert!(
        answer.contains("<first index=\"2\">c</first><last>d</last><count>4</count>"),
        "PS-6.5-06: {answer}"
    );
    let info = bench.ask(
        READER,
        "get",
        &format!("<query xmlns='{}'/>", ns::DISCO_INFO),
    );
    assert!(info.contains("pubsub#rsm\""), "PS-6.5-07: {info}");
}

#[test]
fn items_that_are_listed_have_no_node() {
    let mut bench = with_items(config());
    let answer = items(&mut bench, " node='princely_musings'", &set("<max>1</max>"));
    assert!(
        answer.contains("<item jid=\"pubsub.shakespeare.lit\" name=\"a\"/>"),
        "PS-5.5-01, PS-5.2-02: {answer}"
    );
    bench.configure(&[("access_model", "whitelist")]);
    let answer = items(&mut bench, " node='princely_musings'", "");
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("closed-node"),
        "PS-5.5-02: {answer}"
    );
}

#[test]
fn metadata_of_a_node() {
    let mut bench = Bench::new(config());
    bench.pubsub(OWNER, "set", "<create node='princely_musings'/>");
    bench.configure(&[
        ("title", "Princely Musings (Atom)"),
        ("description", "Updates"),
        ("language", "en"),
        ("type", "urn:e"),
        ("contact", "bard@shakespeare.lit"),
    ]);
    bench.subscribe(READER, "francisco@denmark.lit");
    let query = format!(
        "<query xmlns='{}' node='princely_musings'/>",
        ns::DISCO_INFO
    );
    let answer = bench.ask(READER, "get", &query);
    assert!(
        answer.contains("<x xmlns=\"jabber:x:data\" type=\"result\"><field var=\"FORM_TYPE\" type=\"hidden\"><value>http://jabber.org/protocol/pubsub#meta-data</value>"),
        "PS-5.4-01: {answer}"
    );
    for (var, value) in [
        ("title", "Princely Musings (Atom)"),
        ("description", "Updates"),
        ("language", "en"),
        ("type", "urn:e"),
        ("contact", "bard@shakespeare.lit"),
        ("creator", "hamlet@denmark.lit"),
        ("owner", "hamlet@denmark.lit"),
        ("creation_date", "2006-01-01T00:00:01Z"),
        ("num_subscribers", "1"),
        ("access_model", "open"),
        ("publish_model", "publishers"),
        ("max_items", "1"),
    ] {
        let start = format!("<field var=\"pubsub#{var}\"");
        let field = answer
            .split(&start)
            .nth(1)
            .unwrap_or_else(|| panic!("{var}: {answer}"));
        let field = field.split("</field>").next().unwrap();
        assert!(
            field.contains(&format!("<value>{value}</value>")),
            "PS-5.4-02, PS-5.4-03: {var}: {field}"
        );
    }
    assert!(
        answer.contains("<field var=\"pubsub#language\" type=\"list-single\">"),
        "PS-5.4-03: {answer}"
    );
}

#[test]
fn what_an_entity_is_subscribed_to_and_affiliated_with() {
    let mut bench = many();
    for (name, jid) in [("a", "francisco@denmark.lit"), ("b", READER)] {
        bench.pubsub(
            READER,
            "set",
            &format!("<subscribe node='{name}' jid='{jid}'/>"),
        );
    }
    let all = bench.pubsub("francisco@denmark.lit/other", "get", "<subscriptions/>");
    for entry in [
        "<subscription node=\"a\" jid=\"francisco@denmark.lit\" subscription=\"subscribed\"/>",
        "<subscription node=\"b\" jid=\"francisco@denmark.lit/barracks\" subscription=\"subscribed\"/>",
    ] {
        assert!(all.contains(entry), "PS-5.6-03, PS-5.6-04: {all}");
    }
    let one = bench.pubsub(READER, "get", "<subscriptions node='b'/>");
    assert!(
        one.contains("<subscriptions node=\"b\">") && !one.contains("node=\"a\""),
        "PS-5.6-06: {one}"
    );
    let own = bench.pubsub(OWNER, "get", "<affiliations/>");
    assert_eq!(
        own.matches("affiliation=\"owner\"").count(),
        5,
        "PS-5.7-02: {own}"
    );
    let one = bench.pubsub(OWNER, "get", "<affiliations node='c'/>");
    assert_eq!(
        one.matches("affiliation=\"owner\"").count(),
        1,
        "PS-5.7-04: {one}"
    );
}

#[test]
fn lists_of_who_has_nothing_are_empty() {
    let mut bench = many();
    let none = bench.pubsub(READER, "get", "<affiliations/>");
    assert!(
        none.contains("<affiliations/>"),
        "PS-5.7-03, PS-5.7-01: {none}"
    );
    let none = bench.pubsub(READER, "get", "<subscriptions/>");
    assert!(
        none.contains("<subscriptions/>"),
        "PS-5.6-05, PS-5.6-01: {none}"
    );
    assert!(bench.service.contains_node(&node("c")));
}
