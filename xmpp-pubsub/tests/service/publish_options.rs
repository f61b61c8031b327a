//! Publishes that make their node, and publishes with conditions. XEP-0060 §7.1.4 and §7.1.5.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{AccessModel, CreatePolicy, NodeConfig};

use crate::common::{Bench, NOW, OWNER, READER, config, done, jid, node};
use crate::wire::{
    all, empty_result, fault, form, ids, kept, messages, missing, offers, submit, value, values,
    without,
};

#[test]
fn a_publish_may_make_its_node() {
    let publish = "<publish node='new'><item id='a'><entry xmlns='urn:e'/></item></publish>";
    let mut bench = Bench::new(config());
    assert!(!offers(&mut bench, "auto-create"), "PS-7.1-40: it is off");
    let answer = bench.pubsub(OWNER, "set", publish);
    assert_eq!(fault(&answer), "cancel item-not-found", "PS-7.1-40");
    let mut bench = Bench::new(config().with_auto_create(true));
    assert!(offers(&mut bench, "auto-create"), "PS-7.1-40");
    assert_eq!(
        all(&bench.pubsub(OWNER, "set", publish)),
        [empty_result()],
        "PS-7.1-40"
    );
    let made = form(&bench.owner(OWNER, "get", "<configure node='new'/>"));
    let default = form(&bench.owner(OWNER, "get", "<default/>"));
    assert_eq!(made.fields, default.fields, "PS-7.1-40: as by default");
    let items = bench.pubsub(READER, "get", "<items node='new'/>");
    assert_eq!(ids(&items, "item"), ["a"], "PS-7.1-40");
}

fn publish_if(bench: &mut Bench, node: &str, options: &str) -> String {
    bench.pubsub(
        OWNER,
        "set",
        &format!(
            "<publish node='{node}'><item><entry xmlns='urn:e'/></item></publish>\
             <publish-options>{options}</publish-options>"
        ),
    )
}

#[test]
fn a_publish_may_carry_conditions() {
    let mut bench = Bench::open();
    assert!(offers(&mut bench, "publish-options"), "PS-7.1-41");
    let fields = [("pubsub#access_model", "open")];
    let met = submit("publish-options", &fields);
    let answer = publish_if(&mut bench, "princely_musings", &met);
    assert!(answer.contains("type=\"result\""), "PS-7.1-41: {answer}");
    let other = submit("node_config", &fields);
    let answer = publish_if(&mut bench, "princely_musings", &other);
    assert_eq!(
        fault(&answer),
        "modify bad-request",
        "PS-7.1-42: a form of another type"
    );
    assert_eq!(kept(&mut bench).len(), 1, "PS-7.1-42");
    let mut bench = without(Feature::PUBLISH_OPTIONS);
    assert!(!offers(&mut bench, "publish-options"), "PS-7.1-41");
    let answer = publish_if(&mut bench, "princely_musings", &met);
    assert_eq!(fault(&answer), missing("publish-options"), "PS-7.1-41");
}

const UNMET: &str = "cancel conflict precondition-not-met";

#[test]
fn every_setting_is_a_condition_and_nothing_else_is() {
    let config = config().with_feature(Feature::COLLECTIONS, true);
    let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
    let shown = form(&bench.owner(OWNER, "get", "<configure node='princely_musings'/>"));
    let mut count = 0;
    for field in &shown.fields {
        let var = field.var.as_deref().unwrap();
        if var == "FORM_TYPE" {
            continue;
        }
        count += 1;
        let values: Vec<(&str, &str)> = field.values.iter().map(|value| (var, &**value)).collect();
        let condition = submit("publish-options", &values);
        let answer = publish_if(&mut bench, "princely_musings", &condition);
        assert!(
            answer.contains("type=\"result\""),
            "PS-7.1-43, T16: {var}: {answer}"
        );
    }
    assert!(count > 25, "T16: {count}");
    for (var, value) in [
        ("pubsub#nonsense", "1"),
        ("access_model", "open"),
        // The other spelling of the text.
        ("pubsub#publish_full_node", "retract-oldest"),
    ] {
        let condition = submit("publish-options", &[(var, value)]);
        let answer = publish_if(&mut bench, "princely_musings", &condition);
        assert_eq!(fault(&answer), UNMET, "PS-7.1-43, T16: {var}");
    }
}

#[test]
fn conditions_are_compared_by_value() {
    let limit = config().max_items;
    let mut bench = Bench::with(config(), NodeConfig::default().with_max_items(limit));
    for (var, value, met) in [
        ("pubsub#persist_items", "1", true),
        ("pubsub#persist_items", "true", true),
        ("pubsub#persist_items", "0", false),
        ("pubsub#persist_items", "false", false),
        ("pubsub#max_items", "max", true),
        ("pubsub#max_items", &limit.to_string(), true),
        ("pubsub#max_items", &format!("0{limit}"), true),
        ("pubsub#max_items", "10", false),
        ("pubsub#item_expire", "max", true),
        ("pubsub#item_expire", "604800", false),
        ("pubsub#access_model", "open", true),
        ("pubsub#access_model", "presence", false),
        ("pubsub#access_model", "nonsense", false),
    ] {
        let condition = submit("publish-options", &[(var, value)]);
        let answer = publish_if(&mut bench, "princely_musings", &condition);
        let expected = if met { "result" } else { "error" };
        assert_eq!(
            values(&answer, "iq", " type"),
            [expected],
            "PS-7.1-43, T17: {var} {value}: {answer}"
        );
        if !met {
            assert_eq!(fault(&answer), UNMET, "PS-7.1-44: {var} {value}");
        }
    }
}

