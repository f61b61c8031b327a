//! SYSTEM_EVENT and what it tells of peripherals: GED-188, "Session rules" 5, "SYSTEM_EVENT".
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use cti_proto::code::{
    MultilineAgentControl, PeripheralId, PgStatus, ServiceMask, StatusCode, SystemEventId,
    Timestamp, UccxStatus,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, OpenPeripheral, SystemEvent};
use cti_proto::session::client::{AgentDevice, Availability, Event, OffLine, SystemChange};
use cti_proto::session::{CloseReason, client, server};
use cti_proto::{Message, Version};

use common::pair::Pair;

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

fn config(version: Version) -> client::Config {
    client::Config::new(version, Text::EMPTY, Secret::default()).heartbeat(None)
}

fn server(version: Version) -> server::Config {
    server::Config::new(version.dialect(), version.number()..=version.number())
}

fn bridge(version: Version) -> Pair {
    let conf = OpenConf::with(|conf| {
        conf.services_granted = ServiceMask::KNOWN;
        conf.peripheral_online = true;
    });
    Pair::opened(config(version).bridge_mode(), server(version), conf)
}

fn event(id: SystemEventId, peripheral: u32) -> SystemEvent {
    SystemEvent::with(|event| {
        event.system_event_id = id;
        event.system_event_arg1 = peripheral;
    })
}

/// The changes that were told, each after its message.
fn changes(pair: &mut Pair) -> Vec<SystemChange> {
    let events = pair.take_client();
    assert!(matches!(events[0], Event::Message(Message::SystemEvent(_))));
    let mut changes = Vec::new();
    for event in events {
        if let Event::System(change) = event {
            changes.push(change);
        }
    }
    changes
}

#[test]
fn one_system_event_for_each_peripheral_follows_the_open() {
    let mut pair = bridge(Version::ucce(23));
    assert_eq!(pair.client.system().peripherals().count(), 0);
    pair.tell(event(SystemEventId::PERIPHERAL_ONLINE, 5_000));
    pair.tell(event(SystemEventId::PERIPHERAL_OFFLINE, 5_001));
    let told = changes(&mut pair);
    let peripheral = |id, availability| SystemChange::Peripheral {
        id: PeripheralId(id),
        availability,
    };
    assert_eq!(
        told,
        [
            SystemChange::Gateway(Availability::Online),
            peripheral(5_000, Availability::Online),
            peripheral(5_001, Availability::Offline),
        ]
    );
    let system = pair.client.system();
    assert!(system.is_online(PeripheralId(5_000)));
    assert!(!system.is_online(PeripheralId(5_001)));
    assert!(!system.is_online(PeripheralId(5_002)), "never heard of");
    // SYSTEM_EVENT: 26 bytes, PERIPHERAL_ONLINE (3), peripheral 5000, no device.
    assert_eq!(pair.server_bytes[..8], [0, 0, 0, 26, 0, 0, 0, 31]);
    assert_eq!(
        pair.server_bytes[16..24],
        [0, 0, 0, 3, 0, 0, 0x13, 0x88],
        "id and first argument"
    );
    pair.tell(event(SystemEventId::PERIPHERAL_ONLINE, 5_000));
    assert!(changes(&mut pair).is_empty(), "that was known");
}

#[test]
fn open_conf_tells_of_the_clients_own_peripheral_and_lists_all() {
    let version = Version::ucce(23);
    let device = AgentDevice::Instrument(text("1001"));
    let config = config(version).agent_mode(PeripheralId(5_000), device);
    let mut pair = Pair::new(config, server(version));
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let conf = OpenConf::with(|conf| {
        conf.peripheral_online = true;
        conf.pg_status = PgStatus::CC_DOWN;
        conf.icm_central_controller_time = Timestamp(1_700_000_000);
        let listed = |id| {
            OpenPeripheral::with(|listed| {
                listed.id = Some(PeripheralId(id));
                listed.multiline_agent_control = Some(MultilineAgentControl::MULTI_LINE);
            })
        };
        conf.peripherals = vec![listed(5_000), listed(5_001)];
    });
    pair.server.accept(pair.now, conf).unwrap();
    pair.settle();
    let own = SystemChange::Peripheral {
        id: PeripheralId(5_000),
        availability: Availability::Online,
    };
    assert!(matches!(
        &pair.take_client()[..],
        [Event::Opened(_), Event::System(change)] if *change == own
    ));
    let system = pair.client.system();
    assert_eq!(system.status(), PgStatus::CC_DOWN);
    assert_eq!(system.time(), Some(Timestamp(1_700_000_000)));
    let known: Vec<_> = system
        .peripherals()
        .map(|(id, known)| (id.0, known.availability, known.multiline_agent_control))
        .collect();
    let multi = Some(MultilineAgentControl::MULTI_LINE);
    assert_eq!(
        known,
        [
            (5_000, Availability::Online, multi),
            (5_001, Availability::Unknown, multi),
        ]
    );
}

