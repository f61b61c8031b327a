//! The configuration of nodes, present and default. XEP-0060 §8.2 and §8.3.

use xmpp_pubsub::Feature;
use xmpp_pubsub::form::{FieldKind, Form, FormKind};
use xmpp_pubsub::service::{AccessModel, NodeConfig, ServiceError};

use crate::common::{Bench, NOW, OWNER, READER, config, done, node};
use crate::wire::{
    all, empty_result, event, fault, form, messages, missing, offers, submit, value, without, xml,
};

const GET: &str = "<configure node='princely_musings'/>";

fn set(bench: &mut Bench, fields: &[(&str, &str)]) -> String {
    let form = submit("node_config", fields);
    let content = format!("<configure node='princely_musings'>{form}</configure>");
    bench.owner(OWNER, "set", &content)
}

fn shown(bench: &mut Bench) -> Form {
    form(&bench.owner(OWNER, "get", GET))
}

#[test]
fn an_owner_asks_for_the_form_in_his_namespace() {
    let mut bench = Bench::open();
    assert!(offers(&mut bench, "config-node"), "PS-8.2-01");
    let answer = bench.say(
        "<iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='config1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <configure node='princely_musings'/></pubsub></iq>",
    );
    assert!(
        answer.contains(
            " id=\"config1\" type=\"result\"><pubsub xmlns=\"http://jabber.org/protocol/pubsub#owner\">\
             <configure node=\"princely_musings\"><x xmlns=\"jabber:x:data\" type=\"form\">"
        ),
        "PS-8.2-02, example 139: {answer}"
    );
    let elsewhere = bench.pubsub(OWNER, "get", GET);
    assert_eq!(
        fault(&elsewhere),
        "modify bad-request",
        "PS-8.2-02: not the namespace"
    );
}

#[test]
fn the_form_shows_what_is_set_under_registered_names() {
    // XEP-0060 §16.4.4 and XEP-0248.
    const REGISTERED: &[&str] = &[
        "access_model",
        "body_xslt",
        "children",
        "children_association_policy",
        "children_association_whitelist",
        "children_max",
        "collection",
        "contact",
        "dataform_xslt",
        "deliver_notifications",
        "deliver_payloads",
        "description",
        "item_expire",
        "itemreply",
        "language",
        "max_items",
        "max_payload_size",
        "node_type",
        "notification_type",
        "notify_config",
        "notify_delete",
        "notify_retract",
        "notify_sub",
        "persist_items",
        "presence_based_delivery",
        "publish_model",
        "publish_node_full",
        "purge_offline",
        "roster_groups_allowed",
        "send_last_published_item",
        "subscribe",
        "tempsub",
        "title",
        "type",
    ];
    let mut bench = Bench::new(config().with_feature(Feature::COLLECTIONS, true));
    let princely = NodeConfig {
        title: "Princely Musings".to_owned(),
        notify_config: true,
        ..NodeConfig::default().with_max_items(10)
    };
    bench.add("princely_musings", princely);
    bench.add("blogs", NodeConfig::collection());
    for node in ["princely_musings", "blogs"] {
        let answer = bench.owner(OWNER, "get", &format!("<configure node='{node}'/>"));
        let form = form(&answer);
        assert_eq!(
            form.form_type(),
            Some("http://jabber.org/protocol/pubsub#node_config"),
            "PS-8.2-03"
        );
        for field in &form.fields {
            let var = field.var.as_deref().unwrap();
            let name = var.strip_prefix("pubsub#").unwrap_or(var);
            assert!(
                var == "FORM_TYPE" || REGISTERED.contains(&name),
                "PS-8.2-03: {var}"
            );
        }
    }
    let form = shown(&mut bench);
    assert_eq!(form.kind, FormKind::Form, "PS-8.2-03");
    let form_type = form.field("FORM_TYPE").unwrap();
    assert_eq!(form_type.kind, Some(FieldKind::Hidden), "PS-8.2-03");
    for (var, expected) in [
        ("pubsub#title", "Princely Musings"),
        ("pubsub#access_model", "open"),
        ("pubsub#max_items", "10"),
        ("pubsub#notify_config", "1"),
        ("pubsub#persist_items", "1"),
        ("pubsub#item_expire", "max"),
        ("pubsub#publish_node_full", "retract-oldest"),
        ("pubsub#send_last_published_item", "on_sub_and_presence"),
    ] {
        assert_eq!(value(&form, var), expected, "PS-8.2-03: {var}");
    }
    let models = form.field("pubsub#access_model").unwrap();
    let offered: Vec<&str> = models.options.iter().map(|option| &*option.value).collect();
    assert_eq!(
        offered,
        ["authorize", "open", "presence", "roster", "whitelist"],
        "PS-8.2-03"
    );
}