#[test]
fn one_unmet_condition_stops_the_publish() {
    let mut bench = Bench::open();
    bench.subscribe(READER, "francisco@denmark.lit");
    let good = ("pubsub#access_model", "open");
    let bad = ("pubsub#max_items", "3");
    for fields in [[good, bad], [bad, good]] {
        let answer = publish_if(
            &mut bench,
            "princely_musings",
            &submit("publish-options", &fields),
        );
        assert_eq!(fault(&answer), UNMET, "PS-7.1-44");
        assert_eq!(answer.lines().count(), 1, "PS-7.1-44: nobody is told");
    }
    assert_eq!(kept(&mut bench).len(), 0, "PS-7.1-44");
    let all_met = submit("publish-options", &[good, ("pubsub#max_items", "10")]);
    let answer = publish_if(&mut bench, "princely_musings", &all_met);
    assert_eq!(messages(&answer).len(), 1, "PS-7.1-44: {answer}");
    assert_eq!(kept(&mut bench).len(), 1, "PS-7.1-44");
}

#[test]
fn a_node_that_a_publish_makes_has_the_conditions_as_settings() {
    let fields = [
        ("pubsub#access_model", "whitelist"),
        ("pubsub#max_items", "7"),
    ];
    let conditions = submit("publish-options", &fields);
    let mut bench = Bench::new(config());
    let answer = publish_if(&mut bench, "new", &conditions);
    assert_eq!(fault(&answer), "cancel item-not-found", "PS-7.1-45");
    let mut bench = Bench::new(config().with_auto_create(true));
    done(&publish_if(&mut bench, "new", &conditions));
    let made = form(&bench.owner(OWNER, "get", "<configure node='new'/>"));
    let mut default = form(&bench.owner(OWNER, "get", "<default/>"));
    for (var, value) in fields {
        let mut settings = default.fields.iter_mut();
        let field = settings.find(|field| field.var.as_deref() == Some(var));
        field.unwrap().values = vec![value.to_owned()];
    }
    assert_eq!(
        made.fields, default.fields,
        "PS-7.1-45: the defaults with the conditions"
    );
    assert_eq!(
        value(&made, "pubsub#access_model"),
        AccessModel::Whitelist.as_str(),
        "PS-7.1-45"
    );
    let unknown = submit("publish-options", &[("pubsub#nonsense", "1")]);
    let answer = publish_if(&mut bench, "newer", &unknown);
    assert_eq!(fault(&answer), UNMET, "PS-7.1-45");
    assert!(
        !bench.service.contains_node(&node("newer")),
        "PS-7.1-45: and no node is made"
    );
}

#[test]
fn a_publish_that_is_refused_makes_no_node() {
    let mut config = config().with_auto_create(true);
    config.max_payload = 100;
    config.node_defaults.max_payload_size = 100;
    let mut bench = Bench::new(config);
    let item = "<item><a xmlns='urn:e'/></item>";
    let big = format!("<item><a xmlns='urn:e'>{}</a></item>", "x".repeat(100));
    for (items, error) in [
        (String::new(), "modify bad-request item-required"),
        ("<item/>".to_owned(), "modify bad-request payload-required"),
        (big, "modify not-acceptable payload-too-big"),
        (item.repeat(2), "cancel not-allowed max-items-exceeded"),
    ] {
        let publish = format!("<publish node='new'>{items}</publish>");
        let answer = bench.pubsub(OWNER, "set", &publish);
        assert_eq!(fault(&answer), error, "PS-7.1-40");
        assert!(
            !bench.service.contains_node(&node("new")),
            "PS-7.1-40: {error}"
        );
        let affiliations = bench.pubsub(OWNER, "get", "<affiliations/>");
        assert!(!affiliations.contains("new"), "{affiliations}");
    }
}

#[test]
fn a_publish_makes_a_node_for_those_who_may_create_one() {
    let config = config()
        .with_auto_create(true)
        .with_create(CreatePolicy::ServiceOwners);
    let mut bench = Bench::new(config);
    let web = jid("finesse@denmark.lit");
    bench
        .service
        .set_service_affiliation(NOW, &web, Affiliation::Owner);
    let publish =
        "<publish node='/finesse/api/Team/1/Users'><item><a xmlns='urn:e'/></item></publish>";
    let answer = bench.pubsub(READER, "set", publish);
    assert_eq!(fault(&answer), "cancel item-not-found", "PS-7.1-40");
    done(&bench.pubsub("finesse@denmark.lit/web", "set", publish));
    let name = node("/finesse/api/Team/1/Users");
    assert!(bench.service.contains_node(&name), "PS-7.1-40");
}
