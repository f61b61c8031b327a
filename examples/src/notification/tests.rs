//! The service over its journal: what is kept, what waits for it, and who has the last word.

use std::{
    path::{Path, PathBuf},
    sync::mpsc as gates,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};
use xmpp_pubsub::{
    ItemId, Jid, NodeId,
    pubsub::Affiliation,
    service::{
        journal::{Change, Entry},
        storage::StoredItem,
    },
};

use super::{
    DATABASE,
    hub::{
        Hub,
        tests::{LIMIT, names, online, session},
    },
    journal::Journal,
    keep_journal, nodes,
};
use crate::{
    repository::{NotificationRepository, RepositoryError, SqliteNotificationRepository},
    seed::{Seed, SeedRole, SeedTeam},
};

struct Running {
    hub: Hub,
    keeping: JoinHandle<()>,
}

impl Running {
    fn start(dir: &Path, seed: &Seed) -> Self {
        Self::on(open(dir), seed)
    }

    fn on<R: NotificationRepository + 'static>(mut repository: R, seed: &Seed) -> Self {
        let entries = repository.entries().unwrap();
        let random = entries.last().map_or(1, |last| last.seq);
        let names = names("localhost");
        let mut service = nodes::service(&names, seed, random, Some(entries));
        let (journal, writing) = Journal::begin(repository, &mut service).unwrap();
        let hub = Hub::new(names, service, Some(journal), 2);
        let (alive, _) = oneshot::channel();
        let keeping = tokio::spawn(keep_journal(hub.clone(), writing, alive));
        Self { hub, keeping }
    }

    /// Ends it as its server does.
    async fn stop(self) {
        self.hub.close_journal();
        timeout(LIMIT, self.keeping).await.unwrap().unwrap();
    }

    /// Ends it in the middle of whatever it does.
    async fn kill(self, dir: &Path) {
        self.keeping.abort();
        let _ = self.keeping.await;
        drop(self.hub);
        // The thread lets go of the file.
        let free = async {
            while SqliteNotificationRepository::open(&dir.join(DATABASE)).is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, free).await.unwrap();
    }
}

fn open(dir: &Path) -> SqliteNotificationRepository {
    SqliteNotificationRepository::open(&dir.join(DATABASE)).unwrap()
}

fn entries(dir: &Path) -> Vec<Entry> {
    open(dir).entries().unwrap()
}

fn pubsub(id: &str, kind: &str, content: &str) -> String {
    format!(
        "<iq type='{kind}' to='pubsub.localhost' id='{id}'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub></iq>"
    )
}

fn owner(id: &str, kind: &str, content: &str) -> String {
    format!(
        "<iq type='{kind}' to='pubsub.localhost' id='{id}'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{content}</pubsub></iq>"
    )
}

fn form(fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(var, value)| format!("<field var='pubsub#{var}'><value>{value}</value></field>"));
    format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#node_config</value></field>{}</x>",
        fields.collect::<String>()
    )
}

/// A request for a node that keeps three items.
fn create(id: &str, node: &str) -> String {
    let form = form(&[("persist_items", "1"), ("max_items", "3")]);
    let content = format!("<create node='{node}'/><configure>{form}</configure>");
    pubsub(id, "set", &content)
}

fn publish(id: &str, node: &str, item: &str, text: &str) -> String {
    let content = format!(
        "<publish node='{node}'><item id='{item}'><e xmlns='urn:e'>{text}</e></item></publish>"
    );
    pubsub(id, "set", &content)
}

fn affiliate(id: &str, node: &str, user: &str, affiliation: &str) -> String {
    let content = format!(
        "<affiliations node='{node}'>\
         <affiliation jid='{user}@localhost' affiliation='{affiliation}'/></affiliations>"
    );
    owner(id, "set", &content)
}

fn result(id: &str) -> String {
    format!("id=\"{id}\" type=\"result\"")
}

const OWN: &str = "/finesse/api/User/1001001";
const TEAM: &str = "/finesse/api/Team/1/Users";

