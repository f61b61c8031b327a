//! What the service and its nodes say of themselves: §5.1 to §5.5.

use xmpp_pubsub::disco::{Identity, Info};
use xmpp_pubsub::form::{
    AccessModel as Access, DateTime, IntegerOrMax, MetaData, PublishModel as Publish,
};
use xmpp_pubsub::service::{AccessModel, NodeConfig};
use xmpp_pubsub::stanza::{IqContent, Stanza};
use xmpp_pubsub::xml::Limits;
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, OWNER, READER, YEAR_2006, config, error, jid, meaning, result, row};

const FRANCISCO: &str = "francisco@denmark.lit";

fn list(bench: &mut Bench, node: &str, set: &str) -> String {
    let query = format!("<query xmlns='{}'{node}>{set}</query>", ns::DISCO_ITEMS);
    bench.ask(READER, "get", &query)
}

fn decoded(answer: &str) -> Info {
    let Stanza::Iq(iq) = Stanza::parse(answer.trim().as_bytes(), &Limits::default()).unwrap()
    else {
        panic!("{answer}")
    };
    let IqContent::Result(Some(payload)) = iq.content else {
        panic!("{answer}")
    };
    Info::decode(&payload).unwrap()
}

#[test]
fn clients_judge_by_identity() {
    let answer = decoded(&Bench::open().info(""));
    assert!(answer.is_pubsub_service(), "PS-5.1-03: {answer:?}");
    for kind in ["pep", "generic"] {
        let info = Info {
            identities: vec![Identity::new("pubsub", kind)],
            ..Info::default()
        };
        assert!(info.is_pubsub_service(), "PS-5.1-03: {kind}");
    }
    for identity in [
        ("pubsub", "leaf"),
        ("account", "registered"),
        ("conference", "service"),
    ] {
        let info = Info {
            identities: vec![Identity::new(identity.0, identity.1)],
            features: vec![ns::PUBSUB.to_owned()],
            ..Info::default()
        };
        assert!(
            info.has_feature(ns::PUBSUB) && !info.is_pubsub_service(),
            "PS-5.1-03: the plain namespace alone says nothing: {info:?}"
        );
    }
}

#[test]
fn the_nodes_that_the_asker_may_see() {
    let mut config = config();
    config.hide_closed_nodes = true;
    let mut bench = Bench::new(config);
    let letters = NodeConfig {
        title: "Letters to my Beloved".into(),
        ..NodeConfig::default()
    };
    bench.add("Romeoance", letters);
    let rose = NodeConfig {
        title: "A Rose by Another Name".into(),
        ..NodeConfig::default()
    };
    bench.add("Julliennui", rose);
    bench.add(
        "secret",
        NodeConfig::default().with_access_model(AccessModel::Whitelist),
    );
    let expected = format!(
        "<query xmlns='{}'>\
         <item node='Julliennui' name='A Rose by Another Name' jid='pubsub.shakespeare.lit'/>\
         <item node='Romeoance' name='Letters to my Beloved' jid='pubsub.shakespeare.lit'/></query>",
        ns::DISCO_ITEMS
    );
    let answer = list(&mut bench, "", "");
    assert_eq!(meaning(&answer), result(READER, &expected), "PS-5.2-01");
    let query = format!("<query xmlns='{}'/>", ns::DISCO_ITEMS);
    let answer = bench.ask(OWNER, "get", &query);
    assert!(answer.contains("node=\"secret\""), "PS-5.2-01: {answer}");
}

#[test]
fn many_nodes_come_in_pages() {
    for hidden in [false, true] {
        let mut config = config();
        config.max_listed = 2;
        config.hide_closed_nodes = hidden;
        let mut bench = Bench::new(config);
        for name in ["a", "b", "c"] {
            bench.add(name, NodeConfig::default());
        }
        let first = list(&mut bench, "", "");
        assert!(
            first.contains("node=\"b\"") && !first.contains("node=\"c\""),
            "PS-5.2-01: {first}"
        );
        assert!(
            first.contains("<set xmlns=\"http://jabber.org/protocol/rsm\">")
                && first.contains("<last>b</last>"),
            "PS-5.2-01: a part says that it is one: {first}"
        );
        let set = "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max><after>b</after></set>";
        let rest = list(&mut bench, "", set);
        assert!(
            rest.contains("node=\"c\"") && !rest.contains("node=\"b\""),
            "PS-5.2-01: {rest}"
        );
    }
}

#[test]
fn entries_for_items_have_a_name_and_no_node() {
    let mut bench = Bench::open();
    for id in [
        "368866411b877c30064a5f62b917cffe",
        "ae890ac52d0df67ed7cfdf51b644e901",
    ] {
        bench.publish(id);
    }
    let expected = format!(
        "<query xmlns='{}' node='princely_musings'>\
         <item jid='pubsub.shakespeare.lit' name='368866411b877c30064a5f62b917cffe'/>\
         <item jid='pubsub.shakespeare.lit' name='ae890ac52d0df67ed7cfdf51b644e901'/></query>",
        ns::DISCO_ITEMS
    );
    let answer = list(&mut bench, " node='princely_musings'", "");
    assert_eq!(
        meaning(&answer),
        result(READER, &expected),
        "PS-5.2-02, PS-5.5-01"
    );
}

