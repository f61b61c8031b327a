//! One member of a cluster.

use core::time::Duration;
use std::collections::VecDeque;

use super::config::{MemberConfig, MemberError};
use super::owner::{Fenced, Host, Owner, Restoring, Step};
use super::reader::{Bodies, Read, Reader};
use super::record::{Input, Outcome, Record};
use super::route::{Gathering, Share, partition_of};
use crate::id::{MemberId, NodeId};
use crate::jid::Jid;
use crate::pubsub::Affiliation;
use crate::service::journal::Entry;
use crate::service::people::Availability;
use crate::service::refusal;
use crate::service::request::Place;
use crate::stanza::{Iq, IqContent, Message, Presence, PresenceKind, Stanza, StanzaError};

/// One of several services that share their nodes. See the [module](super) documentation.
#[derive(Debug)]
pub struct Member {
    config: MemberConfig,
    now: Duration,
    clock: (Duration, i64),
    partitions: Vec<Partition>,
    gathering: Gathering,
    /// Partitions that have something to append, each as often as it has.
    ready: VecDeque<u16>,
    transmits: VecDeque<Stanza>,
    events: VecDeque<Event>,
    ended: bool,
}

/// What the host of a member should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The log of the partition is needed again, from that record on, or from the first one. Go back there, and say so by
    /// [`Member::rewound`].
    Read {
        /// Which log.
        partition: u16,
        /// The offset of the record; nothing for the first one that there is.
        from: Option<u64>,
    },
    /// The member has taken the partition over and handles its inputs.
    Owned {
        /// Which.
        partition: u16,
        /// Under which claim.
        epoch: u64,
    },
    /// The member does not own the partition, or not any more.
    Lost {
        /// Which.
        partition: u16,
        /// Under which claim it did.
        epoch: u64,
    },
    /// Records of the log before that one can go, once no member that lives has to read them any more.
    Compacted {
        /// Which log.
        partition: u16,
        /// The offset of the first record that is needed.
        before: u64,
    },
    /// The others take this member for gone. It does nothing any more: its sessions must end, and the host starts a new
    /// one, of another name.
    Expelled,
}

/// Something to append to a log.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Append {
    /// Which log.
    pub partition: u16,
    /// What.
    pub record: Record,
}

/// What a member knows of a partition.
#[derive(Debug)]
struct Partition {
    /// The way through the log on which outputs are found.
    reader: Reader,
    /// Where a service can be restored from: the place of the last snapshot, or the first record.
    restart: Option<u64>,
    /// The number of this member's last input, and of its last one that is in the log.
    number: u64,
    seen: u64,
    /// The offsets of its inputs that nobody has handled.
    open: VecDeque<u64>,
    out: VecDeque<Record>,
    role: Role,
}

#[derive(Debug)]
enum Role {
    None,
    /// The host was asked to go back in the log.
    Rewinding(u64),
    Restoring(Box<Restoring>, u64),
    Owner(Box<Owner>),
}

impl Role {
    const fn epoch(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Rewinding(epoch) | Self::Restoring(_, epoch) => Some(*epoch),
            Self::Owner(owner) => Some(owner.epoch()),
        }
    }
}

impl Member {
    /// A member that owns nothing yet. The host hands it every log from its first record on.
    ///
    /// # Errors
    ///
    /// If the settings are for something that cannot be shared.
    pub fn new(config: MemberConfig) -> Result<Self, MemberError> {
        let config = config.checked()?;
        let partition = || Partition {
            reader: Reader::new(Bodies::Dropped),
            restart: None,
            number: 0,
            seen: 0,
            open: VecDeque::new(),
            out: VecDeque::new(),
            role: Role::None,
        };
        let count = usize::from(config.partitions.get());
        Ok(Self {
            now: Duration::ZERO,
            clock: (Duration::ZERO, 0),
            partitions: core::iter::repeat_with(partition).take(count).collect(),
            gathering: Gathering::default(),
            ready: VecDeque::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            ended: false,
            config,
        })
    }

    /// Takes a stanza for the service from a session of this member, or from anybody whose stanzas come in here. Its sender
    /// must be set by who received it; without one it is ignored. The answer comes out here.
    pub fn handle_stanza(&mut self, now: Duration, stanza: &Stanza) {
        self.now = self.now.max(now);
        if self.ended {
            return;
        }
        let Some(from) = stanza.sender() else {
            return;
        };
        match stanza {
            Stanza::Presence(presence) => self.on_presence(from, presence),
            Stanza::Message(message) => {
                if let Err(error) = self.check(stanza, 0..self.config.partitions.get()) {
                    self.refuse_message(message, error);
                    return;
                }
                // It names a node by what it answers, which only its partition knows. For the others it means nothing.
                self.tell_all(&Input::Stanza(Box::new(stanza.clone())));
            }
            Stanza::Iq(iq) => self.on_iq(from, stanza, iq),
        }
    }

