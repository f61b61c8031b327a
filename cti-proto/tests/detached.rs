//! What outlives an input keeps no part of it: sessions hold copies of what they remember, and so can applications.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use cti_proto::code::{AgentStateMask, CallEventMask, InvokeId, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::OpenConf;
use cti_proto::session::failover::{self, Failover};
use cti_proto::session::server::InferredLayouts;
use cti_proto::session::{Client, Server, client, server};
use cti_proto::{Dialect, FrameCodec, Message, Version};

use common::synth::sample;

/// As large as a read from a socket may be.
const READ: usize = 64 * 1024;

/// Versions of each width of a floating field.
const VERSIONS: [Version; 3] = [Version::ucce(15), Version::uccx(18), Version::ucce(24)];

/// A hundred thousand agent ids, each out of a read of its own. Where a part of a read were kept, its buffer could not be
/// used again, and 6 GB would be taken.
#[test]
fn a_hundred_thousand_agent_ids_leave_one_read_buffer() {
    const AGENTS: u32 = 100_000;
    let version = Version::uccx(17);
    let codec = FrameCodec::new(version);
    let mut read = BytesMut::with_capacity(READ);
    let mut agents = Vec::new();
    let mut place = None;
    for number in 0..AGENTS {
        // QUERY_AGENT_STATE_REQ with AgentID, tag 194.
        read.put_slice(&[0, 0, 0, 26, 0, 0, 0, 36]);
        read.put_bytes(0, 16);
        read.put_slice(&[194, 8]);
        read.put_slice(format!("{number:07}\0").as_bytes());
        let frame = codec.decode(&mut read).unwrap().unwrap();
        let Message::QueryAgentStateReq(request) = Message::decode(version, frame).unwrap() else {
            panic!();
        };
        agents.push(request.agent_id.as_ref().unwrap().detach());
        drop(request);
        assert!(read.try_reclaim(READ), "agent {number} keeps the read");
        place.get_or_insert(read.as_ptr());
        assert_eq!(Some(read.as_ptr()), place, "another buffer was taken");
    }
    let bytes: usize = agents.iter().map(|agent| agent.as_bytes().len()).sum();
    assert_eq!(bytes, 7 * AGENTS as usize);
    assert_eq!(agents[99_999], "0099999");
}

/// Every message that exists in the version, from the bytes of its table, one to a read.
fn reads(version: Version) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    Message::TABLES
        .iter()
        .filter(move |table| table.gate.admits(version))
        .map(move |table| {
            let body = sample(table, version).body;
            let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
            bytes.extend(table.number.0.to_be_bytes());
            bytes.extend(body);
            (table.name, bytes)
        })
        // They end the session, or are about its beginning.
        .filter(|(name, _)| {
            ![
                "FAILURE_EVENT",
                "CLOSE_REQ",
                "OPEN_CONF",
                "STANDBY_ACTIVE_EVENT_MSG",
            ]
            .contains(name)
        })
}

fn config(version: Version) -> client::Config {
    client::Config::new(version, Text::EMPTY, Secret::default())
        .services(ServiceMask::ALL_EVENTS | ServiceMask::SUPERVISOR | ServiceMask::CLIENT_CONTROL)
        .call_events(CallEventMask::KNOWN)
        .agent_states(AgentStateMask::KNOWN)
}

#[test]
fn a_client_keeps_no_part_of_a_read() {
    for version in VERSIONS {
        let mut client = Client::new(config(version));
        client.open(Duration::ZERO).unwrap();
        let mut conf = open_conf(version);
        client.handle_input(Duration::ZERO, &mut conf).unwrap();
        assert!(client.is_open());
        drop(conf);
        while client.poll_event().is_some() {}
        for (name, bytes) in reads(version) {
            let mut read = BytesMut::with_capacity(READ);
            read.put_slice(&bytes);
            client.handle_input(Duration::ZERO, &mut read).unwrap();
            while client.poll_event().is_some() || client.poll_transmit().is_some() {}
            assert!(read.try_reclaim(READ), "{name} of {version} keeps its read");
        }
        assert!(client.is_open(), "{version}");
    }
}

#[test]
fn a_server_keeps_no_part_of_a_read() {
    for version in VERSIONS {
        let mut client = Client::new(config(version));
        client.open(Duration::ZERO).unwrap();
        let versions = match version.dialect() {
            Dialect::Ucce => 5..=25,
            Dialect::Uccx => 10..=18,
        };
        let config = server::Config::new(version.dialect(), versions);
        let config = config.inferred_layouts(InferredLayouts::Taken);
        let mut server = Server::new(Duration::ZERO, config);
        let mut read = BytesMut::with_capacity(READ);
        read.put_slice(&client.poll_transmit().unwrap());
        server.handle_input(Duration::ZERO, &mut read).unwrap();
        server.accept(Duration::ZERO, OpenConf::default()).unwrap();
        while server.poll_event().is_some() || server.poll_transmit().is_some() {}
        assert!(
            read.try_reclaim(READ),
            "OPEN_REQ of {version} keeps its read"
        );
        for (name, bytes) in reads(version) {
            let mut read = BytesMut::with_capacity(READ);
            read.put_slice(&bytes);
            server.handle_input(Duration::ZERO, &mut read).unwrap();
            while let Some(event) = server.poll_event() {
                if let server::Event::Request { invoke_id, .. } = event {
                    let _ = server.fail(invoke_id, StatusCode::UNSPECIFIED_FAILURE);
                }
            }
            while server.poll_transmit().is_some() {}
            assert!(read.try_reclaim(READ), "{name} of {version} keeps its read");
        }
        assert!(server.is_open(), "{version}");
    }
}

/// The failover client remembers agents and calls.
#[test]
fn a_failover_client_keeps_no_part_of_a_read() {
    for version in VERSIONS {
        let mut machine = Failover::new(failover::Config::new(config(version)));
        machine.open(Duration::ZERO).unwrap();
        let Some(failover::Event::Connect { connection, .. }) = machine.poll_event() else {
            panic!("no side is asked for");
        };
        machine.handle_connected(Duration::ZERO, connection);
        let mut conf = open_conf(version);
        machine.handle_input(Duration::ZERO, connection, &mut conf);
        drop(conf);
        assert!(machine.active_side().is_some(), "{version}");
        while machine.poll_event().is_some() {}
        for (name, bytes) in reads(version) {
            let mut read = BytesMut::with_capacity(READ);
            read.put_slice(&bytes);
            machine.handle_input(Duration::ZERO, connection, &mut read);
            while machine.poll_event().is_some() || machine.poll_transmit().is_some() {}
            assert!(read.try_reclaim(READ), "{name} of {version} keeps its read");
        }
        assert!(
            machine.picture().agents().count() > 0,
            "{version}: nothing is remembered"
        );
        assert!(
            machine.picture().calls().count() > 0,
            "{version}: nothing is remembered"
        );
    }
}

/// OPEN_CONF to the first request of a client, active where the version says so.
fn open_conf(version: Version) -> BytesMut {
    let conf = OpenConf::with(|conf| {
        conf.invoke_id = InvokeId(1);
        conf.services_granted = ServiceMask::ALL_EVENTS | ServiceMask::SUPERVISOR;
        conf.session_type = cti_proto::code::SessionType::ACTIVE;
    });
    let mut wire = BytesMut::new();
    Message::from(conf).encode(version, &mut wire).unwrap();
    wire
}