#[tokio::test]
async fn nodes_subscriptions_affiliations_and_items_outlive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let seed = Seed::default();
    let running = Running::start(dir.path(), &seed);
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    let mut supervisor = online(hub, "1001019");
    let heard = web.say(hub, &create("c", "wallboard"));
    web.until(heard, &result("c")).await;
    let heard = supervisor.subscribe(hub, "wallboard", "1001019");
    supervisor.until(heard, "subscription=\"subscribed\"").await;
    let heard = web.say(hub, &affiliate("a", "wallboard", "1001001", "member"));
    web.until(heard, &result("a")).await;
    for item in ["1", "2", "3", "4"] {
        let heard = web.say(
            hub,
            &publish(item, "wallboard", item, &format!("of {item}")),
        );
        web.until(heard, &result(item)).await;
    }
    drop((web, supervisor));
    running.kill(dir.path()).await;

    let running = Running::start(dir.path(), &seed);
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    let mut supervisor = online(hub, "1001019");
    let mut agent = online(hub, "1001001");
    let heard = web.say(hub, &pubsub("i", "get", "<items node='wallboard'/>"));
    let items = web.until(heard, &result("i")).await;
    for item in ["2", "3", "4"] {
        assert!(items.contains(&format!(">of {item}</e>")), "{items}");
    }
    assert!(!items.contains(">of 1</e>"), "{items}");
    let heard = agent.subscribe(hub, "wallboard", "1001001");
    agent.until(heard, "subscription=\"subscribed\"").await;
    let heard = web.say(hub, &publish("p", "wallboard", "5", "of 5"));
    web.until(heard, &result("p")).await;
    supervisor.hear(">of 5</e>").await;
    agent.hear(">of 5</e>").await;
    // And what was the seed's from the start.
    web.publish(hub, OWN);
    agent.hear(OWN).await;
    drop((web, supervisor, agent));
    running.stop().await;
}

#[tokio::test]
async fn what_is_transient_writes_no_entry_and_neither_does_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let seed = Seed::default();
    Running::start(dir.path(), &seed).stop().await;
    let before = entries(dir.path());
    assert!(!before.is_empty(), "the nodes of the seed");
    for _ in 0..2 {
        let running = Running::start(dir.path(), &seed);
        let hub = &running.hub;
        let mut web = online(hub, "finesse");
        let mut agent = online(hub, "1001001");
        agent.heard();
        for _ in 0..10 {
            for node in ["", "/Dialogs"] {
                web.publish(hub, &format!("{OWN}{node}"));
                assert!(
                    agent.heard().contains("<notification "),
                    "it waits for nothing"
                );
            }
        }
        drop((web, agent));
        running.stop().await;
        assert_eq!(entries(dir.path()), before);
    }
}

