//! Opening at a service: GED-188, "Session rules" 1 to 5 and 13.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use cti_proto::code::{PeripheralId, PeripheralType, ServiceMask, StatusCode};
use cti_proto::codec::Secret;
use cti_proto::message::OpenConf;
use cti_proto::session::service::{Event, Peripheral};
use cti_proto::session::{CloseReason, Error};
use cti_proto::{Dialect, Version};

use common::floor::{Floor, Heard, bridge, desk, frames, text};

const VERSION: Version = Version::ucce(15);

fn refusal(status: u8) -> Vec<u8> {
    vec![0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, status]
}

#[test]
fn rule_4_the_application_judges_the_password() {
    let mut floor = Floor::of(Dialect::Ucce);
    let connection = floor.connect(VERSION);
    let mut request = bridge(VERSION);
    request.client_password = Some(Secret::new(&b"wrong"[..]));
    floor.say(connection, request);
    let [Event::OpenRequested { request, .. }] = &floor.events()[..] else {
        panic!();
    };
    assert_eq!(request.client_password.as_ref().unwrap().expose(), b"wrong");
    let (now, status) = (floor.now, StatusCode::INVALID_PASSWORD);
    floor.service.refuse(now, connection, status).unwrap();
    assert_eq!(floor.bytes(connection), refusal(36));
    let reason = CloseReason::Refused { status };
    assert_eq!(floor.events(), [Event::Closed { connection, reason }]);
    assert!(matches!(
        floor.service.admit(now, connection, OpenConf::new()),
        Err(Error::Caller { .. })
    ));
}

#[test]
fn rule_4_the_same_client_that_opens_again_ends_its_old_session_with_11() {
    let mut floor = Floor::of(Dialect::Ucce);
    let old = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let (new, admitted) = floor.try_open(VERSION, desk(VERSION, "1001", "2001"));
    assert_eq!(admitted, Ok(true));
    assert_eq!(
        floor.bytes(old),
        [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 11],
        "FAILURE_EVENT"
    );
    assert_eq!(floor.numbers(new), [4]);
    assert!(!floor.service.is_open(old) && floor.service.is_open(new));
    let closed = Event::Closed {
        connection: old,
        reason: CloseReason::Local,
    };
    assert!(floor.events().contains(&closed));
    assert_eq!(floor.service.connections(), 1);
}

#[test]
fn rule_4_a_device_that_another_client_has_is_refused_with_10() {
    let mut floor = Floor::of(Dialect::Ucce);
    let holder = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    for (agent, extension) in [("1001", "2009"), ("1009", "2001")] {
        let mut request = desk(VERSION, agent, extension);
        request.client_id = Some(text("other"));
        let (other, admitted) = floor.try_open(VERSION, request);
        assert_eq!(admitted, Ok(false));
        assert_eq!(floor.bytes(other), refusal(10));
    }
    assert!(floor.service.is_open(holder));
    floor.service.handle_eof(floor.now, holder);
    let mut request = desk(VERSION, "1001", "2001");
    request.client_id = Some(text("other"));
    floor.open(VERSION, request);
}

#[test]
fn rule_4_agent_data_that_disagree_are_refused_with_32() {
    let mut floor = Floor::of(Dialect::Ucce);
    let connection = floor.connect(VERSION);
    floor.say(connection, desk(VERSION, "1001", "2002"));
    let conf = OpenConf::with(|conf| {
        conf.services_granted = ServiceMask::KNOWN;
        conf.agent_id = Some(text("1001"));
        conf.agent_extension = Some(text("2001"));
    });
    let admitted = floor.service.admit(floor.now, connection, conf);
    assert_eq!(admitted, Ok(false));
    assert_eq!(floor.bytes(connection), refusal(32));
}

#[test]
fn rule_4_a_switch_that_does_not_exist_is_refused_with_7() {
    let mut floor = Floor::of(Dialect::Ucce);
    let switch = Peripheral::new(PeripheralId(6_000), PeripheralType::ACMI_IPCC);
    floor.service.set_peripheral(floor.now, switch);
    let connection = floor.connect(VERSION);
    floor.say(connection, desk(VERSION, "1001", "2001"));
    assert_eq!(floor.bytes(connection), refusal(7));
}

#[test]
fn rule_4_an_open_req_that_nobody_decides_about_is_refused_with_16() {
    let mut floor = Floor::of(Dialect::Ucce);
    let connection = floor.connect(VERSION);
    floor.drive(Duration::from_secs(10));
    floor.say(connection, bridge(VERSION));
    floor.drive(Duration::from_secs(29));
    assert_eq!(floor.bytes(connection), b"");
    floor.drive(Duration::from_secs(30));
    assert_eq!(floor.bytes(connection), refusal(16));
    assert_eq!(floor.service.connections(), 0);
}

#[test]
fn rule_5_all_events_clients_get_a_system_event_for_each_peripheral() {
    let mut floor = Floor::of(Dialect::Ucce);
    let (first, second) = (PeripheralId(5_000), PeripheralId(5_001));
    let kind = PeripheralType::ACMI_IPCC;
    floor
        .service
        .set_peripheral(floor.now, Peripheral::new(first, kind));
    let second = Peripheral::new(second, kind).online(false);
    floor.service.set_peripheral(floor.now, second);
    let (connection, _) = floor.try_open(VERSION, bridge(VERSION));
    let heard = floor.heard(connection);
    let [conf, one, two] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(conf.number, 4);
    // NUM_PERIPHERALS is tag 228.
    assert!(conf.body.windows(4).any(|bytes| bytes == [228, 2, 0, 2]));
    // PGStatus, time, PERIPHERAL_ONLINE, the id, two more arguments, no device.
    let online = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
    ];
    assert_eq!((one.number, &one.body[..]), (31, &online[..]));
    assert_eq!((two.number, two.body[3], two.body[11]), (31, 4, 4));
    let desk = desk(VERSION, "1001", "2001");
    let (desk, _) = floor.try_open(VERSION, desk);
    assert_eq!(floor.numbers(desk), [4]);
}

#[test]
fn what_comes_behind_open_req_waits_for_the_decision() {
    let mut floor = Floor::of(Dialect::Ucce);
    let connection = floor.connect(VERSION);
    floor.say(connection, bridge(VERSION));
    floor.say(
        connection,
        cti_proto::message::HeartbeatReq::with(|beat| beat.invoke_id.0 = 9),
    );
    assert_eq!(floor.bytes(connection), b"");
    let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::ALL_EVENTS);
    floor.service.admit(floor.now, connection, conf).unwrap();
    floor.feed(connection);
    let bytes = floor.bytes(connection);
    let heard = frames(&bytes);
    assert_eq!(
        heard.last(),
        Some(&Heard {
            number: 6,
            body: vec![0, 0, 0, 9]
        })
    );
}

#[test]
fn nobody_loses_a_session_to_one_that_cannot_be_opened() {
    let mut floor = Floor::of(Dialect::Ucce);
    let old = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let new = floor.connect(VERSION);
    floor.say(new, desk(VERSION, "1001", "2001"));
    let conf = OpenConf::with(|conf| {
        conf.services_granted = ServiceMask::CLIENT_EVENTS;
        conf.agent_instrument = Some(text(&"x".repeat(64)));
    });
    let refused = floor.service.admit(floor.now, new, conf);
    assert!(matches!(refused, Err(Error::Encode(_))), "{refused:?}");
    assert!(floor.service.is_open(old));
    assert_eq!(floor.bytes(old), b"");
}