#[test]
fn a_form_that_cannot_be_shown_is_refused() {
    let mut bench = Bench::open();
    for (from, content, expected) in [
        (READER, GET, "auth forbidden"),
        (OWNER, "<configure/>", "modify bad-request nodeid-required"),
        (OWNER, "<configure node='none'/>", "cancel item-not-found"),
    ] {
        let answer = bench.owner(from, "get", content);
        assert_eq!(fault(&answer), expected, "PS-8.2-04: {from} {content}");
        // Nor can it be submitted.
        let form = submit("node_config", &[("pubsub#title", "a")]);
        let content = content.replace("/>", &format!(">{form}</configure>"));
        let answer = bench.owner(from, "set", &content);
        assert_eq!(fault(&answer), expected, "PS-8.2-04: {from} {content}");
    }
    assert_eq!(value(&shown(&mut bench), "pubsub#title"), "", "PS-8.2-04");
    let mut bench = without(Feature::CONFIG_NODE);
    assert!(!offers(&mut bench, "config-node"), "PS-8.2-01");
    let answer = bench.owner(OWNER, "get", GET);
    assert_eq!(
        fault(&answer),
        missing("config-node"),
        "PS-8.2-04, example 141"
    );
}

#[test]
fn the_form_of_a_locked_node_is_withheld() {
    let mut bench = Bench::open();
    let name = node("princely_musings");
    bench.service.lock_node(NOW, &name, true).unwrap();
    for answer in [
        bench.owner(OWNER, "get", GET),
        set(&mut bench, &[("pubsub#title", "Musings")]),
    ] {
        assert_eq!(
            fault(&answer),
            "cancel not-allowed",
            "PS-8.2-04, example 144"
        );
    }
    // Who is no owner learns nothing of it.
    let answer = bench.owner(READER, "get", GET);
    assert_eq!(fault(&answer), "auth forbidden", "PS-8.2-04");
    bench.service.lock_node(NOW, &name, false).unwrap();
    assert_eq!(value(&shown(&mut bench), "pubsub#title"), "", "PS-8.2-04");
}

#[test]
fn a_submitted_form_changes_the_fields_that_it_has() {
    let mut bench = Bench::open();
    let before = shown(&mut bench);
    let answer = set(
        &mut bench,
        &[("pubsub#title", "Musings"), ("pubsub#max_items", "5")],
    );
    assert_eq!(
        all(&answer),
        [empty_result()],
        "PS-8.2-01, PS-8.2-05, PS-8.2-07, example 148"
    );
    let after = shown(&mut bench);
    for (was, is) in before.fields.iter().zip(&after.fields) {
        let var = is.var.as_deref().unwrap();
        let expected = match var {
            "pubsub#title" => vec!["Musings".to_owned()],
            "pubsub#max_items" => vec!["5".to_owned()],
            _ => was.values.clone(),
        };
        assert_eq!(is.values, expected, "PS-8.2-05: {var}");
    }
    // What nobody knows is passed over.
    let answer = set(&mut bench, &[("pubsub#nonsense", "1")]);
    assert_eq!(all(&answer), [empty_result()], "PS-8.2-05");
}

#[test]
fn a_cancelled_form_changes_nothing() {
    let mut bench = Bench::open();
    let before = shown(&mut bench);
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='i/1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node='princely_musings'>\
         <x xmlns='jabber:x:data' type='cancel'/></configure></pubsub></iq>",
    );
    assert_eq!(all(&answer), [empty_result()], "PS-8.2-06, example 147");
    let cancelled = submit("node_config", &[("pubsub#title", "Musings")])
        .replace("type='submit'", "type='cancel'");
    let content = format!("<configure node='princely_musings'>{cancelled}</configure>");
    done(&bench.owner(OWNER, "set", &content));
    assert_eq!(shown(&mut bench), before, "PS-8.2-06");
}

