//! What the hub does with stanzas, without sockets.

use super::*;
use crate::seed::Seed;
use xmpp_pubsub::{
    NodeId,
    xml::{Limits, Scope},
};

pub(in super::super) struct Session {
    pub(in super::super) key: SessionKey,
    stanzas: mpsc::Receiver<ToSession>,
}

pub(in super::super) fn names(domain: &str) -> Names {
    Names {
        domain: Jid::new(domain).unwrap(),
        pubsub: Jid::new(&format!("pubsub.{domain}")).unwrap(),
    }
}

pub(in super::super) fn hub() -> Hub {
    let names = names("localhost");
    let service = nodes::service(&names, &Seed::default(), 1, None);
    Hub::new(names, service, None, 2)
}

pub(in super::super) fn online(hub: &Hub, user: &str) -> Session {
    session(hub, user, "desktop", 16)
}

pub(in super::super) fn session(hub: &Hub, user: &str, resource: &str, room: usize) -> Session {
    let (sender, stanzas) = mpsc::channel(room);
    let key = hub.next_key();
    let jid = Jid::new(&format!("{user}@localhost")).unwrap();
    hub.bind(key, &jid, Some(resource), Way::Task(sender))
        .unwrap();
    let session = Session { key, stanzas };
    let scope = Scope::new().with("", "jabber:client");
    let presence = Stanza::decode(b"<presence/>", &scope, &Limits::default());
    hub.stanza(key, presence.unwrap());
    session
}

impl Session {
    pub(in super::super) fn say(&mut self, hub: &Hub, text: &str) -> String {
        let scope = Scope::new().with("", "jabber:client");
        hub.stanza(
            self.key,
            Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap(),
        );
        self.heard()
    }

    pub(in super::super) fn subscribe(&mut self, hub: &Hub, node: &str, user: &str) -> String {
        self.say(
            hub,
            &format!(
                "<iq type='set' to='pubsub.localhost' id='s'>\
                 <pubsub xmlns='http://jabber.org/protocol/pubsub'>\
                 <subscribe node='{node}' jid='{user}@localhost'/></pubsub></iq>"
            ),
        )
    }

    pub(in super::super) fn publish(&mut self, hub: &Hub, node: &str) -> String {
        self.say(
            hub,
            &format!(
                "<iq type='set' to='pubsub.localhost' id='p'>\
                 <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item>\
                 <notification xmlns='http://jabber.org/protocol/pubsub'>&lt;Update/&gt;</notification>\
                 </item></publish></pubsub></iq>"
            ),
        )
    }

    /// Everything until this text has come.
    pub(in super::super) async fn hear(&mut self, text: &str) -> String {
        self.until(String::new(), text).await
    }

    /// Everything, and what was heard before it, until this text has come.
    pub(in super::super) async fn until(&mut self, mut heard: String, text: &str) -> String {
        while !heard.contains(text) {
            let next = tokio::time::timeout(LIMIT, self.stanzas.recv()).await;
            let next = next.unwrap_or_else(|_| panic!("waited for {text}: {heard}"));
            let stanza = next.and_then(ToSession::into_stanza).unwrap();
            heard.push_str(&String::from_utf8_lossy(&stanza.to_bytes()));
            heard.push('\n');
        }
        heard
    }

    pub(in super::super) fn heard(&mut self) -> String {
        let mut text = String::new();
        while let Ok(ToSession::Stanza(stanza)) = self.stanzas.try_recv() {
            text.push_str(&String::from_utf8_lossy(&stanza.to_bytes()));
            text.push('\n');
        }
        text
    }
}

#[test]
fn a_users_own_events_come_without_a_subscription() {
    let hub = hub();
    let mut agent = online(&hub, "1001001");
    let mut other = online(&hub, "1001002");
    let mut web = online(&hub, "finesse");
    agent.heard();
    other.heard();
    web.publish(&hub, "/finesse/api/User/1001001");
    web.publish(&hub, "/finesse/api/User/1001001/Dialogs");
    web.publish(&hub, "/finesse/api/SystemInfo");
    assert_eq!(agent.heard().matches("<message").count(), 3);
    assert_eq!(other.heard().matches("<message").count(), 1);
    // An explicit subscription by the full address changes nothing.
    agent.subscribe(&hub, "/finesse/api/User/1001001", "1001001");
    web.publish(&hub, "/finesse/api/User/1001001");
    assert_eq!(agent.heard().matches("<message").count(), 1);
}

