//! One thing at a time, over a log that does as it is told.

use std::time::Duration;

use xmpp_pubsub::service::cluster::{
    Append, Event, Member, MemberConfig, MemberError, MemberId, Record,
};
use xmpp_pubsub::service::journal::Change;
use xmpp_pubsub::service::{Availability, Config};
use xmpp_pubsub::stanza::Stanza;
use xmpp_pubsub::{Jid, ns};

use crate::common::{config, describe, jid, member, node, open_form, request, stanza, undated};

const NOW: Duration = Duration::from_secs(1);
const ROMEO: &str = "romeo@localhost/orchard";
const JULIET: &str = "juliet@localhost/balcony";

/// Members, and what was appended to each log.
struct Cluster {
    members: Vec<Member>,
    logs: Vec<Vec<Record>>,
    /// What each member reads next, by log.
    places: Vec<Vec<usize>>,
    events: Vec<Vec<Event>>,
    /// A member that does not run.
    asleep: Option<usize>,
}

impl Cluster {
    /// Members `a`, `b` and so on with Romeo at the first and Juliet at the second. The first owns everything.
    fn new(partitions: u16, count: u8) -> Self {
        let mut cluster = Self::of((0..count).map(|place| {
            let name = char::from(b'a' + place).to_string();
            config(&name, u64::from(place), partitions)
        }));
        cluster.members[0].session_opened(NOW, &jid(ROMEO));
        cluster.members[1].session_opened(NOW, &jid(JULIET));
        for partition in 0..partitions {
            cluster.members[0].ownership_gained(NOW, partition, 1);
        }
        cluster.run();
        cluster
    }

    fn of(configs: impl Iterator<Item = MemberConfig>) -> Self {
        let members: Vec<Member> = configs
            .map(|config| {
                assert!(config.partitions.get() < 10);
                member(config)
            })
            .collect();
        let logs = 9;
        Self {
            places: members.iter().map(|_| vec![0; logs]).collect(),
            events: members.iter().map(|_| Vec::new()).collect(),
            logs: vec![Vec::new(); logs],
            members,
            asleep: None,
        }
    }

    /// Everybody appends and reads until nothing is left.
    fn run(&mut self) {
        let mut any = true;
        while any {
            any = false;
            for member in 0..self.members.len() {
                if self.asleep != Some(member) {
                    any |= self.append(member);
                    any |= self.read(member);
                }
            }
        }
    }

    fn append(&mut self, member: usize) -> bool {
        let mut any = false;
        while let Some(Append { partition, record }) = self.members[member].poll_append() {
            self.logs[usize::from(partition)].push(record);
            any = true;
        }
        any
    }

    fn read(&mut self, member: usize) -> bool {
        let mut any = false;
        for log in 0..self.logs.len() {
            self.hear(member);
            let place = self.places[member][log];
            let Some(record) = self.logs[log].get(place) else {
                continue;
            };
            let bytes = record.encode();
            self.places[member][log] += 1;
            let (number, offset) = (u16::try_from(log).unwrap(), u64::try_from(place).unwrap());
            let record = Record::decode(&bytes).unwrap();
            self.members[member].handle_record(NOW, number, offset, &record);
            any = true;
        }
        self.hear(member);
        any
    }

    fn hear(&mut self, member: usize) {
        while let Some(event) = self.members[member].poll_event() {
            if let Event::Read { partition, from } = event {
                let place = usize::try_from(from.unwrap_or(0)).unwrap();
                self.places[member][usize::from(partition)] = place;
                self.members[member].rewound(partition);
            }
            self.events[member].push(event);
        }
    }

    fn ask(&mut self, member: usize, from: &str, id: &str, kind: &str, content: &str) {
        let request = request(from, id, kind, content);
        self.members[member].handle_stanza(NOW, &request);
    }

    fn sent(&mut self, member: usize) -> Vec<String> {
        self.stanzas(member).iter().map(describe).collect()
    }

    fn stanzas(&mut self, member: usize) -> Vec<Stanza> {
        std::iter::from_fn(|| self.members[member].poll_transmit()).collect()
    }