#[test]
fn a_change_that_cannot_be_is_not_acceptable() {
    let mut bench = Bench::open();
    let before = shown(&mut bench);
    for (var, value) in [
        ("pubsub#max_items", "0"),
        ("pubsub#max_items", "many"),
        ("pubsub#max_items", "1000000"),
        ("pubsub#publish_model", "nonsense"),
        ("pubsub#persist_items", "perhaps"),
        ("pubsub#notification_type", "chat"),
        ("pubsub#contact", "@"),
    ] {
        let answer = set(&mut bench, &[("pubsub#title", "Musings"), (var, value)]);
        assert_eq!(
            fault(&answer),
            "modify not-acceptable",
            "PS-8.2-07, example 149: {var} {value}"
        );
        assert_eq!(
            shown(&mut bench),
            before,
            "PS-8.2-07: all of it or nothing: {var} {value}"
        );
    }
}

#[test]
fn subscribers_learn_of_a_change_where_it_is_set_so() {
    let mut bench = Bench::with(config(), NodeConfig::default());
    bench.subscribe(READER, "francisco@denmark.lit");
    let silent = set(&mut bench, &[("pubsub#title", "Musings")]);
    assert_eq!(
        all(&silent),
        [empty_result()],
        "PS-8.2-08: it is not set so"
    );
    let told = set(&mut bench, &[("pubsub#notify_config", "1")]);
    let message = told.lines().nth(1).unwrap();
    assert!(
        message.contains("to=\"francisco@denmark.lit\"")
            && message.contains(
                "<event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
                 <configuration node=\"princely_musings\"><x xmlns=\"jabber:x:data\" type=\"result\">"
            ),
        "PS-8.2-08: a node of payloads: {message}"
    );
    let result = form(message);
    assert_eq!(
        result.form_type(),
        Some("http://jabber.org/protocol/pubsub#node_config"),
        "PS-8.2-08"
    );
    assert_eq!(value(&result, "pubsub#title"), "Musings", "PS-8.2-08");
    let quiet = NodeConfig {
        notify_config: true,
        deliver_payloads: false,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), quiet);
    bench.subscribe(READER, "francisco@denmark.lit");
    let answer = set(&mut bench, &[("pubsub#title", "Musings")]);
    assert_eq!(
        all(&answer),
        [
            empty_result(),
            event(
                "francisco@denmark.lit",
                "<configuration node='princely_musings'/>"
            )
        ],
        "PS-8.2-08, example 150: a node of notifications"
    );
}

#[test]
fn a_new_access_model_lets_in_and_puts_out() {
    let authorize = NodeConfig::default()
        .with_access_model(AccessModel::Authorize)
        .with_max_items(10);
    let mut bench = Bench::with(config(), authorize);
    bench.publish("a");
    let asked = bench.subscribe(READER, "francisco@denmark.lit");
    assert!(
        asked.contains("subscription=\"pending\""),
        "PS-8.2-09: {asked}"
    );
    let state = |state: &str| {
        event(
            "francisco@denmark.lit",
            &format!(
                "<subscription node='princely_musings' jid='francisco@denmark.lit' \
                 subscription='{state}'/>"
            ),
        )
    };
    let opened = messages(&set(&mut bench, &[("pubsub#access_model", "open")]));
    assert_eq!(opened[0], state("subscribed"), "PS-8.2-09: he is let in");
    assert!(
        opened.len() == 2 && opened[1].contains("pubsub#event}item {}id=\"a\""),
        "PS-8.2-09: and given the last item: {opened:?}"
    );
    let closed = messages(&set(&mut bench, &[("pubsub#access_model", "whitelist")]));
    assert_eq!(closed, [state("none")], "PS-8.2-09: he is put out");
    let quiet = messages(&bench.publish("b"));
    assert_eq!(quiet.len(), 0, "PS-8.2-09: {quiet:?}");
}

#[test]
fn who_is_put_out_does_not_see_the_new_settings() {
    let open = NodeConfig {
        notify_config: true,
        deliver_payloads: false,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), open);
    done(&bench.owner(
        OWNER,
        "set",
        "<affiliations node='princely_musings'>\
         <affiliation jid='bernardo@denmark.lit' affiliation='member'/></affiliations>",
    ));
    bench.subscribe(READER, "francisco@denmark.lit");
    bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    let none =
        "<subscription node='princely_musings' jid='francisco@denmark.lit' subscription='none'/>";
    assert_eq!(
        messages(&set(&mut bench, &[("pubsub#access_model", "whitelist")])),
        [
            event("francisco@denmark.lit", none),
            event(
                "bernardo@denmark.lit",
                "<configuration node='princely_musings'/>"
            )
        ],
        "PS-8.2-08, PS-8.2-09"
    );
}

