//! Members, stanzas, and what would come of a log if one service had handled it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::time::Duration;

use wire_xml::{Limits, Scope};
use xmpp_pubsub::service::cluster::{Input, Member, MemberConfig, MemberId, Record};
use xmpp_pubsub::service::journal::{Change, Entry};
use xmpp_pubsub::service::{Availability, Config, Persistence, Service};
use xmpp_pubsub::stanza::{IqContent, Stanza};
use xmpp_pubsub::{Jid, NodeId, ns};

pub(crate) fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

pub(crate) fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

pub(crate) fn service(seed: u64) -> Config {
    Config::new(jid("pubsub.localhost"), seed)
}

pub(crate) fn config(name: &str, seed: u64, partitions: u16) -> MemberConfig {
    MemberConfig::new(MemberId::new(name).unwrap(), service(seed))
        .with_partitions(NonZeroU16::new(partitions).unwrap())
}

pub(crate) fn member(config: MemberConfig) -> Member {
    let mut member = Member::new(config).unwrap();
    member.set_clock(Duration::ZERO, 0);
    member
}

pub(crate) fn stanza(text: &str) -> Stanza {
    let scope = Scope::new().with("", ns::CLIENT);
    Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap()
}

/// `<iq>` with this child of `pubsub`.
pub(crate) fn request(from: &str, id: &str, kind: &str, content: &str) -> Stanza {
    stanza(&format!(
        "<iq type='{kind}' from='{from}' to='pubsub.localhost' id='{id}'>\
         <pubsub xmlns='{}'>{content}</pubsub></iq>",
        ns::PUBSUB
    ))
}

/// A node that everybody publishes to.
pub(crate) fn open_form() -> String {
    format!(
        "<configure><x xmlns='jabber:x:data' type='submit'>\
         <field var='FORM_TYPE' type='hidden'><value>{}</value></field>\
         <field var='pubsub#publish_model'><value>open</value></field>\
         <field var='pubsub#max_items'><value>4</value></field></x></configure>",
        ns::NODE_CONFIG
    )
}

/// What a stanza says, without what differs from run to run.
pub(crate) fn describe(stanza: &Stanza) -> String {
    let to = stanza.recipient().map_or("", Jid::as_str);
    match stanza {
        Stanza::Iq(iq) => {
            let said = match &iq.content {
                IqContent::Result(_) => "result".to_owned(),
                IqContent::Error { error, .. } => error.condition.to_string(),
                IqContent::Get(_) | IqContent::Set(_) => "request".to_owned(),
            };
            format!("{to} {} {said}", iq.id)
        }
        Stanza::Message(message) => {
            let late = message.payloads.find(ns::DELAY, "delay").is_some();
            let event = message.payloads.find(ns::PUBSUB_EVENT, "event");
            let event = event.map_or("", |event| {
                core::str::from_utf8(event.as_bytes()).unwrap_or_default()
            });
            format!("{to} {event}{}", if late { " late" } else { "" })
        }
        Stanza::Presence(presence) => format!("{to} {:?}", presence.kind),
    }
}

/// What there is, without dates: they are those of whoever handled the input.
pub(crate) fn undated(entry: &Entry) -> Vec<Change> {
    let mut changes = entry.changes.clone();
    for change in &mut changes {
        if let Change::NodeCreated { created_at, .. } = change {
            *created_at = 0;
        }
        if let Change::ItemPublished { item, .. } | Change::ItemKept { item, .. } = change {
            item.published_at = 0;
        }
    }
    changes
}

/// One service that handles the inputs of a log in their order, each once.
pub(crate) struct Reference {
    pub(crate) service: Service,
    /// What each member has to deliver, in order.
    pub(crate) expected: BTreeMap<String, Vec<String>>,
    /// What is for nobody's session: whoever owns the partition delivers it.
    pub(crate) nowhere: BTreeMap<String, usize>,
    sessions: BTreeMap<Jid, String>,
    numbers: BTreeMap<String, u64>,
    gone: BTreeSet<String>,
}

impl Reference {
    pub(crate) fn of(log: &[Record]) -> Self {
        let config = service(99).with_persistence(Persistence::WholeJournal);
        let mut reference = Self {
            service: Service::new(config),
            expected: BTreeMap::new(),
            nowhere: BTreeMap::new(),
            sessions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            gone: BTreeSet::new(),
        };
        for record in log {
            if let Record::Input {
                member,
                number,
                input,
            } = record
            {
                reference.handle(member.as_str(), *number, input);
            }
        }
        reference
    }

    pub(crate) fn snapshot(&self) -> Vec<Change> {
        undated(&self.service.snapshot())
    }

    fn handle(&mut self, member: &str, number: u64, input: &Input) {
        let last = self.numbers.entry(member.to_owned()).or_default();
        if number <= *last || self.gone.contains(member) {
            return;
        }
        *last = number;
        match input {
            Input::Stanza(stanza) => self.service.handle_stanza(Duration::ZERO, stanza),
            Input::Opened(session) => self.open(session, member),
            Input::Presence(session, availability) => {
                if *availability != Availability::Unavailable {
                    self.open(session, member);
                }
                if self.sessions.get(session).is_some_and(|at| at == member) {
                    let service = &mut self.service;
                    service.set_presence(Duration::ZERO, session, *availability);
                }
            }
            Input::Closed(session) => {
                if self.sessions.get(session).is_some_and(|at| at == member) {
                    self.close(session);
                }
            }
            Input::ServiceAffiliation(user, affiliation) => {
                let service = &mut self.service;
                service.set_service_affiliation(Duration::ZERO, user, *affiliation);
            }
            Input::Gone(gone) => {
                self.gone.insert(gone.to_string());
                let theirs: Vec<Jid> = self
                    .sessions
                    .iter()
                    .filter(|(_, at)| *at == gone.as_str())
                    .map(|(session, _)| session.clone())
                    .collect();
                for session in theirs {
                    self.close(&session);
                }
            }
        }
        self.collect(member);
    }

    fn open(&mut self, session: &Jid, member: &str) {
        let before = self.sessions.insert(session.clone(), member.to_owned());
        if before.is_some_and(|before| before != member) {
            let gone = Availability::Unavailable;
            self.service.set_presence(Duration::ZERO, session, gone);
        }
    }

    fn close(&mut self, session: &Jid) {
        self.sessions.remove(session);
        let gone = Availability::Unavailable;
        self.service.set_presence(Duration::ZERO, session, gone);
    }

    fn collect(&mut self, member: &str) {
        while let Some(entry) = self.service.poll_journal() {
            self.service.journal_confirmed(Duration::ZERO, entry.seq);
        }
        while let Some(stanza) = self.service.poll_transmit() {
            let said = describe(&stanza);
            let to = stanza.recipient().unwrap();
            let places: BTreeSet<String> = match &stanza {
                Stanza::Iq(_) => BTreeSet::from([member.to_owned()]),
                Stanza::Message(_) | Stanza::Presence(_) => self
                    .sessions
                    .iter()
                    .filter(|(session, _)| *session == to || to.is_bare() && session.same_bare(to))
                    .map(|(_, at)| at.clone())
                    .collect(),
            };
            if places.is_empty() {
                *self.nowhere.entry(said.clone()).or_default() += 1;
            }
            for place in places {
                self.expected.entry(place).or_default().push(said.clone());
            }
        }
    }
}
