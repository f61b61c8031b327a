//! How parts of a record are written.

use bytes::{BufMut, BytesMut};

use super::{OTHER, SAME, says_the_same};
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::service::cluster::record::{Input, Outcome, Part, Snapshot};
use crate::service::people::Availability;
use crate::stanza::{Show, Stanza};

pub(super) struct Out(pub(super) BytesMut);

impl Out {
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.put_u8((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.put_u8((number & 0x7f) as u8);
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Nothing is 0, and a number one more than it is. The last number of all is not an offset or a place.
    fn optional(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |number| number.saturating_add(1)));
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.put_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    pub(super) fn input(&mut self, input: &Input) {
        match input {
            Input::Stanza(stanza) => {
                self.0.put_u8(0);
                self.blob(&stanza.to_bytes());
            }
            Input::Opened(jid) => {
                self.0.put_u8(1);
                self.text(jid.as_str());
            }
            Input::Presence(jid, availability) => {
                self.0.put_u8(2);
                self.text(jid.as_str());
                self.availability(Some(*availability));
            }
            Input::Closed(jid) => {
                self.0.put_u8(3);
                self.text(jid.as_str());
            }
            Input::ServiceAffiliation(jid, affiliation) => {
                self.0.put_u8(4);
                self.text(jid.as_str());
                self.text(affiliation.as_str());
            }
            Input::Gone(member) => {
                self.0.put_u8(5);
                self.text(member.as_str());
            }
        }
    }

    fn availability(&mut self, availability: Option<Availability>) {
        match availability {
            None => self.0.put_u8(0),
            Some(Availability::Unavailable) => self.0.put_u8(1),
            Some(Availability::Available { show, priority }) => {
                self.0.put_u8(match show {
                    None => 2,
                    Some(Show::Away) => 3,
                    Some(Show::Chat) => 4,
                    Some(Show::Dnd) => 5,
                    Some(Show::Xa) => 6,
                });
                self.0.put_i8(priority);
            }
        }
    }

    fn part(&mut self, part: Part) {
        self.0
            .put_u8(u8::from(part.first) | (u8::from(part.last) << 1));
    }

    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        self.part(outcome.part);
        self.optional(outcome.handled);
        self.count(outcome.entries.len());
        for entry in &outcome.entries {
            self.blob(&entry.encode());
        }
        self.count(outcome.outputs.len());
        let mut before = None;
        for output in &outcome.outputs {
            self.text(output.member.as_str());
            self.optional(output.answers);
            match (&output.stanza, before) {
                (Stanza::Message(message), Some(before)) if says_the_same(message, before) => {
                    self.0.put_u8(SAME);
                    let to = message.to.as_ref().map_or("", Jid::as_str);
                    self.text(to);
                    self.text(message.id.as_ref().map_or("", StanzaId::as_str));
                }
                (stanza, _) => {
                    self.0.put_u8(OTHER);
                    self.blob(&stanza.to_bytes());
                }
            }
            before = match &output.stanza {
                Stanza::Message(message) => Some(message),
                Stanza::Iq(_) | Stanza::Presence(_) => before,
            };
        }
    }

    pub(super) fn snapshot(&mut self, snapshot: &Snapshot) {
        self.part(snapshot.part);
        self.optional(snapshot.handled);
        self.blob(&snapshot.entry.encode());
        self.count(snapshot.sessions.len());
        for session in &snapshot.sessions {
            self.text(session.jid.as_str());
            self.text(session.member.as_str());
            self.availability(session.availability);
        }
        self.count(snapshot.members.len());
        for (member, number) in &snapshot.members {
            self.text(member.as_str());
            self.number(*number);
        }
        self.count(snapshot.gone.len());
        for member in &snapshot.gone {
            self.text(member.as_str());
        }
    }
}
