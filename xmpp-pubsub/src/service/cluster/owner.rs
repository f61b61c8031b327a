//! A partition that is owned, or about to be.

use core::time::Duration;
use std::collections::VecDeque;

use super::cut::{cut_outcome, cut_snapshot};
use super::reader::{Bodies, Read, Reader};
use super::record::{Input, Output, Record};
use super::table::{Room, Table};
use super::{MemberConfig, Share};
use crate::id::MemberId;
use crate::jid::Jid;
use crate::service::journal::Entry;
use crate::service::{Config, Service};
use crate::stanza::{Iq, IqContent, Stanza};

/// An input that was read and not handled yet.
#[derive(Debug)]
struct Waiting {
    offset: u64,
    member: MemberId,
    number: u64,
    input: Input,
}

/// What an owner needs to know of its member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host<'a> {
    pub(super) config: &'a MemberConfig,
    pub(super) now: Duration,
    /// What the calendar said, and when it said so.
    pub(super) clock: (Duration, i64),
}

impl Host<'_> {
    const fn room(&self) -> Room {
        Room {
            sessions: self.config.service.max_presences,
            members: self.config.max_members,
            gone: self.config.remembered_members,
        }
    }
}

/// Reads the log from the last snapshot on, until it meets its own claim: what counts before that can change no more.
#[derive(Debug)]
pub(super) struct Restoring {
    epoch: u64,
    reader: Reader,
    entries: Vec<Entry>,
    waiting: VecDeque<Waiting>,
    table: Table,
    handled: Option<u64>,
    /// How many records of the log came since the last snapshot was taken, itself not counted.
    records: u32,
}

/// What a record means to who restores.
#[derive(Debug)]
pub(super) enum Step {
    On,
    /// Its claim is there.
    Live,
    /// So is a later one.
    Lost,
}

impl Restoring {
    pub(super) fn new(epoch: u64) -> Self {
        Self {
            epoch,
            reader: Reader::new(Bodies::Kept),
            entries: Vec::new(),
            waiting: VecDeque::new(),
            table: Table::default(),
            handled: None,
            records: 0,
        }
    }

    pub(super) fn on_record(&mut self, host: Host<'_>, offset: u64, record: &Record) -> Step {
        let read = self.reader.read(offset, record);
        if self.reader.epoch() > self.epoch {
            return Step::Lost;
        }
        self.records = self.records.saturating_add(weight_of_record(record));
        match read {
            None => {}
            Some(Read::Claim { epoch, member }) if epoch == self.epoch => {
                // Two with one token: whoever came first has it.
                return if member == host.config.id {
                    Step::Live
                } else {
                    Step::Lost
                };
            }
            Some(Read::Claim { .. }) => {}
            Some(Read::Input {
                member,
                number,
                input,
            }) => self.waiting.push_back(Waiting {
                offset,
                member,
                number,
                input,
            }),
            Some(Read::Outcome(outcome)) => {
                self.entries.extend(outcome.entries);
                self.advance(outcome.handled, host.room());
            }
            Some(Read::Snapshot(snapshot)) => {
                self.records = 0;
                self.table = Table::restore(&snapshot);
                self.handled = snapshot.handled;
                self.entries = vec![snapshot.entry];
                let handled = self.handled;
                self.waiting.retain(|input| Some(input.offset) > handled);
            }
        }
        Step::On
    }

    /// Inputs up to there were handled: what came of them is in the entries, and who is where in the table.
    fn advance(&mut self, handled: Option<u64>, room: Room) {
        self.handled = self.handled.max(handled);
        while let Some(waiting) = self.waiting.pop_front() {
            if Some(waiting.offset) > self.handled {
                self.waiting.push_front(waiting);
                break;
            }
            let Waiting {
                member,
                number,
                input,
                ..
            } = waiting;
            if self.table.admit(&member, number, room) {
                self.table.apply(&member, &input, room);
            }
        }
    }

