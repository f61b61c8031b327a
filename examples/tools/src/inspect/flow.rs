//! The TCP connections of a capture.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::inspect::Failure;
use crate::inspect::args::{Args, Show, client_by_port, is_well_known};
use crate::inspect::conversation::{Begin, Conversation, Over, Peers, Sender, Trust};
use crate::inspect::packet::Segment;
use crate::inspect::reassembly::{Piece, Stream};
use crate::inspect::report::Report;
use crate::inspect::timestamp::Timestamp;

/// All connections that are followed. Of each rank, the one that was silent longest makes room for a
/// new one: connections that are none of CTI take no place from those that are.
#[derive(Debug)]
pub(crate) struct Flows<'a> {
    show: &'a Show,
    /// The server ports that the user names.
    ports: &'a [u16],
    flows: BTreeMap<Ends, Entry>,
    /// For each rank which connection was used when, the oldest first.
    used: [BTreeMap<u64, Ends>; 3],
    clock: u64,
    /// Bytes that all connections hold.
    weight: usize,
}

/// When a packet was captured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    /// The latest time that is known.
    pub(crate) last: Timestamp,
    /// Whether it is the packet's.
    pub(crate) is_known: bool,
}

/// The two ends in an order of their own.
type Ends = (SocketAddr, SocketAddr);

#[derive(Debug)]
struct Entry {
    state: State,
    rank: Rank,
    last_used: u64,
    weight: usize,
}

#[derive(Clone, Copy, Debug)]
enum Rank {
    Ignored = 0,
    /// Followed, but what it carries has not shown yet.
    Unproven = 1,
    Proven = 2,
}

#[derive(Debug)]
enum State {
    Followed(Box<Flow>),
    /// It is over, or none of CTI. What comes late is none of a new connection.
    Ignored(Origin),
}

/// Where the two streams of a connection begin.
#[derive(Clone, Copy, Debug)]
struct Origin {
    client: SocketAddr,
    /// Sequence numbers of the first bytes of client and server.
    first: [Option<u32>; 2],
}

#[derive(Debug)]
struct Flow {
    conversation: Conversation,
    /// What the client sends, then what the server sends.
    streams: [Stream; 2],
    /// The time of any of its packets is known.
    is_timed: bool,
}

impl<'a> Flows<'a> {
    pub(crate) fn new(args: &'a Args) -> Self {
        Self {
            show: &args.show,
            ports: &args.port,
            flows: BTreeMap::new(),
            used: Default::default(),
            clock: 0,
            weight: 0,
        }
    }

    /// Takes a segment.
    pub(crate) fn segment(
        &mut self,
        when: When,
        segment: &Segment<'_>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let time = when.last;
        let ends = (
            segment.source.min(segment.destination),
            segment.source.max(segment.destination),
        );
        if segment.syn
            && let Some(entry) = self.flows.get(&ends)
            && entry.state.is_another(segment)
        {
            self.close(ends, time, Over::Replaced, report)?;
            self.remove(ends);
        }
        if !self.flows.contains_key(&ends) {
            let worth_it = segment.syn || !segment.payload.is_empty() || segment.cut > 0;
            let flow = worth_it.then(|| Flow::new(self.show, self.ports, segment));
            let state = match flow.flatten() {
                Some(flow) => State::Followed(Box::new(flow)),
                // Later segments do not tell the sides as well.
                None if segment.syn => State::Ignored(Origin::of_refused(segment)),
                None => return Ok(()),
            };
            let entry = Entry {
                rank: state.rank(),
                state,
                last_used: 0,
                weight: 0,
            };
            self.flows.insert(ends, entry);
        }
        if let Some(Entry {
            state: State::Followed(flow),
            ..
        }) = self.flows.get_mut(&ends)
        {
            flow.segment(when, segment, report)?;
            if flow.streams.iter().all(Stream::has_ended) {
                self.close(ends, time, Over::Closed, report)?;
            } else if flow.conversation.is_foreign() {
                self.ignore(ends);
            }
        }
        self.touch(ends);
        self.make_room(ends, time, report)
    }

    /// The capture is over.
    pub(crate) fn finish(&mut self, time: Timestamp, report: &mut Report) -> Result<(), Failure> {
        for rank in [Rank::Unproven, Rank::Proven] {
            while let Some((_, ends)) = self.used[rank as usize].pop_first() {
                self.close(ends, time, Over::CaptureEnded, report)?;
            }
        }
        Ok(())
    }

    /// Takes note that a connection was used, and of what it came to.
    fn touch(&mut self, ends: Ends) {
        let Some(entry) = self.flows.get_mut(&ends) else {
            return;
        };
        self.used[entry.rank as usize].remove(&entry.last_used);
        self.clock += 1;
        entry.last_used = self.clock;
        entry.rank = entry.state.rank();
        self.used[entry.rank as usize].insert(self.clock, ends);
        let weight = entry.state.weight();
        self.weight = self.weight - entry.weight + weight;
        entry.weight = weight;
    }

