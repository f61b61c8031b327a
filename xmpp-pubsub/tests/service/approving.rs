//! Subscriptions that an owner approves. XEP-0060 §8.6 and §8.7.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{AccessModel, Config, NewNode, NodeConfig};

use crate::common::{Bench, NOW, OWNER, READER, config, done, error, jid, node};
use crate::wire::{
    all, empty_result, event, fault, form, messages, missing, offers, submit, value, values, xml,
};

const HORATIO: &str = "horatio@denmark.lit/mobile";

fn authorize(config: Config) -> Bench {
    let set = NodeConfig::default().with_access_model(AccessModel::Authorize);
    Bench::with(config, set)
}

/// A node at which horatio waits, and what its owner was asked.
fn waiting(config: Config) -> (Bench, String) {
    let mut bench = authorize(config);
    let sent = bench.subscribe(HORATIO, "horatio@denmark.lit");
    let asked = sent.lines().nth(1).unwrap().to_owned();
    (bench, asked)
}

/// What horatio is at the node.
fn state(bench: &mut Bench) -> Vec<String> {
    let list = bench.pubsub(HORATIO, "get", "<subscriptions node='princely_musings'/>");
    values(&list, "subscription", " subscription")
}

fn told(state: &str) -> String {
    event(
        "horatio@denmark.lit",
        &format!(
            "<subscription node='princely_musings' jid='horatio@denmark.lit' subscription='{state}'/>"
        ),
    )
}

/// An answer to the question with this id.
fn answer(bench: &mut Bench, from: &str, id: &str, fields: &[(&str, &str)]) -> String {
    let form = submit("subscribe_authorization", fields);
    let message =
        format!("<message from='{from}' to='pubsub.shakespeare.lit' id='{id}'>{form}</message>");
    bench.say(&message)
}

/// A whole answer.
fn whole(allow: &str) -> [(&str, &str); 3] {
    [
        ("pubsub#node", "princely_musings"),
        ("pubsub#subscriber_jid", "horatio@denmark.lit"),
        ("pubsub#allow", allow),
    ]
}

#[test]
fn owners_are_asked_by_a_form_in_a_message() {
    let mut bench = authorize(config());
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid("gertrude@denmark.lit"),
            Affiliation::Owner,
        )
        .unwrap();
    let sent = bench.subscribe(HORATIO, "horatio@denmark.lit");
    let asked: Vec<&str> = sent.lines().skip(1).collect();
    assert_eq!(
        asked
            .iter()
            .flat_map(|asked| values(asked, "message", "to"))
            .collect::<Vec<_>>(),
        ["gertrude@denmark.lit", "hamlet@denmark.lit"],
        "PS-8.6-01: every owner"
    );
    for asked in asked {
        let form = form(asked);
        assert!(
            asked.contains("<x xmlns=\"jabber:x:data\" type=\"form\">"),
            "PS-8.6-01, example 170: {asked}"
        );
        assert_eq!(
            form.form_type(),
            Some("http://jabber.org/protocol/pubsub#subscribe_authorization"),
            "PS-8.6-01"
        );
        let shown: Vec<_> = form
            .fields
            .iter()
            .map(|field| {
                let kind = field.kind.map(|kind| kind.as_str());
                (field.var.as_deref().unwrap(), kind, field.value().unwrap())
            })
            .collect();
        assert_eq!(
            shown[1..],
            [
                ("pubsub#node", Some("text-single"), "princely_musings"),
                (
                    "pubsub#subscriber_jid",
                    Some("jid-single"),
                    "horatio@denmark.lit"
                ),
                ("pubsub#allow", Some("boolean"), "0"),
            ],
            "PS-8.6-02, example 170"
        );
    }
}

#[test]
fn the_form_names_the_subid_where_there_are_such() {
    let mut bench = authorize(config().with_multi_subscribe(true));
    let sent = bench.subscribe(HORATIO, "horatio@denmark.lit");
    let (pending, asked) = sent.split_once('\n').unwrap();
    let [subid] = values(pending, "subscription", "subid").try_into().unwrap();
    assert_eq!(value(&form(asked), "pubsub#subid"), subid, "PS-8.6-02");
    let with_subid = [
        ("pubsub#subid", &*subid),
        ("pubsub#node", "princely_musings"),
        ("pubsub#subscriber_jid", "horatio@denmark.lit"),
        ("pubsub#allow", "1"),
    ];
    let wrong = [
        ("pubsub#subid", "x"),
        with_subid[1],
        with_subid[2],
        with_subid[3],
    ];
    answer(&mut bench, OWNER, "q", &wrong);
    assert_eq!(state(&mut bench), ["pending"], "PS-8.6-02");
    answer(&mut bench, OWNER, "q", &with_subid);
    assert_eq!(state(&mut bench), ["subscribed"], "PS-8.6-02");
}

