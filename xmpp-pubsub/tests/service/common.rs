//! A service and what is said to it, for all topics.

use std::time::Duration;

use wire_xml::{Limits, Scope};
use xmpp_pubsub::service::{
    AccessModel, Availability, Config, Contact, NewNode, NodeConfig, Service,
};
use xmpp_pubsub::stanza::Stanza;
use xmpp_pubsub::xml::Element;
use xmpp_pubsub::{Jid, NodeId, ns};

use crate::canonical::{canonical, read, stream_scope};

/// 2006-01-01T00:00:00Z.
pub(crate) const YEAR_2006: i64 = 1_136_073_600_000;
pub(crate) const NOW: Duration = Duration::from_secs(1);

pub(crate) const OWNER: &str = "hamlet@denmark.lit/elsinore";
pub(crate) const READER: &str = "francisco@denmark.lit/barracks";

pub(crate) struct Bench {
    pub(crate) service: Service,
    /// What time it is; the calendar starts with 2006.
    pub(crate) now: Duration,
}

impl Bench {
    pub(crate) fn new(config: Config) -> Self {
        let mut service = Service::new(config);
        service.set_clock(Duration::ZERO, YEAR_2006);
        Self { service, now: NOW }
    }

    /// A service with the node `princely_musings` of Hamlet's.
    pub(crate) fn with(config: Config, node_config: NodeConfig) -> Self {
        let mut bench = Self::new(config);
        bench.add("princely_musings", node_config);
        bench
    }

    /// Adds a node of Hamlet's.
    pub(crate) fn add(&mut self, name: &str, config: NodeConfig) {
        let new = NewNode {
            node: node(name),
            config,
            owner: Some(jid("hamlet@denmark.lit")),
        };
        self.service.create_node(self.now, new).unwrap();
    }

    /// Sends a stanza as it is and returns everything that comes back.
    pub(crate) fn say(&mut self, stanza: &str) -> String {
        let scope = Scope::new().with("", ns::CLIENT);
        let stanza = Stanza::decode(stanza.as_bytes(), &scope, &Limits::default()).unwrap();
        self.service.handle_stanza(self.now, &stanza);
        self.sent()
    }

    /// Lets time pass and returns everything that comes of it.
    pub(crate) fn wait(&mut self, time: Duration) -> String {
        self.now += time;
        self.service.handle_timeout(self.now);
        self.sent()
    }

    pub(crate) fn online(&mut self, session: &str) -> String {
        let online = Availability::ONLINE;
        self.service.set_presence(self.now, &jid(session), online);
        self.sent()
    }

    pub(crate) fn offline(&mut self, session: &str) -> String {
        let gone = Availability::Unavailable;
        self.service.set_presence(self.now, &jid(session), gone);
        self.sent()
    }

    /// Hamlet's roster has this contact.
    pub(crate) fn contact(&mut self, contact: &str, fact: Option<(bool, &str)>) -> String {
        let fact = fact.map(|(sees_presence, group)| Contact {
            sees_presence,
            groups: vec![group.to_owned()],
        });
        let account = jid("hamlet@denmark.lit");
        assert!(
            self.service
                .set_contact(self.now, &account, &jid(contact), fact)
        );
        self.sent()
    }

    /// Sets fields of `princely_musings`.
    pub(crate) fn configure(&mut self, fields: &[(&str, &str)]) -> String {
        let form = form("node_config", fields);
        self.owner(
            OWNER,
            "set",
            &format!("<configure node='princely_musings'>{form}</configure>"),
        )
    }

    pub(crate) fn open() -> Self {
        let mut bench = Self::new(config());
        let node = NewNode {
            node: node("princely_musings"),
            config: NodeConfig::default().with_max_items(10),
            owner: Some(jid("hamlet@denmark.lit")),
        };
        bench.service.create_node(NOW, node).unwrap();
        bench
    }

    pub(crate) fn whitelist() -> Self {
        let mut bench = Self::new(config());
        let node = NewNode {
            node: node("princely_musings"),
            config: NodeConfig::default().with_access_model(AccessModel::Whitelist),
            owner: Some(jid("hamlet@denmark.lit")),
        };
        bench.service.create_node(NOW, node).unwrap();
        bench
    }

    /// Sends `<iq type="…">` with this content and returns everything that comes back, one stanza a line.
    pub(crate) fn ask(&mut self, from: &str, kind: &str, content: &str) -> String {
        let iq = format!(
            "<iq type='{kind}' from='{from}' to='pubsub.shakespeare.lit' id='i/1'>{content}</iq>"
        );
        let scope = Scope::new().with("", ns::CLIENT);
        let stanza = Stanza::decode(iq.as_bytes(), &scope, &Limits::default()).unwrap();
        self.service.handle_stanza(self.now, &stanza);
        self.sent()
    }

