//! Heartbeats, silence and the end of a session: GED-188, "Session rules" 6 to 8.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{ServiceMask, StatusCode, SystemEventId};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, SystemEvent};
use cti_proto::session::{CloseReason, Error, client, server};
use cti_proto::{Dialect, Version};

use common::pair::Pair;

fn pair(heartbeat: Option<u64>) -> Pair {
    let client = client::Config::new(Version::uccx(17), Text::EMPTY, Secret::default())
        .services(ServiceMask::ALL_EVENTS)
        .heartbeat(heartbeat.map(Duration::from_secs));
    let mut pair = Pair::new(client, server::Config::new(Dialect::Uccx, 10..=17));
    pair.client.open(pair.now).unwrap();
    pair.settle();
    pair.server.accept(pair.now, OpenConf::new()).unwrap();
    pair.settle();
    pair.take_client();
    pair.take_server();
    pair.client_bytes.clear();
    pair.server_bytes.clear();
    pair
}

#[test]
fn heartbeats_keep_a_silent_session_alive() {
    let mut pair = pair(Some(5));
    pair.drive(Duration::from_secs(600));
    assert!(pair.take_client().is_empty() && pair.take_server().is_empty());
    assert_eq!(pair.client_bytes.len(), 120 * 12, "one each 5 s");
    assert_eq!(
        pair.client_bytes[..12],
        [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 2]
    );
    assert_eq!(
        pair.server_bytes[..12],
        [0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 2]
    );
}

#[test]
fn three_missed_heartbeats_end_the_session() {
    let mut pair = pair(Some(5));
    pair.connected = false;
    pair.drive(Duration::from_secs(19));
    assert!(pair.take_client().is_empty());
    assert_eq!(pair.client_bytes.len(), 3 * 12);
    pair.drive(Duration::from_secs(20));
    assert_eq!(
        pair.take_client(),
        [client::Event::Closed(CloseReason::HeartbeatsMissed)]
    );
    assert_eq!(
        pair.take_server(),
        [server::Event::Closed(CloseReason::IdleTimedOut)]
    );
}

#[test]
fn any_message_counts_as_a_sign_of_life() {
    let mut pair = pair(Some(5));
    pair.connected = false;
    pair.drive(Duration::from_secs(17));
    assert_eq!(pair.client_bytes.len(), 3 * 12);
    pair.server
        .send(SystemEvent::new(SystemEventId::PERIPHERAL_ONLINE))
        .map(drop)
        .unwrap();
    let mut input = BytesMut::from(&pair.server.poll_transmit().unwrap()[..]);
    pair.client.handle_input(pair.now, &mut input).unwrap();
    pair.drive(Duration::from_secs(34));
    assert!(pair.client.is_open(), "20 s would have been the end");
    pair.drive(Duration::from_secs(35));
    assert!(pair.client.is_closed());
}

#[test]
fn a_heartbeat_answered_with_failure_ends_the_session() {
    let mut pair = pair(Some(5));
    pair.connected = false;
    pair.drive(Duration::from_secs(5));
    let mut input = BytesMut::from(&[0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 15][..]);
    pair.client.handle_input(pair.now, &mut input).unwrap();
    let status = StatusCode::CTI_SERVER_OFFLINE;
    let closed = client::Event::Closed(CloseReason::Failure { status });
    assert_eq!(pair.client.poll_event(), Some(closed));
}

#[test]
fn events_between_do_not_hide_the_failure_of_a_heartbeat() {
    let mut pair = pair(Some(5));
    pair.connected = false;
    pair.drive(Duration::from_secs(5));
    pair.server
        .send(SystemEvent::new(SystemEventId::PERIPHERAL_ONLINE))
        .map(drop)
        .unwrap();
    let mut input = BytesMut::from(&pair.server.poll_transmit().unwrap()[..]);
    input.extend_from_slice(&[0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 15]);
    pair.client.handle_input(pair.now, &mut input).unwrap();
    assert!(pair.client.is_closed());
}

#[test]
fn heartbeats_keep_within_what_servers_take() {
    let mut pair = pair(Some(0));
    pair.drive(Duration::from_secs(20));
    assert_eq!(pair.client_bytes.len(), 4 * 12, "5 s is the least");
    let mut pair = self::pair(Some(90));
    pair.drive(Duration::from_secs(118));
    assert_eq!(pair.client_bytes.len(), 2 * 12, "UCCX wants 59 s at most");
}

#[test]
fn a_close_that_is_answered_with_failure_is_over() {
    let mut pair = pair(Some(5));
    pair.client.close(pair.now, StatusCode::NO_ERROR);
    let mut input = BytesMut::from(&[0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 15][..]);
    pair.client.handle_input(pair.now, &mut input).unwrap();
    let closed = client::Event::Closed(CloseReason::Local);
    assert_eq!(pair.client.poll_event(), Some(closed));
}

#[test]
fn without_heartbeats_nothing_is_due() {
    let mut pair = pair(None);
    assert_eq!(pair.client.poll_timeout(), None);
    assert_eq!(pair.server.poll_timeout(), None);
    pair.drive(Duration::from_secs(86_400));
    assert!(pair.client.is_open() && pair.server.is_open());
}

#[test]
fn a_client_that_falls_silent_is_dropped_after_its_idle_timeout() {
    let mut pair = pair(Some(10));
    pair.connected = false;
    pair.drive(Duration::from_secs(39));
    assert!(pair.take_server().is_empty());
    pair.drive(Duration::from_secs(40));
    assert_eq!(
        pair.take_server(),
        [server::Event::Closed(CloseReason::IdleTimedOut)]
    );
}

#[test]
fn close_is_agreed_on() {
    let mut pair = pair(Some(5));
    pair.client.close(pair.now, StatusCode::NO_ERROR);
    pair.settle();
    assert_eq!(
        pair.take_client(),
        [client::Event::Closed(CloseReason::Local)]
    );
    let status = StatusCode::NO_ERROR;
    assert_eq!(
        pair.take_server(),
        [server::Event::Closed(CloseReason::Peer { status })]
    );
    assert_eq!(
        pair.client_bytes,
        [0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 0]
    );
    assert_eq!(pair.server_bytes, [0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 2]);
}

#[test]
fn close_does_not_wait_longer_than_5_seconds() {
    let mut pair = pair(Some(5));
    pair.connected = false;
    pair.client.close(pair.now, StatusCode::NO_ERROR);
    pair.drive(Duration::from_secs(5));
    assert_eq!(
        pair.take_client(),
        [client::Event::Closed(CloseReason::Local)]
    );
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn a_lost_connection_ends_both_sides() {
    let mut pair = pair(Some(5));
    pair.client.handle_eof();
    pair.server.handle_eof();
    pair.settle();
    assert_eq!(
        pair.take_client(),
        [client::Event::Closed(CloseReason::Disconnected)]
    );
    assert_eq!(
        pair.take_server(),
        [server::Event::Closed(CloseReason::Disconnected)]
    );
    let error = pair.client.open(pair.now).unwrap_err();
    assert_eq!(
        error,
        Error::Caller {
            attempted: "open",
            state: "closed"
        }
    );
}

#[test]
fn a_failure_event_that_says_not_the_master_ends_the_session() {
    let mut pair = pair(Some(5));
    // FAILURE_EVENT 92 of a UCCX node that became standby.
    let mut input = BytesMut::from(&[0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 92][..]);
    pair.client.handle_input(pair.now, &mut input).unwrap();
    let status = StatusCode::SERVER_NOT_MASTER;
    let closed = client::Event::Closed(CloseReason::Failure { status });
    assert_eq!(pair.client.poll_event(), Some(closed));
}