#[test]
fn an_answer_without_a_subid_is_about_the_request_that_waits() {
    let mut bench = authorize(config().with_multi_subscribe(true));
    bench.subscribe(HORATIO, "horatio@denmark.lit");
    answer(&mut bench, OWNER, "q", &whole("1"));
    assert_eq!(state(&mut bench), ["subscribed"], "PS-8.6-03");
    // Another of his.
    bench.subscribe(HORATIO, "horatio@denmark.lit");
    answer(&mut bench, OWNER, "q", &whole("0"));
    assert_eq!(
        state(&mut bench),
        ["subscribed"],
        "PS-8.6-03: the first stays"
    );
}

#[test]
fn where_a_node_has_no_owner_those_of_the_service_are_asked() {
    let mut bench = Bench::new(config());
    let admin = jid("admin@denmark.lit");
    bench
        .service
        .set_service_affiliation(NOW, &admin, Affiliation::Owner);
    let new = NewNode {
        node: node("princely_musings"),
        config: NodeConfig::default().with_access_model(AccessModel::Authorize),
        owner: None,
    };
    bench.service.create_node(NOW, new).unwrap();
    let sent = bench.subscribe(HORATIO, "horatio@denmark.lit");
    assert_eq!(
        values(&sent, "message", "to"),
        ["admin@denmark.lit"],
        "PS-8.6-01"
    );
    let sent = answer(&mut bench, "admin@denmark.lit/x", "q", &whole("1"));
    assert_eq!(all(&sent), [told("subscribed")], "PS-8.6-06");
}

#[test]
fn the_answer_comes_under_the_id_of_the_question() {
    for (allow, expected, example) in [
        ("true", "subscribed", 172),
        ("1", "subscribed", 172),
        ("false", "none", 174),
        ("0", "none", 174),
    ] {
        let (mut bench, asked) = waiting(config());
        let [id] = values(&asked, "message", "id").try_into().unwrap();
        // The id is enough.
        let sent = answer(&mut bench, OWNER, &id, &[("pubsub#allow", allow)]);
        assert_eq!(
            all(&sent),
            [told(expected)],
            "PS-8.6-03, PS-8.6-04, example {example}: {allow}"
        );
        // The form says it all as well.
        let (mut bench, _) = waiting(config());
        let sent = answer(&mut bench, OWNER, "of-mine", &whole(allow));
        assert_eq!(
            all(&sent),
            [told(expected)],
            "PS-8.6-03, PS-8.6-04: {allow}"
        );
        // Neither does.
        let (mut bench, _) = waiting(config());
        let sent = answer(&mut bench, OWNER, "of-mine", &[("pubsub#allow", allow)]);
        assert_eq!(sent, "", "PS-8.6-03: nobody was asked that");
        assert_eq!(state(&mut bench), ["pending"], "PS-8.6-03");
    }
}

#[test]
fn who_was_allowed_gets_events_and_who_was_denied_does_not() {
    for (allow, count) in [("1", 1), ("0", 0)] {
        let (mut bench, _) = waiting(config());
        let before = messages(&bench.publish("a"));
        assert_eq!(before.len(), 0, "PS-8.6-06: while he waits: {before:?}");
        answer(&mut bench, OWNER, "q", &whole(allow));
        let after = messages(&bench.publish("b"));
        assert_eq!(after.len(), count, "PS-8.6-06: {allow}: {after:?}");
    }
}

#[test]
fn a_form_that_is_given_up_decides_nothing() {
    let (mut bench, asked) = waiting(config());
    let [id] = values(&asked, "message", "id").try_into().unwrap();
    let cancelled = format!(
        "<message from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='{id}'>\
         <x xmlns='jabber:x:data' type='cancel'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value></field>\
         <field var='pubsub#allow'><value>0</value></field></x></message>"
    );
    assert_eq!(bench.say(&cancelled), "", "PS-8.6-05, example 175");
    assert_eq!(state(&mut bench), ["pending"], "PS-8.6-05");
    let sent = answer(&mut bench, OWNER, &id, &[("pubsub#allow", "1")]);
    assert_eq!(
        all(&sent),
        [told("subscribed")],
        "PS-8.6-05: still his to decide"
    );
}