    pub(crate) fn pubsub(&mut self, from: &str, kind: &str, content: &str) -> String {
        self.ask(
            from,
            kind,
            &format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB),
        )
    }

    pub(crate) fn owner(&mut self, from: &str, kind: &str, content: &str) -> String {
        self.ask(
            from,
            kind,
            &format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB_OWNER),
        )
    }

    pub(crate) fn sent(&mut self) -> String {
        let mut text = String::new();
        while let Some(stanza) = self.service.poll_transmit() {
            text.push_str(&String::from_utf8_lossy(&stanza.to_bytes()));
            text.push('\n');
        }
        text
    }

    /// Hamlet says what somebody may do with `princely_musings`.
    pub(crate) fn affiliate(&mut self, user: &str, affiliation: &str) -> String {
        let entry = format!("<affiliation jid='{user}' affiliation='{affiliation}'/>");
        let content = format!("<affiliations node='princely_musings'>{entry}</affiliations>");
        self.owner(OWNER, "set", &content)
    }

    pub(crate) fn info(&mut self, node: &str) -> String {
        let query = format!("<query xmlns='{}'{node}/>", ns::DISCO_INFO);
        self.ask(READER, "get", &query)
    }

    pub(crate) fn subscribe(&mut self, from: &str, address: &str) -> String {
        self.pubsub(
            from,
            "set",
            &format!("<subscribe node='princely_musings' jid='{address}'/>"),
        )
    }

    pub(crate) fn publish(&mut self, id: &str) -> String {
        self.pubsub(
            OWNER,
            "set",
            &format!(
                "<publish node='princely_musings'><item id='{id}'><entry xmlns='urn:e'/></item></publish>"
            ),
        )
    }
}

pub(crate) fn config() -> Config {
    Config::new(jid("pubsub.shakespeare.lit"), 1)
}

pub(crate) fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

pub(crate) fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

/// The part of an answer that a table names: error type, condition and condition of pubsub.
pub(crate) fn error(answer: &str) -> (String, String, Option<String>) {
    let line = answer.lines().next().unwrap();
    let iq = Element::parse(line.as_bytes(), wire_xml::Profile::Xmpp, &Limits::default()).unwrap();
    assert_eq!(iq.attr("type"), Some("error"), "{answer}");
    let error = iq.child(ns::CLIENT, "error").unwrap();
    let condition = error
        .children()
        .find(|child| child.ns() == ns::STANZA_ERRORS)
        .unwrap();
    let pubsub = error
        .children()
        .find(|child| child.ns() == ns::PUBSUB_ERRORS)
        .map(|child| {
            let feature = child
                .attr("feature")
                .map(|name| format!("[{name}]"))
                .unwrap_or_default();
            format!("{}{feature}", child.local())
        });
    (
        error.attr("type").unwrap().to_owned(),
        condition.local().to_owned(),
        pubsub,
    )
}

#[track_caller]
pub(crate) fn refused(answer: &str, kind: &str, condition: &str, pubsub: Option<&str>) {
    assert_eq!(
        error(answer),
        (
            kind.to_owned(),
            condition.to_owned(),
            pubsub.map(str::to_owned)
        ),
        "{answer}"
    );
}

#[track_caller]
pub(crate) fn done(answer: &str) {
    assert!(answer.contains(" type=\"result\""), "{answer}");
}

/// A submitted form of XEP-0060.
pub(crate) fn form(form_type: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields
        .iter()
        .map(|(var, value)| {
            let values: String = value
                .split('|')
                .map(|value| format!("<value>{value}</value>"))
                .collect();
            format!("<field var='pubsub#{var}'>{values}</field>")
        })
        .collect();
    format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>{}#{form_type}</value></field>{fields}</x>",
        ns::PUBSUB
    )
}

/// The lines that are sent to an address.
pub(crate) fn to<'a>(sent: &'a str, address: &str) -> Vec<&'a str> {
    let to = format!("to=\"{address}\"");
    sent.lines().filter(|line| line.contains(&to)).collect()
}

/// How many events there are.
pub(crate) fn events(sent: &str) -> usize {
    sent.matches("<event ").count()
}

/// The value of an attribute, the first of that name.
pub(crate) fn attribute(text: &str, name: &str) -> String {
    let start = format!(" {name}=\"");
    let rest = text
        .split(&start)
        .nth(1)
        .unwrap_or_else(|| panic!("{name} in {text}"));
    rest.split('"').next().unwrap().to_owned()
}

/// What a table has where [`error`] finds it; no condition of pubsub is empty.
pub(crate) fn row(kind: &str, condition: &str, pubsub: &str) -> (String, String, Option<String>) {
    let pubsub = (!pubsub.is_empty()).then(|| pubsub.to_owned());
    (kind.to_owned(), condition.to_owned(), pubsub)
}

/// What a stanza says: equal where only quotes, white space and the order of attributes differ.
pub(crate) fn meaning(stanza: &str) -> String {
    canonical(&read(stanza.trim().as_bytes(), &stream_scope()))
}

/// What the service answers to [`Bench::ask`], around this content.
pub(crate) fn result(to: &str, content: &str) -> String {
    meaning(&format!(
        "<iq type='result' from='pubsub.shakespeare.lit' to='{to}' id='i/1'>{content}</iq>"
    ))
}

/// The same with an element `pubsub` around it.
pub(crate) fn pubsub_result(to: &str, content: &str) -> String {
    result(
        to,
        &format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB),
    )
}