    fn make_room(
        &mut self,
        newest: Ends,
        time: Timestamp,
        report: &mut Report,
    ) -> Result<(), Failure> {
        for (rank, most) in [
            (Rank::Ignored, MOST_IGNORED),
            (Rank::Unproven, MOST_UNPROVEN),
            (Rank::Proven, MOST_PROVEN),
        ] {
            while self.used[rank as usize].len() > most {
                self.evict(rank, time, report)?;
            }
        }
        for rank in [Rank::Unproven, Rank::Proven] {
            while self.weight > MOST_WEIGHT
                && let Some((_, oldest)) = self.used[rank as usize].first_key_value()
                && *oldest != newest
            {
                self.evict(rank, time, report)?;
            }
        }
        Ok(())
    }

    /// Gives up the connection of a rank that was silent longest.
    fn evict(&mut self, rank: Rank, time: Timestamp, report: &mut Report) -> Result<(), Failure> {
        if let Some((_, oldest)) = self.used[rank as usize].pop_first() {
            self.close(oldest, time, Over::Evicted, report)?;
            self.remove(oldest);
        }
        Ok(())
    }

    /// Tells the end of a connection that is followed.
    fn close(
        &mut self,
        ends: Ends,
        time: Timestamp,
        over: Over,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let Some(mut flow) = self.ignore(ends) else {
            return Ok(());
        };
        // Only a connection that was closed has come to the end of its streams.
        let last = match over {
            Over::Closed => Piece::End,
            Over::CaptureEnded | Over::Evicted | Over::Replaced => Piece::Stop,
        };
        for sender in [Sender::Client, Sender::Server] {
            let mut pieces = Vec::new();
            flow.streams[sender as usize].end(last.clone(), &mut pieces);
            flow.take(time, sender, pieces, report)?;
        }
        flow.conversation.finish(time, over, report)
    }

    /// Follows a connection no longer, and returns what was known of it.
    fn ignore(&mut self, ends: Ends) -> Option<Box<Flow>> {
        let state = &mut self.flows.get_mut(&ends)?.state;
        let origin = match state {
            State::Followed(flow) => flow.origin()?,
            State::Ignored(_) => return None,
        };
        match std::mem::replace(state, State::Ignored(origin)) {
            State::Followed(flow) => Some(flow),
            State::Ignored(_) => None,
        }
    }

    fn remove(&mut self, ends: Ends) {
        if let Some(entry) = self.flows.remove(&ends) {
            self.used[entry.rank as usize].remove(&entry.last_used);
            self.weight -= entry.weight;
        }
    }
}

impl Origin {
    /// Of a connection that begins with `syn` and is not to be followed.
    fn of_refused(syn: &Segment<'_>) -> Self {
        let first = Some(syn.sequence.wrapping_add(1));
        if syn.acknowledged.is_none() {
            Self {
                client: syn.source,
                first: [first, None],
            }
        } else {
            Self {
                client: syn.destination,
                first: [None, first],
            }
        }
    }
}

impl State {
    /// Whether a segment with a SYN begins another connection between the same ends.
    fn is_another(&self, syn: &Segment<'_>) -> bool {
        // The same SYN again leaves the number of the first byte where it is.
        let first = Some(syn.sequence.wrapping_add(1));
        match self {
            Self::Followed(flow) => {
                let known = flow.streams[flow.sender(syn) as usize].first_sequence();
                known.is_some() && known != first
            }
            Self::Ignored(origin) => {
                let sender = usize::from(syn.source != origin.client);
                match origin.first[sender] {
                    Some(known) => Some(known) != first,
                    // Nothing of its server was seen, and this may be its answer.
                    None => syn.acknowledged.is_none(),
                }
            }
        }
    }

    const fn rank(&self) -> Rank {
        match self {
            Self::Ignored(_) => Rank::Ignored,
            Self::Followed(flow) if flow.conversation.is_proven() => Rank::Proven,
            Self::Followed(_) => Rank::Unproven,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Ignored(_) => 0,
            Self::Followed(flow) => {
                let held = flow.streams.iter().map(Stream::weight);
                held.sum::<usize>() + flow.conversation.weight()
            }
        }
    }
}

