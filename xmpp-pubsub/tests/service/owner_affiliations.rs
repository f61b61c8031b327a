//! Affiliations in the owner's hand. XEP-0060 §8.9.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::{Affiliation, Child, PubSub};
use xmpp_pubsub::service::{Config, NodeConfig};
use xmpp_pubsub::stanza::Payload;
use xmpp_pubsub::xml::{Element, Limits, Profile};

use crate::common::{Bench, NOW, OWNER, READER, config, done, jid, node};
use crate::wire::{all, empty_result, fault, messages, missing, offers, values, without, xml};

const GET: &str = "<affiliations node='princely_musings'/>";

fn set(bench: &mut Bench, entries: &str) -> String {
    set_by(bench, OWNER, entries)
}

fn set_by(bench: &mut Bench, from: &str, entries: &str) -> String {
    let content = format!("<affiliations node='princely_musings'>{entries}</affiliations>");
    bench.owner(from, "set", &content)
}

fn entry(user: &str, affiliation: &str) -> String {
    format!("<affiliation jid='{user}' affiliation='{affiliation}'/>")
}

/// Each entry of the list as `address affiliation`.
fn list(bench: &mut Bench) -> Vec<String> {
    let list = bench.owner(OWNER, "get", GET);
    let users = values(&list, "affiliation", "jid");
    let affiliations = values(&list, "affiliation", "affiliation");
    let entries = users.iter().zip(affiliations);
    entries
        .map(|(user, affiliation)| format!("{user} {affiliation}"))
        .collect()
}

/// The node where hamlet is an owner and polonius something.
fn with_polonius(config: Config, affiliation: Affiliation) -> Bench {
    let mut bench = Bench::with(config, NodeConfig::default());
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid("polonius@denmark.lit"),
            affiliation,
        )
        .unwrap();
    bench
}

