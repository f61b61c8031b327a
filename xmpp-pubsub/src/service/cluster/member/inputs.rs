//! What clients and hosts say, on its way into the logs.

use core::time::Duration;

use super::Member;
use crate::jid::Jid;
use crate::service::cluster::record::{Input, Record};
use crate::service::cluster::route::partition_of;
use crate::service::people::Availability;
use crate::service::refusal;
use crate::service::request::Place;
use crate::stanza::{Iq, IqContent, Message, Presence, PresenceKind, Stanza, StanzaError};

impl Member {
    pub(super) fn on_iq(&mut self, from: &Jid, stanza: &Stanza, iq: &Iq) {
        let count = self.config.partitions.get();
        let place = Place::of(iq, &self.config.service.address);
        let wanted = match place {
            Place::All if iq.is_request() => 0..count,
            Place::Node(node) => one(self.partition_of(&node)),
            Place::All | Place::Any => {
                one(partition_of(from.bare().as_str(), self.config.partitions))
            }
        };
        let several = wanted.len() > 1;
        let error = match self.check(stanza, wanted.clone()) {
            // What all partitions have together has no order to go through in pages.
            Ok(()) if several && is_paged(iq) => Some(StanzaError::unsupported("rsm")),
            checked => checked.err(),
        };
        if let Some(error) = error {
            if iq.is_request() {
                self.transmits.push_back(Stanza::Iq(iq.to_error(error)));
            }
            return;
        }
        let input = Input::Stanza(Box::new(stanza.clone()));
        let pieces: Vec<_> = wanted
            .filter_map(|partition| Some((partition, self.append_input(partition, input.clone())?)))
            .collect();
        if several {
            self.gathering.open(&pieces);
        }
    }

    /// Presence that was sent to the service.
    pub(super) fn on_presence(&mut self, from: &Jid, presence: &Presence) {
        let availability = match presence.kind {
            PresenceKind::Available => Availability::Available {
                show: presence.show,
                priority: presence.priority,
            },
            PresenceKind::Unavailable => Availability::Unavailable,
            PresenceKind::Subscribe => {
                let partition = partition_of(from.bare().as_str(), self.config.partitions);
                let stanza = Stanza::Presence(presence.clone());
                if self.check(&stanza, one(partition)).is_ok() {
                    self.append_input(partition, Input::Stanza(Box::new(stanza)));
                }
                return;
            }
            PresenceKind::Error
            | PresenceKind::Probe
            | PresenceKind::Subscribed
            | PresenceKind::Unsubscribe
            | PresenceKind::Unsubscribed => return,
        };
        self.tell_all(&Input::Presence(from.clone(), availability));
    }

    /// Whether a stanza can be taken.
    pub(super) fn check(
        &self,
        stanza: &Stanza,
        mut partitions: core::ops::Range<u16>,
    ) -> Result<(), StanzaError> {
        if stanza.to_bytes().len() > self.config.max_input {
            return Err(refusal::not_acceptable());
        }
        let full = |partition: u16| {
            let known = self.partitions.get(usize::from(partition));
            known.is_some_and(|known| known.unhandled() >= self.config.max_open)
        };
        if partitions.any(full) {
            return Err(refusal::busy());
        }
        Ok(())
    }

    pub(super) fn refuse_message(&mut self, message: &Message, error: StanzaError) {
        // What came back does not go back again.
        if message.error.is_none() {
            let refused = message.to_error(error);
            self.transmits.push_back(Stanza::Message(refused));
        }
    }

    pub(super) fn tell(&mut self, now: Duration, input: &Input) {
        self.now = self.now.max(now);
        if !self.ended {
            self.tell_all(input);
        }
    }

    pub(super) fn tell_all(&mut self, input: &Input) {
        for partition in 0..self.config.partitions.get() {
            self.append_input(partition, input.clone());
        }
    }

    fn append_input(&mut self, partition: u16, input: Input) -> Option<u64> {
        let member = self.config.id.clone();
        let known = self.partition(partition)?;
        known.number += 1;
        let number = known.number;
        self.append(
            partition,
            Record::Input {
                member,
                number,
                input,
            },
        );
        Some(number)
    }

    pub(super) fn append(&mut self, partition: u16, record: Record) {
        if let Some(known) = self.partition(partition) {
            known.out.push_back(record);
            self.ready.push_back(partition);
        }
    }
}

const fn one(partition: u16) -> core::ops::Range<u16> {
    partition..partition.saturating_add(1)
}

fn is_paged(iq: &Iq) -> bool {
    let (IqContent::Get(payload) | IqContent::Set(payload)) = &iq.content else {
        return false;
    };
    let asked = payload.to_element();
    asked.is_ok_and(|asked| asked.child(crate::ns::RSM, "set").is_some())
}
