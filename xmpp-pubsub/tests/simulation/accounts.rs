//! What the service did against what it should have done.

use std::collections::BTreeMap;

use xmpp_pubsub::NodeId;
use xmpp_pubsub::service::journal::{Change, Entry};
use xmpp_pubsub::stanza::{Message, Stanza};

use super::acts::{Act, Delivered};
use super::books::Bounds;
use super::facts::bare;
use super::model::{Model, Said};
use super::words::heard;
use super::world::{Question, World};

impl World {
    /// Takes entries and questions of the service. What it wrote is in the storage before it is asked.
    pub(super) fn collect(&mut self) {
        while let Some(entry) = self.service.poll_journal() {
            assert_eq!(Entry::decode(&entry.encode()).as_ref(), Ok(&entry));
            self.storage.append(entry.clone());
            self.entries.push(entry.clone());
            self.fresh.push_back(entry);
        }
        while let Some(request) = self.service.poll_storage() {
            self.asked += 1;
            let items = request.items.iter().map(ToString::to_string).collect();
            self.model
                .asked
                .push_back((self.asked, request.node.to_string(), items));
            let at_once = self.random.chance(50);
            let found = at_once.then(|| self.storage.read(&request.node, &request.items));
            self.questions.insert(
                self.asked,
                Question {
                    id: request.id,
                    node: request.node,
                    items: request.items,
                    found,
                },
            );
        }
    }

    /// What is due by now comes first in every call.
    pub(super) fn time(&mut self) -> Result<(), String> {
        let now = self.utc();
        self.part(None, 0, |model| model.time(now))
    }

    /// The model does what the service did.
    pub(super) fn follow(&mut self, act: &Act) -> Result<(), String> {
        let from = match act {
            Act::Request { from, .. } => Some(from.clone()),
            Act::Call(_) | Act::Bounce { .. } | Act::Nothing => None,
        };
        let opened = self.model.opened.len();
        self.part(from.as_deref(), 0, |model| model.act(act))?;
        let after: Vec<u64> = self.model.opened[opened..]
            .iter()
            .map(|read| self.seen(&read.node, from.as_deref()))
            .collect();
        for (read, after) in self.model.opened[opened..].iter_mut().zip(after) {
            read.after = after;
        }
        Ok(())
    }

    /// The entry that must be confirmed before this user is told of the node.
    pub(super) fn seen(&self, node: &str, user: Option<&str>) -> u64 {
        let of = |known: &BTreeMap<String, u64>, name: &str| known.get(name).copied().unwrap_or(0);
        let rights = user.map(|user| of(&self.everywhere, bare(user)));
        of(&self.nodes, node).max(rights.unwrap_or(0))
    }

    /// One input's worth of the model's: at most one entry, and what is said of it.
    pub(super) fn part(
        &mut self,
        from: Option<&str>,
        after: u64,
        act: impl FnOnce(&mut Model),
    ) -> Result<(), String> {
        self.model.lasting = false;
        act(&mut self.model);
        if let Some(fault) = self.model.fault.take() {
            return Err(fault);
        }
        let mut own = 0;
        if self.model.lasting {
            let entry = self
                .fresh
                .pop_front()
                .ok_or("a lasting change without an entry")?;
            if entry.seq != self.last + 1 {
                return Err(format!("entry {} after {}", entry.seq, self.last));
            }
            own = entry.seq;
            self.note(|| format!("  entry {entry:?}"));
            self.touch(&entry);
            self.last = own;
            self.versions.push((own, self.model.facts.clone()));
        }
        let said = std::mem::take(&mut self.model.said);
        let bounds: Vec<Bounds> = said
            .iter()
            .map(|said| self.bounds(said, from, own.max(after)))
            .collect();
        let bounds: BTreeMap<_, _> = said
            .iter()
            .map(|said| (said.to.clone(), said.text.clone()))
            .zip(bounds)
            .collect();
        self.books
            .write(said, |said| bounds[&(said.to.clone(), said.text.clone())]);
        Ok(())
    }

