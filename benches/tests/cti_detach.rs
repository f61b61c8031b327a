//! What outlives an input does not keep it: 100,000 agent ids taken out of reads of 64 KiB, each read
//! a buffer of its own, held by the application and by the machines that keep a picture. Memory is
//! counted by the allocator.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::time::Duration;

use allocation_counter::measure;
use benches::cti::agent_state;
use benches::cti::layout::{Layout, Wide};
use bytes::BytesMut;
use cti_proto::code::{AgentFlags, AgentStateMask, PeripheralId, ServiceMask, TeamConfigOperation};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{AgentTeamConfigEvent, OpenConf, TeamAgent};
use cti_proto::session::failover::{self, Failover};
use cti_proto::session::server::InferredLayouts;
use cti_proto::session::{Client, Server, client, server};
use cti_proto::{Dialect, FrameCodec, Message};

const NOW: Duration = Duration::ZERO;
const AGENTS: u64 = 100_000;
const READ_LEN: usize = 65_536;

/// The reads of `AGENTS` events, more than 20 MB.
fn reads() -> Vec<Vec<u8>> {
    let mut event = agent_state();
    fill(AGENTS, |agent| {
        event.agent_id = Some(agent_id(agent));
        event.clone().into()
    })
}

fn agent_id(agent: u64) -> Text {
    Text::until_nul(format!("{:07}", 1_000_000 + agent).into_bytes())
}

/// Messages 0 to `count`, as many to a read as fit.
fn fill(count: u64, mut message: impl FnMut(u64) -> Message) -> Vec<Vec<u8>> {
    let mut reads = Vec::new();
    let mut read = BytesMut::with_capacity(READ_LEN);
    for index in 0..count {
        let before = read.len();
        assert_eq!(message(index).encode(Wide::VERSION, &mut read), Ok(()));
        if read.len() > READ_LEN {
            let next = read.split_off(before);
            reads.push(read.to_vec());
            read = next;
        }
    }
    reads.push(read.to_vec());
    reads
}

/// A read that nothing else owns.
fn arrive(bytes: &[u8]) -> BytesMut {
    let mut input = BytesMut::with_capacity(READ_LEN);
    input.extend_from_slice(bytes);
    input
}

fn ids(reads: &[Vec<u8>], keep: fn(&Text) -> Text) -> Vec<Text> {
    let codec = FrameCodec::new(Wide::VERSION);
    let mut ids = Vec::with_capacity(AGENTS as usize);
    for read in reads {
        let mut input = arrive(read);
        while let Some(frame) = codec.decode(&mut input).expect("good bytes") {
            let Ok(Message::AgentStateEvent(event)) = Message::decode(Wide::VERSION, frame) else {
                panic!("another message");
            };
            ids.extend(event.agent_id.as_ref().map(keep));
        }
    }
    ids
}

#[test]
fn a_detached_agent_id_costs_its_own_bytes() {
    let reads = reads();
    let wire: usize = reads.iter().map(Vec::len).sum();
    assert!(wire > 20_000_000, "{wire}");
    let mut held = Vec::new();
    let detached = measure(|| held = ids(&reads, Text::detach)).bytes_current;
    assert_eq!(held.len(), AGENTS as usize);
    assert_eq!(held[4_711], "1004711");
    let each = (size_of::<Text>() + "1004711".len()) as i64;
    assert!(
        detached <= AGENTS as i64 * each + READ_LEN as i64,
        "{detached} bytes"
    );
    // What is not detached keeps every read alive: this is what `detach` is for.
    let pinned = measure(|| held = ids(&reads, Text::clone)).bytes_current;
    assert!(pinned > wire as i64 - detached, "{pinned} bytes");
}

