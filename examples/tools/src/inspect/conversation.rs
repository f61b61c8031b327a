//! One connection between a client and a server: its messages, and what its end leaves open.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use cti_proto::code::{MessageType, ServiceMask};
use cti_proto::follow::{Certainty, Event, Finding, Follower, SkipReason, VersionGuess, findings};
use cti_proto::message::Role;
use cti_proto::{Frame, Message, Version};

use crate::inspect::Failure;
use crate::inspect::args::Show;
use crate::inspect::filter::ClientFilter;
use crate::inspect::reassembly::Piece;
use crate::inspect::report::Report;
use crate::inspect::request::{Due, Place, Requests};
use crate::inspect::timestamp::Timestamp;

/// Who sent something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sender {
    Client = 0,
    Server = 1,
}

impl Sender {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Peers {
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
}

/// Whether a connection is taken for one of CTI before it has shown that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trust {
    /// Its server's port is one of CTI.
    Full,
    /// One of its ports is, but it may be the client's.
    Likely,
    None,
}

/// What is known of a connection at its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    /// `None` for a dump, in which both sides may be mixed.
    pub(crate) peers: Option<Peers>,
    pub(crate) from_its_beginning: bool,
    pub(crate) trust: Trust,
    /// Whether client and server may still change places.
    pub(crate) sides_are_known: bool,
}

/// What the report knows a connection by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// Its number, once something of it was shown.
    pub(crate) number: Option<u64>,
    pub(crate) peers: Option<Peers>,
    pub(crate) from_its_beginning: bool,
}

/// Why nothing more comes of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Over {
    /// Its ends closed it.
    Closed,
    CaptureEnded,
    /// Others took its place.
    Evicted,
    /// Another connection between the same ends began.
    Replaced,
}

/// One thing to report.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) time: Option<Timestamp>,
    pub(crate) sender: Sender,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Message(Box<Seen>),
    Skipped {
        offset: u64,
        len: u64,
        reason: SkipReason,
    },
    /// No message could be read since that place, and the connection goes on.
    Lost {
        offset: u64,
    },
    /// How the messages from here on are read.
    Version {
        version: Version,
        certainty: Certainty,
        /// The range of versions that fit as well.
        equals: Option<(Version, Version)>,
    },
    /// A request that the end of the connection left without an answer.
    Unanswered {
        name: &'static str,
        number: MessageType,
        invoke_id: u32,
        /// Whether the request was shown as one about the wanted agent or call.
        wanted: bool,
        /// The answer may be among bytes that could not be read.
        may_be_lost: bool,
    },
    /// The connection goes on, but what came of it does not.
    StillOpen {
        over: Over,
        /// Requests that have no answer so far.
        waiting: u64,
        /// Bytes of messages whose rest was still to come.
        unfinished: u64,
    },
    Heartbeats {
        sent: u64,
        unanswered: u64,
    },
}

/// A message and what is to be said of it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Place in the stream of its sender.
    pub(crate) offset: u64,
    pub(crate) frame: Frame,
    pub(crate) version: Version,
    /// `None` if it cannot be read, a problem then says why, or if it must not be shown.
    pub(crate) message: Option<Message>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) answered: Option<Answered>,
}

impl Seen {
    /// The name by which the dialect knows the message.
    pub(crate) fn name(&self) -> String {
        let table = self.message.as_ref().and_then(Message::table);
        let name = table
            .map(|table| table.name)
            .or_else(|| self.frame.message_type.name());
        name.map_or_else(|| format!("{}", self.frame.message_type.0), str::to_owned)
    }
}

/// The request that a message answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) name: &'static str,
    pub(crate) after: Option<Duration>,
    /// Whether the request was shown as one about the wanted agent or call.
    pub(crate) wanted: bool,
}