    pub(super) fn bounds(&self, said: &Said, from: Option<&str>, own: u64) -> Bounds {
        let requester = from.filter(|_| said.is_answer);
        let seen = said
            .about
            .iter()
            .map(|node| self.seen(node, requester))
            .max();
        let not_before = own.max(seen.unwrap_or(0));
        // What comes of time, presence and facts may wait for more, and so may lists.
        let Some(from) = from else {
            return Bounds {
                not_before,
                no_later_than: self.last,
            };
        };
        let user = self.users.get(bare(from)).copied().unwrap_or(0);
        let above = said
            .about
            .iter()
            .flat_map(|node| self.model.facts.above(node));
        let above = above
            .map(|(collection, _)| self.seen(&collection, None))
            .max();
        let missing = said
            .about
            .iter()
            .any(|node| self.model.facts.node(node).is_none());
        let list = if missing || said.is_list {
            self.last
        } else {
            0
        };
        Bounds {
            not_before,
            no_later_than: not_before.max(user).max(above.unwrap_or(0)).max(list),
        }
    }

    pub(super) fn touch(&mut self, entry: &Entry) {
        let seq = entry.seq;
        self.at_hand.follow(entry);
        self.model.at_hand.clone_from(&self.at_hand.newest);
        let name =
            |node: &Option<NodeId>| node.as_ref().map(ToString::to_string).unwrap_or_default();
        for change in &entry.changes {
            match change {
                Change::NodeCreated { node, .. } | Change::NodeDeleted { node, .. } => {
                    self.nodes.insert(node.to_string(), seq);
                    self.list = seq;
                }
                Change::Associated { collection, node }
                | Change::Disassociated { collection, node } => {
                    self.nodes.insert(collection.to_string(), seq);
                    self.nodes.insert(node.to_string(), seq);
                    self.list = seq;
                }
                Change::NodeConfigured { node, .. } => {
                    self.nodes.insert(name(node), seq);
                }
                Change::Affiliated { node, user, .. } => {
                    self.nodes.insert(name(node), seq);
                    self.users.insert(user.to_string(), seq);
                }
                Change::ServiceAffiliated { user, .. } => {
                    self.users.insert(user.to_string(), seq);
                    self.everywhere.insert(user.to_string(), seq);
                }
                Change::Subscribed { node, jid, .. } | Change::Unsubscribed { node, jid, .. } => {
                    self.nodes.insert(name(node), seq);
                    self.users.insert(jid.bare().to_string(), seq);
                }
                Change::ItemPublished { node, .. }
                | Change::ItemKept { node, .. }
                | Change::ItemsRemoved { node, .. }
                | Change::Purged { node } => {
                    self.nodes.insert(node.to_string(), seq);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// After each call: entries and questions are accounted for, what is said is what was due, nothing is late, and
    /// the journal has the state.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        if let Some(entry) = self.fresh.pop_front() {
            return Err(format!("an entry without a lasting change: {entry:?}"));
        }
        if let Some(asked) = self.model.asked.pop_front() {
            return Err(format!("the storage is asked for {asked:?}"));
        }
        while let Some(stanza) = self.service.poll_transmit() {
            let (to, text) = heard(&stanza);
            self.note(|| format!("  {to}: {text}"));
            self.figures.told += 1;
            self.figures.refused += usize::from(text.contains(" error "));
            let event = self.books.hear(&to, &text, self.confirmed)?;
            if let (Some(event), Stanza::Message(Message { id: Some(id), .. })) = (event, &stanza) {
                let id = id.to_string();
                self.delivered.push(Delivered { to, id, event });
            }
        }
        if let Some(late) = self.books.late(self.confirmed) {
            return Err(late);
        }
        if self.base.seq != self.last {
            self.check_journal()?;
        }
        Ok(())
    }
}
