//! The journal: what waits for it, and what comes back from it.

use std::time::Duration;

use xmpp_pubsub::pubsub::{Affiliation, Item};
use xmpp_pubsub::service::journal::Entry;
use xmpp_pubsub::service::storage::{MemoryStorage, StorageError};
use xmpp_pubsub::service::{AccessModel, Config, NewNode, NodeConfig, Persistence, Service};
use xmpp_pubsub::stanza::Payload;
use xmpp_pubsub::xml::Element;

use crate::common::{
    Bench, NOW, OWNER, READER, YEAR_2006, config, done, error, events, form, jid, node, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";

fn journaled() -> Config {
    config().with_persistence(Persistence::Journal)
}

/// A service whose entries are written down when the test says so.
struct Kept {
    bench: Bench,
    storage: MemoryStorage,
}

impl Kept {
    fn new() -> Self {
        let mut bench = Bench::new(journaled());
        bench.add("princely_musings", NodeConfig::default().with_max_items(10));
        let mut kept = Self {
            bench,
            storage: MemoryStorage::default(),
        };
        kept.confirm();
        kept
    }

    /// Writes everything down and returns what goes out then.
    fn confirm(&mut self) -> String {
        while let Some(entry) = self.bench.service.poll_journal() {
            let seq = entry.seq;
            self.storage.append(entry);
            self.bench.service.journal_confirmed(NOW, seq);
        }
        self.bench.sent()
    }

    fn answer_storage(&mut self) -> String {
        while let Some(request) = self.bench.service.poll_storage() {
            let answer = self.storage.read(&request.node, &request.items);
            self.bench
                .service
                .handle_storage(NOW, request.id, Ok(answer));
        }
        self.bench.sent()
    }
}

#[test]
fn what_a_change_causes_waits_for_its_entry() {
    let mut kept = Kept::new();
    assert_eq!(kept.bench.subscribe(READER, FRANCISCO), "", "withheld");
    let other = kept.bench.ask(
        "bernardo@denmark.lit/x",
        "get",
        "<ping xmlns='urn:xmpp:ping'/>",
    );
    done(&other);
    let same = kept
        .bench
        .ask(READER, "get", "<ping xmlns='urn:xmpp:ping'/>");
    assert_eq!(same, "", "XC-SZ-09: behind what waits for the same user");
    let sent = kept.confirm();
    assert_eq!(sent.lines().count(), 2, "{sent}");
    assert!(
        sent.lines().next().unwrap().contains("subscribed"),
        "in order: {sent}"
    );
    assert_eq!(kept.bench.publish("a"), "", "withheld");
    let sent = kept.confirm();
    assert_eq!(
        (to(&sent, OWNER).len(), to(&sent, FRANCISCO).len()),
        (1, 1),
        "{sent}"
    );
}

#[test]
fn nobody_sees_what_is_not_confirmed() {
    let mut kept = Kept::new();
    let bernardo = "bernardo@denmark.lit/x";
    kept.bench.publish("a");
    let items = "<items node='princely_musings'/>";
    assert_eq!(
        kept.bench.pubsub(bernardo, "get", items),
        "",
        "the item is not confirmed"
    );
    assert!(kept.bench.service.poll_storage().is_some());
    let mut kept = Kept::new();
    kept.bench.pubsub(OWNER, "set", "<create node='new'/>");
    let list = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
    assert_eq!(kept.bench.ask(bernardo, "get", list), "", "nor is the node");
    let sent = kept.confirm();
    assert!(to(&sent, bernardo)[0].contains("node=\"new\""), "{sent}");
    kept.bench.owner(OWNER, "set", "<delete node='new'/>");
    let gone = kept.bench.pubsub(bernardo, "get", "<items node='new'/>");
    assert_eq!(gone, "", "nor that it is gone");
    assert_eq!(error(to(&kept.confirm(), bernardo)[0]).1, "item-not-found");
}

#[test]
fn several_entries_are_confirmed_at_once() {
    let mut kept = Kept::new();
    for user in ["a", "b", "c"] {
        let address = format!("{user}@denmark.lit");
        assert_eq!(kept.bench.subscribe(&format!("{address}/x"), &address), "");
    }
    let entries: Vec<Entry> = core::iter::from_fn(|| kept.bench.service.poll_journal()).collect();
    assert_eq!(entries.len(), 3);
    kept.bench.service.journal_confirmed(NOW, entries[1].seq);
    assert_eq!(kept.bench.sent().lines().count(), 2);
    kept.bench.service.journal_confirmed(NOW, entries[2].seq);
    assert_eq!(kept.bench.sent().lines().count(), 1);
}

#[test]
fn what_is_transient_writes_nothing_and_waits_for_nothing() {
    let mut kept = Kept::new();
    kept.bench.add("events", NodeConfig::transient());
    kept.confirm();
    kept.bench
        .service
        .subscribe_automatically(NOW, &node("events"), &jid(FRANCISCO))
        .unwrap();
    let item = Item::new(Payload::from_element(&Element::new("urn:e", "e")));
    kept.bench
        .service
        .publish(NOW, &node("events"), &jid(OWNER), item)
        .unwrap();
    let sent = kept.bench.sent();
    assert_eq!(events(&sent), 1, "{sent}");
    let options = form("subscribe_options", &[("expire", "presence")]);
    let sent = kept.bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='events' jid='{READER}'/><options>{options}</options>"),
    );
    done(&sent);
    assert_eq!(kept.bench.service.poll_journal(), None);
}

