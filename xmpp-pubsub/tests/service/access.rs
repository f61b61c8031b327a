//! Who may subscribe and retrieve: §4.5, §6.1.3, §6.5.9 and §8.2.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{AccessModel, Contact, NodeConfig, Rosters, Service};

use crate::common::{
    Bench, NOW, OWNER, READER, config, done, error, events, jid, node, refused, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const ITEMS: &str = "<items node='princely_musings'/>";

fn bench(model: AccessModel) -> Bench {
    let config_of_node = NodeConfig {
        access_model: model,
        roster_groups_allowed: vec!["friends".to_owned()],
        max_items: 10,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), config_of_node);
    done(&bench.publish("a"));
    bench
}

#[test]
fn what_each_model_says_to_a_stranger() {
    let table = [
        (
            AccessModel::Presence,
            "auth",
            "not-authorized",
            "presence-subscription-required",
        ),
        (
            AccessModel::Roster,
            "auth",
            "not-authorized",
            "not-in-roster-group",
        ),
        (
            AccessModel::Whitelist,
            "cancel",
            "not-allowed",
            "closed-node",
        ),
    ];
    for (model, kind, condition, pubsub) in table {
        let mut bench = bench(model);
        let expected = (
            kind.to_owned(),
            condition.to_owned(),
            Some(pubsub.to_owned()),
        );
        let answer = bench.subscribe(READER, FRANCISCO);
        assert_eq!(error(&answer), expected, "PS-6.1-05, {model}: {answer}");
        let answer = bench.pubsub(READER, "get", ITEMS);
        assert_eq!(
            error(&answer),
            expected,
            "PS-6.5-14, PS-14.3-01, {model}: {answer}"
        );
    }
    let mut open = bench(AccessModel::Open);
    let answer = open.pubsub(READER, "get", ITEMS);
    assert!(answer.contains("<item id=\"a\">"), "PS-6.5-02: {answer}");
    let mut authorize = bench(AccessModel::Authorize);
    let answer = authorize.pubsub(READER, "get", ITEMS);
    assert_eq!(
        error(&answer),
        (
            "auth".to_owned(),
            "not-authorized".to_owned(),
            Some("not-subscribed".to_owned())
        ),
        "PS-6.5-02, T18: {answer}"
    );
}

#[test]
fn presence_lets_in_who_may_see_it_and_no_longer() {
    let mut bench = bench(AccessModel::Presence);
    bench.contact(FRANCISCO, Some((false, "")));
    let answer = bench.subscribe(READER, FRANCISCO);
    refused(
        &answer,
        "auth",
        "not-authorized",
        Some("presence-subscription-required"),
    );
    bench.contact(FRANCISCO, Some((true, "")));
    let answer = bench.subscribe(READER, FRANCISCO);
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-4.5-01: {answer}"
    );
    let told = bench.contact(FRANCISCO, None);
    assert!(
        to(&told, FRANCISCO).len() == 1 && told.contains("subscription=\"none\""),
        "PS-9.3-03: {told}"
    );
    assert_eq!(
        bench.service.subscriber_count(&node("princely_musings")),
        0,
        "PS-9.3-03"
    );
}

#[test]
fn a_roster_group_lets_in_and_its_loss_ends_it() {
    let mut bench = bench(AccessModel::Roster);
    bench.contact(FRANCISCO, Some((true, "strangers")));
    let answer = bench.subscribe(READER, FRANCISCO);
    refused(
        &answer,
        "auth",
        "not-authorized",
        Some("not-in-roster-group"),
    );
    bench.contact(FRANCISCO, Some((true, "friends")));
    done(&bench.subscribe(READER, FRANCISCO));
    let told = bench.contact(FRANCISCO, Some((true, "strangers")));
    assert!(
        told.contains("subscription=\"none\""),
        "PS-9.3-03, PS-12.14-01: {told}"
    );
}