    /// Takes the partition over: handles what nobody has handled.
    pub(super) fn finish(self, host: Host<'_>, share: Share, out: &mut VecDeque<Record>) -> Owner {
        let config = service_config(host.config, share, self.epoch);
        let mut service = Service::restore(config, self.entries);
        service.share = Some(share);
        // Who is there was told before: what a service would say to them now was said.
        for (jid, availability) in self.table.presences() {
            service.set_presence(Duration::ZERO, jid, availability);
        }
        while service.poll_transmit().is_some() {}
        let mut owner = Owner {
            epoch: self.epoch,
            reader: self.reader,
            service,
            table: self.table,
            waiting: self.waiting,
            handled: self.handled,
            number: 0,
            unmarked: 0,
            mark_at: None,
            records: self.records,
        };
        owner.set_clock(host, out);
        owner.pump(host, out);
        owner
    }
}

/// Handles the inputs of a partition in the order of its log.
#[derive(Debug)]
pub(super) struct Owner {
    epoch: u64,
    reader: Reader,
    service: Service,
    table: Table,
    /// What waits until the log has more of what was appended.
    waiting: VecDeque<Waiting>,
    handled: Option<u64>,
    /// How many records were appended under this claim.
    number: u64,
    /// How many inputs were handled of which nothing came, and when the log is told.
    unmarked: usize,
    mark_at: Option<Duration>,
    /// How many records of the log came since the last snapshot was taken, itself not counted.
    records: u32,
}

impl Owner {
    /// Takes a record of the log.
    ///
    /// # Errors
    ///
    /// If somebody else owns the partition now.
    pub(super) fn on_record(
        &mut self,
        host: Host<'_>,
        offset: u64,
        record: &Record,
        out: &mut VecDeque<Record>,
    ) -> Result<(), Fenced> {
        let read = self.reader.read(offset, record);
        if self.reader.epoch() > self.epoch {
            return Err(Fenced);
        }
        self.records = self.records.saturating_add(weight_of_record(record));
        if let Some(Read::Input {
            member,
            number,
            input,
        }) = read
        {
            self.waiting.push_back(Waiting {
                offset,
                member,
                number,
                input,
            });
        }
        self.pump(host, out);
        if self.waiting.is_empty() {
            // Records of owners are passed over too, so that a snapshot leaves as little as can be.
            self.handled = Some(offset).max(self.handled);
        }
        self.compact(host, out);
        Ok(())
    }

    pub(super) fn set_clock(&mut self, host: Host<'_>, out: &mut VecDeque<Record>) {
        let (at, utc) = host.clock;
        self.service.set_clock(at, utc);
        self.service.handle_timeout(host.now);
        self.collect(host, None, out);
    }

