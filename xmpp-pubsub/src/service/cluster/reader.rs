//! What of a log counts: each record once, nothing of an owner whose time is over, and runs as a whole.

use super::record::{Input, Outcome, Record, Snapshot};
use crate::id::MemberId;

/// One way through the log of a partition, from some record on.
#[derive(Debug)]
pub(super) struct Reader {
    /// The offset of the last record.
    cursor: Option<u64>,
    /// The highest claim so far, and the place of the last record under it.
    epoch: u64,
    number: u64,
    outcome: Option<Outcome>,
    snapshot: Option<Snapshot>,
    bodies: Bodies,
}

/// What of snapshots, and of the changes in outcomes, a reader is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bodies {
    /// All.
    Kept,
    /// Nothing: it is enough that they are there.
    Dropped,
}

/// What a record says, or a run of them.
#[derive(Debug)]
pub(super) enum Read {
    Input {
        member: MemberId,
        number: u64,
        input: Input,
    },
    Claim {
        epoch: u64,
        member: MemberId,
    },
    Outcome(Outcome),
    Snapshot(Snapshot),
}

impl Reader {
    pub(super) const fn new(bodies: Bodies) -> Self {
        Self {
            cursor: None,
            epoch: 0,
            number: 0,
            outcome: None,
            snapshot: None,
            bodies,
        }
    }

    /// Takes the next record. Returns what it says, unless it was there before, is void, or more of its run must come.
    pub(super) fn read(&mut self, offset: u64, record: &Record) -> Option<Read> {
        if self.cursor.is_some_and(|cursor| offset <= cursor) {
            return None;
        }
        self.cursor = Some(offset);
        match record {
            Record::Input {
                member,
                number,
                input,
            } => Some(Read::Input {
                member: member.clone(),
                number: *number,
                input: input.clone(),
            }),
            Record::Claim { epoch, member } => {
                if *epoch <= self.epoch {
                    return None;
                }
                self.begin(*epoch);
                Some(Read::Claim {
                    epoch: *epoch,
                    member: member.clone(),
                })
            }
            Record::Outcome {
                epoch,
                number,
                outcome,
            } => {
                if !self.admit(*epoch, *number) {
                    return None;
                }
                self.on_outcome(outcome)
            }
            Record::Snapshot {
                epoch,
                number,
                snapshot,
            } => {
                if !self.admit(*epoch, *number) {
                    return None;
                }
                self.on_snapshot(snapshot)
            }
        }
    }

    /// The highest claim so far.
    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The place of the last record under that claim.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    fn begin(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.number = 0;
        self.outcome = None;
        self.snapshot = None;
    }

    /// Whether a record of an owner counts.
    fn admit(&mut self, epoch: u64, number: u64) -> bool {
        if epoch > self.epoch {
            // The log was cut behind the claim.
            self.begin(epoch);
        }
        if epoch < self.epoch || number <= self.number {
            return false;
        }
        self.number = number;
        true
    }

    fn on_outcome(&mut self, part: &Outcome) -> Option<Read> {
        if part.part.first {
            let mut whole = part.clone();
            if self.bodies == Bodies::Dropped {
                whole.entries.clear();
            }
            self.outcome = Some(whole);
        } else {
            // Without a beginning it began before this way through the log did.
            let whole = self.outcome.as_mut()?;
            if self.bodies == Bodies::Kept {
                whole.entries.extend_from_slice(&part.entries);
            }
            whole.outputs.extend_from_slice(&part.outputs);
        }
        if !part.part.last {
            return None;
        }
        self.outcome.take().map(Read::Outcome)
    }

    fn on_snapshot(&mut self, part: &Snapshot) -> Option<Read> {
        if part.part.first {
            let mut whole = part.clone();
            if self.bodies == Bodies::Dropped {
                whole.entry.changes.clear();
                whole.sessions.clear();
                whole.members.clear();
                whole.gone.clear();
            }
            self.snapshot = Some(whole);
        } else {
            let whole = self.snapshot.as_mut()?;
            if self.bodies == Bodies::Kept {
                let changes = &part.entry.changes;
                whole.entry.changes.extend_from_slice(changes);
                whole.sessions.extend_from_slice(&part.sessions);
                whole.members.extend_from_slice(&part.members);
                whole.gone.extend_from_slice(&part.gone);
            }
        }
        if !part.part.last {
            return None;
        }
        self.snapshot.take().map(Read::Snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::cluster::record::Part;

    fn claim(epoch: u64) -> Record {
        Record::Claim {
            epoch,
            member: MemberId::new("m").unwrap(),
        }
    }

    fn outcome(epoch: u64, number: u64, (first, last): (bool, bool)) -> Record {
        Record::Outcome {
            epoch,
            number,
            outcome: Outcome {
                part: Part { first, last },
                handled: Some(number),
                entries: Vec::new(),
                outputs: Vec::new(),
            },
        }
    }

    /// Which records count.
    fn counted(records: &[(u64, Record)]) -> Vec<u64> {
        let mut reader = Reader::new(Bodies::Kept);
        let counted = records
            .iter()
            .filter(|(offset, record)| reader.read(*offset, record).is_some());
        counted.map(|(offset, _)| *offset).collect()
    }

    const WHOLE: (bool, bool) = (true, true);

    #[test]
    fn each_offset_and_each_number_counts_once() {
        // Whether an input was handled is not for the reader to say; the number of an owner's record is.
        let member = MemberId::new("m").unwrap();
        let input = Record::Input {
            input: Input::Gone(member.clone()),
            member,
            number: 1,
        };
        let log = [
            (1, claim(1)),
            (2, outcome(1, 1, WHOLE)),
            (2, outcome(1, 1, WHOLE)),
            (1, claim(1)),
            (3, outcome(1, 1, WHOLE)),
            (4, outcome(1, 2, WHOLE)),
            (5, claim(1)),
            (6, input.clone()),
            (6, input.clone()),
            (5, input),
        ];
        assert_eq!(counted(&log), [1, 2, 4, 6]);
    }

    #[test]
    fn what_an_earlier_owner_appends_is_void_and_so_is_half_a_run() {
        let log = [
            (1, claim(1)),
            (2, outcome(1, 1, (true, false))),
            (3, claim(2)),
            (4, outcome(1, 2, (false, true))),
            (5, outcome(2, 1, (false, true))),
            (6, outcome(2, 2, (true, false))),
            (7, outcome(2, 3, (false, true))),
        ];
        assert_eq!(counted(&log), [1, 3, 7]);
    }
}