    /// A session of this member is there, by full address. It is told of by its host; another of that address is gone.
    pub fn session_opened(&mut self, now: Duration, session: &Jid) {
        self.tell(now, &Input::Opened(session.clone()));
    }

    /// A session of this member is available, or not any more.
    pub fn set_presence(&mut self, now: Duration, session: &Jid, availability: Availability) {
        self.tell(now, &Input::Presence(session.clone(), availability));
    }

    /// A session of this member is gone.
    pub fn session_closed(&mut self, now: Duration, session: &Jid) {
        self.tell(now, &Input::Closed(session.clone()));
    }

    /// Says what a user may do on every node, see
    /// [`Service::set_service_affiliation`](crate::service::Service::set_service_affiliation). One member says it for all.
    pub fn set_service_affiliation(&mut self, now: Duration, user: &Jid, affiliation: Affiliation) {
        self.tell(now, &Input::ServiceAffiliation(user.bare(), affiliation));
    }

    /// A member is gone, with its sessions. Whoever of the others notices says so; it may be said several times.
    pub fn member_gone(&mut self, now: Duration, member: &MemberId) {
        self.tell(now, &Input::Gone(member.clone()));
    }

    /// The host holds the lease of a partition. `epoch` is its fencing token: higher than that of any lease of the partition
    /// before. The partition is taken over once [`Event::Owned`] says so.
    pub fn ownership_gained(&mut self, now: Duration, partition: u16, epoch: u64) {
        self.now = self.now.max(now);
        let ended = self.ended;
        let Some(known) = self.partition(partition).filter(|_| !ended) else {
            return;
        };
        if known.role.epoch().is_some_and(|held| held >= epoch) {
            return;
        }
        if known.reader.epoch() >= epoch {
            self.events.push_back(Event::Lost { partition, epoch });
            return;
        }
        self.give_up(partition);
        let Some(known) = self.partition(partition) else {
            return;
        };
        known.role = Role::Rewinding(epoch);
        let from = known.restart;
        let member = self.config.id.clone();
        self.append(partition, Record::Claim { epoch, member });
        self.events.push_back(Event::Read { partition, from });
    }

    /// The lease of a partition is over. It is no harm if this is said too late: what is appended after the claim of the
    /// next owner is void.
    pub fn ownership_lost(&mut self, now: Duration, partition: u16) {
        self.now = self.now.max(now);
        self.give_up(partition);
    }

    /// The next record that is handed over for this partition is the one that [`Event::Read`] asked for, or the first one
    /// that the log still has.
    pub fn rewound(&mut self, partition: u16) {
        if let Some(known) = self.partition(partition)
            && let Role::Rewinding(epoch) = known.role
        {
            known.role = Role::Restoring(Box::new(Restoring::new(epoch)), epoch);
        }
    }

    /// Takes a record of a log. Offsets grow along a log; they need not be dense. A record may come again, and the log may
    /// be handed over again from any earlier record on, but none may be left out.
    pub fn handle_record(&mut self, now: Duration, partition: u16, offset: u64, record: &Record) {
        self.now = self.now.max(now);
        if self.ended {
            return;
        }
        self.follow(partition, offset, record);
        self.take_part(partition, offset, record);
    }