#[test]
fn items_are_listed_for_those_who_may_read() {
    let stranger = [
        (
            AccessModel::Presence,
            row("auth", "not-authorized", "presence-subscription-required"),
        ),
        (
            AccessModel::Roster,
            row("auth", "not-authorized", "not-in-roster-group"),
        ),
        (
            AccessModel::Authorize,
            row("auth", "not-authorized", "not-subscribed"),
        ),
        (
            AccessModel::Whitelist,
            row("cancel", "not-allowed", "closed-node"),
        ),
    ];
    for (model, expected) in stranger {
        let mut bench = Bench::with(config(), NodeConfig::default().with_access_model(model));
        bench.publish("a");
        let answer = list(&mut bench, " node='princely_musings'", "");
        assert_eq!(error(&answer), expected, "PS-5.5-02: {model}");
        bench.affiliate(FRANCISCO, "publisher");
        let answer = list(&mut bench, " node='princely_musings'", "");
        assert!(
            answer.contains("name=\"a\""),
            "PS-5.5-02: {model}: {answer}"
        );
    }
}

#[test]
fn metadata_tells_settings_and_facts() {
    let mut bench = Bench::new(config());
    bench.pubsub(OWNER, "set", "<create node='princely_musings'/>");
    bench.configure(&[
        ("title", "Princely Musings (Atom)"),
        ("description", "Updates for a weblog."),
        ("language", "en"),
        ("contact", "bard@shakespeare.lit"),
        ("type", "urn:example:e2ee:bundle"),
        ("max_items", "120"),
    ]);
    bench.affiliate("bernardo@denmark.lit", "publisher");
    bench.subscribe(READER, FRANCISCO);
    bench.subscribe(READER, READER);
    let answer = bench.info(" node='princely_musings'");
    let info = decoded(&answer);
    assert_eq!(info.forms.len(), 1, "PS-5.4-01: {answer}");
    assert!(
        answer.contains(
            "<x xmlns=\"jabber:x:data\" type=\"result\"><field var=\"FORM_TYPE\" type=\"hidden\">\
             <value>http://jabber.org/protocol/pubsub#meta-data</value></field>"
        ),
        "PS-5.4-01: {answer}"
    );
    let expected = MetaData {
        contact: Some(vec![jid("bard@shakespeare.lit")]),
        creation_date: Some(DateTime(YEAR_2006 + 1_000)),
        creator: Some(jid("hamlet@denmark.lit")),
        description: Some("Updates for a weblog.".into()),
        language: Some("en".into()),
        access_model: Some(Access::OPEN),
        publish_model: Some(Publish::PUBLISHERS),
        num_subscribers: Some(2),
        owner: Some(vec![jid("hamlet@denmark.lit")]),
        publisher: Some(vec![jid("bernardo@denmark.lit")]),
        title: Some("Princely Musings (Atom)".into()),
        payload_type: Some("urn:example:e2ee:bundle".into()),
        max_items: Some(IntegerOrMax::Integer(120)),
        other: Vec::new(),
    };
    let told = MetaData::from_form(&info.forms[0]).unwrap();
    assert_eq!(told, expected, "PS-5.4-02");
    let shown = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    for (field, kind) in [
        ("contact", "jid-multi"),
        ("description", "text-single"),
        ("title", "text-single"),
        ("type", "text-single"),
        ("max_items", "text-single"),
        ("access_model", "list-single"),
        ("publish_model", "list-single"),
        ("language", "list-single"),
    ] {
        let start = format!("<field var=\"pubsub#{field}\" type=\"{kind}\"");
        assert!(
            shown.contains(&start) && answer.contains(&start),
            "PS-5.4-03: {field}: {shown} {answer}"
        );
    }
    assert!(
        shown.contains("<value>en</value><option><value>en</value></option>"),
        "PS-5.4-03: languages to choose from: {shown}"
    );
}

#[test]
fn who_waits_for_approval_is_not_counted() {
    let mut bench = Bench::with(
        config(),
        NodeConfig::default().with_access_model(AccessModel::Authorize),
    );
    bench.subscribe(READER, FRANCISCO);
    bench.subscribe(OWNER, "hamlet@denmark.lit");
    let info = decoded(&bench.info(" node='princely_musings'"));
    let told = MetaData::from_form(&info.forms[0]).unwrap();
    assert_eq!(told.num_subscribers, Some(1), "PS-5.4-02");
    let off = config().with_feature(Feature::META_DATA, false);
    let info = decoded(&Bench::with(off, NodeConfig::default()).info(" node='princely_musings'"));
    assert_eq!(info.forms, [], "PS-5.4-01: it can be left out");
}