#[test]
fn a_journal_that_fails_ends_the_service() {
    let mut kept = Kept::new();
    kept.bench.subscribe(READER, FRANCISCO);
    kept.bench.service.journal_failed();
    assert!(kept.bench.service.is_ended());
    assert_eq!(kept.bench.sent(), "", "what waited is never said");
    let answer = kept
        .bench
        .subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert_eq!(error(&answer).1, "internal-server-error", "{answer}");
    let new = NewNode {
        node: node("n"),
        config: NodeConfig::default(),
        owner: None,
    };
    assert!(kept.bench.service.create_node(NOW, new).is_err());
    assert_eq!(kept.bench.service.poll_timeout(), None);
    // What was confirmed is there again.
    let service = Service::restore(journaled(), kept.storage.entries());
    assert_eq!(service.subscriber_count(&node("princely_musings")), 0);
    assert!(service.contains_node(&node("princely_musings")));
}

#[test]
fn items_come_from_the_storage_and_the_node_waits_meanwhile() {
    let mut kept = Kept::new();
    kept.bench.publish("a");
    kept.bench.publish("b");
    kept.confirm();
    let bernardo = "bernardo@denmark.lit/x";
    let items = "<items node='princely_musings'/>";
    assert_eq!(
        kept.bench.pubsub(bernardo, "get", items),
        "",
        "the storage is asked"
    );
    assert_eq!(kept.bench.publish("c"), "", "the node waits");
    assert_eq!(
        kept.bench.service.poll_journal(),
        None,
        "nothing is done for it"
    );
    let ping = kept
        .bench
        .ask(bernardo, "get", "<ping xmlns='urn:xmpp:ping'/>");
    done(&ping);
    kept.bench.add("another", NodeConfig::default());
    let sent = kept.answer_storage();
    assert!(
        sent.contains("<item id=\"a\"><entry xmlns=\"urn:e\"/></item><item id=\"b\">")
            && !sent.contains("<item id=\"c\">"),
        "PS-6.5-05: {sent}"
    );
    let sent = kept.confirm();
    done(to(&sent, OWNER)[0]);
    let many = 101;
    kept.bench.pubsub(bernardo, "get", items);
    let answers: Vec<_> = (0..many).map(|_| kept.bench.publish("d")).collect();
    assert_eq!(
        error(&answers[many - 1]).1,
        "resource-constraint",
        "PS-14.5-02: what waits is bounded"
    );
}

