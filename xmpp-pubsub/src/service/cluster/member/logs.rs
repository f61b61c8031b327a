//! What comes out of the logs: for the sessions of this member, and for the owner of a partition.

use super::{Event, Member, Role};
use crate::service::cluster::owner::{Fenced, Host, Step};
use crate::service::cluster::reader::Read;
use crate::service::cluster::record::{Input, Outcome, Record};
use crate::service::cluster::route::Share;
use crate::stanza::Stanza;

impl Member {
    /// Takes from a log what is for this member.
    pub(super) fn follow(&mut self, partition: u16, offset: u64, record: &Record) {
        let own = self.config.id.clone();
        let Some(known) = self.partition(partition) else {
            return;
        };
        known.restart.get_or_insert(offset);
        match known.reader.read(offset, record) {
            None | Some(Read::Claim { .. }) => {}
            Some(Read::Input {
                member,
                number,
                input,
            }) => {
                if member == own && number > known.seen {
                    known.seen = number;
                    known.open.push_back(offset);
                }
                if matches!(input, Input::Gone(gone) if gone == own) {
                    self.expel();
                }
            }
            Some(Read::Outcome(outcome)) => {
                known.handled(outcome.handled);
                self.deliver(partition, outcome);
            }
            Some(Read::Snapshot(snapshot)) => {
                known.handled(snapshot.handled);
                if let Some(before) = snapshot.handled {
                    known.restart = Some(before);
                    let compacted = Event::Compacted { partition, before };
                    self.events.push_back(compacted);
                }
            }
        }
    }

    fn deliver(&mut self, partition: u16, outcome: Outcome) {
        for output in outcome.outputs {
            if output.member != self.config.id {
                continue;
            }
            let stanza = match (output.answers, output.stanza) {
                (Some(number), Stanza::Iq(answer)) => {
                    let whole = self.gathering.take(partition, number, answer);
                    whole.map(Stanza::Iq)
                }
                (_, stanza) => Some(stanza),
            };
            self.transmits.extend(stanza);
        }
    }

    /// Takes from a log what is for its owner.
    pub(super) fn take_part(&mut self, partition: u16, offset: u64, record: &Record) {
        let Self {
            config,
            now,
            clock,
            partitions,
            events,
            ..
        } = self;
        let host = Host {
            config,
            now: *now,
            clock: *clock,
        };
        let Some(known) = partitions.get_mut(usize::from(partition)) else {
            return;
        };
        let before = known.out.len();
        match &mut known.role {
            Role::None | Role::Rewinding(_) => {}
            Role::Restoring(restoring, epoch) => {
                let epoch = *epoch;
                match restoring.on_record(host, offset, record) {
                    Step::On => {}
                    Step::Lost => return self.give_up(partition),
                    Step::Live => {
                        let role = core::mem::replace(&mut known.role, Role::None);
                        if let Role::Restoring(restoring, _) = role {
                            let share = Share {
                                partition,
                                partitions: config.partitions,
                            };
                            let owner = restoring.finish(host, share, &mut known.out);
                            known.role = Role::Owner(Box::new(owner));
                            events.push_back(Event::Owned { partition, epoch });
                        }
                    }
                }
            }
            Role::Owner(owner) => match owner.on_record(host, offset, record, &mut known.out) {
                Ok(()) => {}
                Err(Fenced) => return self.give_up(partition),
            },
        }
        let new = known.out.len() - before;
        self.ready.extend(core::iter::repeat_n(partition, new));
    }
}
