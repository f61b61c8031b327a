//! Subscriptions in the owner's hand. XEP-0060 §8.8.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{AccessModel, Configuration, NodeConfig};

use crate::common::{Bench, NOW, OWNER, READER, config, done, jid, node};
use crate::wire::{
    all, empty_result, event, fault, messages, missing, offers, values, without, xml,
};

const GET: &str = "<subscriptions node='princely_musings'/>";

fn set(bench: &mut Bench, entries: &str) -> String {
    let content = format!("<subscriptions node='princely_musings'>{entries}</subscriptions>");
    bench.owner(OWNER, "set", &content)
}

/// Each entry of the list as `address state`, with the subid if it has one.
fn list(bench: &mut Bench) -> Vec<String> {
    let list = bench.owner(OWNER, "get", GET);
    let entries = list.split("<subscription ").skip(1);
    entries
        .map(|entry| {
            let entry = format!("<subscription {entry}");
            let one = |name| values(&entry, "subscription", name).concat();
            format!("{} {} {}", one("jid"), one(" subscription"), one("subid"))
                .trim_end()
                .to_owned()
        })
        .collect()
}

/// The error of a change that failed in part: with the entries that failed.
fn refused_entries(entries: &str) -> String {
    xml(&format!(
        "<iq type='error' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <subscriptions node='princely_musings'>{entries}</subscriptions></pubsub>\
         <error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    ))
}

fn told(jid: &str, state: &str) -> String {
    event(
        jid,
        &format!("<subscription node='princely_musings' jid='{jid}' subscription='{state}'/>"),
    )
}

#[test]
fn an_owner_asks_who_is_subscribed() {
    let mut config = config();
    config.configuration = Configuration::Required;
    let authorize = NodeConfig::default().with_access_model(AccessModel::Authorize);
    let mut bench = Bench::with(config, authorize);
    assert!(offers(&mut bench, "manage-subscriptions"), "PS-8.8-01");
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid("polonius@denmark.lit"),
            Affiliation::Member,
        )
        .unwrap();
    bench.subscribe("polonius@denmark.lit/x", "polonius@denmark.lit");
    // He waits for approval.
    bench.subscribe(READER, "francisco@denmark.lit");
    done(&bench.pubsub(
        OWNER,
        "set",
        "<subscribe node='princely_musings' jid='hamlet@denmark.lit'/><options>\
         <x xmlns='jabber:x:data' type='submit'/></options>",
    ));
    let answer = bench.say(
        "<iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='subman1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <subscriptions node='princely_musings'/></pubsub></iq>",
    );
    assert!(
        answer.contains(
            " id=\"subman1\" type=\"result\"><pubsub xmlns=\"http://jabber.org/protocol/pubsub#owner\">\
             <subscriptions node=\"princely_musings\"><subscription "
        ),
        "PS-8.8-02, examples 184 and 185: {answer}"
    );
    assert_eq!(
        list(&mut bench),
        [
            "hamlet@denmark.lit subscribed",
            "polonius@denmark.lit unconfigured"
        ],
        "PS-8.8-02, PS-8.8-03: not who is pending"
    );
}

#[test]
fn several_subscriptions_of_one_address_differ_by_subid() {
    let config = config().with_multi_subscribe(true);
    let mut bench = Bench::with(config, NodeConfig::default());
    let mut subids = Vec::new();
    for _ in 0..3 {
        let answer = bench.subscribe(READER, "francisco@denmark.lit");
        subids.extend(values(&answer, "subscription", "subid"));
    }
    let entry = |subid: &String| format!("francisco@denmark.lit subscribed {subid}");
    let expected: Vec<String> = subids.iter().map(entry).collect();
    assert_eq!(list(&mut bench), expected, "PS-8.8-03, example 185");
    let ends = |subid: &str| {
        format!("<subscription jid='francisco@denmark.lit' subscription='none' subid='{subid}'/>")
    };
    let [first, second, third] = subids.as_slice() else {
        panic!("{subids:?}");
    };
    let twice = set(&mut bench, &ends(first).repeat(2));
    assert_eq!(
        fault(&twice),
        "modify bad-request",
        "PS-8.8-07: two entries for one subscription"
    );
    assert_eq!(list(&mut bench), expected, "PS-8.8-07");
    done(&set(&mut bench, &format!("{}{}", ends(first), ends(third))));
    assert_eq!(list(&mut bench), [entry(second)], "PS-8.8-07");
}

#[test]
fn without_a_subid_it_is_not_known_which_of_several_is_meant() {
    let config = config().with_multi_subscribe(true);
    let mut bench = Bench::with(config, NodeConfig::default());
    let mut entries = String::new();
    for _ in 0..2 {
        let answer = bench.subscribe(READER, "francisco@denmark.lit");
        let [subid] = values(&answer, "subscription", "subid").try_into().unwrap();
        entries.push_str(&format!(
            "<subscription jid='francisco@denmark.lit' subscription='subscribed' subid='{subid}'/>"
        ));
    }
    let answer = set(
        &mut bench,
        "<subscription jid='francisco@denmark.lit' subscription='pending'/>",
    );
    assert_eq!(
        all(&answer),
        [refused_entries(&entries)],
        "PS-8.8-06, PS-8.8-07: both come back as they are"
    );
}

#[test]
fn the_list_and_its_change_are_refused_for_the_same_reasons() {
    let mut bench = Bench::open();
    bench.subscribe(READER, "francisco@denmark.lit");
    let entry = "<subscription jid='francisco@denmark.lit' subscription='none'/>";
    for (from, node, expected) in [
        (READER, "node='princely_musings'", "auth forbidden"),
        (OWNER, "node='none'", "cancel item-not-found"),
        (OWNER, "", "modify bad-request nodeid-required"),
    ] {
        let asked = bench.owner(from, "get", &format!("<subscriptions {node}/>"));
        assert_eq!(fault(&asked), expected, "PS-8.8-04: {from} {node}");
        let content = format!("<subscriptions {node}>{entry}</subscriptions>");
        let changed = bench.owner(from, "set", &content);
        assert_eq!(fault(&changed), expected, "PS-8.8-04: {from} {node}");
    }
    assert_eq!(
        list(&mut bench),
        ["francisco@denmark.lit subscribed"],
        "PS-8.8-04"
    );
    let mut bench = without(Feature::MANAGE_SUBSCRIPTIONS);
    assert!(!offers(&mut bench, "manage-subscriptions"), "PS-8.8-01");
    let expected = missing("manage-subscriptions");
    let asked = bench.owner(OWNER, "get", GET);
    assert_eq!(fault(&asked), expected, "PS-8.8-04, example 186");
    let changed = set(&mut bench, entry);
    assert_eq!(fault(&changed), expected, "PS-8.8-04, example 191");
}

#[test]
fn a_change_lists_what_changes_and_each_is_told() {
    let mut bench = Bench::open();
    for user in ["francisco", "polonius", "bernardo"] {
        let address = format!("{user}@denmark.lit");
        bench.subscribe(&format!("{address}/x"), &address);
    }
    let answer = set(
        &mut bench,
        "<subscription jid='polonius@denmark.lit' subscription='none'/>\
         <subscription jid='bard@shakespeare.lit' subscription='subscribed'/>\
         <subscription jid='bernardo@denmark.lit'/>",
    );
    assert_eq!(
        all(&answer),
        [
            empty_result(),
            told("polonius@denmark.lit", "none"),
            told("bard@shakespeare.lit", "subscribed"),
        ],
        "PS-8.8-01, PS-8.8-05, PS-8.8-09, examples 190 and 196: an entry without state changes nothing"
    );
    assert_eq!(
        list(&mut bench),
        [
            "bard@shakespeare.lit subscribed",
            "bernardo@denmark.lit subscribed",
            "francisco@denmark.lit subscribed",
        ],
        "PS-8.8-05, PS-8.8-08: what is not listed stays, and who was set to none is gone"
    );
    let sent = messages(&bench.publish("a"));
    assert!(
        !sent.iter().any(|sent| sent.contains("polonius")) && sent.len() == 3,
        "PS-8.8-08: {sent:?}"
    );
}

#[test]
fn entries_that_fail_come_back_as_they_are() {
    let closed = NodeConfig::default().with_access_model(AccessModel::Whitelist);
    let mut bench = Bench::with(config(), closed);
    for (user, affiliation) in [
        ("polonius@denmark.lit", Affiliation::Member),
        ("bard@shakespeare.lit", Affiliation::Member),
        ("claudius@denmark.lit", Affiliation::Outcast),
    ] {
        bench
            .service
            .set_affiliation(NOW, &node("princely_musings"), &jid(user), affiliation)
            .unwrap();
    }
    bench.subscribe("polonius@denmark.lit/x", "polonius@denmark.lit");
    let answer = set(
        &mut bench,
        "<subscription jid='polonius@denmark.lit' subscription='pending'/>\
         <subscription jid='claudius@denmark.lit' subscription='subscribed'/>\
         <subscription jid='ophelia@denmark.lit' subscription='none'/>\
         <subscription jid='bard@shakespeare.lit' subscription='subscribed'/>",
    );
    let [refused, bard] = all(&answer).try_into().unwrap();
    assert_eq!(
        refused,
        refused_entries(
            "<subscription jid='polonius@denmark.lit' subscription='subscribed'/>\
             <subscription jid='claudius@denmark.lit' subscription='none'/>"
        ),
        "PS-8.8-06, example 195: in their old state; who is not subscribed is none already"
    );
    assert_eq!(
        bard,
        told("bard@shakespeare.lit", "subscribed"),
        "PS-8.8-06: the rest was done"
    );
    assert_eq!(
        list(&mut bench),
        [
            "bard@shakespeare.lit subscribed",
            "polonius@denmark.lit subscribed"
        ],
        "PS-8.8-06"
    );
}

#[test]
fn an_owner_settles_requests_in_the_list_as_well() {
    let authorize = NodeConfig::default().with_access_model(AccessModel::Authorize);
    for (state, listed) in [("subscribed", 1), ("none", 0)] {
        let mut bench = Bench::with(config(), authorize.clone());
        bench.subscribe(READER, "francisco@denmark.lit");
        let entry = format!("<subscription jid='francisco@denmark.lit' subscription='{state}'/>");
        assert_eq!(
            all(&set(&mut bench, &entry)),
            [empty_result(), told("francisco@denmark.lit", state)],
            "PS-8.8-09"
        );
        assert_eq!(list(&mut bench).len(), listed, "PS-8.8-08: {state}");
    }
}

#[test]
fn a_subid_that_nobody_has_changes_nothing() {
    let config = config().with_multi_subscribe(true);
    let mut bench = Bench::with(config, NodeConfig::default());
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    let [subid] = values(&answer, "subscription", "subid").try_into().unwrap();
    for state in ["none", "subscribed"] {
        let entry = |state: &str| {
            format!("<subscription jid='francisco@denmark.lit' subscription='{state}' subid='x'/>")
        };
        assert_eq!(
            all(&set(&mut bench, &entry(state))),
            [refused_entries(&entry("none"))],
            "PS-8.8-06: {state}"
        );
    }
    assert_eq!(
        list(&mut bench),
        [format!("francisco@denmark.lit subscribed {subid}")],
        "PS-8.8-06"
    );
}