#[tokio::test]
async fn the_seed_has_the_last_word_about_rights() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path(), &Seed::default());
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    let heard = web.say(hub, &create("c", "wallboard"));
    web.until(heard, &result("c")).await;
    // What an owner may do, and the seed does not say.
    let open = form(&[("access_model", "open")]);
    let heard = web.say(
        hub,
        &owner(
            "o",
            "set",
            &format!("<configure node='{TEAM}'>{open}</configure>"),
        ),
    );
    web.until(heard, &result("o")).await;
    let heard = web.say(hub, &affiliate("a", OWN, "1001002", "publisher"));
    web.until(heard, &result("a")).await;
    for (user, node) in [
        ("1001001", TEAM),
        ("1001002", TEAM),
        ("1001019", TEAM),
        ("1001019", "wallboard"),
        ("1001020", "wallboard"),
    ] {
        let mut user_session = online(hub, user);
        let heard = user_session.subscribe(hub, node, user);
        user_session
            .until(heard, "subscription=\"subscribed\"")
            .await;
    }
    drop(web);
    running.stop().await;

    // A supervisor is an agent now, and an agent is in another team.
    let mut seed = Seed::default();
    seed.teams.push(SeedTeam {
        id: 2,
        name: "Sales".to_owned(),
    });
    for agent in &mut seed.agents {
        match agent.login_id.as_str() {
            "1001002" => agent.team = 2,
            "1001019" => agent.role = SeedRole::Agent,
            _ => {}
        }
    }
    let running = Running::start(dir.path(), &seed);
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    for (node, subscribed, ended) in [
        (TEAM, ["1001001", "1001019"].as_slice(), ["1001002"]),
        ("wallboard", &["1001020"], ["1001019"]),
    ] {
        let heard = web.say(
            hub,
            &owner("s", "get", &format!("<subscriptions node='{node}'/>")),
        );
        let list = web.until(heard, &result("s")).await;
        for user in subscribed {
            assert!(list.contains(&format!("jid=\"{user}@")), "{node}: {list}");
        }
        for user in ended {
            assert!(!list.contains(&format!("jid=\"{user}@")), "{node}: {list}");
        }
    }
    let mut moved = online(hub, "1001002");
    let heard = moved.subscribe(hub, TEAM, "1001002");
    moved.until(heard, "<closed-node ").await;
    let heard = moved.subscribe(hub, "/finesse/api/Team/2/Users", "1001002");
    moved.until(heard, "subscription=\"subscribed\"").await;
    let heard = moved.say(hub, &publish("p", OWN, "1", "of somebody else"));
    moved.until(heard, "<forbidden ").await;
    let mut agent = online(hub, "1001019");
    let heard = agent.subscribe(hub, "/finesse/api/Queue/1", "1001019");
    agent.until(heard, "<closed-node ").await;
    drop((web, moved, agent));
    running.stop().await;

    // Under another domain nobody of the old one is left who owns anything.
    let other = nodes::service(&names("other.org"), &seed, 9, Some(entries(dir.path())));
    let mut rights = Vec::new();
    for change in &other.snapshot().changes {
        if let Change::ServiceAffiliated { user, affiliation } = change {
            rights.push((user.clone(), *affiliation));
        }
        if let Change::Affiliated {
            node: Some(node),
            user,
            affiliation,
        } = change
            && node.as_str() != "wallboard"
        {
            rights.push((user.clone(), *affiliation));
        }
    }
    assert!(rights.contains(&(Jid::new("finesse@other.org").unwrap(), Affiliation::Owner)));
    for (user, affiliation) in rights {
        assert_eq!(user.domain(), "other.org", "{user} is {affiliation}");
    }
}

/// A repository that writes when the test lets it.
struct Gated {
    inner: SqliteNotificationRepository,
    /// Tells how many entries are about to be written.
    arrived: mpsc::UnboundedSender<usize>,
    gate: gates::Receiver<()>,
}

impl NotificationRepository for Gated {
    fn entries(&mut self) -> Result<Vec<Entry>, RepositoryError> {
        self.inner.entries()
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), RepositoryError> {
        self.arrived.send(entries.len()).unwrap();
        self.gate.recv().map_err(|_| RepositoryError {
            path: PathBuf::from("gate"),
            reason: "the disk is gone".to_owned(),
        })?;
        self.inner.append(entries)
    }

    fn items(
        &mut self,
        node: &NodeId,
        items: &[ItemId],
    ) -> Result<Vec<StoredItem>, RepositoryError> {
        self.inner.items(node, items)
    }

    fn compact(&mut self, snapshot: &Entry) -> Result<(), RepositoryError> {
        self.inner.compact(snapshot)
    }

    fn wants_snapshot(&self) -> bool {
        self.inner.wants_snapshot()
    }
}

