//! Long outcomes and snapshots, cut into records.

use super::codec::says_the_same;
use super::record::{Outcome, Output, Part, Snapshot};
use super::table::Table;
use crate::service::journal::{Change, Entry};
use crate::stanza::{IqContent, Message, Stanza};

/// What came of inputs, in records of about that length.
pub(super) fn cut_outcome(
    handled: Option<u64>,
    entries: Vec<Entry>,
    outputs: Vec<Output>,
    most: usize,
) -> Vec<Outcome> {
    let piece = || Outcome {
        part: Part::WHOLE,
        handled,
        entries: Vec::new(),
        outputs: Vec::new(),
    };
    let mut pieces = Pieces::new(most, piece);
    for Entry { seq, changes } in entries {
        for change in changes {
            let weight = weight_of_change(&change);
            let entries = &mut pieces.room_for(weight).entries;
            match entries.last_mut().filter(|last| last.seq == seq) {
                Some(last) => last.changes.push(change),
                None => entries.push(Entry {
                    seq,
                    changes: vec![change],
                }),
            }
        }
    }
    let mut before: Option<Message> = None;
    for output in outputs {
        let said = match (&output.stanza, &before) {
            (Stanza::Message(message), Some(before)) if says_the_same(message, before) => 0,
            (stanza, _) => weight_of_stanza(stanza),
        };
        if let Stanza::Message(message) = &output.stanza {
            before = Some(message.clone());
        }
        let to = output.stanza.recipient().map_or(0, |to| to.as_str().len());
        let weight = said + to + output.member.as_str().len() + SMALL;
        pieces.room_for(weight).outputs.push(output);
    }
    pieces.finish(|outcome, part| outcome.part = part)
}

/// All that there is, in records of about that length.
pub(super) fn cut_snapshot(
    handled: Option<u64>,
    entry: Entry,
    table: &Table,
    most: usize,
) -> Vec<Snapshot> {
    let Entry { seq, changes } = entry;
    let piece = || Snapshot {
        part: Part::WHOLE,
        handled,
        entry: Entry {
            seq,
            changes: Vec::new(),
        },
        sessions: Vec::new(),
        members: Vec::new(),
        gone: Vec::new(),
    };
    let mut pieces = Pieces::new(most, piece);
    for change in changes {
        let weight = weight_of_change(&change);
        pieces.room_for(weight).entry.changes.push(change);
    }
    for session in table.sessions() {
        let weight = session.jid.as_str().len() + session.member.as_str().len() + SMALL;
        pieces.room_for(weight).sessions.push(session);
    }
    for (member, number) in table.members() {
        let weight = member.as_str().len() + SMALL;
        pieces.room_for(weight).members.push((member, number));
    }
    for member in table.gone() {
        let weight = member.as_str().len() + SMALL;
        pieces.room_for(weight).gone.push(member);
    }
    pieces.finish(|snapshot, part| snapshot.part = part)
}

/// Something long, cut into records of about a length. What cannot be cut may be longer.
pub(super) struct Pieces<T, F> {
    most: usize,
    weight: usize,
    done: Vec<T>,
    last: T,
    new: F,
}

impl<T, F: Fn() -> T> Pieces<T, F> {
    pub(super) fn new(most: usize, new: F) -> Self {
        Self {
            most,
            weight: 0,
            done: Vec::new(),
            last: new(),
            new,
        }
    }

    /// The piece that something of this many bytes goes to.
    pub(super) fn room_for(&mut self, weight: usize) -> &mut T {
        if self.weight > 0 && self.weight + weight > self.most {
            let last = core::mem::replace(&mut self.last, (self.new)());
            self.done.push(last);
            self.weight = 0;
        }
        self.weight += weight;
        &mut self.last
    }

    pub(super) fn finish(mut self, set_part: impl Fn(&mut T, Part)) -> Vec<T> {
        self.done.push(self.last);
        let count = self.done.len();
        for (place, piece) in self.done.iter_mut().enumerate() {
            let part = Part {
                first: place == 0,
                last: place + 1 == count,
            };
            set_part(piece, part);
        }
        self.done
    }
}

/// About how many bytes a change takes in a record.
fn weight_of_change(change: &Change) -> usize {
    match change {
        Change::ItemPublished { payload, .. } => {
            payload.as_ref().map_or(0, |it| it.as_bytes().len()) + MEDIUM
        }
        Change::NodeCreated { .. } | Change::NodeConfigured { .. } => LARGE,
        Change::ItemsRemoved { items, .. } => {
            let names: usize = items.iter().map(|id| id.as_str().len() + SMALL).sum();
            names + MEDIUM
        }
        Change::NodeDeleted { .. }
        | Change::Associated { .. }
        | Change::Disassociated { .. }
        | Change::Affiliated { .. }
        | Change::ServiceAffiliated { .. }
        | Change::Subscribed { .. }
        | Change::Unsubscribed { .. }
        | Change::ItemKept { .. }
        | Change::Purged { .. } => MEDIUM,
    }
}

fn weight_of_stanza(stanza: &Stanza) -> usize {
    let payloads = match stanza {
        Stanza::Message(message) => message.payloads.as_slice(),
        Stanza::Presence(presence) => presence.payloads.as_slice(),
        Stanza::Iq(iq) => match &iq.content {
            IqContent::Get(payload)
            | IqContent::Set(payload)
            | IqContent::Result(Some(payload)) => core::slice::from_ref(payload),
            IqContent::Result(None) | IqContent::Error { .. } => &[],
        },
    };
    let payloads: usize = payloads
        .iter()
        .map(|payload| payload.as_bytes().len())
        .sum();
    payloads + MEDIUM
}

/// Lengths beside a payload or a name, in bytes.
const SMALL: usize = 32;
const MEDIUM: usize = 512;
const LARGE: usize = 4096;