    /// Romeo makes a node, and both subscribe.
    fn with_node(mut self) -> Self {
        let create = format!("<create node='n'/>{}", open_form());
        self.ask(0, ROMEO, "1", "set", &create);
        self.ask(
            0,
            ROMEO,
            "2",
            "set",
            "<subscribe node='n' jid='romeo@localhost'/>",
        );
        let subscribe = format!("<subscribe node='n' jid='{JULIET}'/>");
        self.ask(1, JULIET, "3", "set", &subscribe);
        self.run();
        assert_eq!(self.sent(0), [answer(ROMEO, "1"), answer(ROMEO, "2")]);
        assert_eq!(self.sent(1), [answer(JULIET, "3")]);
        self
    }

    fn publish(&mut self, member: usize, from: &str, item: &str) {
        self.ask(member, from, item, "set", &publish(item));
    }
}

fn publish(item: &str) -> String {
    format!("<publish node='n'><item id='{item}'><e xmlns='urn:e'/></item></publish>")
}

fn answer(to: &str, id: &str) -> String {
    format!("{to} {id} result")
}

fn event(to: &str, item: &str) -> String {
    format!(
        "{to} <event xmlns=\"{}\"><items node=\"n\"><item id=\"{item}\"><e xmlns=\"urn:e\"/></item></items></event>",
        ns::PUBSUB_EVENT
    )
}

#[test]
fn a_request_is_handled_by_the_owner_and_answered_where_it_came_from() {
    let mut cluster = Cluster::new(1, 2);
    cluster.ask(1, JULIET, "c", "set", "<create node='n'/>");
    assert!(cluster.sent(1).is_empty(), "nothing before the log has it");
    cluster.append(1);
    while cluster.read(0) {}
    assert!(cluster.sent(0).is_empty(), "it is for the other member");
    while cluster.read(1) {}
    assert!(
        cluster.sent(1).is_empty(),
        "nor before what came of it is there"
    );
    cluster.run();
    assert_eq!(cluster.sent(1), [answer(JULIET, "c")]);
    assert_eq!(cluster.sent(0), Vec::<String>::new());
    assert!(cluster.members[0].owns(0) && !cluster.members[1].owns(0));
}

#[test]
fn an_event_reaches_sessions_at_both_members() {
    let mut cluster = Cluster::new(1, 2).with_node();
    cluster.publish(1, JULIET, "p");
    cluster.run();
    // Romeo has another session at the other member.
    cluster.members[1].session_opened(NOW, &jid("romeo@localhost/street"));
    cluster.run();
    cluster.publish(0, ROMEO, "q");
    cluster.run();
    let romeo = "romeo@localhost";
    assert_eq!(
        cluster.sent(0),
        [event(romeo, "p"), answer(ROMEO, "q"), event(romeo, "q")]
    );
    assert_eq!(
        cluster.sent(1),
        [
            answer(JULIET, "p"),
            event(JULIET, "p"),
            event(JULIET, "q"),
            event(romeo, "q")
        ]
    );
}

#[test]
fn who_takes_over_answers_what_nobody_has_answered() {
    let mut cluster = Cluster::new(1, 3).with_node();
    cluster.publish(1, JULIET, "p");
    cluster.append(1);
    // The owner handles it and sleeps before the log has what came of it.
    while cluster.read(0) {}
    cluster.asleep = Some(0);
    cluster.members[2].ownership_gained(NOW, 0, 2);
    cluster.run();
    assert!(cluster.members[2].owns(0));
    assert_eq!(cluster.sent(1), [answer(JULIET, "p"), event(JULIET, "p")]);
    cluster.ask(1, JULIET, "i", "get", "<items node='n'/>");
    cluster.run();
    let items = cluster.stanzas(1);
    let items = String::from_utf8(items[0].to_bytes().to_vec()).unwrap();
    assert!(
        items.contains("<item id=\"p\"><e xmlns=\"urn:e\"/></item>"),
        "{items}"
    );
}

#[test]
fn an_owner_that_slept_through_the_end_of_its_lease_does_no_harm() {
    let mut cluster = Cluster::new(1, 3).with_node();
    cluster.publish(1, JULIET, "p");
    cluster.append(1);
    while cluster.read(0) {}
    cluster.asleep = Some(0);
    cluster.members[2].ownership_gained(NOW, 0, 2);
    cluster.run();
    cluster.asleep = None;
    let before = cluster.logs[0].len();
    // It wakes and appends what it made of the request.
    assert!(cluster.append(0));
    let late = &cluster.logs[0][before..];
    assert!(
        matches!(late, [Record::Outcome { epoch: 1, .. }]),
        "{late:?}"
    );
    cluster.run();
    assert!(cluster.events[0].contains(&Event::Lost {
        partition: 0,
        epoch: 1
    }));
    assert!(!cluster.members[0].owns(0) && cluster.members[2].owns(0));
    assert_eq!(cluster.sent(1), [answer(JULIET, "p"), event(JULIET, "p")]);
    assert_eq!(cluster.sent(0), [event("romeo@localhost", "p")]);
    // The old owner's clients are served as before, and it can own the partition again.
    cluster.members[0].ownership_gained(NOW, 0, 3);
    cluster.publish(0, ROMEO, "q");
    cluster.run();
    assert!(cluster.members[0].owns(0) && !cluster.members[2].owns(0));
    let romeo = "romeo@localhost";
    assert_eq!(cluster.sent(0), [answer(ROMEO, "q"), event(romeo, "q")]);
    assert_eq!(cluster.sent(1), [event(JULIET, "q")]);
}

