//! A service and what is said to it, for all topics.

use std::time::Duration;

use wire_xml::{Limits, Scope};
use xmpp_pubsub::service::storage::MemoryStorage;
use xmpp_pubsub::service::{AccessModel, Config, NewNode, NodeConfig, Persistence, Service};
use xmpp_pubsub::stanza::Stanza;
use xmpp_pubsub::xml::Element;
use xmpp_pubsub::{Jid, NodeId, ns};

pub(crate) const NOW: Duration = Duration::from_secs(1);

pub(crate) const OWNER: &str = "hamlet@denmark.lit/elsinore";
pub(crate) const READER: &str = "francisco@denmark.lit/barracks";

pub(crate) struct Bench {
    pub(crate) service: Service,
}

impl Bench {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            service: Service::new(config),
        }
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
        self.service.handle_stanza(NOW, &stanza);
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