#[test]
fn only_an_owner_decides_and_only_by_the_field() {
    let (mut bench, asked) = waiting(config());
    let [id] = values(&asked, "message", "id").try_into().unwrap();
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid("bernardo@denmark.lit"),
            Affiliation::Publisher,
        )
        .unwrap();
    for from in [HORATIO, READER, "bernardo@denmark.lit/tower"] {
        let sent = answer(&mut bench, from, &id, &whole("1"));
        assert_eq!(sent, "", "PS-8.6-06: {from} is no owner");
        assert_eq!(state(&mut bench), ["pending"], "PS-8.6-06: {from}");
    }
    let [node, subscriber, _] = whole("1");
    assert_eq!(
        answer(&mut bench, OWNER, &id, &[node, subscriber]),
        "",
        "PS-8.6-06: without the field"
    );
    assert_eq!(state(&mut bench), ["pending"], "PS-8.6-06");
    answer(&mut bench, OWNER, &id, &whole("1"));
    assert_eq!(state(&mut bench), ["subscribed"], "PS-8.6-06");
    // It is decided. A second answer comes too late.
    assert_eq!(answer(&mut bench, OWNER, &id, &whole("0")), "", "PS-8.6-06");
    assert_eq!(state(&mut bench), ["subscribed"], "PS-8.6-06");
}

const GET_PENDING: &str = "<command xmlns='http://jabber.org/protocol/commands' \
    node='http://jabber.org/protocol/pubsub#get-pending' action='execute'/>";

/// The form of the command, with the node that is chosen.
fn choose(session: &str, name: &str) -> String {
    format!(
        "<command xmlns='http://jabber.org/protocol/commands' sessionid='{session}' \
         node='http://jabber.org/protocol/pubsub#get-pending' action='execute'>\
         <x xmlns='jabber:x:data' type='submit'><field var='pubsub#node'><value>{name}</value>\
         </field></x></command>"
    )
}

#[test]
fn a_command_gets_at_all_requests_that_wait() {
    let (mut bench, first) = waiting(config());
    assert!(offers(&mut bench, "get-pending"), "PS-8.7-01");
    let authorize = NodeConfig::default().with_access_model(AccessModel::Authorize);
    bench.add("nobody_waits", authorize.clone());
    bench.add("another", authorize);
    // What somebody else decides on is not shown.
    let set = submit("node_config", &[("pubsub#access_model", "authorize")]);
    let of_another = format!("<create node='of_another'/><configure>{set}</configure>");
    done(&bench.pubsub("gertrude@denmark.lit/x", "set", &of_another));
    for name in ["another", "of_another"] {
        let subscribe = format!("<subscribe node='{name}' jid='horatio@denmark.lit'/>");
        done(&bench.pubsub(HORATIO, "set", &subscribe));
    }
    bench.subscribe(READER, "francisco@denmark.lit");
    let shown = bench.ask(OWNER, "set", GET_PENDING);
    let [session] = values(&shown, "command", "sessionid").try_into().unwrap();
    let expected = format!(
        "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
         <command xmlns='http://jabber.org/protocol/commands' sessionid='{session}' \
         node='http://jabber.org/protocol/pubsub#get-pending' status='executing'>\
         <x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value></field>\
         <field var='pubsub#node' type='list-single'><option><value>another</value></option>\
         <option><value>princely_musings</value></option></field></x></command></iq>"
    );
    assert_eq!(
        all(&shown),
        [xml(&expected)],
        "PS-8.7-01, PS-8.7-02, examples 176 and 177"
    );
    let sent = bench.ask(OWNER, "set", &choose(&session, "princely_musings"));
    let completed = format!(
        "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
         <command xmlns='http://jabber.org/protocol/commands' sessionid='{session}' \
         node='http://jabber.org/protocol/pubsub#get-pending' status='completed'/></iq>"
    );
    let [result, francisco, horatio] = all(&sent).try_into().unwrap();
    assert_eq!(result, xml(&completed), "PS-8.7-04, XC-EX-05, example 183");
    let once_more = xml(&first);
    let to = |text: &str| text.replace("hamlet@denmark.lit/elsinore", "hamlet@denmark.lit");
    assert_eq!(to(&horatio), once_more, "PS-8.7-04: asked once more");
    assert_eq!(
        to(&francisco),
        once_more.replace("horatio", "francisco"),
        "PS-8.7-04"
    );
    // And it can be answered.
    let id = sent.lines().nth(2).unwrap();
    let [id] = values(id, "message", "id").try_into().unwrap();
    let sent = answer(&mut bench, OWNER, &id, &[("pubsub#allow", "1")]);
    assert_eq!(all(&sent), [told("subscribed")], "PS-8.7-04");
}