#[test]
fn what_comes_twice_counts_once() {
    let mut cluster = Cluster::new(1, 2).with_node();
    cluster.publish(1, JULIET, "p");
    cluster.publish(1, JULIET, "q");
    cluster.append(1);
    // The host was not sure, and appends both again.
    let log = &mut cluster.logs[0];
    let again = log[log.len() - 2..].to_vec();
    log.extend(again);
    cluster.run();
    // So does the owner's; and the broker begins again, for both.
    let again = cluster.logs[0].clone();
    cluster.logs[0].extend(again);
    cluster.run();
    cluster.places = vec![vec![0; 9]; 2];
    cluster.run();
    assert_eq!(
        cluster.sent(1),
        [
            answer(JULIET, "p"),
            event(JULIET, "p"),
            answer(JULIET, "q"),
            event(JULIET, "q")
        ]
    );
    let romeo = "romeo@localhost";
    assert_eq!(cluster.sent(0), [event(romeo, "p"), event(romeo, "q")]);
}

#[test]
fn what_time_brings_comes_once_whoever_owns_the_partition() {
    let mut cluster = Cluster::new(1, 3).with_node();
    let lease = format!(
        "<options node='n' jid='{JULIET}'><x xmlns='jabber:x:data' type='submit'>\
         <field var='FORM_TYPE' type='hidden'><value>{}</value></field>\
         <field var='pubsub#expire'><value>1970-01-01T01:00:00Z</value></field></x></options>",
        ns::SUBSCRIBE_OPTIONS
    );
    cluster.ask(1, JULIET, "l", "set", &lease);
    cluster.run();
    assert_eq!(cluster.sent(1), [answer(JULIET, "l")]);
    cluster.asleep = Some(0);
    cluster.members[2].ownership_gained(NOW, 0, 2);
    cluster.run();
    let hour = Duration::from_secs(60 * 60);
    let due = cluster.members[2].poll_timeout();
    assert!(due.is_some_and(|due| due <= hour), "{due:?}");
    // Both believe that it is theirs to end the subscription.
    cluster.asleep = None;
    cluster.members[0].handle_timeout(hour);
    cluster.members[2].handle_timeout(hour);
    cluster.append(0);
    cluster.run();
    let told = cluster.sent(1);
    let ends = told
        .iter()
        .filter(|told| told.contains("subscription=\"none\""));
    assert_eq!(ends.count(), 1, "{told:?}");
    let left = cluster.members[2].snapshot(0).unwrap();
    let theirs = |change: &&Change| matches!(change, Change::Subscribed { jid, .. } if jid.as_str() == JULIET);
    assert_eq!(left.changes.iter().find(theirs), None);
}