#[test]
fn default_settings_are_asked_for_by_an_empty_element() {
    let defaults = NodeConfig::default()
        .with_access_model(AccessModel::Whitelist)
        .with_max_items(7);
    let config = config()
        .with_node_defaults(defaults)
        .with_feature(Feature::COLLECTIONS, true);
    let mut bench = Bench::new(config);
    assert!(offers(&mut bench, "retrieve-default"), "PS-8.3-03");
    let answer = bench.say(
        "<iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='def1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><default/></pubsub></iq>",
    );
    assert!(
        answer.contains(
            " id=\"def1\" type=\"result\"><pubsub xmlns=\"http://jabber.org/protocol/pubsub#owner\">\
             <default><x xmlns=\"jabber:x:data\" type=\"form\">"
        ),
        "PS-8.3-01, PS-8.3-03, example 152: {answer}"
    );
    let leaf = form(&answer);
    assert_eq!(
        leaf.form_type(),
        Some("http://jabber.org/protocol/pubsub#node_config"),
        "PS-8.3-03"
    );
    for (var, expected) in [
        ("pubsub#access_model", "whitelist"),
        ("pubsub#max_items", "7"),
    ] {
        assert_eq!(value(&leaf, var), expected, "PS-8.3-03: {var}");
    }
    assert_eq!(
        value(&leaf, "pubsub#node_type"),
        "leaf",
        "PS-8.3-02: leaf is meant where nothing is said"
    );
    let named = form(&bench.owner(OWNER, "get", "<default type='leaf'/>"));
    assert_eq!(named, leaf, "PS-8.3-02");
    let collection = form(&bench.owner(OWNER, "get", "<default type='collection'/>"));
    assert_eq!(
        value(&collection, "pubsub#node_type"),
        "collection",
        "PS-8.3-02"
    );
    done(&bench.pubsub(OWNER, "set", "<create node='a'/>"));
    let made = form(&bench.owner(OWNER, "get", "<configure node='a'/>"));
    assert_eq!(made, leaf, "PS-8.3-03: and so a new node is set");
}

#[test]
fn default_settings_need_two_features() {
    for (feature, name, example) in [
        (Feature::CONFIG_NODE, "config-node", 155),
        (Feature::RETRIEVE_DEFAULT, "retrieve-default", 156),
    ] {
        let mut bench = without(feature);
        assert!(!offers(&mut bench, "retrieve-default"), "PS-8.3-03: {name}");
        let answer = bench.owner(OWNER, "get", "<default/>");
        assert_eq!(
            all(&answer),
            [xml(&format!(
                "<iq type='error' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
                 <error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
                 <unsupported xmlns='http://jabber.org/protocol/pubsub#errors' feature='{name}'/>\
                 </error></iq>"
            ))],
            "PS-8.3-03, example {example}"
        );
    }
}

#[test]
fn the_host_sets_a_node_as_an_owner_could() {
    let mut bench = Bench::open();
    done(&bench.subscribe(READER, "francisco@denmark.lit"));
    for id in ["1", "2", "3"] {
        bench.publish(id);
    }
    let musings = node("princely_musings");
    let closed = NodeConfig::default()
        .with_access_model(AccessModel::Whitelist)
        .with_max_items(2);
    let set = bench.service.configure_node(NOW, &musings, closed.clone());
    assert_eq!(set, Ok(()));
    let sent = bench.sent();
    assert_eq!(messages(&sent).len(), 1, "PS-8.2-09: {sent}");
    assert!(sent.contains("subscription=\"none\""), "PS-8.2-09: {sent}");
    assert_eq!(bench.service.subscriber_count(&musings), 0, "PS-8.2-09");
    let items = bench.pubsub(OWNER, "get", "<items node='princely_musings'/>");
    assert_eq!(items.matches("<item ").count(), 2, "{items}");

    let again = bench.service.configure_node(NOW, &musings, closed);
    assert_eq!((again, bench.sent()), (Ok(()), String::new()));
    let other = NodeConfig::collection();
    let set = bench.service.configure_node(NOW, &musings, other.clone());
    assert_eq!(set, Err(ServiceError::WrongType));
    let set = bench.service.configure_node(NOW, &node("nowhere"), other);
    assert_eq!(set, Err(ServiceError::NoSuchNode));
}