#[test]
fn the_teams_of_a_supervisor_keep_no_input() {
    // Ten to a message, in teams of 1,000, each message with a name that fills it up.
    let reads = fill(AGENTS / 10, |index| {
        let mut event = AgentTeamConfigEvent::new(u32::try_from(index / 100).unwrap());
        event.peripheral_id = PeripheralId(1);
        event.config_operation = TeamConfigOperation::ADD_AGENT;
        event.agents = (0..10)
            .map(|place| {
                TeamAgent::with(|agent| {
                    agent.agent_id = Some(agent_id(10 * index + place));
                    agent.flags = Some(AgentFlags::default());
                })
            })
            .collect();
        event.into()
    });
    let wire: usize = reads.iter().map(Vec::len).sum();
    let mut config = client_config();
    config.max_tracked = AGENTS as usize;
    let mut client = Client::new(config);
    client.open(NOW).unwrap();
    let mut answer = admitted(client.poll_transmit());
    client.handle_input(NOW, &mut answer).unwrap();
    let growth = measure(|| {
        for read in &reads {
            client.handle_input(NOW, &mut arrive(read)).unwrap();
            while client.poll_event().is_some() {}
        }
    })
    .bytes_current;
    let members: usize = client
        .teams()
        .iter()
        .map(|(_, team)| team.members.len())
        .sum();
    assert_eq!(members, AGENTS as usize);
    assert!(client.teams().is_complete());
    bounded("teams", growth, 150, wire);
}

#[test]
fn the_picture_of_a_failover_client_keeps_no_input() {
    let reads = reads();
    let wire: usize = reads.iter().map(Vec::len).sum();
    let mut config = failover::Config::new(client_config()).versions([Wide::VERSION]);
    config.max_agents = AGENTS as usize;
    let mut failover = Failover::new(config);
    failover.open(NOW).unwrap();
    let connection = loop {
        match failover.poll_event() {
            Some(failover::Event::Connect { connection, .. }) => break connection,
            other => assert!(other.is_some(), "no connection is asked for"),
        }
    };
    failover.handle_connected(NOW, connection);
    let mut answer = admitted(failover.poll_transmit().map(|transmit| transmit.bytes));
    failover.handle_input(NOW, connection, &mut answer);
    while failover.poll_event().is_some() {}
    let growth = measure(|| {
        for read in &reads {
            failover.handle_input(NOW, connection, &mut arrive(read));
            while failover.poll_event().is_some() {}
        }
    })
    .bytes_current;
    assert_eq!(failover.picture().agents().count(), AGENTS as usize);
    // An agent has a key, two more texts and four skill groups.
    bounded("picture", growth, 700, wire);
}

/// Each agent costs at most `each` bytes, much less than if each read were kept.
fn bounded(what: &str, growth: i64, each: i64, wire: usize) {
    println!("{what}: {} bytes an agent", growth / AGENTS as i64);
    assert!(
        growth <= AGENTS as i64 * each,
        "{what}: {growth} bytes, {wire} came"
    );
}

fn client_config() -> client::Config {
    client::Config::new(Wide::VERSION, Text::EMPTY, Secret::default())
        .services(ServiceMask::ALL_EVENTS.with(ServiceMask::SUPERVISOR))
        .agent_states(AgentStateMask::KNOWN)
        .heartbeat(None)
}

/// OPEN_CONF of a server for the OPEN_REQ in `bytes`.
fn admitted(bytes: Option<bytes::Bytes>) -> BytesMut {
    let config = server::Config::new(Dialect::Ucce, 24..=24);
    let mut server = Server::new(NOW, config.inferred_layouts(InferredLayouts::Taken));
    let mut input = BytesMut::from(&bytes.expect("an OPEN_REQ")[..]);
    server.handle_input(NOW, &mut input).unwrap();
    let services = ServiceMask::ALL_EVENTS.with(ServiceMask::SUPERVISOR);
    let conf = OpenConf::with(|conf| conf.services_granted = services);
    server.accept(NOW, conf).unwrap();
    BytesMut::from(&server.poll_transmit().expect("an OPEN_CONF")[..])
}