    pub(super) fn handle_timeout(&mut self, host: Host<'_>, out: &mut VecDeque<Record>) {
        if self.service.poll_timeout().is_some_and(|at| at <= host.now) {
            self.service.handle_timeout(host.now);
            self.collect(host, None, out);
        }
        if self.mark_at.is_some_and(|at| at <= host.now) {
            self.append(host, Vec::new(), Vec::new(), out);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.service
            .poll_timeout()
            .into_iter()
            .chain(self.mark_at)
            .min()
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn snapshot(&self) -> Entry {
        self.service.snapshot()
    }

    /// How many inputs wait for the log.
    pub(super) fn backlog(&self) -> usize {
        self.waiting.len()
    }

    /// Handles what waits, unless too much of what came of inputs is on its way to the log.
    fn pump(&mut self, host: Host<'_>, out: &mut VecDeque<Record>) {
        while self.number.saturating_sub(self.reader.number()) < host.config.max_in_flight {
            let Some(waiting) = self.waiting.pop_front() else {
                return;
            };
            self.handle(host, waiting, out);
        }
    }

    fn handle(&mut self, host: Host<'_>, waiting: Waiting, out: &mut VecDeque<Record>) {
        let Waiting {
            offset,
            member,
            number,
            input,
        } = waiting;
        self.handled = Some(offset);
        if !self.table.admit(&member, number, host.room()) {
            return self.mark(host, out);
        }
        for (jid, availability) in self.table.apply(&member, &input, host.room()) {
            self.service.set_presence(host.now, &jid, availability);
        }
        let mut asked = None;
        match &input {
            Input::Stanza(stanza) => {
                self.service.handle_stanza(host.now, stanza);
                if let Stanza::Iq(iq) = &**stanza {
                    asked = Some((iq, &member, number));
                }
            }
            Input::ServiceAffiliation(user, affiliation) => {
                let service = &mut self.service;
                service.set_service_affiliation(host.now, user, *affiliation);
            }
            Input::Opened(_) | Input::Presence(..) | Input::Closed(_) | Input::Gone(_) => {}
        }
        if !self.collect(host, asked, out) {
            self.mark(host, out);
        }
    }

    /// Nothing came of an input: the log is told of several at once.
    fn mark(&mut self, host: Host<'_>, out: &mut VecDeque<Record>) {
        self.unmarked += 1;
        let mark_at = host.now.saturating_add(host.config.mark_delay);
        self.mark_at.get_or_insert(mark_at);
        if self.unmarked >= host.config.mark_after {
            self.append(host, Vec::new(), Vec::new(), out);
        }
    }

    /// Takes what came of an input, or of time. Returns whether there was anything.
    fn collect(
        &mut self,
        host: Host<'_>,
        asked: Option<(&Iq, &MemberId, u64)>,
        out: &mut VecDeque<Record>,
    ) -> bool {
        let mut entries = Vec::new();
        while let Some(entry) = self.service.poll_journal() {
            // It goes into one record with what waits for it.
            self.service.journal_confirmed(host.now, entry.seq);
            entries.push(entry);
        }
        let mut outputs = Vec::new();
        while let Some(stanza) = self.service.poll_transmit() {
            self.address(host, stanza, asked, &mut outputs);
        }
        let any = !entries.is_empty() || !outputs.is_empty();
        if any {
            self.append(host, entries, outputs, out);
        }
        any
    }

    /// Who delivers a stanza. What is for nobody's session is for the host of the owner.
    fn address(
        &self,
        host: Host<'_>,
        stanza: Stanza,
        asked: Option<(&Iq, &MemberId, u64)>,
        outputs: &mut Vec<Output>,
    ) {
        if let (Stanza::Iq(answer), Some((request, member, number))) = (&stanza, asked)
            && matches!(
                answer.content,
                IqContent::Result(_) | IqContent::Error { .. }
            )
            && (&answer.id, &answer.to) == (&request.id, &request.from)
        {
            outputs.push(Output {
                member: member.clone(),
                answers: Some(number),
                stanza,
            });
            return;
        }
        let mut places = stanza
            .recipient()
            .map(|to: &Jid| self.table.places(to))
            .unwrap_or_default();
        if places.is_empty() {
            places.insert(host.config.id.clone());
        }
        outputs.extend(places.into_iter().map(|member| Output {
            member,
            answers: None,
            stanza: stanza.clone(),
        }));
    }

    fn append(
        &mut self,
        host: Host<'_>,
        entries: Vec<Entry>,
        outputs: Vec<Output>,
        out: &mut VecDeque<Record>,
    ) {
        self.unmarked = 0;
        self.mark_at = None;
        for outcome in cut_outcome(self.handled, entries, outputs, host.config.max_record) {
            self.number += 1;
            out.push_back(Record::Outcome {
                epoch: self.epoch,
                number: self.number,
                outcome,
            });
        }
    }

    /// Writes a snapshot down, if the log has become long.
    fn compact(&mut self, host: Host<'_>, out: &mut VecDeque<Record>) {
        if self.records < host.config.snapshot_after {
            return;
        }
        self.records = 0;
        let entry = self.service.snapshot();
        let most = host.config.max_record;
        for snapshot in cut_snapshot(self.handled, entry, &self.table, most) {
            self.number += 1;
            out.push_back(Record::Snapshot {
                epoch: self.epoch,
                number: self.number,
                snapshot,
            });
        }
    }
}

/// Somebody else owns the partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fenced;

/// The settings of the service of a partition. Each claim makes names of its own.
fn service_config(config: &MemberConfig, share: Share, epoch: u64) -> Config {
    let mut service = config.service.clone();
    service.seed = service
        .seed
        .wrapping_add(epoch.wrapping_mul(0x9e6c_63d0_876a_68e9))
        .wrapping_add(u64::from(share.partition).wrapping_mul(0xd6e8_feb8_6659_fd93));
    service
}

/// What of a log makes a snapshot due: not its own records.
fn weight_of_record(record: &Record) -> u32 {
    u32::from(!matches!(record, Record::Snapshot { .. }))
}
