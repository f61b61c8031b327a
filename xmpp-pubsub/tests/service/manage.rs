//! What owners list and change, and how nodes end: §8.2, §8.4, §8.8 and §8.9.

use xmpp_pubsub::Feature;
use xmpp_pubsub::service::{AccessModel, NodeConfig};

use crate::common::{
    Bench, OWNER, READER, attribute, config, done, error, events, form, refused, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";

fn affiliate(bench: &mut Bench, from: &str, entries: &[(&str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(jid, affiliation)| format!("<affiliation jid='{jid}' affiliation='{affiliation}'/>"))
        .collect();
    let content = format!("<affiliations node='princely_musings'>{entries}</affiliations>");
    bench.owner(from, "set", &content)
}

#[test]
fn who_is_affiliated_anew_is_told() {
    let mut bench = Bench::open();
    let sent = affiliate(&mut bench, OWNER, &[(FRANCISCO, "member")]);
    assert!(
        to(&sent, FRANCISCO)[0].contains(
            "<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><affiliations node=\"princely_musings\">\
             <affiliation jid=\"francisco@denmark.lit\" affiliation=\"member\"/></affiliations></pubsub>"
        ),
        "PS-8.9-10, T24: {sent}"
    );
    let again = affiliate(&mut bench, OWNER, &[(FRANCISCO, "member")]);
    assert!(
        to(&again, FRANCISCO).is_empty(),
        "PS-8.9-05: no change: {again}"
    );
    let sent = affiliate(&mut bench, OWNER, &[(FRANCISCO, "none")]);
    assert!(sent.contains("affiliation=\"none\""), "PS-8.9-09: {sent}");
    let list = bench.owner(OWNER, "get", "<affiliations node='princely_musings'/>");
    assert!(!list.contains(FRANCISCO), "PS-8.9-03, PS-8.9-09: {list}");
}

#[test]
fn the_chart_of_affiliations() {
    let mut bench = Bench::open();
    for step in [
        "publisher",
        "outcast",
        "publish-only",
        "member",
        "publisher",
    ] {
        done(&affiliate(&mut bench, OWNER, &[(FRANCISCO, step)]));
    }
    let answer = affiliate(&mut bench, OWNER, &[(FRANCISCO, "member")]);
    assert!(
        answer.contains("<affiliation jid=\"francisco@denmark.lit\" affiliation=\"publisher\"/>"),
        "PS-8.9-15, PS-8.9-06, T15, T20: {answer}"
    );
    done(&affiliate(&mut bench, OWNER, &[(FRANCISCO, "owner")]));
    let answer = affiliate(&mut bench, OWNER, &[(FRANCISCO, "none")]);
    refused(&answer, "modify", "not-acceptable", None);
    done(&affiliate(&mut bench, READER, &[(FRANCISCO, "none")]));
    let answer = affiliate(&mut bench, OWNER, &[("hamlet@denmark.lit", "none")]);
    assert_eq!(error(&answer).1, "not-acceptable", "PS-8.9-08: {answer}");
    let mut allowed = config();
    allowed.publisher_to_member = true;
    let mut bench = Bench::with(allowed, NodeConfig::default());
    done(&affiliate(&mut bench, OWNER, &[(FRANCISCO, "publisher")]));
    done(&affiliate(&mut bench, OWNER, &[(FRANCISCO, "member")]));
}

#[test]
fn only_owners_do_what_owners_do() {
    let mut bench = Bench::open();
    let form = form("node_config", &[]);
    let requests = [
        ("get", "<configure node='NODE'/>".to_owned()),
        ("set", format!("<configure node='NODE'>{form}</configure>")),
        ("set", "<delete node='NODE'/>".to_owned()),
        ("set", "<purge node='NODE'/>".to_owned()),
        ("get", "<affiliations node='NODE'/>".to_owned()),
        ("set", "<affiliations node='NODE'/>".to_owned()),
        ("get", "<subscriptions node='NODE'/>".to_owned()),
        ("set", "<subscriptions node='NODE'/>".to_owned()),
    ];
    for (kind, content) in requests {
        let here = content.replace("NODE", "princely_musings");
        let answer = bench.owner(READER, kind, &here);
        assert_eq!(
            (error(&answer).0.as_str(), error(&answer).1.as_str()),
            ("auth", "forbidden"),
            "PS-14.2-01, PS-8.8-04, PS-8.9-04: {content}"
        );
        let answer = bench.owner(OWNER, kind, &content.replace("NODE", "none"));
        assert_eq!(
            error(&answer).1,
            "item-not-found",
            "PS-8.2-04, PS-8.5-03: {content}"
        );
    }
}

fn set(bench: &mut Bench, entries: &str) -> String {
    let content = format!("<subscriptions node='princely_musings'>{entries}</subscriptions>");
    bench.owner(OWNER, "set", &content)
}

#[test]
fn subscriptions_in_the_hands_of_an_owner() {
    let mut bench = Bench::with(
        config().with_multi_subscribe(true),
        NodeConfig::default().with_access_model(AccessModel::Authorize),
    );
    bench.subscribe(READER, FRANCISCO);
    let list = bench.owner(OWNER, "get", "<subscriptions node='princely_musings'/>");
    assert!(!list.contains(FRANCISCO), "PS-8.8-03: not pending: {list}");
    let own = bench.pubsub(READER, "get", "<subscriptions/>");
    let subid = attribute(&own, "subid");
    let sent = set(
        &mut bench,
        &format!("<subscription jid='{FRANCISCO}' subid='{subid}' subscription='subscribed'/>"),
    );
    assert!(
        to(&sent, FRANCISCO)[0].contains(&format!("subid=\"{subid}\" subscription=\"subscribed\"")),
        "PS-8.8-09: {sent}"
    );
    let list = bench.owner(OWNER, "get", "<subscriptions node='princely_musings'/>");
    assert!(
        list.contains(&format!(
            "<subscription jid=\"{FRANCISCO}\" subid=\"{subid}\" subscription=\"subscribed\"/>"
        )),
        "PS-8.8-03: {list}"
    );
    let answer = set(
        &mut bench,
        &format!(
            "<subscription jid='{FRANCISCO}' subid='wrong' subscription='none'/>\
             <subscription jid='{FRANCISCO}' subid='{subid}' subscription='none'/>"
        ),
    );
    assert!(
        answer.contains("<subscription jid=\"francisco@denmark.lit\" subid=\"wrong\"")
            && !answer.lines().next().unwrap().contains(&subid),
        "PS-8.8-06: the bad one comes back: {answer}"
    );
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert!(!list.contains("princely_musings"), "PS-8.8-08: {list}");
    let unchanged = set(&mut bench, &format!("<subscription jid='{FRANCISCO}'/>"));
    done(&unchanged);
    assert_eq!(unchanged.lines().count(), 1, "PS-8.8-05: {unchanged}");
}

#[test]
fn a_deleted_node_says_where_it_went() {
    let mut bench = Bench::with(
        config(),
        NodeConfig::default().with_access_model(AccessModel::Authorize),
    );
    bench.subscribe(READER, FRANCISCO);
    let sent = bench.owner(
        OWNER,
        "set",
        "<delete node='princely_musings'><redirect uri='xmpp:hamlet@denmark.lit?;node=blog'/></delete>",
    );
    assert!(
        sent.lines().next().unwrap().contains("type=\"result\""),
        "PS-8.4-03: {sent}"
    );
    assert!(
        to(&sent, FRANCISCO)[0].contains(
            "<delete node=\"princely_musings\"><redirect uri=\"xmpp:hamlet@denmark.lit?;node=blog\"/></delete>"
        ),
        "PS-8.4-03: who waits is told too: {sent}"
    );
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        (error(&answer).0.as_str(), error(&answer).1.as_str()),
        ("modify", "gone"),
        "PS-8.4-04, PS-6.1-12: {answer}"
    );
    assert!(
        answer.contains(">xmpp:hamlet@denmark.lit?;node=blog</gone>"),
        "PS-8.4-04, PS-6.1-12: {answer}"
    );
    done(&bench.pubsub(OWNER, "set", "<create node='princely_musings'/>"));
    done(&bench.subscribe(READER, FRANCISCO));
}

#[test]
fn a_change_of_settings_is_told() {
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        events(&bench.configure(&[("title", "A")])),
        0,
        "off by default"
    );
    let sent = bench.configure(&[("title", "B"), ("notify_config", "1")]);
    let told = to(&sent, FRANCISCO)[0];
    assert!(
        told.contains("<configuration node=\"princely_musings\"><x ")
            && told.contains("<value>B</value>"),
        "PS-8.2-08: {told}"
    );
    let sent = bench.configure(&[("deliver_payloads", "0")]);
    assert!(
        to(&sent, FRANCISCO)[0].contains("<configuration node=\"princely_musings\"/>"),
        "PS-8.2-08: empty for notifications alone: {sent}"
    );
    let cancelled = bench.owner(
        OWNER,
        "set",
        "<configure node='princely_musings'><x xmlns='jabber:x:data' type='cancel'/></configure>",
    );
    done(&cancelled);
    assert_eq!(events(&cancelled), 0, "PS-8.2-06: {cancelled}");
}