#[test]
fn without_its_gateway_no_peripheral_is_online() {
    let mut pair = bridge(Version::ucce(23));
    pair.tell(event(SystemEventId::PERIPHERAL_ONLINE, 5_000));
    pair.forget();
    pair.tell(event(SystemEventId::PERIPHERAL_GATEWAY_OFFLINE, 0));
    let gone = [SystemChange::Gateway(Availability::Offline)];
    assert_eq!(changes(&mut pair), gone);
    assert!(!pair.client.system().is_online(PeripheralId(5_000)));
    assert!(pair.client.is_open(), "UCCE goes on");
}

#[test]
fn the_central_controller_and_the_server_come_and_go() {
    let mut pair = bridge(Version::ucce(23));
    pair.tell(event(SystemEventId::CENTRAL_CONTROLLER_OFFLINE, 0));
    pair.tell(event(SystemEventId::CTI_SERVER_OFFLINE, 0));
    pair.tell(event(SystemEventId::CENTRAL_CONTROLLER_ONLINE, 0));
    pair.tell(event(SystemEventId::CTI_SERVER_ONLINE, 0));
    pair.tell(event(SystemEventId::HALF_HOUR_CHANGE, 0));
    pair.tell(event(SystemEventId::TEXT_FYI, 0));
    assert_eq!(
        changes(&mut pair),
        [
            SystemChange::CentralController(Availability::Offline),
            SystemChange::Server(Availability::Offline),
            SystemChange::CentralController(Availability::Online),
            SystemChange::Server(Availability::Online),
        ]
    );
    let system = pair.client.system();
    assert_eq!(system.central_controller(), Availability::Online);
    assert_eq!(system.server(), Availability::Online);
}

#[test]
fn telephones_out_of_service_are_held_until_they_are_back() {
    let mut pair = bridge(Version::ucce(23));
    let mut out = event(SystemEventId::INSTRUMENT_OUT_OF_SERVICE, 5_000);
    out.text = Some(text("1001"));
    pair.tell(out.clone());
    let change = |availability| SystemChange::Instrument {
        peripheral_id: PeripheralId(5_000),
        instrument: text("1001"),
        availability,
    };
    assert_eq!(changes(&mut pair), [change(Availability::Offline)]);
    let held: Vec<_> = pair.client.system().out_of_service().collect();
    assert_eq!(held, [(PeripheralId(5_000), &text("1001"))]);
    out.system_event_id = SystemEventId::INSTRUMENT_BACK_IN_SERVICE;
    pair.tell(out);
    assert_eq!(changes(&mut pair), [change(Availability::Online)]);
    assert_eq!(pair.client.system().out_of_service().count(), 0);

    let mut pair = bridge(Version::uccx(17));
    let mut out = event(SystemEventId::INSTRUMENT_OUT_OF_SERVICE, 0);
    out.event_device_id = Some(text("1001"));
    out.text = Some(text("gone"));
    pair.tell(out);
    let held: Vec<_> = pair.client.system().out_of_service().collect();
    assert_eq!(held, [(PeripheralId(1), &text("1001"))], "EventDeviceID");
}

#[test]
fn what_is_held_has_a_limit() {
    let version = Version::ucce(23);
    let mut config = config(version).bridge_mode();
    config.max_tracked = 2;
    let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
    let mut pair = Pair::opened(config, server(version), conf);
    for name in ["1", "2", "2", "3"] {
        assert!(pair.client.system().is_complete(), "{name}");
        let mut out = event(SystemEventId::INSTRUMENT_OUT_OF_SERVICE, 5_000);
        out.text = Some(text(name));
        pair.tell(out);
    }
    assert_eq!(pair.client.system().out_of_service().count(), 2);
    assert!(!pair.client.system().is_complete());
    for id in 0..1_100 {
        pair.tell(event(SystemEventId::PERIPHERAL_ONLINE, id));
    }
    assert_eq!(pair.client.system().peripherals().count(), 1_024);
}

/// GED-188 (UCCX), high availability: a client starts over on a SYSTEM_EVENT off-line.
#[test]
fn uccx_off_line_ends_the_session_as_a_failure() {
    let mut pair = bridge(Version::uccx(17));
    let mut off_line = event(SystemEventId::PERIPHERAL_OFFLINE, 1);
    off_line.pg_status = PgStatus(UccxStatus::OUT_OF_SERVICE.0);
    pair.tell(off_line.clone());
    let status = StatusCode::CTI_SERVER_OFFLINE;
    let reason = CloseReason::Failure { status };
    assert!(matches!(
        &pair.take_client()[..],
        [Event::Message(_), Event::System(_), Event::Closed(closed)] if *closed == reason
    ));
    assert_eq!(pair.client.close_reason(), Some(reason));

    let version = Version::uccx(17);
    let config = config(version).bridge_mode().off_line(OffLine::Tells);
    let mut pair = Pair::opened(config, server(version), OpenConf::new());
    pair.tell(off_line);
    assert!(pair.client.is_open());
}