#[test]
fn a_command_shows_whom_the_asker_decides_on_and_no_others() {
    let (mut bench, _) = waiting(config());
    let bernardo = "bernardo@denmark.lit/tower";
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid(bernardo),
            Affiliation::Publisher,
        )
        .unwrap();
    let answer = bench.ask(bernardo, "set", GET_PENDING);
    assert_eq!(fault(&answer), "cancel forbidden", "PS-8.7-03: a publisher");
    let set = submit("node_config", &[("pubsub#access_model", "authorize")]);
    let own = format!("<create node='watch'/><configure>{set}</configure>");
    done(&bench.pubsub(bernardo, "set", &own));
    let subscribe = "<subscribe node='watch' jid='horatio@denmark.lit'/>";
    done(&bench.pubsub(HORATIO, "set", subscribe));
    let shown = form(&bench.ask(bernardo, "set", GET_PENDING));
    let offered = &shown.field("pubsub#node").unwrap().options;
    let offered: Vec<&str> = offered.iter().map(|option| &*option.value).collect();
    assert_eq!(offered, ["watch"], "PS-8.7-02");
}

#[test]
fn a_command_that_cannot_be_is_refused() {
    let (mut bench, _) = waiting(config());
    let not_owner = bench.ask(READER, "set", GET_PENDING);
    assert_eq!(
        fault(&not_owner),
        "cancel forbidden",
        "PS-8.7-03, example 180"
    );
    for (from, name, expected) in [
        (READER, "princely_musings", "cancel forbidden"),
        (OWNER, "none", "cancel item-not-found"),
    ] {
        let answer = bench.ask(from, "set", &choose("s", name));
        assert_eq!(
            fault(&answer),
            expected,
            "PS-8.7-03, examples 180 and 181: {from} {name}"
        );
    }
    let mut bench = authorize(config().with_feature(Feature::GET_PENDING, false));
    assert!(!offers(&mut bench, "get-pending"), "PS-8.7-01");
    let answer = bench.ask(OWNER, "set", GET_PENDING);
    assert_eq!(
        fault(&answer),
        missing("get-pending"),
        "PS-8.7-03, example 179"
    );
    let mut config = config();
    config.commands = false;
    let mut bench = authorize(config);
    assert!(!offers(&mut bench, "get-pending"), "PS-8.7-01");
    let answer = bench.ask(OWNER, "set", GET_PENDING);
    assert_eq!(
        fault(&answer),
        "cancel service-unavailable",
        "PS-8.7-03, example 178: no commands at all"
    );
}

#[test]
fn an_affiliation_settles_a_request_that_waits() {
    for (affiliation, expected) in [
        ("owner", "subscribed"),
        ("publisher", "subscribed"),
        ("member", "subscribed"),
        ("outcast", "none"),
    ] {
        let (mut bench, _) = waiting(config());
        let content = format!(
            "<affiliations node='princely_musings'>\
             <affiliation jid='horatio@denmark.lit' affiliation='{affiliation}'/></affiliations>"
        );
        let sent = all(&bench.owner(OWNER, "set", &content));
        assert_eq!(sent[0], empty_result(), "PS-8.7-05");
        assert!(
            sent.contains(&told(expected)),
            "PS-8.7-05: {affiliation}: {sent:?}"
        );
        let expected: &[&str] = if expected == "none" { &[] } else { &[expected] };
        assert_eq!(state(&mut bench), expected, "PS-8.7-05: {affiliation}");
    }
    let (mut bench, _) = waiting(config());
    let again = bench.subscribe(HORATIO, "horatio@denmark.lit");
    let (_, _, pubsub) = error(&again);
    assert_eq!(
        pubsub.as_deref(),
        Some("pending-subscription"),
        "PS-8.7-05: until then he waits"
    );
}