impl Flow {
    /// `None` for a connection that is not to be followed.
    fn new(show: &Show, ports: &[u16], segment: &Segment<'_>) -> Option<Self> {
        let (one, other) = (segment.source, segment.destination);
        let is_wanted = |port| match ports {
            [] => is_well_known(port),
            ports => ports.contains(&port),
        };
        let by_handshake = match (segment.syn, segment.acknowledged) {
            (true, None) => Some(one),
            (true, Some(_)) => Some(other),
            (false, _) => None,
        };
        let by_port = client_by_port(one, other, is_wanted);
        let client = by_handshake.or(by_port).unwrap_or(one);
        let server = if client == one { other } else { one };
        let trust = if by_handshake.is_some() {
            // A client's port may be any, also one that servers have.
            is_wanted(server.port()).then_some(Trust::Full)
        } else if is_wanted(one.port()) || is_wanted(other.port()) {
            Some(if ports.is_empty() {
                Trust::Likely
            } else {
                Trust::Full
            })
        } else {
            None
        };
        if trust.is_none() && !ports.is_empty() {
            return None;
        }
        let certain = by_handshake.is_some() || (by_port.is_some() && !ports.is_empty());
        if show
            .client
            .is_some_and(|filter| !filter.admits(client) && (certain || !filter.admits(server)))
        {
            return None;
        }
        let begin = Begin {
            peers: Some(Peers { client, server }),
            from_its_beginning: segment.syn,
            trust: trust.unwrap_or(Trust::None),
            sides_are_known: certain,
        };
        Some(Self {
            conversation: Conversation::new(show, begin),
            streams: [Stream::default(), Stream::default()],
            is_timed: false,
        })
    }

    fn origin(&self) -> Option<Origin> {
        let [client, server] = &self.streams;
        Some(Origin {
            client: self.conversation.peers()?.client,
            first: [client.first_sequence(), server.first_sequence()],
        })
    }

    fn sender(&self, segment: &Segment<'_>) -> Sender {
        let client = self.conversation.peers().map(|peers| peers.client);
        if client == Some(segment.source) {
            Sender::Client
        } else {
            Sender::Server
        }
    }

    fn segment(
        &mut self,
        when: When,
        segment: &Segment<'_>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let time = when.last;
        self.is_timed |= when.is_known;
        let sender = self.sender(segment);
        let [own, other] = match sender {
            Sender::Client => [0, 1],
            Sender::Server => [1, 0],
        };
        let mut pieces = Vec::new();
        let stream = &mut self.streams[own];
        // A SYN has a number of its own.
        let sequence = segment.sequence.wrapping_add(u32::from(segment.syn));
        if segment.syn {
            stream.start(sequence);
        }
        let data = Bytes::copy_from_slice(segment.payload);
        let len = data.len() as u64 + segment.cut;
        stream.segment(time, sequence, data, segment.cut, &mut pieces);
        if segment.fin {
            // Lengths of a packet fit 32 bits.
            stream.finish(sequence.wrapping_add(len as u32), &mut pieces);
        }
        stream.observe(time, None, &mut pieces);
        if segment.rst {
            stream.end(Piece::End, &mut pieces);
        }
        self.take(time, sender, pieces, report)?;
        let mut pieces = Vec::new();
        let stream = &mut self.streams[other];
        stream.observe(time, segment.acknowledged, &mut pieces);
        if segment.rst {
            stream.end(Piece::End, &mut pieces);
        }
        self.take(time, sender.other(), pieces, report)
    }

    fn take(
        &mut self,
        time: Timestamp,
        sender: Sender,
        pieces: Vec<Piece>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let time = self.is_timed.then_some(time);
        for piece in pieces {
            self.conversation.take(time, sender, piece, report)?;
        }
        Ok(())
    }
}

/// Connections that are followed at a time, known to be of CTI.
const MOST_PROVEN: usize = 1_024;

/// The same, not known to be of CTI.
const MOST_UNPROVEN: usize = 1_024;

/// Connections that are known to be over or foreign.
const MOST_IGNORED: usize = 4_096;

/// Bytes that all connections together may hold.
const MOST_WEIGHT: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn what_all_connections_hold_is_bounded() {
        let args = Args::parse_from(["cti-inspect"]);
        let mut report = Report::new(&args.show);
        let mut flows = Flows::new(&args);
        let payload = vec![0; 50_000];
        let mut heaviest = 0;
        for port in 1_000..1_500 {
            for (sequence, syn) in [(0, true), (10, false), (60_010, false), (120_010, false)] {
                let segment = Segment {
                    source: SocketAddr::from(([10, 0, 0, 5], port)),
                    destination: SocketAddr::from(([10, 0, 0, 1], 8_443)),
                    sequence,
                    acknowledged: None,
                    syn,
                    fin: false,
                    rst: false,
                    payload: if syn { &[] } else { &payload },
                    cut: 0,
                };
                let when = When {
                    last: Timestamp::default(),
                    is_known: false,
                };
                flows.segment(when, &segment, &mut report).unwrap();
                assert!(flows.weight <= MOST_WEIGHT);
                heaviest = heaviest.max(flows.weight);
            }
        }
        let weights = flows.flows.values().map(|entry| entry.weight);
        assert_eq!(weights.sum::<usize>(), flows.weight);
        assert!(heaviest > MOST_WEIGHT / 2);
    }
}
