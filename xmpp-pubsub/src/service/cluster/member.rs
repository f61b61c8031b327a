//! One member of a cluster.

mod event;
mod inputs;
mod logs;

use core::time::Duration;
use std::collections::VecDeque;

use super::config::{MemberConfig, MemberError};
use super::owner::{Host, Owner, Restoring};
use super::reader::{Bodies, Reader};
use super::record::{Input, Record};
use super::route::{Gathering, partition_of};
use crate::id::{MemberId, NodeId};
use crate::jid::Jid;
use crate::pubsub::Affiliation;
use crate::service::journal::Entry;
use crate::service::people::Availability;
use crate::stanza::Stanza;

pub use event::{Append, Event};

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