#[test]
fn owners_hear_of_subscriptions_where_they_want() {
    let mut bench = Bench::open();
    bench.configure(&[("notify_sub", "1")]);
    let sent = bench.subscribe(READER, FRANCISCO);
    let told = to(&sent, "hamlet@denmark.lit")[0];
    assert!(
        told.contains("jid=\"francisco@denmark.lit\" subscription=\"subscribed\""),
        "PS-8.2-03, notify_sub: {told}"
    );
    let sent = bench.pubsub(
        READER,
        "set",
        "<unsubscribe node='princely_musings' jid='francisco@denmark.lit'/>",
    );
    assert!(to(&sent, "hamlet@denmark.lit")[0].contains("subscription=\"none\""));
}

#[test]
fn notices_that_are_switched_off() {
    let off = config().with_feature(Feature::SUBSCRIPTION_NOTIFICATIONS, false);
    let mut bench = Bench::with(off, NodeConfig::default());
    let sent = set(
        &mut bench,
        &format!("<subscription jid='{FRANCISCO}' subscription='subscribed'/>"),
    );
    done(&sent);
    assert_eq!(events(&sent), 0, "PS-12.14-03: {sent}");
}

#[test]
fn a_proxy_subscribes_others() {
    let mut proxied = config();
    proxied
        .proxies
        .insert(crate::common::jid("proxy@denmark.lit"));
    let mut bench = Bench::with(proxied, NodeConfig::default());
    let answer = bench.subscribe("proxy@denmark.lit/x", FRANCISCO);
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-6.1-04: {answer}"
    );
    let answer = bench.subscribe("bernardo@denmark.lit/x", FRANCISCO);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("invalid-jid"),
        "PS-6.1-03: {answer}"
    );
}