#[test]
fn a_storage_that_fails_is_told_to_who_asked() {
    let mut kept = Kept::new();
    kept.bench.publish("a");
    kept.confirm();
    kept.bench
        .pubsub(READER, "get", "<items node='princely_musings'/>");
    let request = kept.bench.service.poll_storage().unwrap();
    kept.bench
        .service
        .handle_storage(NOW, request.id, Err(StorageError));
    assert_eq!(error(&kept.bench.sent()).1, "internal-server-error");
    kept.bench
        .service
        .handle_storage(NOW, request.id, Err(StorageError));
    assert_eq!(kept.bench.sent(), "", "nobody waits any more");
}

#[test]
fn the_last_item_is_fetched_where_it_is_not_at_hand() {
    let mut kept = Kept::new();
    kept.bench.publish("a");
    kept.confirm();
    let snapshot = kept.bench.service.snapshot();
    kept.storage.compact(snapshot);
    kept.bench.service = Service::restore(journaled(), kept.storage.entries());
    kept.bench.subscribe(READER, FRANCISCO);
    kept.answer_storage();
    let sent = kept.confirm();
    assert!(
        to(&sent, FRANCISCO)[0].contains("<item id=\"a\"><entry xmlns=\"urn:e\"/></item>"),
        "PS-12.10-01: {sent}"
    );
}

/// Items that go while the storage is asked for them, and that it cannot give any more.
#[test]
fn what_goes_while_the_storage_is_asked_is_left_out() {
    for restored in [false, true] {
        let mut kept = Kept::new();
        kept.bench.configure(&[("item_expire", "10")]);
        kept.bench.publish("a");
        kept.confirm();
        if restored {
            let snapshot = kept.bench.service.snapshot();
            kept.storage.compact(snapshot);
            kept.bench.service = Service::restore(journaled(), kept.storage.entries());
            kept.bench.service.set_clock(NOW, YEAR_2006 + 1_000);
            kept.bench.subscribe(READER, FRANCISCO);
        } else {
            kept.bench
                .pubsub(READER, "get", "<items node='princely_musings'/>");
        }
        kept.confirm();
        let request = kept.bench.service.poll_storage().unwrap();
        kept.bench.wait(Duration::from_secs(20));
        let entry = kept.bench.service.poll_journal().unwrap();
        let seq = entry.seq;
        kept.storage.append(entry);
        let now = kept.bench.now;
        kept.bench.service.journal_confirmed(now, seq);
        let found = kept.storage.read(&request.node, &request.items);
        assert_eq!(found, [], "PS-12.24-01: the item is too old");
        kept.bench
            .service
            .handle_storage(now, request.id, Ok(found));
        let sent = kept.bench.sent();
        assert!(!sent.contains("<item "), "PS-6.5-15: {sent}");
        assert_eq!(
            (events(&sent), sent.lines().count()),
            (0, usize::from(!restored)),
            "one answer, and no event of an item that is gone: {sent}"
        );
    }
}

#[test]
fn what_the_storage_has_waits_for_the_rights_that_open_it() {
    let mut kept = Kept::new();
    kept.bench.configure(&[("access_model", "whitelist")]);
    kept.bench.publish("a");
    kept.confirm();
    let member = Affiliation::Member;
    kept.bench
        .service
        .set_service_affiliation(NOW, &jid(FRANCISCO), member);
    kept.bench
        .pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(
        kept.answer_storage(),
        "",
        "that he may see it is not confirmed"
    );
    assert!(kept.confirm().contains("<item id=\"a\">"));
}

/// A small random number generator, so that every run is the same.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