#[test]
fn a_takeover_from_a_snapshot_needs_nothing_before_it() {
    let small = |name: &str, seed| {
        config(name, seed, 1)
            .with_snapshot_after(3)
            .with_max_record(1)
    };
    let mut cluster = Cluster::of([small("a", 1), small("b", 2)].into_iter());
    cluster.members[0].session_opened(NOW, &jid(ROMEO));
    cluster.members[1].set_presence(NOW, &jid(JULIET), Availability::ONLINE);
    cluster.members[0].ownership_gained(NOW, 0, 1);
    cluster.run();
    let mut cluster = cluster.with_node();
    cluster.publish(0, ROMEO, "p");
    cluster.run();
    let mut compacted = None;
    for event in &cluster.events[0] {
        if let Event::Compacted { before, .. } = event {
            compacted = Some(*before);
        }
    }
    let first = usize::try_from(compacted.expect("a snapshot")).unwrap();
    let parts = cluster.logs[0].iter();
    let parts = parts.filter(|record| matches!(record, Record::Snapshot { .. }));
    assert!(parts.count() > 3, "it is cut into small records");
    // What is before it is gone. Whoever reads that finds a claim of nobody's.
    for record in &mut cluster.logs[0][..first] {
        *record = Record::Claim {
            epoch: 0,
            member: MemberId::new("nobody").unwrap(),
        };
    }
    let before = cluster.members[0].snapshot(0).unwrap();
    cluster.sent(0);
    cluster.sent(1);
    cluster.members[1].ownership_gained(NOW, 0, 2);
    cluster.run();
    let after = cluster.members[1].snapshot(0).unwrap();
    assert_eq!(after, before);
    assert!(
        after
            .changes
            .iter()
            .any(|change| matches!(change, Change::ItemPublished { .. })),
        "{after:?}"
    );
    assert_eq!(
        cluster.sent(1),
        Vec::<String>::new(),
        "nothing is said twice"
    );
    cluster.publish(0, ROMEO, "q");
    cluster.run();
    assert_eq!(cluster.sent(1), [event(JULIET, "q")]);
}

#[test]
fn sessions_of_a_member_that_is_gone_are_gone() {
    let mut cluster = Cluster::new(1, 3).with_node();
    cluster.members[1].set_presence(NOW, &jid(JULIET), Availability::ONLINE);
    cluster.run();
    cluster.asleep = Some(1);
    let gone = MemberId::new("b").unwrap();
    cluster.members[0].member_gone(NOW, &gone);
    cluster.members[2].member_gone(NOW, &gone);
    cluster.publish(1, JULIET, "late");
    cluster.run();
    cluster.publish(0, ROMEO, "p");
    cluster.run();
    let owner = cluster.sent(0);
    assert!(
        owner.contains(&event(JULIET, "p")),
        "what is for nobody's session is for the owner's host: {owner:?}"
    );
    // It wakes and learns that it is gone. What it still appends is void.
    cluster.asleep = None;
    cluster.run();
    assert_eq!(cluster.events[1].last(), Some(&Event::Expelled));
    assert!(cluster.members[1].is_expelled());
    assert_eq!(cluster.sent(1), Vec::<String>::new());
    let said = cluster.sent(0).concat() + &cluster.sent(2).concat();
    assert!(!said.contains("late"), "{said}");
}

#[test]
fn lists_of_all_nodes_come_from_all_partitions() {
    let mut cluster = Cluster::new(4, 2);
    let names: Vec<String> = (0..12).map(|place| format!("node{place}")).collect();
    for name in &names {
        let content = format!("<create node='{name}'/>");
        cluster.ask(1, JULIET, name, "set", &content);
        let content = format!("<subscribe node='{name}' jid='juliet@localhost'/>");
        cluster.ask(1, JULIET, name, "set", &content);
    }
    let used = names
        .iter()
        .map(|name| cluster.members[0].partition_of(&node(name)));
    assert_eq!(used.collect::<std::collections::BTreeSet<_>>().len(), 4);
    cluster.run();
    cluster.sent(1);
    cluster.ask(1, JULIET, "s", "get", "<subscriptions/>");
    cluster.ask(1, JULIET, "a", "get", "<affiliations/>");
    let items = format!(
        "<iq type='get' from='{JULIET}' to='pubsub.localhost' id='d'><query xmlns='{}'/></iq>",
        ns::DISCO_ITEMS
    );
    cluster.members[1].handle_stanza(NOW, &stanza(&items));
    cluster.run();
    let answers = cluster.stanzas(1);
    assert_eq!(answers.len(), 3);
    for answer in answers {
        let answer = String::from_utf8(answer.to_bytes().to_vec()).unwrap();
        for name in &names {
            let named = format!("node=\"{name}\"");
            assert_eq!(answer.matches(&named).count(), 1, "{name} in {answer}");
        }
    }
    let paged = format!(
        "<iq type='get' from='{JULIET}' to='pubsub.localhost' id='e'><query xmlns='{}'>\
         <set xmlns='{}'><max>2</max></set></query></iq>",
        ns::DISCO_ITEMS,
        ns::RSM
    );
    cluster.members[1].handle_stanza(NOW, &stanza(&paged));
    assert_eq!(
        cluster.sent(1),
        [format!("{JULIET} e feature-not-implemented")]
    );
}

