//! The TCP connections of a capture.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::inspect::Failure;
use crate::inspect::args::{Args, Show, client_by_port, is_well_known};
use crate::inspect::conversation::{Begin, Conversation, Over, Peers, Sender};
use crate::inspect::packet::Segment;
use crate::inspect::reassembly::{Piece, Stream};
use crate::inspect::report::Report;
use crate::inspect::timestamp::Timestamp;

/// All connections that are followed; the one that was silent longest makes room for a new one.
#[derive(Debug)]
pub(crate) struct Flows<'a> {
    show: &'a Show,
    /// The server ports that the user names.
    ports: &'a [u16],
    flows: BTreeMap<Ends, Flow>,
    /// Which connection was used when, the oldest first.
    used: BTreeMap<u64, Ends>,
    clock: u64,
}

/// The two ends in an order of their own.
type Ends = (SocketAddr, SocketAddr);

#[derive(Debug)]
struct Flow {
    conversation: Conversation,
    /// What the client sends, then what the server sends.
    streams: [Stream; 2],
    last_used: u64,
}

impl<'a> Flows<'a> {
    pub(crate) fn new(args: &'a Args) -> Self {
        Self {
            show: &args.show,
            ports: &args.port,
            flows: BTreeMap::new(),
            used: BTreeMap::new(),
            clock: 0,
        }
    }

    /// Takes a segment.
    pub(crate) fn segment(
        &mut self,
        time: Timestamp,
        segment: &Segment<'_>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let ends = (
            segment.source.min(segment.destination),
            segment.source.max(segment.destination),
        );
        let opens = segment.syn && segment.acknowledged.is_none();
        if opens
            && self
                .flows
                .get(&ends)
                .is_some_and(|flow| flow.is_another(segment))
        {
            self.close(ends, time, Over::Replaced, report)?;
        }
        if !self.flows.contains_key(&ends) {
            let worth_it = segment.syn || !segment.payload.is_empty() || segment.cut > 0;
            let Some(flow) = worth_it
                .then(|| Flow::new(self.show, self.ports, segment))
                .flatten()
            else {
                return Ok(());
            };
            if self.flows.len() >= MOST_FLOWS
                && let Some((_, oldest)) = self.used.pop_first()
            {
                self.close(oldest, time, Over::Evicted, report)?;
            }
            self.flows.insert(ends, flow);
        }
        let Some(flow) = self.flows.get_mut(&ends) else {
            return Ok(());
        };
        self.clock += 1;
        self.used.remove(&flow.last_used);
        self.used.insert(self.clock, ends);
        flow.last_used = self.clock;
        flow.segment(time, segment, report)?;
        if flow.streams.iter().all(Stream::has_ended) {
            self.close(ends, time, Over::Closed, report)?;
        }
        Ok(())
    }

    /// The capture is over.
    pub(crate) fn finish(&mut self, time: Timestamp, report: &mut Report) -> Result<(), Failure> {
        while let Some((_, ends)) = self.used.pop_first() {
            self.close(ends, time, Over::CaptureEnded, report)?;
        }
        Ok(())
    }

    fn close(
        &mut self,
        ends: Ends,
        time: Timestamp,
        over: Over,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let Some(mut flow) = self.flows.remove(&ends) else {
            return Ok(());
        };
        self.used.remove(&flow.last_used);
        for sender in [Sender::Client, Sender::Server] {
            let mut pieces = Vec::new();
            // Only a connection that was closed has come to the end of its streams.
            let last = match over {
                Over::Closed => Piece::End,
                Over::CaptureEnded | Over::Evicted | Over::Replaced => Piece::Stop,
            };
            flow.streams[sender as usize].end(last, &mut pieces);
            flow.take(time, sender, pieces, report)?;
        }
        flow.conversation.finish(time, over, report)
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
        let by_port = client_by_port(one, other, is_wanted);
        let has_port = is_wanted(one.port()) || is_wanted(other.port());
        if !has_port && !ports.is_empty() {
            return None;
        }
        let (client, certain) = match (segment.syn, segment.acknowledged, by_port) {
            (true, None, _) => (one, true),
            (true, Some(_), _) => (other, true),
            (false, _, Some(client)) => (client, true),
            (false, _, None) => (one, false),
        };
        let server = if client == one { other } else { one };
        if show
            .client
            .is_some_and(|filter| !filter.admits(client) && (certain || !filter.admits(server)))
        {
            return None;
        }
        let begin = Begin {
            peers: Some(Peers { client, server }),
            from_its_beginning: segment.syn,
            trusted: has_port,
            sides_are_known: certain,
        };
        Some(Self {
            conversation: Conversation::new(show, begin),
            streams: [Stream::default(), Stream::default()],
            last_used: 0,
        })
    }

    /// Whether a SYN begins another connection between the same ends.
    fn is_another(&self, syn: &Segment<'_>) -> bool {
        let stream = &self.streams[self.sender(syn) as usize];
        // The same SYN again leaves the number of the first byte where it is.
        stream.has_started() && stream.next_sequence() != Some(syn.sequence.wrapping_add(1))
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
        time: Timestamp,
        segment: &Segment<'_>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let sender = self.sender(segment);
        let [own, other] = match sender {
            Sender::Client => [0, 1],
            Sender::Server => [1, 0],
        };
        let mut pieces = Vec::new();
        let stream = &mut self.streams[own];
        if segment.syn {
            if !stream.has_started() {
                stream.start(segment.sequence);
            }
        } else {
            let data = Bytes::copy_from_slice(segment.payload);
            let len = data.len() as u64 + segment.cut;
            stream.segment(time, segment.sequence, data, segment.cut, &mut pieces);
            if segment.fin {
                // Lengths of a packet fit 32 bits.
                stream.finish(segment.sequence.wrapping_add(len as u32), &mut pieces);
            }
            stream.observe(time, None, &mut pieces);
        }
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
        for piece in pieces {
            self.conversation.take(Some(time), sender, piece, report)?;
        }
        Ok(())
    }
}

/// Connections that are followed at a time.
const MOST_FLOWS: usize = 1_024;