fn random_input(bench: &mut Bench, random: &mut Random) {
    let users = ["a@d.lit", "b@d.lit", "c@d.lit", "hamlet@denmark.lit"];
    let user = users[random.below(4)];
    let from = format!("{user}/{}", random.below(2));
    let name = ["n", "m", "princely_musings"][random.below(3)];
    let item = random.below(4);
    let word = |random: &mut Random, words: &[&'static str]| words[random.below(words.len())];
    match random.below(14) {
        0 => bench.pubsub(&from, "set", &format!("<create node='{name}'/>")),
        1 => bench.owner(&from, "set", &format!("<delete node='{name}'/>")),
        2 | 3 => bench.pubsub(
            &from,
            "set",
            &format!("<subscribe node='{name}' jid='{user}'/>"),
        ),
        4 => bench.pubsub(
            &from,
            "set",
            &format!("<unsubscribe node='{name}' jid='{user}'/>"),
        ),
        5..=7 => bench.pubsub(
            &from,
            "set",
            &format!(
                "<publish node='{name}'><item id='{item}'><e xmlns='urn:e'/></item></publish>"
            ),
        ),
        8 => bench.pubsub(
            &from,
            "set",
            &format!("<retract node='{name}'><item id='{item}'/></retract>"),
        ),
        9 => bench.owner(&from, "set", &format!("<purge node='{name}'/>")),
        10 => {
            let other = users[random.below(4)];
            let what = word(random, &["owner", "publisher", "member", "outcast", "none"]);
            let entry = format!("<affiliation jid='{other}' affiliation='{what}'/>");
            let content = format!("<affiliations node='{name}'>{entry}</affiliations>");
            bench.owner(&from, "set", &content)
        }
        11 => {
            let (var, value) = [
                (
                    "access_model",
                    word(random, &["open", "whitelist", "authorize", "presence"]),
                ),
                ("max_items", word(random, &["1", "2", "3"])),
                ("item_expire", word(random, &["10", "max"])),
                ("persist_items", word(random, &["0", "1", "1"])),
                ("purge_offline", word(random, &["0", "1"])),
            ][random.below(5)];
            let form = form("node_config", &[(var, value)]);
            bench.owner(
                &from,
                "set",
                &format!("<configure node='{name}'>{form}</configure>"),
            )
        }
        12 => {
            let expire = word(random, &["presence", "2006-01-01T00:01:00Z"]);
            let form = form("subscribe_options", &[("expire", expire)]);
            let content = format!("<options node='{name}' jid='{user}'>{form}</options>");
            bench.pubsub(&from, "set", &content)
        }
        _ => {
            bench.online(&from);
            bench.offline(&from);
            bench.wait(Duration::from_secs(3))
        }
    };
}

#[test]
fn what_was_written_makes_the_same_service_at_every_point() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let mut bench = Bench::new(journaled());
        bench.add(
            "princely_musings",
            NodeConfig::default().with_access_model(AccessModel::Open),
        );
        let mut storage = MemoryStorage::default();
        for step in 0..120 {
            random_input(&mut bench, &mut random);
            while let Some(entry) = bench.service.poll_journal() {
                let again = Entry::decode(&entry.encode()).unwrap();
                assert_eq!(again, entry, "seed {seed}, step {step}");
                let seq = entry.seq;
                storage.append(entry);
                bench.service.journal_confirmed(bench.now, seq);
            }
            while let Some(request) = bench.service.poll_storage() {
                let answer = storage.read(&request.node, &request.items);
                bench
                    .service
                    .handle_storage(bench.now, request.id, Ok(answer));
            }
            let live = bench.service.snapshot();
            let replayed = Service::restore(journaled(), storage.entries());
            assert_eq!(replayed.snapshot(), live, "seed {seed}, step {step}");
            let compacted = Service::restore(journaled(), [live.clone()]);
            assert_eq!(compacted.snapshot(), live, "seed {seed}, step {step}");
            if random.below(20) == 0 {
                storage.compact(live);
            }
        }
    }
}

