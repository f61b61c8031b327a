//! The upload of configuration: GED-188, "Configuration messages".
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{
    ConfigEndStatus, ConfigKeyStatus, ConfigMask, ConfigType, PeripheralId, RecordType,
    ServiceMask, StatusCode,
};
use cti_proto::codec::{Blob, Secret, Text};
use cti_proto::message::{
    AgentRecord, ConfigAgentEvent, ConfigBeginEvent, ConfigCsqEvent, ConfigEndEvent,
    ConfigKeyEvent, ConfigServiceEvent, CsqRecord, OpenConf, ServiceRecord,
};
use cti_proto::session::client::{
    Client, ConfigEvent, ConfigKey, ConfigKeys, ConfigKind, ConfigUpload, Event, UploadFailure,
    UploadSummary,
};
use cti_proto::session::{CloseReason, Error, client, server};
use cti_proto::{Dialect, Message, Version};

use common::pair::Pair;

const SERVICES_AND_AGENTS: ConfigMask = ConfigMask::SERVICE.with(ConfigMask::AGENT);

fn pair(version: Version) -> Pair {
    let config = client::Config::new(version, Text::EMPTY, Secret::default())
        .bridge_mode()
        .configuration(SERVICES_AND_AGENTS)
        .heartbeat(None);
    let server = server::Config::new(version.dialect(), version.number()..=version.number());
    let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
    Pair::opened(config, server, conf)
}

fn ucce() -> Pair {
    pair(Version::ucce(25))
}

fn uccx() -> Pair {
    pair(Version::uccx(17))
}

/// Records of `kinds` at peripheral 5000, which UCCX does not name.
fn upload_of(kinds: ConfigMask) -> ConfigUpload {
    ConfigUpload::new(kinds).peripheral_id(PeripheralId(5_000))
}

fn key(last: u8) -> Option<Blob> {
    Some(Blob(Bytes::copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, last])))
}

fn begin(kinds: ConfigMask) -> ConfigBeginEvent {
    ConfigBeginEvent::with(|begin| {
        begin.config_type = ConfigType::SOLICITED;
        begin.config_information = kinds;
    })
}

fn end(status: ConfigEndStatus) -> ConfigEndEvent {
    ConfigEndEvent::with(|end| end.status = status)
}

fn services(count: u32) -> ConfigServiceEvent {
    let service = |number| {
        ServiceRecord::with(RecordType::ADD, |record| {
            record.peripheral_number = Some(number)
        })
    };
    ConfigServiceEvent::with(|event| event.records = (0..count).map(service).collect())
}

fn agents(record_type: RecordType) -> ConfigAgentEvent {
    let login_id = Text::try_from("1001").unwrap();
    let agent = AgentRecord::with(record_type, |record| record.login_id = Some(login_id));
    ConfigAgentEvent::with(|event| event.records = vec![agent])
}

/// What the client was told of configuration; anything else fails the test.
fn told(pair: &mut Pair) -> Vec<ConfigEvent> {
    let mut told = Vec::new();
    for event in pair.take_client() {
        let Event::Config(event) = event else {
            panic!("{event:?}");
        };
        told.push(event);
    }
    told
}