/// A service that has begun on such a repository, with its gate, and what arrives there.
async fn gated(dir: &Path) -> (Running, gates::Sender<()>, mpsc::UnboundedReceiver<usize>) {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (open_gate, gate) = gates::channel();
    let repository = Gated {
        inner: open(dir),
        arrived,
        gate,
    };
    // For what the service does when it begins.
    open_gate.send(()).unwrap();
    let running = Running::on(repository, &Seed::default());
    assert!(arrivals.recv().await.unwrap() > 1, "one transaction");
    (running, open_gate, arrivals)
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_written_and_what_waits_is_written_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (running, open_gate, mut arrivals) = gated(dir.path()).await;
    let hub = &running.hub;
    let mut web = session(hub, "finesse", "finesse", 256);
    let mut agent = online(hub, "1001001");
    web.heard();
    agent.heard();
    assert_eq!(web.say(hub, &create("first", "n")), "");
    assert_eq!(arrivals.recv().await, Some(1));
    for number in 0..49 {
        let item = number.to_string();
        assert_eq!(web.say(hub, &publish(&item, "n", &item, "x")), "");
    }
    let ping = "<iq type='get' id='x' to='pubsub.localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    let pong = agent.say(hub, ping);
    assert!(
        pong.contains(&result("x")),
        "others wait for nothing: {pong}"
    );
    sleep(Duration::from_millis(20)).await;
    assert_eq!(web.heard(), "");
    open_gate.send(()).unwrap();
    let heard = web.hear(&result("first")).await;
    assert_eq!(heard.lines().count(), 1, "{heard}");
    assert_eq!(arrivals.recv().await, Some(49), "one transaction");
    open_gate.send(()).unwrap();
    let heard = web.hear(&result("48")).await;
    assert_eq!(heard.lines().count(), 49, "in order: {heard}");
    drop((web, agent));
    running.stop().await;
}

#[tokio::test]
async fn a_journal_that_fails_ends_the_service_and_nobody_is_told_of_what_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let (running, open_gate, mut arrivals) = gated(dir.path()).await;
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    web.heard();
    web.say(hub, &create("c", "n"));
    assert_eq!(arrivals.recv().await, Some(1));
    drop(open_gate);
    timeout(LIMIT, running.keeping).await.unwrap().unwrap();
    assert_eq!(web.heard(), "");
    let answer = web.say(hub, &pubsub("i", "get", "<items node='n'/>"));
    assert!(answer.contains("<internal-server-error "), "{answer}");
    let answer = web.say(hub, &create("again", "n"));
    assert!(answer.contains("<internal-server-error "), "{answer}");
    drop(web);

    let running = Running::start(dir.path(), &Seed::default());
    let mut web = online(&running.hub, "finesse");
    let heard = web.say(&running.hub, &create("c", "n"));
    web.until(heard, &result("c")).await;
    drop(web);
    running.stop().await;
}

#[tokio::test]
async fn a_journal_that_grows_is_replaced_by_a_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path(), &Seed::default());
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    let heard = web.say(hub, &create("c", "wallboard"));
    web.until(heard, &result("c")).await;
    let text = "x".repeat(60_000);
    for number in 0..60 {
        let item = number.to_string();
        let heard = web.say(
            hub,
            &publish(&item, "wallboard", &item, &format!("{item}{text}")),
        );
        web.until(heard, &result(&item)).await;
    }
    drop(web);
    running.stop().await;
    let entries = entries(dir.path());
    assert!(entries[0].seq > 1, "{}", entries.len());
    let bytes: usize = entries.iter().map(|entry| entry.encode().len()).sum();
    assert!(bytes < 2 << 20, "{bytes}");

    let running = Running::start(dir.path(), &Seed::default());
    let hub = &running.hub;
    let mut web = online(hub, "finesse");
    let heard = web.say(hub, &pubsub("i", "get", "<items node='wallboard'/>"));
    let items = web.until(heard, &result("i")).await;
    for item in ["57", "58", "59"] {
        assert!(items.contains(&format!(">{item}x")), "{item}");
    }
    let mut agent = online(hub, "1001001");
    web.publish(hub, OWN);
    agent.hear(OWN).await;
    drop((web, agent));
    running.stop().await;
}