#[test]
fn a_service_in_memory_does_the_same() {
    for seed in 0..10 {
        let mut random = (Random(seed), Random(seed));
        let mut kept = Kept::new();
        let mut memory = Bench::open();
        for step in 0..100 {
            random_input(&mut memory, &mut random.0);
            random_input(&mut kept.bench, &mut random.1);
            kept.confirm();
            kept.answer_storage();
            kept.confirm();
            let (one, other) = (memory.service.snapshot(), kept.bench.service.snapshot());
            assert_eq!(one.changes, other.changes, "seed {seed}, step {step}");
        }
    }
}

#[test]
fn too_much_that_waits_refuses_more() {
    let mut small = journaled();
    small.max_unconfirmed = 1;
    let mut bench = Bench::new(small);
    done_later(&mut bench, "<create node='a'/>");
    let answer = bench.pubsub("b@d.lit/x", "set", "<create node='b'/>");
    assert_eq!(
        (error(&answer).0.as_str(), error(&answer).1.as_str()),
        ("wait", "resource-constraint"),
        "PS-14.5-02: {answer}"
    );
}

fn done_later(bench: &mut Bench, content: &str) {
    assert_eq!(bench.pubsub(OWNER, "set", content), "");
}

#[test]
fn affiliations_of_the_service_are_written_once() {
    let mut kept = Kept::new();
    for _ in 0..2 {
        kept.bench
            .service
            .set_service_affiliation(NOW, &jid(FRANCISCO), Affiliation::Owner);
    }
    let written = core::iter::from_fn(|| kept.bench.service.poll_journal()).count();
    assert_eq!(written, 1);
}

#[cfg(feature = "contract")]
#[test]
fn the_storage_in_memory_keeps_the_contract() {
    xmpp_pubsub::service::contract::check(MemoryStorage::default());
    xmpp_pubsub::service::contract::check_service(MemoryStorage::default());
}

#[test]
fn a_whole_journal_brings_back_what_is_transient_and_needs_no_storage() {
    let whole = || config().with_persistence(Persistence::WholeJournal);
    let mut bench = Bench::new(whole());
    bench.add("princely_musings", NodeConfig::default().with_max_items(10));
    let unkept = NodeConfig {
        persist_items: false,
        ..NodeConfig::default()
    };
    bench.add("moods", unkept);
    bench.online(READER);
    let temporary = form("subscribe_options", &[("expire", "presence")]);
    for node in ["princely_musings", "moods"] {
        let subscribe = format!("<subscribe node='{node}' jid='{READER}'/>");
        let options = format!("<options>{temporary}</options>");
        bench.pubsub(READER, "set", &format!("{subscribe}{options}"));
        let item = "<item id='a'><entry xmlns='urn:e'>1</entry></item>";
        let publish = format!("<publish node='{node}'>{item}</publish>");
        bench.pubsub(OWNER, "set", &publish);
    }
    let mut entries: Vec<Entry> = std::iter::from_fn(|| bench.service.poll_journal()).collect();
    let snapshot = bench.service.snapshot();
    for journal in [std::mem::take(&mut entries), vec![snapshot.clone()]] {
        let mut bench = Bench {
            service: Service::restore(whole(), journal),
            now: NOW,
        };
        assert_eq!(bench.service.snapshot(), snapshot);
        let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
        assert!(
            items.contains("<item id=\"a\"><entry xmlns=\"urn:e\">1</entry></item>"),
            "{items}"
        );
        assert_eq!(bench.service.poll_storage(), None);
        let sent = bench.online(READER);
        assert_eq!(events(&sent), 2, "the last item of both: {sent}");
        let gone = bench.offline(READER);
        assert_eq!(gone, "", "{gone}");
        let left = bench.pubsub(READER, "get", "<subscriptions/>");
        assert!(
            !left.contains("<subscription "),
            "they end with presence: {left}"
        );
    }
}