/// Something wrong with a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Problem {
    Finding(Finding),
    /// An answer whose request was not seen.
    NoRequest(u32),
    /// A confirmation of another type than its request has.
    WrongConfirmation {
        invoke_id: u32,
        asked: &'static str,
    },
    /// A request whose InvokeID an earlier one still waits with.
    InvokeIdInUse {
        invoke_id: u32,
        name: &'static str,
    },
    /// The session asks for another version than the user gave.
    Version {
        asked: u32,
        given: Version,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finding(finding) => finding.fmt(f),
            Self::NoRequest(invoke_id) => write!(f, "no request with invoke id {invoke_id}"),
            Self::WrongConfirmation { invoke_id, asked } => {
                write!(
                    f,
                    "no answer to {asked}, which waits with invoke id {invoke_id}"
                )
            }
            Self::InvokeIdInUse { invoke_id, name } => {
                write!(f, "{name} still waits with invoke id {invoke_id}")
            }
            Self::Version { asked, given } => {
                write!(f, "asks for version {asked}, but is read as {given}")
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Conversation {
    label: Label,
    begin: Begin,
    /// The sides turned out to be the other way round.
    swapped: bool,
    given: Option<Version>,
    guess: VersionGuess,
    told: Option<(Version, Certainty)>,
    followers: [Follower; 2],
    /// Since where the last loss was told of.
    told_lost: [Option<u64>; 2],
    /// When bytes came that may not have been read yet: where they end, and when.
    arrivals: [VecDeque<(u64, Timestamp)>; 2],
    /// Where the bytes so far end.
    received: [u64; 2],
    requests: Requests,
    began: Option<Timestamp>,
    /// The sides that have closed the connection.
    ended: [bool; 2],
    /// Bytes of messages that the end of the capture cut off.
    unfinished: u64,
    /// Nothing is missing so far.
    whole: bool,
    heartbeats: u64,
    probation: Option<Probation>,
    /// The client that the user wants to see.
    client: Option<ClientFilter>,
    /// It turned out to be another one.
    unwanted: bool,
}

/// A connection that is one of CTI if what it carries says so.
#[derive(Debug)]
struct Probation {
    /// Whether its port speaks for it.
    is_likely: bool,
    held: Vec<Record>,
    messages: usize,
    bytes: u64,
}

impl Conversation {
    pub(crate) fn new(show: &Show, begin: Begin) -> Self {
        let given = show.version();
        let guess = match (given, show.dialect()) {
            (Some(version), _) => VersionGuess::given(version),
            (None, Some(dialect)) => VersionGuess::new().with_dialect(dialect),
            (None, None) => VersionGuess::new(),
        };
        let mut follower = if begin.from_its_beginning {
            Follower::at_the_beginning()
        } else {
            Follower::in_the_middle()
        };
        if let Some(version) = given {
            follower.set_version(version);
        }
        Self {
            label: Label {
                number: None,
                peers: begin.peers,
                from_its_beginning: begin.from_its_beginning,
            },
            begin,
            swapped: false,
            given,
            guess,
            told: None,
            followers: [follower.clone(), follower],
            told_lost: [None; 2],
            requests: Requests::default(),
            began: None,
            ended: [false; 2],
            unfinished: 0,
            arrivals: [VecDeque::new(), VecDeque::new()],
            received: [0; 2],
            whole: begin.from_its_beginning,
            heartbeats: 0,
            probation: (begin.trust != Trust::Full).then(|| Probation {
                is_likely: begin.trust == Trust::Likely,
                held: Vec::new(),
                messages: 0,
                bytes: 0,
            }),
            client: show.client,
            unwanted: false,
        }
    }

    /// The ends as they were given.
    pub(crate) const fn peers(&self) -> Option<Peers> {
        self.begin.peers
    }

    /// Whether it is known to be of CTI.
    pub(crate) const fn is_proven(&self) -> bool {
        self.probation.is_none()
    }

    /// Whether it is known to be none of CTI, or of another client than is wanted.
    pub(crate) fn is_foreign(&self) -> bool {
        let probation = self.probation.as_ref();
        self.unwanted || probation.is_some_and(|probation| probation.bytes > MOST_ON_PROBATION)
    }

    /// Bytes that it takes to remember when bytes came.
    pub(crate) fn weight(&self) -> usize {
        let arrivals = self.arrivals.iter().map(VecDeque::len).sum::<usize>();
        arrivals * size_of::<(u64, Timestamp)>()
    }

    /// Takes what one side sent next.
    pub(crate) fn take(
        &mut self,
        time: Option<Timestamp>,
        sender: Sender,
        piece: Piece,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let side = sender as usize;
        self.began = self.began.or(time);
        match &piece {
            Piece::Data(_, data) => self.received[side] += data.len() as u64,
            Piece::Gap(lost) => self.received[side] += lost,
            Piece::End => self.ended[side] = true,
            Piece::Stop => {}
        }
        if let Piece::Data(arrived, data) = &piece {
            match &mut self.probation {
                // Its caller is about to give it up.
                Some(probation) if probation.bytes > MOST_ON_PROBATION => return Ok(()),
                Some(probation) => probation.bytes += data.len() as u64,
                None => {}
            }
            let arrivals = &mut self.arrivals[side];
            arrivals.push_back((self.received[side], *arrived));
            if arrivals.len() > MOST_ARRIVALS {
                arrivals.pop_front();
            }
        }
        let stops = piece == Piece::Stop;
        let follower = &mut self.followers[side];
        match piece {
            Piece::Data(_, data) => follower.handle_input(&data),
            Piece::Gap(lost) => follower.handle_gap(lost),
            Piece::End | Piece::Stop => follower.handle_end(),
        }
        while let Some(event) = self.followers[side].poll_event() {
            if let Event::Skipped {
                len,
                reason: SkipReason::End,
                ..
            } = event
                && stops
            {
                // The rest of the message was sent later, or not captured.
                self.unfinished += len;
                continue;
            }
            let end = match &event {
                Event::Frame { offset, frame } => offset + frame.wire_len() as u64,
                Event::Skipped { offset, len, .. } => offset + len,
                _ => self.received[side],
            };
            let time = time.map(|time| self.arrived(side, end).unwrap_or(time));
            self.event(time, sender, event, report)?;
        }
        Ok(())
    }

    /// When the byte before `end` came.
    fn arrived(&mut self, side: usize, end: u64) -> Option<Timestamp> {
        let arrivals = &mut self.arrivals[side];
        while arrivals.front().is_some_and(|(until, _)| *until < end) && arrivals.len() > 1 {
            arrivals.pop_front();
        }
        arrivals.front().map(|(_, time)| *time)
    }

    /// Tells, for a connection that goes on, that a side cannot be followed now.
    pub(crate) fn tell_if_lost(
        &mut self,
        time: Option<Timestamp>,
        sender: Sender,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let side = sender as usize;
        let lost = self.followers[side].lost_since();
        if lost != self.told_lost[side] {
            self.told_lost[side] = lost;
            if let Some(offset) = lost {
                self.report(time, sender, Content::Lost { offset }, report)?;
            }
        }
        Ok(())
    }

    /// Tells what the end leaves open.
    pub(crate) fn finish(
        &mut self,
        time: Timestamp,
        over: Over,
        report: &mut Report,
    ) -> Result<(), Failure> {
        if self.begin.peers.is_none() {
            // A dump is an extract.
            return Ok(());
        }
        let time = self.began.map(|_| time);
        let requests = self.requests.finish();
        // A server that has closed its side answers nothing any more.
        if over != Over::Closed && !self.ended[self.shown(Sender::Server) as usize] {
            let waits = |due| matches!(due, Due::Yes | Due::MayBeLost);
            let waiting = requests.iter().filter(|(_, asked)| waits(asked.due));
            let content = Content::StillOpen {
                over,
                waiting: waiting.count() as u64,
                unfinished: self.unfinished,
            };
            // There is nothing to be said of a connection that was never shown.
            return match self.label.number {
                Some(_) => self.report(time, Sender::Client, content, report),
                None => Ok(()),
            };
        }
        let mut silent = 0;
        for (invoke_id, asked) in requests {
            let may_be_lost = match asked.due {
                Due::Yes => false,
                Due::MayBeLost => true,
                Due::Unknown | Due::No => continue,
            };
            if asked.number == MessageType::HEARTBEAT_REQ {
                silent += u64::from(!may_be_lost);
            } else {
                let content = Content::Unanswered {
                    name: asked.name,
                    number: asked.number,
                    invoke_id,
                    wanted: asked.wanted,
                    may_be_lost,
                };
                self.report(time, Sender::Client, content, report)?;
            }
        }
        if silent > 0 {
            let content = Content::Heartbeats {
                sent: self.heartbeats,
                unanswered: silent,
            };
            self.report(time, Sender::Client, content, report)?;
        }
        Ok(())
    }

    fn event(
        &mut self,
        time: Option<Timestamp>,
        sender: Sender,
        event: Event,
        report: &mut Report,
    ) -> Result<(), Failure> {
        match event {
            Event::Frame { offset, frame } => self.frame(time, sender, (offset, frame), report),
            Event::Skipped {
                offset,
                len,
                reason,
            } => {
                self.whole = false;
                // What a server did not send to its end is no answer.
                if self.shown(sender) == Sender::Server && reason != SkipReason::End {
                    self.requests.lose_answers();
                }
                let content = Content::Skipped {
                    offset,
                    len,
                    reason,
                };
                self.report(time, self.shown(sender), content, report)
            }
            // What a later version of the follower tells has nothing to be shown here.
            _ => Ok(()),
        }
    }

    fn frame(
        &mut self,
        time: Option<Timestamp>,
        sender: Sender,
        (offset, frame): (u64, Frame),
        report: &mut Report,
    ) -> Result<(), Failure> {
        if let Some(probation) = &mut self.probation {
            probation.messages += 1;
        }
        self.guess.observe(&frame);
        let version = self.guess.version();
        if self.guess.certainty() != Certainty::Guessed {
            for follower in &mut self.followers {
                follower.set_version(version);
            }
        }
        let mut problems: Vec<Problem> = findings(version, &frame)
            .into_iter()
            .map(Problem::Finding)
            .collect();
        let certain = self.guess.certainty() == Certainty::Opened;
        let message = Message::decode(version, frame.clone())
            .ok()
            .filter(|message| certain || !may_show_secret(message));
        let role = message
            .as_ref()
            .and_then(Message::table)
            .map(|table| table.role);
        let sender = self.sender(sender, role, &frame);
        if let (Some(asked), Some(given)) = (asked_version(&frame), self.given)
            && asked != given.number()
        {
            problems.push(Problem::Version { asked, given });
        }
        let wanted = report.filter().concerns(message.as_ref());
        let (answered, early) = self.pair(time, message.as_ref(), role, wanted, &mut problems);
        self.tell_version(time, report)?;
        let invoke_id = message.as_ref().and_then(Message::invoke_id);
        let seen = Seen {
            offset,
            frame,
            version,
            message,
            problems,
            answered,
        };
        if let (Some(invoke_id), Some(Role::Confirmation), None) = (invoke_id, role, answered)
            && report.admits_with_request(&seen)
        {
            let content = Content::Message(Box::new(seen.clone()));
            let record = Record {
                time,
                sender,
                content,
            };
            self.requests.hold(invoke_id.0, record);
        }
        self.report(time, sender, Content::Message(Box::new(seen)), report)?;
        match early {
            Some(early) => self.report(early.time, early.sender, early.content, report),
            None => Ok(()),
        }
    }

    /// Keeps requests until they are answered. Tells what a message answers, and which answer to it
    /// was read before.
    fn pair(
        &mut self,
        time: Option<Timestamp>,
        message: Option<&Message>,
        role: Option<Role>,
        wanted: bool,
        problems: &mut Vec<Problem>,
    ) -> (Option<Answered>, Option<Record>) {
        let Some((message, table)) = message.and_then(|message| Some((message, message.table()?)))
        else {
            return (None, None);
        };
        if table.number == MessageType::OPEN_CONF
            && let Some(services) = number_in(message, "services_granted")
        {
            self.requests.grant(ServiceMask(services));
        }
        let (Some(invoke_id), Some(role)) = (message.invoke_id(), role) else {
            return (None, None);
        };
        let place = Place {
            time,
            whole: self.whole,
            is_session: self.begin.peers.is_some(),
        };
        match role {
            Role::Request => {
                self.heartbeats += u64::from(table.number == MessageType::HEARTBEAT_REQ);
                let answered = self
                    .requests
                    .ask(place, invoke_id.0, table, wanted, problems);
                let early = answered.flatten().map(|mut answer| {
                    if let Content::Message(seen) = &mut answer.content {
                        seen.answered = Some(Answered {
                            name: table.name,
                            after: time.zip(answer.time).map(|(asked, time)| time.since(asked)),
                            wanted,
                        });
                    }
                    answer
                });
                (None, early)
            }
            Role::Confirmation => {
                let answered = self.requests.answer(place, invoke_id.0, table, problems);
                (answered, None)
            }
            Role::Event => (None, None),
        }
    }

    /// Who sent a message whose type may tell it better than the port did.
    fn sender(&mut self, sender: Sender, role: Option<Role>, frame: &Frame) -> Sender {
        if !self.begin.sides_are_known {
            let by_type = match role {
                _ if SENT_BY_CLIENTS.contains(&frame.message_type) => Some(Sender::Client),
                Some(Role::Request) => Some(Sender::Client),
                Some(Role::Confirmation | Role::Event) => Some(Sender::Server),
                None => None,
            };
            if let (Some(by_type), Some(peers)) = (by_type, self.begin.peers) {
                self.begin.sides_are_known = true;
                self.swapped = by_type != sender;
                let peers = if self.swapped {
                    Peers {
                        client: peers.server,
                        server: peers.client,
                    }
                } else {
                    peers
                };
                self.label.peers = Some(peers);
                self.unwanted = self
                    .client
                    .is_some_and(|filter| !filter.admits(peers.client));
            } else if self.begin.peers.is_none() {
                return by_type.unwrap_or(Sender::Server);
            }
        }
        self.shown(sender)
    }

    const fn shown(&self, sender: Sender) -> Sender {
        if self.swapped { sender.other() } else { sender }
    }

    fn tell_version(
        &mut self,
        time: Option<Timestamp>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let found = (self.guess.version(), self.guess.certainty());
        if self.told == Some(found) || found.1 == Certainty::Given {
            return Ok(());
        }
        let says_nothing = |other: &Version| other.field_width() != found.0.field_width();
        if self.guess.equals().any(|other| says_nothing(&other)) {
            return Ok(());
        }
        self.told = Some(found);
        let same_dialect = |version: &Version| version.dialect() == found.0.dialect();
        let equals: Vec<Version> = self.guess.equals().filter(same_dialect).collect();
        let range = equals.iter().min().zip(equals.iter().max());
        let content = Content::Version {
            version: found.0,
            certainty: found.1,
            equals: range
                .map(|(first, last)| (*first, *last))
                .filter(|(first, last)| first != last),
        };
        self.report(time, Sender::Client, content, report)
    }

    fn report(
        &mut self,
        time: Option<Timestamp>,
        sender: Sender,
        content: Content,
        report: &mut Report,
    ) -> Result<(), Failure> {
        if self.unwanted {
            return Ok(());
        }
        let record = Record {
            time,
            sender,
            content,
        };
        let Some(probation) = &mut self.probation else {
            return report.record(&mut self.label, record);
        };
        // What was skipped before anything is known says nothing.
        let says_something = probation.messages > 0 || probation.is_likely;
        if says_something && probation.held.len() < MOST_HELD {
            probation.held.push(record);
        }
        let proof = if probation.is_likely {
            PROOF_OF_LIKELY
        } else {
            PROOF
        };
        if probation.messages >= proof {
            let held = std::mem::take(&mut probation.held);
            self.probation = None;
            for record in held {
                report.record(&mut self.label, record)?;
            }
        }
        Ok(())
    }
}

/// Whether a password may stand where the tables have none: in fields of a message with a password
/// that are unknown because it was read in the wrong version.
fn may_show_secret(message: &Message) -> bool {
    let has_secret = message.table().is_some_and(|table| {
        let mut fields = table.fields.iter();
        fields.any(|field| field.type_name.contains("Secret"))
    });
    let contents = message.contents();
    has_secret && contents.is_some_and(|contents| !contents.other().is_empty())
}

/// A number's field of a message.
fn number_in(message: &Message, field: &str) -> Option<u32> {
    let number = message.contents()?.get(field).number()?;
    u32::try_from(number).ok()
}

/// VersionNumber of an OPEN_REQ, the second number of its body in all versions.
fn asked_version(frame: &Frame) -> Option<u32> {
    let number = frame.body.get(4..)?.first_chunk()?;
    let is_open = frame.message_type == MessageType::OPEN_REQ;
    is_open.then(|| u32::from_be_bytes(*number))
}

/// Client messages that are no requests by their role.
const SENT_BY_CLIENTS: [MessageType; 4] = [
    MessageType::CONFIG_REQUEST_KEY_EVENT,
    MessageType::CONFIG_REQUEST_EVENT,
    MessageType::ACTIVE_MAINTENANCE_RESP_MSG,
    MessageType::STOPPING_REQUESTS_TO_THIS_SIDE_IND,
];

/// Messages that make a connection one of CTI.
const PROOF: usize = 3;

/// The same where a port speaks for it.
const PROOF_OF_LIKELY: usize = 1;

/// Bytes after which a connection without as many messages is none.
const MOST_ON_PROBATION: u64 = 64 * 1024;

const MOST_HELD: usize = 64;

/// Segments that may wait to be read: a search looks at no more than some 37,000 bytes at a time.
const MOST_ARRIVALS: usize = 40_000;
