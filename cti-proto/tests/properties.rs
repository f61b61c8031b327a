//! Properties of codec and sessions under any input.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{AgentStateMask, CallEventMask, InvokeId, MessageType, ServiceMask};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, QueryAgentStateReq};
use cti_proto::session::server::InferredLayouts;
use cti_proto::session::{Client, Server, client, server};
use cti_proto::{Dialect, Frame, Message, Version};
use proptest::collection::vec;
use proptest::prelude::*;

use common::synth::{sample, versions};

fn any_version() -> impl Strategy<Value = Version> {
    prop::sample::select(versions().collect::<Vec<_>>())
}

/// Numbers of messages that exist, and some that do not.
fn any_type() -> impl Strategy<Value = u32> {
    let known: Vec<u32> = Message::TABLES.iter().map(|table| table.number.0).collect();
    prop_oneof![9 => prop::sample::select(known), 1 => any::<u32>()]
}

proptest! {
    #[test]
    fn bytes_never_panic_and_what_is_read_is_stable(
        version in any_version(),
        number in any_type(),
        body in vec(any::<u8>(), 0..600),
    ) {
        let frame = Frame { message_type: MessageType(number), body: Bytes::from(body) };
        let Ok(message) = Message::decode(version, frame) else { return Ok(()) };
        let mut wire = BytesMut::new();
        // A text beyond its maximum is read but not written.
        if message.encode(version, &mut wire).is_ok() {
            let body = wire.split_off(8).freeze();
            let again = Message::decode(version, Frame { message_type: message.message_type(), body });
            prop_assert_eq!(again, Ok(message));
        } else {
            prop_assert!(wire.is_empty(), "a refused message leaves nothing behind");
        }
    }

    #[test]
    fn any_split_of_the_input_gives_the_same_client_events(
        version in prop::sample::select(&WIDTHS[..]),
        picks in vec(0..Message::TABLES.len(), 1..12),
        cuts in vec(1..40_usize, 1..200),
    ) {
        let stream = stream(version, &picks);
        let whole = client_events(version, &stream, &[stream.len()]);
        prop_assert_eq!(client_events(version, &stream, &cuts), whole);
    }

    #[test]
    fn any_split_of_the_input_gives_the_same_server_output(
        version in prop::sample::select(&WIDTHS[..]),
        picks in vec(0..Message::TABLES.len(), 1..12),
        cuts in vec(1..40_usize, 1..200),
    ) {
        let stream = stream(version, &picks);
        let whole = server_output(version, &stream, &[stream.len()]);
        prop_assert_eq!(server_output(version, &stream, &cuts), whole);
    }

    #[test]
    fn random_bytes_never_panic_a_session(input in vec(any::<u8>(), 0..2_000)) {
        let _ = client_events(WIDTHS[0], &input, &[7]);
        let _ = server_output(WIDTHS[0], &input, &[7]);
        let mut fresh = Server::new(Duration::ZERO, server::Config::new(Dialect::Ucce, 5..=25));
        let _ = fresh.handle_input(Duration::ZERO, &mut BytesMut::from(&input[..]));
    }

    /// Clocks are monotonic, but a caller's need not be.
    #[test]
    fn time_that_stands_still_or_jumps_answers_each_request_once(
        steps in vec((any::<bool>(), prop_oneof![Just(0), 0..40_u64, any::<u64>()]), 1..40),
    ) {
        let (mut client, mut server) = open(WIDTHS[0]);
        let mut asked = BTreeSet::new();
        let mut closed = 0;
        for (asks, seconds) in steps {
            let now = Duration::from_secs(seconds);
            if asks && let Ok(handle) = client.request(now, QueryAgentStateReq::default()) {
                prop_assert!(asked.insert(handle.invoke_id()));
            }
            client.handle_timeout(now);
            server.handle_timeout(now);
            prop_assert!(client.poll_timeout().is_none_or(|next| next > now));
            prop_assert!(server.poll_timeout().is_none_or(|next| next > now));
            closed += answers(&mut client, &mut asked)?;
        }
        client.handle_eof();
        closed += answers(&mut client, &mut asked)?;
        prop_assert_eq!((asked.len(), closed), (0, 1));
    }
}

