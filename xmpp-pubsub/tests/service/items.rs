//! Items that are asked for: §6.5.

use std::time::Duration;

use xmpp_pubsub::client::{Config as ClientConfig, PubSub};
use xmpp_pubsub::service::{AccessModel, NodeConfig, SendLast};
use xmpp_pubsub::{Feature, ns};

use crate::common::{
    Bench, OWNER, READER, attribute, config, error, jid, meaning, node, pubsub_result, row,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const ALL: &str = "<items node='princely_musings'/>";
const IDS: [&str; 4] = [
    "368866411b877c30064a5f62b917cffe",
    "3300659945416e274474e469a1f0154c",
    "4e30f35051b7b8b42abe083742187228",
    "ae890ac52d0df67ed7cfdf51b644e901",
];

/// `items` with these of the four.
fn items(ids: &[&str]) -> String {
    let items: String = ids
        .iter()
        .map(|id| format!("<item id='{id}'><entry xmlns='urn:e'/></item>"))
        .collect();
    format!("<items node='princely_musings'>{items}</items>")
}

fn four() -> Bench {
    let mut bench = Bench::open();
    for id in IDS {
        bench.publish(id);
    }
    bench
}

#[test]
fn a_node_alone_asks_for_everything_stored() {
    let mut client = PubSub::new(ClientConfig::new(jid("pubsub.shakespeare.lit"), 1));
    client.items(Duration::ZERO, &node("princely_musings"), None);
    let sent = client.poll_transmit().unwrap();
    let sent = String::from_utf8(sent.to_bytes().to_vec()).unwrap();
    let expected = format!(
        "<iq type='get' to='pubsub.shakespeare.lit' id='{}'><pubsub xmlns='{}'>{ALL}</pubsub></iq>",
        attribute(&sent, "id"),
        ns::PUBSUB
    );
    assert_eq!(meaning(&sent), meaning(&expected), "PS-6.5-04");
    let answer = four().pubsub(READER, "get", ALL);
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &items(&IDS)),
        "PS-6.5-01, PS-6.5-04, PS-6.5-05"
    );
}

#[test]
fn what_was_deleted_or_is_too_old_does_not_come() {
    let mut bench = four();
    bench.configure(&[("item_expire", "3600")]);
    let retract = format!(
        "<retract node='princely_musings'><item id='{}'/></retract>",
        IDS[0]
    );
    bench.pubsub(OWNER, "set", &retract);
    let answer = bench.pubsub(READER, "get", ALL);
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &items(&IDS[1..])),
        "PS-6.5-05"
    );
    bench.wait(Duration::from_secs(3_599));
    bench.publish("new");
    bench.wait(Duration::from_secs(2));
    let answer = bench.pubsub(READER, "get", ALL);
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &items(&["new"])),
        "PS-6.5-05"
    );
}

#[test]
fn items_are_asked_for_by_id() {
    let mut bench = four();
    for (asked, found) in [
        (vec![IDS[3]], vec![IDS[3]]),
        (vec![IDS[0], IDS[2]], vec![IDS[0], IDS[2]]),
        (vec![IDS[1], "absent"], vec![IDS[1]]),
        (vec![IDS[1], IDS[1]], vec![IDS[1]]),
        (vec!["absent"], vec![]),
    ] {
        let named: String = asked
            .iter()
            .map(|id| format!("<item id='{id}'/>"))
            .collect();
        let request = format!("<items node='princely_musings'>{named}</items>");
        let answer = bench.pubsub(READER, "get", &request);
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, &items(&found)),
            "PS-6.5-13, PS-6.5-10, PS-6.5-15, T12: {asked:?}"
        );
    }
}

#[test]
fn so_many_of_the_newest() {
    let mut bench = four();
    for (count, found) in [("2", &IDS[2..]), ("1", &IDS[3..]), ("9", &IDS[..])] {
        let request = format!("<items node='princely_musings' max_items='{count}'/>");
        let answer = bench.pubsub(READER, "get", &request);
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, &items(found)),
            "PS-6.5-11, PS-6.5-12: {count}"
        );
    }
    let answer = Bench::open().pubsub(READER, "get", ALL);
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, "<items node='princely_musings'/>"),
        "PS-6.5-12, T12"
    );
}

#[test]
fn a_part_says_that_it_is_one_beside_the_items() {
    let mut limited = config();
    limited.max_listed = 2;
    let mut bench = Bench::with(limited, NodeConfig::default().with_max_items(10));
    assert!(
        bench
            .info("")
            .contains("var=\"http://jabber.org/protocol/pubsub#rsm\""),
        "PS-6.5-07"
    );
    for id in IDS {
        bench.publish(id);
    }
    let set = |first: usize, index: usize, last: usize| {
        format!(
            "<set xmlns='http://jabber.org/protocol/rsm'><first index='{index}'>{}</first>\
             <last>{}</last><count>4</count></set>",
            IDS[first], IDS[last]
        )
    };
    let answer = bench.pubsub(READER, "get", ALL);
    let newest = format!("{}{}", items(&IDS[2..]), set(2, 2, 3));
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &newest),
        "PS-6.5-06, T7"
    );
    let asked = "<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>";
    let answer = bench.pubsub(READER, "get", &format!("{ALL}{asked}"));
    let first = format!("{}{}", items(&IDS[..1]), set(0, 0, 0));
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &first),
        "PS-6.5-06, PS-6.5-07, T7"
    );
    let off = config().with_feature(Feature::RSM, false);
    assert!(
        !Bench::new(off).info("").contains("pubsub#rsm\""),
        "PS-6.5-07"
    );
}