#[test]
fn a_node_without_a_name_gets_one_of_its_partition() {
    let mut cluster = Cluster::new(4, 2);
    for place in 0..8 {
        let from = format!("user{place}@localhost/x");
        cluster.ask(1, &from, "c", "set", "<create/>");
    }
    cluster.run();
    let answers = cluster.stanzas(1);
    assert_eq!(answers.len(), 8);
    for answer in answers {
        let to = answer.recipient().unwrap().to_string();
        let text = String::from_utf8(answer.to_bytes().to_vec()).unwrap();
        let name = text
            .split("node=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let content = format!("<items node='{name}'/>");
        cluster.ask(0, &to, "i", "get", &content);
        cluster.run();
        assert_eq!(cluster.sent(0), [self::answer(&to, "i")], "{name} is found");
    }
}

#[test]
fn too_much_and_too_long_is_refused_and_not_kept() {
    let limited = |name: &str| {
        let mut config = config(name, 1, 1).with_max_open(3);
        config.max_input = 1_000;
        config
    };
    let mut cluster = Cluster::of([limited("a"), limited("b")].into_iter());
    let long = format!("<create node='{}'/>", "x".repeat(1_000));
    cluster.ask(0, ROMEO, "long", "set", &long);
    assert_eq!(cluster.sent(0), [format!("{ROMEO} long not-acceptable")]);
    for place in 0..5 {
        cluster.ask(0, ROMEO, &format!("r{place}"), "set", "<create node='n'/>");
    }
    let busy = |id| format!("{ROMEO} {id} resource-constraint");
    assert_eq!(cluster.sent(0), [busy("r3"), busy("r4")]);
    // Nobody owns the partition yet: they stay open, in the log and not in memory.
    cluster.run();
    assert_eq!(cluster.members[0].backlog(), 3);
    cluster.members[1].ownership_gained(NOW, 0, 1);
    cluster.run();
    assert_eq!(cluster.members[0].backlog(), 0);
    assert_eq!(cluster.sent(0)[0], answer(ROMEO, "r0"));
}

#[test]
fn a_lease_that_is_older_than_a_claim_is_no_lease() {
    let mut cluster = Cluster::new(1, 2);
    cluster.members[1].ownership_gained(NOW, 0, 1);
    cluster.run();
    assert_eq!(
        cluster.events[1],
        [Event::Lost {
            partition: 0,
            epoch: 1
        }]
    );
    assert!(cluster.members[0].owns(0));
    cluster.members[0].ownership_lost(NOW, 0);
    cluster.run();
    assert!(!cluster.members[0].owns(0));
    // What only one member can have is one partition's number; another's does nothing.
    cluster.members[1].ownership_gained(NOW, 7, 9);
    assert_eq!(cluster.members[1].poll_append(), None);
}

#[test]
fn a_takeover_tells_nobody_what_he_was_told() {
    let mut cluster = Cluster::new(1, 2).with_node();
    cluster.members[1].set_service_affiliation(
        NOW,
        &jid("juliet@localhost"),
        xmpp_pubsub::pubsub::Affiliation::Owner,
    );
    cluster.members[1].set_presence(NOW, &jid(JULIET), Availability::ONLINE);
    cluster.run();
    let before = undated(&cluster.members[0].snapshot(0).unwrap());
    cluster.members[0].ownership_lost(NOW, 0);
    cluster.members[1].ownership_gained(NOW, 0, 2);
    cluster.run();
    assert_eq!(undated(&cluster.members[1].snapshot(0).unwrap()), before);
    assert_eq!(cluster.sent(1), Vec::<String>::new());
}

#[test]
fn nothing_is_shared_that_cannot_be() {
    let account = Config::account(&Jid::new("user@localhost").unwrap(), 1);
    let config = MemberConfig::new(MemberId::new("a").unwrap(), account);
    assert_eq!(Member::new(config).err(), Some(MemberError::Account));
    let mut cluster = Cluster::new(2, 2);
    let info = format!(
        "<iq type='get' from='{ROMEO}' to='pubsub.localhost' id='d'><query xmlns='{}'/></iq>",
        ns::DISCO_INFO
    );
    cluster.members[0].handle_stanza(NOW, &stanza(&info));
    cluster.run();
    let info = String::from_utf8(cluster.stanzas(0)[0].to_bytes().to_vec()).unwrap();
    assert!(info.contains("pubsub#subscribe\""), "{info}");
    assert!(!info.contains("pubsub#collections"), "{info}");
    assert!(!info.contains(ns::COMMANDS), "{info}");
}