/// The error of a change that failed in part: with the entries that failed.
fn refused_entries(entries: &str) -> String {
    xml(&format!(
        "<iq type='error' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <affiliations node='princely_musings'>{entries}</affiliations></pubsub>\
         <error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    ))
}

#[test]
fn an_owner_asks_who_is_affiliated() {
    let mut bench = with_polonius(config(), Affiliation::Outcast);
    assert!(offers(&mut bench, "modify-affiliations"), "PS-8.9-01");
    bench.subscribe(READER, "francisco@denmark.lit");
    let answer = bench.say(
        "<iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='ent1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <affiliations node='princely_musings'/></pubsub></iq>",
    );
    assert_eq!(
        all(&answer),
        [xml(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='ent1'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
             <affiliations node='princely_musings'>\
             <affiliation jid='hamlet@denmark.lit' affiliation='owner'/>\
             <affiliation jid='polonius@denmark.lit' affiliation='outcast'/>\
             </affiliations></pubsub></iq>"
        )],
        "PS-8.9-02, PS-8.9-03, examples 197 and 198: not who is none"
    );
}

#[test]
fn the_affiliations_and_their_change_are_refused_for_the_same_reasons() {
    let mut bench = Bench::open();
    let publisher = entry("francisco@denmark.lit", "publisher");
    for (from, node, expected) in [
        (READER, "node='princely_musings'", "auth forbidden"),
        (OWNER, "node='none'", "cancel item-not-found"),
        (OWNER, "", "modify bad-request nodeid-required"),
    ] {
        let asked = bench.owner(from, "get", &format!("<affiliations {node}/>"));
        assert_eq!(fault(&asked), expected, "PS-8.9-04: {from} {node}");
        let content = format!("<affiliations {node}>{publisher}</affiliations>");
        let changed = bench.owner(from, "set", &content);
        assert_eq!(fault(&changed), expected, "PS-8.9-04: {from} {node}");
    }
    assert_eq!(list(&mut bench), ["hamlet@denmark.lit owner"], "PS-8.9-04");
    let mut bench = without(Feature::MODIFY_AFFILIATIONS);
    assert!(!offers(&mut bench, "modify-affiliations"), "PS-8.9-01");
    let expected = missing("modify-affiliations");
    let asked = bench.owner(OWNER, "get", GET);
    assert_eq!(fault(&asked), expected, "PS-8.9-04, example 199");
    let changed = set(&mut bench, &publisher);
    assert_eq!(fault(&changed), expected, "PS-8.9-04, example 204");
}

#[test]
fn an_affiliation_that_is_not_offered_is_named() {
    for (feature, name) in [
        (Feature::MEMBER_AFFILIATION, "member"),
        (Feature::OUTCAST_AFFILIATION, "outcast"),
        (Feature::PUBLISHER_AFFILIATION, "publisher"),
        (Feature::PUBLISH_ONLY_AFFILIATION, "publish-only"),
    ] {
        let mut bench = without(feature);
        let answer = set(&mut bench, &entry("polonius@denmark.lit", name));
        assert_eq!(
            fault(&answer),
            missing(&format!("{name}-affiliation")),
            "PS-8.9-04, example 205"
        );
        assert_eq!(list(&mut bench), ["hamlet@denmark.lit owner"], "PS-8.9-04");
    }
}

#[test]
fn a_change_lists_what_changes_and_each_hears_of_it() {
    let mut bench = with_polonius(config(), Affiliation::Publisher);
    let answer = set(
        &mut bench,
        &format!(
            "{}{}",
            entry("polonius@denmark.lit", "none"),
            entry("bard@shakespeare.lit", "publisher")
        ),
    );
    let notice = |to: &str, affiliation: &str| {
        xml(&format!(
            "<message type='headline' from='pubsub.shakespeare.lit' to='{to}'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><affiliations node='princely_musings'>\
             <affiliation jid='{to}' affiliation='{affiliation}'/></affiliations></pubsub></message>"
        ))
    };
    assert_eq!(
        all(&answer),
        [
            empty_result(),
            notice("polonius@denmark.lit", "none"),
            notice("bard@shakespeare.lit", "publisher"),
        ],
        "PS-8.9-01, PS-8.9-05, PS-8.9-10, T24, example 210 in the right spelling"
    );
    assert_eq!(
        list(&mut bench),
        ["bard@shakespeare.lit publisher", "hamlet@denmark.lit owner"],
        "PS-8.9-05, PS-8.9-09: who is not named stays, and who was set to none is off the list"
    );
    let publish =
        "<publish node='princely_musings'><item id='a'><entry xmlns='urn:e'/></item></publish>";
    done(&bench.pubsub("bard@shakespeare.lit/globe", "set", publish));
    let answer = bench.pubsub("polonius@denmark.lit/x", "set", publish);
    assert_eq!(fault(&answer), "auth forbidden", "PS-8.9-09");
    // What is so already is no news.
    let again = set(&mut bench, &entry("bard@shakespeare.lit", "publisher"));
    assert_eq!(messages(&again).len(), 0, "PS-8.9-10");
}

#[test]
fn the_notice_of_an_affiliation_is_read_in_both_spellings() {
    for spelling in ["affiliation", "affilation"] {
        let notice = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><affiliations node='princely_musings'>\
             <{spelling} jid='polonius@denmark.lit' affiliation='none'/></affiliations></pubsub>"
        );
        let element = Element::parse(notice.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap();
        let notice = PubSub::decode(&Payload::from_element(&element)).unwrap();
        let [Child::Affiliations { entries, .. }] = notice.children.as_slice() else {
            panic!("{notice:?}");
        };
        let read: Vec<_> = entries
            .iter()
            .map(|entry| (entry.jid.clone().unwrap(), entry.affiliation))
            .collect();
        assert_eq!(
            read,
            [(jid("polonius@denmark.lit"), Affiliation::None)],
            "T24: {spelling}"
        );
    }
}

#[test]
fn affiliations_that_fail_come_back_as_they_are() {
    let mut bench = with_polonius(config(), Affiliation::Outcast);
    let answer = set(
        &mut bench,
        &format!(
            "{}{}{}",
            entry("hamlet@denmark.lit", "none"),
            entry("polonius@denmark.lit", "none"),
            entry("bard@shakespeare.lit", "publisher")
        ),
    );
    assert_eq!(
        all(&answer)[0],
        refused_entries(&entry("hamlet@denmark.lit", "owner")),
        "PS-8.9-06, PS-8.9-08, T20, examples 208 and 209"
    );
    assert_eq!(
        list(&mut bench),
        ["bard@shakespeare.lit publisher", "hamlet@denmark.lit owner"],
        "PS-8.9-06: the rest was done"
    );
}

#[test]
fn no_entity_stands_twice_in_a_change() {
    let mut bench = Bench::open();
    for second in ["polonius@denmark.lit", "polonius@denmark.lit/x"] {
        let entries = format!(
            "{}{}{}",
            entry("bard@shakespeare.lit", "publisher"),
            entry("polonius@denmark.lit", "member"),
            entry(second, "outcast")
        );
        let answer = set(&mut bench, &entries);
        assert_eq!(fault(&answer), "modify bad-request", "PS-8.9-07: {second}");
        assert_eq!(
            list(&mut bench),
            ["hamlet@denmark.lit owner"],
            "PS-8.9-07: nothing is done"
        );
    }
}

#[test]
fn a_node_keeps_an_owner() {
    let mut bench = Bench::open();
    let resign = entry("hamlet@denmark.lit", "none");
    let owner = [refused_entries(&entry("hamlet@denmark.lit", "owner"))];
    assert_eq!(all(&set(&mut bench, &resign)), owner, "PS-8.9-08");
    for affiliation in ["member", "publisher", "publish-only", "outcast"] {
        let answer = set(&mut bench, &entry("hamlet@denmark.lit", affiliation));
        assert_eq!(all(&answer), owner, "PS-8.9-08: {affiliation}");
    }
    assert_eq!(list(&mut bench), ["hamlet@denmark.lit owner"], "PS-8.9-08");
    // Where there is another he may go.
    done(&set(&mut bench, &entry("gertrude@denmark.lit", "owner")));
    done(&set(&mut bench, &resign));
    let answer = bench.owner("gertrude@denmark.lit/x", "get", GET);
    assert_eq!(
        values(&answer, "affiliation", "jid"),
        ["gertrude@denmark.lit"],
        "PS-8.9-08"
    );
}

#[test]
fn the_chart_of_transitions() {
    let all_of_them = [
        Affiliation::Outcast,
        Affiliation::None,
        Affiliation::Member,
        Affiliation::Publisher,
        Affiliation::Owner,
    ];
    for from in all_of_them {
        for to in all_of_them {
            let mut bench = with_polonius(config(), from);
            let answer = set(&mut bench, &entry("polonius@denmark.lit", to.as_str()));
            let allowed = match (from, to) {
                (Affiliation::Publisher, Affiliation::Member) => false,
                // Another owner cannot move him; to say what he is changes nothing.
                (Affiliation::Owner, to) => to == Affiliation::Owner,
                _ => true,
            };
            let expected = if allowed {
                empty_result()
            } else {
                refused_entries(&entry("polonius@denmark.lit", from.as_str()))
            };
            assert_eq!(all(&answer)[0], expected, "PS-8.9-15, T15: {from} to {to}");
        }
    }
    // An owner leaves by himself, and for nothing else.
    for (to, allowed) in [
        (Affiliation::None, true),
        (Affiliation::Member, false),
        (Affiliation::Publisher, false),
        (Affiliation::Outcast, false),
    ] {
        let mut bench = with_polonius(config(), Affiliation::Owner);
        let change = entry("polonius@denmark.lit", to.as_str());
        let answer = set_by(&mut bench, "polonius@denmark.lit/x", &change);
        assert_eq!(
            values(&answer, "iq", " type"),
            [if allowed { "result" } else { "error" }],
            "PS-8.9-15: {to}"
        );
    }
}

#[test]
fn a_publisher_becomes_a_member_where_that_is_allowed() {
    for (allowed, is) in [(false, "publisher"), (true, "member")] {
        let mut config = config();
        config.publisher_to_member = allowed;
        let mut bench = with_polonius(config, Affiliation::Publisher);
        set(&mut bench, &entry("polonius@denmark.lit", "member"));
        assert_eq!(
            list(&mut bench)[1],
            format!("polonius@denmark.lit {is}"),
            "PS-8.9-15, T15"
        );
    }
}