#[test]
fn an_open_node_is_read_without_subscription_and_subid() {
    let mut bench = Bench::with(config().with_multi_subscribe(true), NodeConfig::default());
    bench.publish("a");
    for subid in ["", " subid='x'"] {
        let request = format!("<items node='princely_musings'{subid}/>");
        let answer = bench.pubsub(READER, "get", &request);
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, &items(&["a"])),
            "PS-6.5-16: {subid}"
        );
    }
}

fn closed(model: AccessModel) -> Bench {
    let mut bench = Bench::with(
        config(),
        NodeConfig {
            access_model: model,
            roster_groups_allowed: vec!["friends".to_owned()],
            ..NodeConfig::default()
        },
    );
    bench.publish("a");
    bench
}

#[test]
fn each_model_lets_in_whom_it_should() {
    for (model, expected) in [
        (
            AccessModel::Presence,
            row("auth", "not-authorized", "presence-subscription-required"),
        ),
        (
            AccessModel::Roster,
            row("auth", "not-authorized", "not-in-roster-group"),
        ),
        (
            AccessModel::Whitelist,
            row("cancel", "not-allowed", "closed-node"),
        ),
        (
            AccessModel::Authorize,
            row("auth", "not-authorized", "not-subscribed"),
        ),
    ] {
        let mut bench = closed(model);
        let answer = bench.pubsub(READER, "get", ALL);
        assert_eq!(error(&answer), expected, "PS-6.5-14, PS-6.5-02: {model}");
        match model {
            AccessModel::Whitelist => drop(bench.affiliate(FRANCISCO, "member")),
            AccessModel::Authorize => {
                bench.subscribe(READER, FRANCISCO);
                let answer = bench.pubsub(READER, "get", ALL);
                assert_eq!(
                    error(&answer),
                    expected,
                    "PS-6.5-14: pending is not subscribed"
                );
                let entry = format!("<subscription jid='{FRANCISCO}' subscription='subscribed'/>");
                let set = format!("<subscriptions node='princely_musings'>{entry}</subscriptions>");
                bench.owner(OWNER, "set", &set);
            }
            AccessModel::Presence | AccessModel::Roster | AccessModel::Open => {
                bench.contact(FRANCISCO, Some((true, "friends")));
            }
        }
        let answer = bench.pubsub(READER, "get", ALL);
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, &items(&["a"])),
            "PS-6.5-02: {model}"
        );
        let answer = bench.pubsub(OWNER, "get", ALL);
        assert_eq!(
            meaning(&answer),
            pubsub_result(OWNER, &items(&["a"])),
            "PS-6.5-03: {model}"
        );
    }
}

#[test]
fn under_authorize_owners_and_publishers_retrieve_and_others_subscribe_first() {
    for (affiliation, reads) in [("owner", true), ("publisher", true), ("member", false)] {
        let mut bench = closed(AccessModel::Authorize);
        bench.affiliate(FRANCISCO, affiliation);
        let answer = bench.pubsub(READER, "get", ALL);
        if reads {
            assert_eq!(
                meaning(&answer),
                pubsub_result(READER, &items(&["a"])),
                "PS-6.5-03, T18: {affiliation}"
            );
        } else {
            assert_eq!(
                error(&answer),
                row("auth", "not-authorized", "not-subscribed"),
                "PS-6.5-02, T18, T3: {affiliation}"
            );
            bench.subscribe(READER, FRANCISCO);
            let answer = bench.pubsub(READER, "get", ALL);
            assert_eq!(
                meaning(&answer),
                pubsub_result(READER, &items(&["a"])),
                "PS-6.5-02, T18: a member is approved at once"
            );
        }
    }
}

#[test]
fn items_that_are_withheld() {
    let mut bench = Bench::open();
    assert_eq!(
        error(&bench.pubsub(READER, "get", "<items node='absent'/>")),
        row("cancel", "item-not-found", ""),
        "PS-6.5-14"
    );
    bench.affiliate(FRANCISCO, "outcast");
    assert_eq!(
        error(&bench.pubsub(READER, "get", ALL)),
        row("auth", "forbidden", ""),
        "PS-6.5-14"
    );
    for (feature, name) in [
        (Feature::PERSISTENT_ITEMS, "unsupported[persistent-items]"),
        (Feature::RETRIEVE_ITEMS, "unsupported[retrieve-items]"),
    ] {
        let mut bench = Bench::with(config().with_feature(feature, false), NodeConfig::default());
        assert_eq!(
            error(&bench.pubsub(READER, "get", ALL)),
            row("cancel", "feature-not-implemented", name),
            "PS-6.5-14"
        );
    }
    let nothing = NodeConfig::transient().with_send_last(SendLast::Never);
    let mut bench = Bench::with(config(), nothing);
    bench.publish("a");
    assert_eq!(
        error(&bench.pubsub(READER, "get", ALL)),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[persistent-items]"
        ),
        "PS-6.5-14"
    );
}