#[test]
fn agents_see_their_team_and_supervisors_everything() {
    let hub = hub();
    let seed = Seed::default();
    let team = seed.agents[0].team;
    let mut agent = online(&hub, "1001001");
    let mut supervisor = online(&hub, "1001019");
    agent.heard();
    supervisor.heard();
    let own = format!("/finesse/api/Team/{team}/Users");
    assert!(
        agent
            .subscribe(&hub, &own, "1001001")
            .contains("subscribed")
    );
    for node in ["/finesse/api/User/1001002", "/finesse/api/Queue/1"] {
        assert!(
            agent
                .subscribe(&hub, node, "1001001")
                .contains("type=\"error\""),
            "{node}"
        );
    }
    for node in ["/finesse/api/User/1001002", &own] {
        assert!(
            supervisor
                .subscribe(&hub, node, "1001019")
                .contains("subscribed"),
            "{node}"
        );
    }
    // Somebody else's address is refused, even to a supervisor.
    assert!(
        supervisor
            .subscribe(&hub, &own, "1001001")
            .contains("invalid-jid")
    );
}

#[test]
fn only_the_web_service_publishes() {
    let hub = hub();
    for user in ["1001001", "1001019", "admin"] {
        let answer = online(&hub, user).publish(&hub, "/finesse/api/User/1001001");
        assert!(answer.contains("<forbidden "), "{user}: {answer}");
    }
    assert!(
        online(&hub, "1001001")
            .publish(&hub, "/new")
            .contains("<item-not-found ")
    );
    assert!(
        online(&hub, "finesse")
            .publish(&hub, "/new")
            .contains("type=\"result\"")
    );
}

#[test]
fn a_user_who_is_not_in_the_seed_gets_his_nodes_when_he_comes() {
    let hub = hub();
    let mut late = online(&hub, "newcomer");
    let mut web = online(&hub, "finesse");
    late.heard();
    web.publish(&hub, "/finesse/api/User/newcomer");
    assert_eq!(late.heard().matches("<message").count(), 1);
    assert!(
        hub.lock()
            .service
            .contains_node(&NodeId::new("/finesse/api/User/newcomer/Queues").unwrap())
    );
}

#[test]
fn the_web_service_sees_users_come_and_go() {
    let hub = hub();
    let agent = online(&hub, "1001001");
    let mut web = online(&hub, "finesse");
    web.heard();
    hub.unbind(agent.key);
    let heard = web.heard();
    assert!(
        heard.contains("from=\"1001001@localhost/desktop\"") && heard.contains("unavailable"),
        "{heard}"
    );
    let mut back = online(&hub, "1001001");
    back.heard();
    assert!(web.heard().contains("from=\"1001001@localhost/desktop\""));
    hub.unbind(web.key);
    let heard = back.heard();
    assert!(
        heard.contains("from=\"finesse@localhost/desktop\"") && heard.contains("unavailable"),
        "{heard}"
    );
}

#[test]
fn the_web_service_hears_of_more_than_a_thousand_sessions_when_it_comes() {
    let hub = hub();
    let mut agents = Vec::new();
    for agent in 0..110 {
        for resource in 0..10 {
            let user = format!("{}", 1_002_000 + agent);
            agents.push(session(&hub, &user, &format!("r{resource}"), 64));
        }
    }
    let mut web = session(
        &hub,
        "finesse",
        "finesse",
        super::super::session::queue(1101),
    );
    // And its own.
    assert_eq!(web.heard().matches("<presence ").count(), 1101);
    let scope = Scope::new().with("", "jabber:client");
    let ping = b"<iq type='get' id='x' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    hub.stanza(
        web.key,
        Stanza::decode(ping, &scope, &Limits::default()).unwrap(),
    );
    assert!(web.heard().contains("type=\"result\""), "the way is there");
}

#[test]
fn a_session_that_does_not_keep_up_loses_its_way() {
    let hub = hub();
    let mut slow = online(&hub, "1001001");
    let mut web = online(&hub, "finesse");
    for _ in 0..20 {
        web.publish(&hub, "/finesse/api/User/1001001");
    }
    while slow.stanzas.try_recv().is_ok() {}
    assert!(matches!(
        slow.stanzas.try_recv(),
        Err(mpsc::error::TryRecvError::Disconnected)
    ));
}

/// Far longer than anything here takes.
pub(in super::super) const LIMIT: Duration = Duration::from_secs(20);
