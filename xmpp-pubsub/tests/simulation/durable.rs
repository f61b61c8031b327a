//! The journal and the storage: confirmed late, answered late, replayed, and what a crash leaves of them.

use std::collections::VecDeque;

use xmpp_pubsub::service::Service;
use xmpp_pubsub::service::journal::Entry;
use xmpp_pubsub::service::storage::{MemoryStorage, StorageError};

use super::at_hand::AtHand;
use super::facts::End;
use super::model::{Purpose, Read, WARNING};
use super::world::World;

impl World {
    /// The state can be made again from the last snapshot and what came since.
    pub(super) fn check_journal(&mut self) -> Result<(), String> {
        let live = self.service.snapshot();
        let place = self
            .entries
            .partition_point(|entry| entry.seq <= self.base.seq);
        let later = self.entries[place..].iter().cloned();
        let base = std::mem::replace(&mut self.base, live.clone());
        let made = Service::restore(self.config(), std::iter::once(base).chain(later));
        same("a snapshot and later entries", &made.snapshot(), &live)?;
        // All from the first entry on takes long: for some seeds at each place, for others now and then.
        if self.seed.is_multiple_of(32) || self.last.is_multiple_of(16) {
            let made = Service::restore(self.config(), self.entries.iter().cloned());
            same("all entries", &made.snapshot(), &live)?;
        }
        Ok(())
    }

    pub(super) fn confirm(&mut self) -> Result<(), String> {
        let open = usize::try_from(self.last - self.confirmed).unwrap();
        let seq = self.last - u64::try_from(self.random.below(open.min(3) + 1)).unwrap();
        self.confirm_to(seq)
    }

    pub(super) fn confirm_to(&mut self, seq: u64) -> Result<(), String> {
        self.note(|| format!("confirmed to {seq}"));
        self.service.journal_confirmed(self.now, seq);
        self.collect();
        self.time()?;
        self.confirmed = self.confirmed.max(seq);
        let confirmed = self.confirmed;
        self.versions.retain(|(known, _)| *known >= confirmed);
        self.settle()
    }

    pub(super) fn answer_storage(&mut self) -> Result<(), String> {
        if self.questions.is_empty() {
            return Ok(());
        }
        // Any node's, but those of one node in order.
        let numbers: Vec<u64> = self.questions.keys().copied().collect();
        let number = self.random.pick(&numbers);
        let node = self.questions[&number].node.clone();
        let mut all = self.questions.iter();
        let first = all
            .find(|(_, question)| question.node == node)
            .map(|(number, _)| *number);
        let number = first.unwrap();
        let fails = self.random.chance(5);
        self.answer_question(number, fails)
    }

    pub(super) fn answer_question(&mut self, number: u64, fails: bool) -> Result<(), String> {
        let question = self.questions.remove(&number).unwrap();
        let place = self
            .model
            .opened
            .iter()
            .position(|read| read.number == number);
        let read: Read = self
            .model
            .opened
            .remove(place.ok_or("an answer for nobody")?);
        self.note(|| format!("the storage answers {read:?}, {fails}"));
        self.figures.reads += 1;
        let found = question
            .found
            .unwrap_or_else(|| self.storage.read(&question.node, &question.items));
        let names: Vec<String> = found.iter().map(|item| item.id.to_string()).collect();
        let answer = if fails { Err(StorageError) } else { Ok(found) };
        self.service.handle_storage(self.now, question.id, answer);
        self.collect();
        self.time()?;
        let (node, after) = (read.node.clone(), read.after);
        let from = match &read.purpose {
            Purpose::Items { from, .. } => Some(from.clone()),
            Purpose::Last { .. } => None,
        };
        let found = (!fails).then_some(names.as_slice());
        self.part(from.as_deref(), after, |model| model.read(read, found))?;
        while !self.model.opened.iter().any(|read| read.node == node) {
            let Some(queue) = self.waiting.get_mut(&node) else {
                break;
            };
            let Some(act) = queue.pop_front() else {
                self.waiting.remove(&node);
                break;
            };
            // Each is an input of its own.
            self.time()?;
            self.follow(&act)?;
        }
        if self.waiting.get(&node).is_some_and(VecDeque::is_empty)
            && self.model.opened.iter().any(|read| read.node == node)
        {
            self.waiting.remove(&node);
        }
        self.settle()
    }

    /// The process ends, and another goes on with what is confirmed.
    pub(super) fn crash(&mut self) -> Result<(), String> {
        self.note(|| "crash".to_owned());
        self.figures.crashes += 1;
        if self.random.chance(30) {
            self.service.journal_failed();
            if self.service.poll_transmit().is_some() {
                return Err("something is said after the journal failed".to_owned());
            }
        }
        let confirmed = self.confirmed;
        self.entries.retain(|entry| entry.seq <= confirmed);
        let mut storage = MemoryStorage::default();
        for entry in &self.entries {
            storage.append(entry.clone());
        }
        self.storage = storage;
        self.processes += 1;
        let old = self.old.take().filter(|old| old.seq <= confirmed);
        let place = old.as_ref().map_or(0, |old| {
            self.entries.partition_point(|entry| entry.seq <= old.seq)
        });
        let later = self.entries[place..].iter().cloned();
        let restored: Vec<Entry> = old.into_iter().chain(later).collect();
        self.at_hand = AtHand::default();
        restored.iter().for_each(|entry| self.at_hand.follow(entry));
        self.model.at_hand.clone_from(&self.at_hand.newest);
        self.service = Service::restore(self.config(), restored);
        let all = Service::restore(self.config(), self.entries.iter().cloned());
        self.base = self.service.snapshot();
        same(
            "a snapshot and later entries after a crash",
            &self.base,
            &all.snapshot(),
        )?;
        let (_, facts) = self.versions.first().unwrap();
        let mut facts = facts.without_transient();
        for made in &mut facts.subscriptions {
            // Who was warned is warned once more.
            if let Some(End::At(end)) = made.options.end {
                made.warning = Some(end - WARNING);
            }
        }
        self.versions = vec![(confirmed, facts.clone())];
        self.model.facts = facts;
        self.model.opened.clear();
        self.model.digests.clear();
        self.model.remembered.clear();
        self.model.bounces.clear();
        self.last = confirmed;
        for known in [&mut self.nodes, &mut self.users, &mut self.everywhere] {
            known.retain(|_, seq| *seq <= confirmed);
        }
        self.list = self.list.min(confirmed);
        self.questions.clear();
        self.waiting.clear();
        self.books.forget();
        let utc = self.utc();
        self.service.set_clock(self.now, utc);
        self.collect();
        self.time()?;
        self.settle()
    }
}

pub(super) fn same(what: &str, made: &Entry, live: &Entry) -> Result<(), String> {
    if made == live {
        return Ok(());
    }
    let differs = |one: &Entry, other: &Entry| {
        let all = one
            .changes
            .iter()
            .filter(|change| !other.changes.contains(change));
        all.map(|change| format!("{change:?}")).collect::<Vec<_>>()
    };
    Err(format!(
        "{what} make another state at {} and {}:\n{:?}\ninstead of\n{:?}",
        made.seq,
        live.seq,
        differs(made, live),
        differs(live, made)
    ))
}