fn done(pair: &mut Pair) -> UploadSummary {
    match &told(pair)[..] {
        [.., ConfigEvent::Done(summary)] => summary.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_upload_yields_records_as_they_come_and_ends_with_keys_and_counts() {
    let mut pair = ucce();
    let upload = upload_of(SERVICES_AND_AGENTS);
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    // CONFIG_REQUEST_EVENT, 12 bytes from version 24 on: upload of 5, changes of 5, peripheral 5000.
    assert_eq!(
        pair.client_bytes,
        [
            0, 0, 0, 12, 0, 0, 0, 232, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0x13, 0x88
        ]
    );
    let mut first = begin(ConfigMask::SERVICE);
    first.service_config_key = key(7);
    pair.tell(first);
    // ConfigType 1, kind 1, and the key under tag 177 in two bytes.
    assert_eq!(
        pair.server_bytes,
        [
            0, 0, 0, 18, 0, 0, 0, 233, 0, 1, 0, 0, 0, 1, 0, 177, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7
        ]
    );
    pair.tell(services(2));
    let [ConfigEvent::Uploaded(records)] = &told(&mut pair)[..] else {
        panic!("a record was not told before the next came");
    };
    assert_eq!((records.kind(), records.len()), (ConfigKind::Service, 2));
    pair.tell(services(1));
    pair.tell(end(ConfigEndStatus::SUCCESS));
    pair.tell(begin(ConfigMask::AGENT));
    pair.tell(agents(RecordType::ADD));
    assert!(pair.client.is_uploading());
    pair.tell(end(ConfigEndStatus::SUCCESS));
    let summary = done(&mut pair);
    assert!(summary.is_complete() && !pair.client.is_uploading());
    assert_eq!(summary.uploaded[&ConfigKind::Service].records, 3);
    assert_eq!(summary.uploaded[&ConfigKind::Agent].records, 1);
    let kept: Vec<_> = summary.keys.iter().collect();
    let service_key = ConfigKey([0, 0, 0, 0, 0, 0, 0, 7]);
    assert_eq!(kept, [(ConfigKind::Service, service_key)]);
}

#[test]
fn kinds_may_come_in_any_order_and_together() {
    let mut pair = ucce();
    let kinds = SERVICES_AND_AGENTS | ConfigMask::DEVICE;
    let upload = upload_of(kinds);
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    pair.tell(begin(ConfigMask::DEVICE));
    pair.tell(end(ConfigEndStatus::EMPTY));
    pair.tell(begin(SERVICES_AND_AGENTS));
    pair.tell(agents(RecordType::ADD));
    pair.tell(services(4));
    pair.tell(end(ConfigEndStatus::SUCCESS));
    let summary = done(&mut pair);
    let counts: Vec<_> = summary
        .uploaded
        .iter()
        .map(|(kind, uploaded)| (*kind, uploaded.records))
        .collect();
    let expected = [
        (ConfigKind::Service, 4),
        (ConfigKind::Agent, 1),
        (ConfigKind::Device, 0),
    ];
    assert_eq!(counts, expected);
    assert!(summary.is_complete(), "empty is whole");
}

/// The keys of an earlier upload: 7 for services, 8 for agents.
fn known() -> ConfigKeys {
    let event = ConfigKeyEvent::with(|event| {
        event.service_config_key = key(7);
        event.agent_config_key = key(8);
    });
    ConfigKeys::from(&event)
}

#[test]
fn equal_keys_leave_nothing_to_upload() {
    let mut pair = ucce();
    let upload = upload_of(SERVICES_AND_AGENTS).known(known());
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    // CONFIG_REQUEST_KEY_EVENT for peripheral 5000.
    let asks = [0, 0, 0, 4, 0, 0, 0, 230, 0, 0, 0x13, 0x88];
    assert_eq!(pair.client_bytes, asks);
    pair.client_bytes.clear();
    pair.tell(ConfigKeyEvent::with(|event| {
        event.service_config_key = key(7);
        event.agent_config_key = key(8);
    }));
    // CONFIG_REQUEST_EVENT with mask 0 asks for the changes.
    let asks = [
        0, 0, 0, 12, 0, 0, 0, 232, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x13, 0x88,
    ];
    assert_eq!(pair.client_bytes, asks);
    let unchanged = vec![ConfigKind::Service, ConfigKind::Agent];
    let events = told(&mut pair);
    let [
        ConfigEvent::Compared {
            unchanged: same, ..
        },
        ConfigEvent::Done(summary),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((same, &summary.unchanged), (&unchanged, &unchanged));
    assert_eq!(summary.keys, known());
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn a_key_that_differs_or_is_zero_needs_an_upload_of_its_kind() {
    for agent_key in [key(9), key(0), None] {
        let mut pair = uccx();
        let upload = upload_of(SERVICES_AND_AGENTS).known(known());
        pair.client.upload(pair.now, upload).unwrap();
        pair.settle();
        pair.client_bytes.clear();
        pair.tell(ConfigKeyEvent::with(|event| {
            event.service_config_key = key(7);
            event.agent_config_key = agent_key.clone();
        }));
        // CONFIG_REQUEST_EVENT of UCCX from version 11 on: agents, and zero.
        let asks = [0, 0, 0, 8, 0, 0, 0, 232, 0, 0, 0, 4, 0, 0, 0, 0];
        assert_eq!(pair.client_bytes, asks);
        pair.tell(begin(ConfigMask::AGENT));
        pair.tell(agents(RecordType::ADD));
        pair.tell(end(ConfigEndStatus::SUCCESS));
        let summary = done(&mut pair);
        assert_eq!(summary.unchanged, [ConfigKind::Service]);
        assert_eq!(summary.uploaded[&ConfigKind::Agent].records, 1);
        let told = (agent_key == key(9)).then_some(ConfigKey([0, 0, 0, 0, 0, 0, 0, 9]));
        assert_eq!(summary.keys.get(ConfigKind::Agent), told);
    }
}

#[test]
fn a_server_without_keys_is_asked_for_all() {
    let mut pair = uccx();
    let upload = upload_of(SERVICES_AND_AGENTS).known(known());
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    pair.client_bytes.clear();
    pair.tell(ConfigKeyEvent::with(|event| {
        event.status = ConfigKeyStatus::NO_KEY_SUPPORT;
    }));
    assert_eq!(pair.client_bytes[8..12], [0, 0, 0, 5]);
}

#[test]
fn refused_keys_end_the_upload() {
    let mut pair = uccx();
    let upload = upload_of(SERVICES_AND_AGENTS).known(known());
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    let status = ConfigKeyStatus::SERVICE_PROVIDER;
    pair.tell(ConfigKeyEvent::with(|event| event.status = status));
    let events = told(&mut pair);
    let [ConfigEvent::Failed { failure, summary }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(*failure, UploadFailure::KeysRefused(status));
    assert_eq!(summary.missing, [ConfigKind::Service, ConfigKind::Agent]);
}

#[test]
fn an_end_without_a_begin_refuses_all_or_says_that_there_is_nothing() {
    let mut pair = uccx();
    let upload = upload_of(SERVICES_AND_AGENTS);
    pair.client.upload(pair.now, upload.clone()).unwrap();
    pair.settle();
    let status = ConfigEndStatus::NO_SERVICE_PROVIDER;
    pair.tell(end(status));
    let events = told(&mut pair);
    assert!(matches!(
        events[..],
        [ConfigEvent::Failed { failure: UploadFailure::Refused(refused), .. }] if refused == status
    ));

    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    pair.tell(end(ConfigEndStatus::EMPTY));
    assert!(done(&mut pair).is_complete());
}

#[test]
fn silence_ends_the_upload_and_tells_what_is_missing() {
    let mut pair = uccx();
    let upload = upload_of(SERVICES_AND_AGENTS);
    pair.client.upload(pair.now, upload).unwrap();
    pair.drive(Duration::from_secs(59));
    pair.tell(begin(ConfigMask::SERVICE));
    pair.drive(Duration::from_secs(118));
    assert!(
        pair.client.is_uploading(),
        "each message begins the wait anew"
    );
    pair.tell(end(ConfigEndStatus::EMPTY));
    pair.drive(Duration::from_secs(177));
    assert!(pair.client.is_uploading());
    pair.drive(Duration::from_secs(178));
    let events = told(&mut pair);
    let [ConfigEvent::Failed { failure, summary }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(*failure, UploadFailure::Silent);
    assert_eq!(summary.missing, [ConfigKind::Agent]);
    assert!(summary.uploaded.contains_key(&ConfigKind::Service));
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn changes_come_apart_from_an_upload() {
    let mut pair = ucce();
    let upload = upload_of(ConfigMask::AGENT);
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    let mut update = begin(ConfigMask::AGENT);
    update.config_type = ConfigType::UNSOLICITED_UPDATE;
    update.agent_config_key = key(9);
    pair.tell(update);
    pair.tell(agents(RecordType::CHANGE));
    pair.tell(end(ConfigEndStatus::SUCCESS));
    let events = told(&mut pair);
    let [
        ConfigEvent::Changed(records),
        ConfigEvent::ChangesEnd { kinds, keys, .. },
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(records.kind(), ConfigKind::Agent);
    assert_eq!(kinds[..], [ConfigKind::Agent]);
    assert!(keys.get(ConfigKind::Agent).is_some());
    assert!(pair.client.is_uploading(), "that was not the upload");

    pair.tell(begin(ConfigMask::AGENT));
    pair.tell(services(1));
    pair.tell(end(ConfigEndStatus::SUCCESS));
    let events = told(&mut pair);
    let [ConfigEvent::Changed(_), ConfigEvent::Done(summary)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(summary.uploaded[&ConfigKind::Agent].records, 0);
    pair.tell(agents(RecordType::DELETE));
    assert!(matches!(told(&mut pair)[..], [ConfigEvent::Changed(_)]));
}

#[test]
fn a_kind_that_the_server_begins_anew_is_counted_anew() {
    let mut pair = ucce();
    let upload = upload_of(ConfigMask::SERVICE);
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    pair.tell(begin(ConfigMask::SERVICE));
    pair.tell(services(5));
    pair.tell(begin(ConfigMask::SERVICE));
    pair.tell(services(2));
    pair.tell(end(ConfigEndStatus::SUCCESS));
    let summary = done(&mut pair);
    assert_eq!(summary.uploaded[&ConfigKind::Service].records, 2);
}

#[test]
fn a_kind_that_is_not_whole_keeps_no_key() {
    let mut pair = ucce();
    let upload = upload_of(ConfigMask::AGENT);
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    let mut start = begin(ConfigMask::AGENT);
    start.agent_config_key = key(9);
    pair.tell(start);
    pair.tell(end(ConfigEndStatus::PARTIAL));
    let summary = done(&mut pair);
    assert!(!summary.is_complete() && summary.keys.is_empty());
}

#[test]
fn one_upload_runs_at_a_time() {
    let mut pair = ucce();
    let upload = upload_of(ConfigMask::AGENT);
    pair.client.upload(pair.now, upload.clone()).unwrap();
    pair.settle();
    pair.client_bytes.clear();
    let error = pair.client.upload(pair.now, upload).unwrap_err();
    let attempted = "upload configuration";
    let state = "uploading configuration";
    assert_eq!(error, Error::Caller { attempted, state });
    pair.settle();
    assert!(pair.client_bytes.is_empty());
}

#[test]
fn an_upload_that_the_end_of_the_session_interrupts_is_told() {
    let mut pair = ucce();
    let upload = upload_of(ConfigMask::AGENT);
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    pair.tell(begin(ConfigMask::AGENT));
    pair.server.close(StatusCode::CTI_SERVER_OFFLINE);
    pair.settle();
    let events = pair.take_client();
    let [
        Event::Config(ConfigEvent::Failed { failure, summary }),
        Event::Closed(CloseReason::Failure { .. }),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(*failure, UploadFailure::Closed);
    assert_eq!(summary.missing, [ConfigKind::Agent]);
}

#[test]
fn uccx_wants_the_service_of_configuration() {
    let config = client::Config::new(Version::uccx(17), Text::EMPTY, Secret::default())
        .configuration(ConfigMask::AGENT);
    let server = server::Config::new(Dialect::Uccx, 10..=17);
    let granted = |services| OpenConf::with(|conf| conf.services_granted = services);
    let mut pair = Pair::new(config.clone(), server.clone());
    pair.client.open(pair.now).unwrap();
    pair.settle();
    // ServicesRequested holds 0x00040000, ConfigMsgMask 4.
    assert_eq!(pair.client_bytes[24..28], [0, 4, 0, 0]);
    assert_eq!(pair.client_bytes[36..40], [0, 0, 0, 4]);
    let mut pair = Pair::opened(config, server, granted(ServiceMask::NONE));
    let upload = upload_of(ConfigMask::AGENT);
    let error = pair.client.upload(pair.now, upload).unwrap_err();
    assert!(matches!(error, Error::Caller { .. }));
}

#[test]
fn kinds_that_the_version_does_not_have_are_left_out() {
    let mut pair = uccx();
    let upload = upload_of(ConfigMask(u32::MAX));
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    // Applications, CSQs, agents, devices; terminals come with version 18.
    assert_eq!(pair.client_bytes[8..12], [0, 0, 0, 0x0f]);

    let mut pair = self::pair(Version::uccx(10));
    let upload = upload_of(ConfigMask::AGENT).known(known());
    pair.client.upload(pair.now, upload).unwrap();
    pair.settle();
    assert_eq!(
        pair.client_bytes,
        [0, 0, 0, 0, 0, 0, 0, 230],
        "no field yet"
    );

    let mut pair = self::pair(Version::ucce(15));
    let upload = upload_of(ConfigMask::AGENT);
    let error = pair.client.upload(pair.now, upload).unwrap_err();
    assert!(matches!(error, Error::Encode(_)), "documented since 19");
}

#[test]
fn without_an_upload_configuration_messages_come_as_they_are() {
    let mut pair = uccx();
    let csq = CsqRecord::with(RecordType::ADD, |_| ());
    pair.tell(begin(ConfigMask::SKILL_GROUP));
    pair.tell(ConfigCsqEvent::with(|event| event.records = vec![csq]));
    pair.tell(end(ConfigEndStatus::SUCCESS));
    let events = pair.take_client();
    assert!(matches!(
        events[..],
        [
            Event::Message(Message::ConfigBeginEvent(_)),
            Event::Message(Message::ConfigCsqEvent(_)),
            Event::Message(Message::ConfigEndEvent(_)),
        ]
    ));
}

#[test]
fn no_order_of_messages_confuses_an_upload() {
    let messages: [Message; 6] = [
        begin(ConfigMask::AGENT).into(),
        agents(RecordType::ADD).into(),
        end(ConfigEndStatus::SUCCESS).into(),
        ConfigKeyEvent::new(ConfigKeyStatus::SUCCESS).into(),
        begin(ConfigMask(0)).into(),
        services(1).into(),
    ];
    let version = Version::ucce(25);
    for order in 0..6_u32.pow(4) {
        let mut input = BytesMut::new();
        for place in 0..4 {
            let pick = (order / 6_u32.pow(place)) % 6;
            messages[pick as usize].encode(version, &mut input).unwrap();
        }
        let mut client = Client::new(client::Config::new(version, Text::EMPTY, Secret::default()));
        client.open(Duration::ZERO).unwrap();
        let mut conf = BytesMut::new();
        let open = OpenConf::with(|conf| conf.invoke_id.0 = 1);
        Message::from(open).encode(version, &mut conf).unwrap();
        client.handle_input(Duration::ZERO, &mut conf).unwrap();
        let upload = upload_of(ConfigMask::AGENT);
        client.upload(Duration::ZERO, upload).unwrap();
        client.handle_input(Duration::ZERO, &mut input).unwrap();
        client.handle_eof();
        let mut ends = 0;
        while let Some(event) = client.poll_event() {
            ends += u32::from(matches!(
                event,
                Event::Config(ConfigEvent::Done(_) | ConfigEvent::Failed { .. })
            ));
        }
        assert_eq!(ends, 1, "order {order}");
    }
}
