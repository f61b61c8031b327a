//! Subscriptions that an owner approves: §8.6 and §8.7.

use xmpp_pubsub::ns;
use xmpp_pubsub::service::{AccessModel, NodeConfig};

use crate::common::{Bench, OWNER, READER, attribute, config, done, error, form, refused, to};

const FRANCISCO: &str = "francisco@denmark.lit";

fn bench() -> Bench {
    let config_of_node = NodeConfig::default().with_access_model(AccessModel::Authorize);
    Bench::with(config(), config_of_node)
}

fn answer(from: &str, id: &str, allow: &str) -> String {
    let form = form(
        "subscribe_authorization",
        &[
            ("node", "princely_musings"),
            ("subscriber_jid", FRANCISCO),
            ("allow", allow),
        ],
    );
    format!("<message from='{from}' to='pubsub.shakespeare.lit' id='{id}'>{form}</message>")
}

#[test]
fn owners_are_asked_by_a_form_and_allow() {
    let mut bench = bench();
    let sent = bench.subscribe(READER, FRANCISCO);
    assert!(
        sent.contains("subscription=\"pending\""),
        "PS-6.1-14: {sent}"
    );
    let asked = to(&sent, "hamlet@denmark.lit")[0];
    assert!(
        asked.contains(&format!("<value>{}</value>", ns::SUBSCRIBE_AUTHORIZATION)),
        "PS-8.6-01: {asked}"
    );
    for field in [
        "<field var=\"pubsub#node\" type=\"text-single\" label=\"Node\"><value>princely_musings</value>",
        "var=\"pubsub#subscriber_jid\" type=\"jid-single\" label=\"Subscriber\"><value>francisco@denmark.lit</value>",
        "var=\"pubsub#allow\" type=\"boolean\"",
    ] {
        assert!(asked.contains(field), "PS-8.6-02: {field} in {asked}");
    }
    bench.publish("a");
    let id = attribute(asked, "id");
    let sent = bench.say(&answer(OWNER, &id, "true"));
    let told = to(&sent, FRANCISCO);
    assert!(
        told[0].contains(
            "<subscription node=\"princely_musings\" jid=\"francisco@denmark.lit\" subscription=\"subscribed\"/>"
        ),
        "PS-8.6-04, PS-8.6-03: {sent}"
    );
    assert!(told[1].contains("<item id=\"a\">"), "the last item: {sent}");
}

#[test]
fn who_waits_gets_nothing_and_waits_once() {
    let mut bench = bench();
    let asked = bench.subscribe(READER, FRANCISCO);
    assert!(asked.contains("pending"));
    assert!(
        !bench.publish("a").contains("<event "),
        "PS-4.2-01: no event while it is pending"
    );
    let again = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        error(&again).2.as_deref(),
        Some("pending-subscription"),
        "PS-6.1-08: {again}"
    );
}

#[test]
fn the_first_owner_who_answers_decides() {
    let mut bench = bench();
    bench.owner(
        OWNER,
        "set",
        "<affiliations node='princely_musings'><affiliation jid='horatio@denmark.lit' affiliation='owner'/></affiliations>",
    );
    let sent = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        (
            to(&sent, "hamlet@denmark.lit").len(),
            to(&sent, "horatio@denmark.lit").len()
        ),
        (1, 1),
        "PS-8.6-01: {sent}"
    );
    let sent = bench.say(&answer("horatio@denmark.lit/x", "x", "1"));
    assert!(
        to(&sent, FRANCISCO)[0].contains("subscription=\"subscribed\""),
        "PS-12.13-01, PS-12.14-02: the account is told: {sent}"
    );
    let late = bench.say(&answer(OWNER, "x", "0"));
    assert_eq!(late, "", "PS-12.13-01: it is decided");
}

#[test]
fn owners_deny_or_leave_it_and_nobody_else_counts() {
    let mut bench = bench();
    bench.subscribe(READER, FRANCISCO);
    for ignored in [
        answer(READER, "x", "true"),
        answer("bernardo@denmark.lit/x", "x", "true"),
        "<message from='hamlet@denmark.lit/elsinore' id='x'><x xmlns='jabber:x:data' type='cancel'/></message>".to_owned(),
    ] {
        assert_eq!(bench.say(&ignored), "", "PS-8.6-06, PS-8.6-05");
    }
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert!(
        list.contains("subscription=\"pending\""),
        "PS-8.6-05: {list}"
    );
    let sent = bench.say(&answer(OWNER, "x", "0"));
    assert!(
        to(&sent, FRANCISCO)[0].contains("subscription=\"none\""),
        "PS-8.6-04: {sent}"
    );
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert!(!list.contains("princely_musings"), "PS-8.6-04: {list}");
}

#[test]
fn an_answer_can_leave_out_what_its_id_says() {
    let mut bench = bench();
    let sent = bench.subscribe(READER, FRANCISCO);
    let id = attribute(to(&sent, "hamlet@denmark.lit")[0], "id");
    let form = form("subscribe_authorization", &[("allow", "1")]);
    let sent = bench.say(&format!(
        "<message from='{OWNER}' id='{id}'>{form}</message>"
    ));
    assert!(
        sent.contains("subscription=\"subscribed\""),
        "PS-8.6-03: {sent}"
    );
}

#[test]
fn an_affiliation_decides_too() {
    for (affiliation, state) in [
        ("publisher", "subscribed"),
        ("owner", "subscribed"),
        ("outcast", "none"),
    ] {
        let mut bench = bench();
        bench.subscribe(READER, FRANCISCO);
        let sent = bench.owner(
            OWNER,
            "set",
            &format!(
                "<affiliations node='princely_musings'><affiliation jid='{FRANCISCO}' affiliation='{affiliation}'/></affiliations>"
            ),
        );
        done(&sent);
        assert!(
            sent.contains(&format!("subscription=\"{state}\"")),
            "PS-8.7-05, {affiliation}: {sent}"
        );
    }
}

fn command(form: &str) -> String {
    format!(
        "<command xmlns='http://jabber.org/protocol/commands' node='{}' action='execute'>{form}</command>",
        ns::GET_PENDING
    )
}

#[test]
fn pending_requests_can_be_asked_for() {
    let mut bench = bench();
    bench.add("another", NodeConfig::default());
    bench.subscribe(READER, FRANCISCO);
    let answer = bench.ask(OWNER, "set", &command(""));
    done(&answer);
    assert!(
        answer.contains("<option><value>princely_musings</value></option>")
            && answer.contains("var=\"pubsub#node\""),
        "PS-8.7-01, PS-8.7-02: {answer}"
    );
    assert!(!answer.contains("another"), "PS-8.7-02: {answer}");
    let chosen = form("subscribe_authorization", &[("node", "princely_musings")]);
    let sent = bench.ask(OWNER, "set", &command(&chosen));
    assert!(sent.contains("status=\"completed\""), "PS-8.7-02: {sent}");
    assert_eq!(
        sent.matches("pubsub#subscriber_jid").count(),
        1,
        "PS-8.7-01: one message per request: {sent}"
    );
    refused(
        &bench.ask(READER, "set", &command("")),
        "cancel",
        "forbidden",
        None,
    );
    let answer = bench.ask(READER, "set", &command(&chosen));
    assert_eq!(error(&answer).1, "forbidden", "PS-8.7-03: {answer}");
    let none = form("subscribe_authorization", &[("node", "none")]);
    let answer = bench.ask(OWNER, "set", &command(&none));
    assert_eq!(error(&answer).1, "item-not-found", "PS-8.7-03: {answer}");
}
