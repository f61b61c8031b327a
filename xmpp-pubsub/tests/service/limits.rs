//! What keeps a user from something, and the limits of everything: §6.1.3, §8.1.1, §8.2.3 and PS-14.5-02.

use xmpp_pubsub::service::{AccessModel, NodeConfig, Standing};

use crate::common::{Bench, NOW, OWNER, READER, config, done, error, form, jid, node, to};

const FRANCISCO: &str = "francisco@denmark.lit";

#[test]
fn standings_and_what_they_keep_from() {
    let mut bench = Bench::open();
    let items = "<items node='princely_musings'/>";
    let row = |answer: &str| {
        let (kind, condition, _) = error(answer);
        format!("{kind} {condition}")
    };
    let set = |bench: &mut Bench, standing| {
        assert!(bench.service.set_standing(NOW, &jid(FRANCISCO), standing));
        bench.sent()
    };
    done(&bench.subscribe(READER, FRANCISCO));
    let sent = set(&mut bench, Standing::PaymentDue);
    assert!(sent.contains("subscription=\"none\""), "PS-14.3-01: {sent}");
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(
        row(&answer),
        "auth payment-required",
        "PS-6.1-06, T14: {answer}"
    );
    let answer = bench.pubsub(READER, "get", items);
    assert_eq!(row(&answer), "auth payment-required", "PS-6.5-14: {answer}");
    set(&mut bench, Standing::Anonymous);
    let answer = bench.subscribe(READER, FRANCISCO);
    assert_eq!(row(&answer), "cancel forbidden", "PS-6.1-07: {answer}");
    set(&mut bench, Standing::Unregistered);
    let answer = bench.pubsub(READER, "set", "<create node='n'/>");
    assert_eq!(
        row(&answer),
        "auth registration-required",
        "PS-8.1-03: {answer}"
    );
    set(&mut bench, Standing::Good);
    done(&bench.subscribe(READER, FRANCISCO));
}

#[test]
fn a_locked_node_is_not_configured() {
    let mut bench = Bench::open();
    let name = node("princely_musings");
    bench.service.lock_node(NOW, &name, true).unwrap();
    let shown = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    for answer in [shown, bench.configure(&[("title", "T")])] {
        let (kind, condition, pubsub) = error(&answer);
        assert_eq!(
            (kind.as_str(), condition.as_str(), pubsub),
            ("cancel", "not-allowed", None),
            "PS-8.2-04: {answer}"
        );
    }
    bench.service.lock_node(NOW, &name, false).unwrap();
    done(&bench.configure(&[("title", "T")]));
}

#[test]
fn presence_is_asked_for_where_a_subscription_hangs_on_it() {
    let mut asking = config();
    asking.ask_presence = true;
    let by_presence = NodeConfig {
        presence_based_delivery: true,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(asking, by_presence);
    let sent = bench.subscribe(READER, FRANCISCO);
    assert!(
        to(&sent, FRANCISCO)[0].starts_with("<presence ") && sent.contains("type=\"subscribe\""),
        "PS-12.6-01: {sent}"
    );
    bench.online("bernardo@denmark.lit/x");
    let sent = bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert!(
        !sent.contains("<presence"),
        "PS-12.6-01: it is known: {sent}"
    );
}

#[test]
fn every_count_has_a_limit() {
    let mut small = config();
    small.max_nodes = 2;
    small.max_subscriptions_per_node = 1;
    small.max_affiliations_per_node = 2;
    small.max_form_fields = 3;
    let mut bench = Bench::with(small, NodeConfig::default());
    done(&bench.pubsub(OWNER, "set", "<create node='two'/>"));
    let answer = bench.pubsub(OWNER, "set", "<create node='three'/>");
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("max-nodes-exceeded"),
        "PS-14.5-02: {answer}"
    );
    done(&bench.subscribe(READER, FRANCISCO));
    let answer = bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("too-many-subscriptions"),
        "PS-14.5-02, PS-6.1-10: {answer}"
    );
    let member = |jid: &str| {
        format!(
            "<affiliations node='princely_musings'><affiliation jid='{jid}' affiliation='member'/></affiliations>"
        )
    };
    done(&bench.owner(OWNER, "set", &member("a@b")));
    let answer = bench.owner(OWNER, "set", &member("c@d"));
    assert_eq!(error(&answer).1, "not-acceptable", "PS-14.5-02: {answer}");
    let answer = bench.configure(&[("title", "1"), ("description", "2"), ("language", "3")]);
    assert_eq!(error(&answer).1, "not-acceptable", "PS-14.5-02: {answer}");
    let answer = bench.configure(&[("title", &"x".repeat(5_000))]);
    assert_eq!(error(&answer).1, "not-acceptable", "PS-14.5-02: {answer}");
}

#[test]
fn hidden_nodes_answer_as_if_they_were_not_there() {
    for model in [
        AccessModel::Whitelist,
        AccessModel::Presence,
        AccessModel::Roster,
    ] {
        let mut hidden = config();
        hidden.hide_closed_nodes = true;
        let mut bench = Bench::with(hidden, NodeConfig::default().with_access_model(model));
        let form = form("node_config", &[]);
        for (namespace, kind, content) in [
            (
                "pubsub",
                "set",
                "<subscribe node='NODE' jid='francisco@denmark.lit'/>".to_owned(),
            ),
            ("pubsub", "get", "<items node='NODE'/>".to_owned()),
            ("pubsub", "get", "<default node='NODE'/>".to_owned()),
            (
                "pubsub",
                "set",
                "<publish node='NODE'><item><e xmlns='urn:e'/></item></publish>".to_owned(),
            ),
            (
                "pubsub",
                "set",
                "<retract node='NODE'><item id='a'/></retract>".to_owned(),
            ),
            ("pubsub#owner", "get", "<configure node='NODE'/>".to_owned()),
            (
                "pubsub#owner",
                "set",
                format!("<configure node='NODE'>{form}</configure>"),
            ),
            ("pubsub#owner", "set", "<delete node='NODE'/>".to_owned()),
            ("pubsub#owner", "set", "<purge node='NODE'/>".to_owned()),
            ("disco#info", "get", String::new()),
            ("disco#items", "get", String::new()),
        ] {
            let mut ask = |name: &str| {
                let content = content.replace("NODE", name);
                let namespace = format!("http://jabber.org/protocol/{namespace}");
                let request = if namespace.contains("disco") {
                    format!("<query xmlns='{namespace}' node='{name}'/>")
                } else {
                    format!("<pubsub xmlns='{namespace}'>{content}</pubsub>")
                };
                bench.ask(READER, kind, &request)
            };
            let (there, absent) = (ask("princely_musings"), ask("absent"));
            assert_eq!(
                error(&there),
                error(&absent),
                "PS-14.5-01, {model}: {kind} {namespace} {content}"
            );
        }
    }
}