    /// Does what is due. May be called early, or twice.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = self.now.max(now);
        self.for_each_owner(Owner::handle_timeout);
    }

    /// Says what date it is at `now`, in milliseconds since 1970, UTC: see
    /// [`Service::set_clock`](crate::service::Service::set_clock).
    pub fn set_clock(&mut self, now: Duration, utc_millis: i64) {
        self.now = self.now.max(now);
        self.clock = (now, utc_millis);
        self.for_each_owner(Owner::set_clock);
    }

    /// The next record to append. The host appends those of a partition in this order: it tries until one is in the log
    /// before it goes on to the next. A record may be appended twice.
    pub fn poll_append(&mut self) -> Option<Append> {
        while let Some(partition) = self.ready.pop_front() {
            let known = self.partition(partition);
            if let Some(record) = known.and_then(|known| known.out.pop_front()) {
                return Some(Append { partition, record });
            }
        }
        None
    }

    /// The next stanza to deliver: to sessions of this member, or, where nobody has a session of the addressee, to whoever
    /// the host finds. What is for a bare address is for all sessions of the user that this member has.
    pub fn poll_transmit(&mut self) -> Option<Stanza> {
        self.transmits.pop_front()
    }

    /// What the host should know next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let owners = self
            .partitions
            .iter()
            .filter_map(|known| match &known.role {
                Role::Owner(owner) => owner.poll_timeout(),
                Role::None | Role::Rewinding(_) | Role::Restoring(..) => None,
            });
        owners.min()
    }

    /// The partition that a node belongs to.
    #[must_use]
    pub fn partition_of(&self, node: &NodeId) -> u16 {
        partition_of(node.as_str(), self.config.partitions)
    }

    /// Whether this member handles the inputs of a partition.
    #[must_use]
    pub fn owns(&self, partition: u16) -> bool {
        self.snapshot_of(partition, |_| ()).is_some()
    }

    /// All that lasts in a partition that this member owns.
    #[must_use]
    pub fn snapshot(&self, partition: u16) -> Option<Entry> {
        self.snapshot_of(partition, Owner::snapshot)
    }

    /// How many inputs of this member nothing has come of, and how many of anybody's wait in partitions that it owns.
    #[must_use]
    pub fn backlog(&self) -> usize {
        let of = |known: &Partition| {
            let waiting = match &known.role {
                Role::Owner(owner) => owner.backlog(),
                Role::None | Role::Rewinding(_) | Role::Restoring(..) => 0,
            };
            known.unhandled() + waiting
        };
        self.partitions.iter().map(of).sum()
    }

    /// Whether the others take this member for gone.
    #[must_use]
    pub const fn is_expelled(&self) -> bool {
        self.ended
    }

    fn on_iq(&mut self, from: &Jid, stanza: &Stanza, iq: &Iq) {
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
    fn on_presence(&mut self, from: &Jid, presence: &Presence) {
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
    fn check(
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

    fn refuse_message(&mut self, message: &Message, error: StanzaError) {
        // What came back does not go back again.
        if message.error.is_none() {
            let refused = message.to_error(error);
            self.transmits.push_back(Stanza::Message(refused));
        }
    }

    fn tell(&mut self, now: Duration, input: &Input) {
        self.now = self.now.max(now);
        if !self.ended {
            self.tell_all(input);
        }
    }

    fn tell_all(&mut self, input: &Input) {
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

    fn append(&mut self, partition: u16, record: Record) {
        if let Some(known) = self.partition(partition) {
            known.out.push_back(record);
            self.ready.push_back(partition);
        }
    }

    /// Takes from a log what is for this member.
    fn follow(&mut self, partition: u16, offset: u64, record: &Record) {
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
    fn take_part(&mut self, partition: u16, offset: u64, record: &Record) {
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

    fn for_each_owner(&mut self, mut act: impl FnMut(&mut Owner, Host<'_>, &mut VecDeque<Record>)) {
        let host = Host {
            config: &self.config,
            now: self.now,
            clock: self.clock,
        };
        for (partition, known) in (0..).zip(&mut self.partitions) {
            if let Role::Owner(owner) = &mut known.role {
                let before = known.out.len();
                act(owner, host, &mut known.out);
                let new = known.out.len() - before;
                self.ready.extend(core::iter::repeat_n(partition, new));
            }
        }
    }

    /// Ends what the member was to a partition. What it has not appended as the owner is not appended.
    fn give_up(&mut self, partition: u16) {
        let Some(known) = self.partition(partition) else {
            return;
        };
        let Some(epoch) = known.role.epoch() else {
            return;
        };
        known.role = Role::None;
        known
            .out
            .retain(|record| matches!(record, Record::Input { .. }));
        self.events.push_back(Event::Lost { partition, epoch });
    }

    fn expel(&mut self) {
        self.ended = true;
        for partition in 0..self.config.partitions.get() {
            self.give_up(partition);
        }
        for known in &mut self.partitions {
            known.out.clear();
        }
        self.ready.clear();
        self.transmits.clear();
        self.events.push_back(Event::Expelled);
    }

    fn partition(&mut self, partition: u16) -> Option<&mut Partition> {
        self.partitions.get_mut(usize::from(partition))
    }

    fn snapshot_of<T>(&self, partition: u16, of: impl FnOnce(&Owner) -> T) -> Option<T> {
        match &self.partitions.get(usize::from(partition))?.role {
            Role::Owner(owner) => Some(of(owner)),
            Role::None | Role::Rewinding(_) | Role::Restoring(..) => None,
        }
    }
}

impl Partition {
    /// How many inputs of this member nothing has come of.
    fn unhandled(&self) -> usize {
        let on_the_way = usize::try_from(self.number - self.seen).unwrap_or(usize::MAX);
        self.open.len().saturating_add(on_the_way)
    }

    /// Inputs up to there are handled.
    fn handled(&mut self, handled: Option<u64>) {
        while self.open.front().is_some_and(|open| Some(*open) <= handled) {
            self.open.pop_front();
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