/// Hamlet and Horatio own the node. Francisco is a friend of Horatio's alone, Bernardo was one before the restart.
#[test]
fn rosters_that_are_told_one_by_one_end_nothing_before_they_are_complete() {
    let fact = |group: &str| {
        Some(Contact {
            sees_presence: true,
            groups: vec![group.to_owned()],
        })
    };
    let [hamlet, horatio] = ["hamlet@denmark.lit", "horatio@denmark.lit"].map(jid);
    let (francisco, bernardo) = (jid(FRANCISCO), jid("bernardo@denmark.lit"));
    let mut before = bench(AccessModel::Roster);
    done(&before.affiliate("horatio@denmark.lit", "owner"));
    for friend in [&francisco, &bernardo] {
        let told = before
            .service
            .set_contact(NOW, &horatio, friend, fact("friends"));
        assert!(told);
    }
    done(&before.subscribe(READER, FRANCISCO));
    done(&before.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit"));
    before.sent();
    let snapshot = before.service.snapshot();
    for (held, left) in [(true, 1), (false, 0)] {
        let mut bench = Bench {
            service: Service::restore(config(), [snapshot.clone()]),
            now: NOW,
        };
        if held {
            bench.service.set_rosters(NOW, Rosters::Incomplete);
        }
        let service = &mut bench.service;
        for (account, contact, group) in [
            (&hamlet, &francisco, "strangers"),
            (&hamlet, &bernardo, "strangers"),
            (&horatio, &francisco, "friends"),
        ] {
            assert!(service.set_contact(NOW, account, contact, fact(group)));
        }
        let told = bench.sent();
        if held {
            assert_eq!(told, "", "PS-9.3-03: nothing is judged yet");
            assert_eq!(events(&bench.publish("b")), 2, "and events go on");
            let stranger = bench.subscribe("marcellus@denmark.lit/x", "marcellus@denmark.lit");
            assert_eq!(
                error(&stranger).2.as_deref(),
                Some("not-in-roster-group"),
                "PS-6.1-05: nobody comes in meanwhile: {stranger}"
            );
            bench.service.set_rosters(NOW, Rosters::Complete);
            let told = bench.sent();
            assert!(
                to(&told, FRANCISCO).is_empty() && told.contains("subscription=\"none\""),
                "PS-9.3-03: Bernardo was lost meanwhile: {told}"
            );
            assert_eq!(to(&told, "bernardo@denmark.lit").len(), 1, "{told}");
        } else {
            assert_eq!(told.matches("subscription=\"none\"").count(), 2, "{told}");
        }
        let count = bench.service.subscriber_count(&node("princely_musings"));
        assert_eq!(count, left, "PS-9.3-03, rosters were held back: {held}");
    }
}

#[test]
fn who_is_affiliated_needs_no_leave_of_the_model() {
    for model in AccessModel::ALL {
        let mut bench = bench(*model);
        let name = node("princely_musings");
        for (affiliation, reads) in [
            (Affiliation::Member, true),
            (Affiliation::Publisher, true),
            (Affiliation::PublishOnly, false),
            (Affiliation::Outcast, false),
        ] {
            bench
                .service
                .set_affiliation(NOW, &name, &jid(FRANCISCO), affiliation)
                .unwrap();
            // Where an owner approves, a member subscribes before he retrieves (trap 18).
            let first = *model == AccessModel::Authorize && affiliation == Affiliation::Member;
            let items = bench.pubsub(READER, "get", ITEMS);
            assert_eq!(
                items.contains("<item id=\"a\">"),
                reads && !first,
                "PS-4.1-03, PS-4.5-02, PS-12.12-01, T26, {model}, {affiliation}: {items}"
            );
            let answer = bench.subscribe(READER, FRANCISCO);
            assert_eq!(
                answer.contains("subscription=\"subscribed\""),
                reads,
                "PS-6.1-09, {model}, {affiliation}: {answer}"
            );
            bench.sent();
        }
        let items = bench.pubsub(OWNER, "get", ITEMS);
        assert!(items.contains("<item id=\"a\">"), "PS-6.5-03: {items}");
    }
}

#[test]
fn a_change_of_the_model_is_looked_at_anew() {
    let mut bench = bench(AccessModel::Open);
    done(&bench.subscribe(READER, FRANCISCO));
    done(&bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit"));
    let member = Affiliation::Member;
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid("bernardo@denmark.lit"),
            member,
        )
        .unwrap();
    let sent = bench.configure(&[("access_model", "whitelist")]);
    done(&sent);
    assert!(
        to(&sent, FRANCISCO)[0].contains("subscription=\"none\""),
        "PS-8.2-09: {sent}"
    );
    assert!(
        to(&sent, "bernardo@denmark.lit").is_empty(),
        "PS-8.2-09: {sent}"
    );
}

#[test]
fn an_approval_that_is_not_needed_any_more_is_given() {
    let mut bench = bench(AccessModel::Authorize);
    let answer = bench.subscribe(READER, FRANCISCO);
    assert!(
        answer.contains("subscription=\"pending\""),
        "PS-6.1-14: {answer}"
    );
    let sent = bench.configure(&[("access_model", "open")]);
    let told = to(&sent, FRANCISCO);
    assert!(
        told[0].contains("subscription=\"subscribed\""),
        "PS-8.2-09: {sent}"
    );
    assert!(told[1].contains("<item id=\"a\">"), "PS-12.10-01: {sent}");
}

#[test]
fn a_model_that_is_switched_off_is_neither_offered_nor_taken() {
    let config = config().with_feature(Feature::ACCESS_ROSTER, false);
    let mut bench = Bench::with(config, NodeConfig::default());
    let form = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(!form.contains("<value>roster</value>"), "PS-8.1-07: {form}");
    let answer = bench.configure(&[("access_model", "roster")]);
    let expected = Some("unsupported-access-model".to_owned());
    assert_eq!(error(&answer).2, expected, "PS-8.1-07: {answer}");
}