/// Takes answers to what was asked, and ends; returns how often the session ended.
fn answers(client: &mut Client, asked: &mut BTreeSet<InvokeId>) -> Result<usize, TestCaseError> {
    let mut closed = 0;
    while let Some(event) = client.poll_event() {
        if let client::Event::Answer(answer) = event {
            prop_assert!(asked.remove(&answer.invoke_id), "{answer:?} was not asked");
        } else {
            prop_assert!(matches!(event, client::Event::Closed(_)), "{event:?}");
            closed += 1;
        }
    }
    Ok(closed)
}

/// One version of each width of a floating field.
const WIDTHS: [Version; 3] = [Version::uccx(17), Version::uccx(18), Version::ucce(24)];

/// The picked messages, one behind the other, as far as the version has them.
fn stream(version: Version, picks: &[usize]) -> Vec<u8> {
    let mut stream = Vec::new();
    for table in picks.iter().map(|pick| Message::TABLES[*pick]) {
        if table.gate.admits(version) {
            let body = sample(table, version).body;
            stream.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
            stream.extend(table.number.0.to_be_bytes());
            stream.extend(body);
        }
    }
    stream
}

fn open(version: Version) -> (Client, Server) {
    let config = client::Config::new(version, Text::EMPTY, Secret::default())
        .services(ServiceMask::ALL_EVENTS)
        .call_events(CallEventMask::KNOWN)
        .agent_states(AgentStateMask::KNOWN);
    let mut client = Client::new(config);
    let number = version.number();
    let config = server::Config::new(version.dialect(), number..=number)
        .inferred_layouts(InferredLayouts::Taken);
    let mut server = Server::new(Duration::ZERO, config);
    client.open(Duration::ZERO).unwrap();
    let mut wire = BytesMut::from(&client.poll_transmit().unwrap()[..]);
    server.handle_input(Duration::ZERO, &mut wire).unwrap();
    server.accept(Duration::ZERO, OpenConf::new()).unwrap();
    let mut wire = BytesMut::from(&server.poll_transmit().unwrap()[..]);
    client.handle_input(Duration::ZERO, &mut wire).unwrap();
    while client.poll_event().is_some() || server.poll_event().is_some() {}
    (client, server)
}

/// Gives `stream` to `take` in pieces whose lengths go round in `cuts`.
fn feed(stream: &[u8], cuts: &[usize], mut take: impl FnMut(&mut BytesMut)) {
    let mut input = BytesMut::new();
    let mut rest = stream;
    for cut in cuts.iter().cycle() {
        let (piece, left) = rest.split_at((*cut).clamp(1, rest.len().max(1)).min(rest.len()));
        input.extend_from_slice(piece);
        take(&mut input);
        rest = left;
        if rest.is_empty() {
            return;
        }
    }
}

fn client_events(version: Version, stream: &[u8], cuts: &[usize]) -> Vec<client::Event> {
    let (mut client, _) = open(version);
    let mut events = Vec::new();
    feed(stream, cuts, |input| {
        let _ = client.handle_input(Duration::ZERO, input);
        events.extend(std::iter::from_fn(|| client.poll_event()));
    });
    events
}

fn server_output(version: Version, stream: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<server::Event>) {
    let (_, mut server) = open(version);
    let mut bytes = Vec::new();
    let mut events = Vec::new();
    feed(stream, cuts, |input| {
        let _ = server.handle_input(Duration::ZERO, input);
        events.extend(std::iter::from_fn(|| server.poll_event()));
        bytes.extend(std::iter::from_fn(|| server.poll_transmit()).flatten());
    });
    (bytes, events)
}
