//! Upload of configuration and teams: GED-188, "Configuration messages", rules 9 and 13.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use cti_proto::code::{AgentFlags, ConfigMask, InvokeId, PeripheralId, RecordType, ServiceMask};
use cti_proto::message::{
    AgentRecord, AgentSkillGroup, ApplicationRecord, ConfigRequestEvent, ConfigRequestKeyEvent,
    CsqRecord, HeartbeatReq, ServiceRecord, TeamConfigReq,
};
use cti_proto::session::service::{
    Config, ConfigKey, ConfigSection, ConfigStore, ConnectionId, Event, Team, TeamMembership,
};
use cti_proto::session::{CloseReason, Error, server};
use cti_proto::{Dialect, Version};

use common::floor::{Floor, Heard, bridge, text};

const UCCE: Version = Version::ucce(23);
const UCCX: Version = Version::uccx(17);

fn agents(count: u32) -> ConfigSection {
    ConfigSection::Agents(
        (0..count)
            .map(|number| {
                AgentRecord::with(RecordType::ADD, |record| {
                    record.login_id = Some(text(&number.to_string()));
                    record.last_name = Some(text("Nightingale"));
                })
            })
            .collect(),
    )
}

fn ask(floor: &mut Floor, connection: ConnectionId, mask: ConfigMask) {
    floor.say(
        connection,
        ConfigRequestEvent::with(|request| request.config_information = mask),
    );
}

/// A UCCX client with or without the service for configuration.
fn open_uccx(floor: &mut Floor, services: ServiceMask) -> ConnectionId {
    let mut request = bridge(UCCX);
    request.services_requested = ServiceMask::ALL_EVENTS | services;
    floor.open(UCCX, request)
}

#[test]
fn ucce_uploads_kinds_in_order_each_between_begin_and_end() {
    let mut floor = Floor::of(Dialect::Ucce);
    let mut store = ConfigStore::new();
    store.set(ConfigKey::ZERO, agents(11));
    let service = ServiceRecord::new(RecordType::ADD);
    let key = ConfigKey([1, 2, 3, 4, 5, 6, 7, 8]);
    store.set(key, ConfigSection::Services(vec![service]));
    floor.service.set_config_store(store);
    let client = floor.open(UCCE, bridge(UCCE));
    let mask = ConfigMask::AGENT | ConfigMask::SERVICE | ConfigMask::DEVICE;
    ask(&mut floor, client, mask);
    let heard = floor.heard(client);
    let numbers: Vec<u32> = heard.iter().map(|heard| heard.number).collect();
    // Services, agents in two messages, no devices.
    assert_eq!(numbers, [233, 235, 234, 233, 237, 237, 234, 233, 234]);
    // Solicited, kind 1, SERVICE_CONFIG_KEY 177.
    let begin = [
        &[0, 1, 0, 0, 0, 1, 0, 177, 0, 8][..],
        &[1, 2, 3, 4, 5, 6, 7, 8],
    ];
    assert_eq!(heard[0].body, begin.concat());
    // One record, RecordType ADD.
    assert_eq!(heard[1].body, [0, 1, 0, 183, 0, 2, 0, 0]);
    assert_eq!(heard[2].body, [0, 0, 0, 0]);
    assert_eq!(heard[4].body[..2], [0, 10]);
    assert_eq!(heard[5].body[..2], [0, 1]);
    assert_eq!(heard[7].body, [0, 1, 0, 0, 0, 8]);
    assert_eq!(heard[8].body, [0, 0, 0, 4], "empty");
}

#[test]
fn keys_are_compared_by_230_and_231() {
    let mut floor = Floor::of(Dialect::Ucce);
    let client = floor.open(UCCE, bridge(UCCE));
    floor.say(client, ConfigRequestKeyEvent::new());
    let none = Heard {
        number: 231,
        body: vec![0, 0, 0, 2],
    };
    assert_eq!(floor.heard(client), [none], "no keys");
    let mut store = ConfigStore::new();
    store.set(ConfigKey([9; 8]), agents(1));
    floor.service.set_config_store(store);
    floor.say(client, ConfigRequestKeyEvent::new());
    // Status 0, AGENT_CONFIG_KEY 179.
    let key = [&[0, 0, 0, 0, 0, 179, 0, 8][..], &[9; 8]].concat();
    assert_eq!(floor.heard(client)[0].body, key);
}

#[test]
fn uccx_has_its_own_kinds_and_a_service_for_them() {
    let mut floor = Floor::of(Dialect::Uccx);
    let mut store = ConfigStore::new();
    let application = ApplicationRecord::new(RecordType::ADD);
    store.set(
        ConfigKey::ZERO,
        ConfigSection::Applications(vec![application]),
    );
    let csq = CsqRecord::new(RecordType::ADD);
    store.set(ConfigKey::ZERO, ConfigSection::Csqs(vec![csq]));
    assert_eq!(store.mask(Dialect::Uccx), ConfigMask(3));
    floor.service.set_config_store(store);
    let without = open_uccx(&mut floor, ServiceMask::NONE);
    ask(&mut floor, without, ConfigMask(3));
    let refused = Heard {
        number: 234,
        body: vec![0, 0, 0, 1],
    };
    assert_eq!(floor.heard(without), [refused]);
    let client = open_uccx(&mut floor, ServiceMask::CONFIG_EVENTS);
    ask(&mut floor, client, ConfigMask(3));
    assert_eq!(floor.numbers(client), [233, 235, 234, 233, 236, 234]);
}

#[test]
fn mask_0_asks_for_updates_only_and_who_did_not_ask_gets_none() {
    let mut floor = Floor::of(Dialect::Ucce);
    let asking = floor.open(UCCE, bridge(UCCE));
    let silent = floor.open(UCCE, bridge(UCCE));
    let mut request = bridge(UCCE);
    request.config_msg_mask = ConfigMask::DEVICE;
    let of_devices = floor.open(UCCE, request);
    ask(&mut floor, asking, ConfigMask::NONE);
    ask(&mut floor, of_devices, ConfigMask::NONE);
    assert_eq!(floor.heard(asking), []);
    let now = floor.now;
    let sent = floor
        .service
        .publish_config(now, ConfigKey::ZERO, &agents(1));
    assert_eq!(sent, 1);
    let heard = floor.heard(asking);
    // An unsolicited update of agents.
    assert_eq!(
        (heard[0].number, &heard[0].body[..]),
        (233, &[0, 2, 0, 0, 0, 4][..])
    );
    assert_eq!((heard[1].number, heard[2].number), (237, 234));
    assert_eq!(
        (floor.heard(silent), floor.heard(of_devices)),
        (vec![], vec![])
    );
}

#[test]
fn an_upload_of_10000_agents_is_paced_and_events_pass_between() {
    let session = server::Config::new(Dialect::Ucce, 23..=25).max_unsent(20_000);
    let mut floor = Floor::new(Config::new(session));
    let mut store = ConfigStore::new();
    store.set(ConfigKey::ZERO, agents(10_000));
    floor.service.set_config_store(store);
    let client = floor.open(UCCE, bridge(UCCE));
    ask(&mut floor, client, ConfigMask::AGENT);
    assert!(floor.service.unsent(client) < 8_000, "a window of it");
    // A second request while the first is open.
    ask(&mut floor, client, ConfigMask::AGENT);
    floor.say(
        client,
        HeartbeatReq::with(|beat| beat.invoke_id = InvokeId(9)),
    );
    let heard = floor.heard(client);
    let count = |number| heard.iter().filter(|heard| heard.number == number).count();
    assert_eq!((count(233), count(237)), (1, 1_000));
    let position = |number| heard.iter().position(|heard| heard.number == number);
    assert!(
        position(6).unwrap() < 100,
        "the heartbeat did not wait for the end"
    );
    let ends: Vec<&[u8]> = heard
        .iter()
        .filter(|heard| heard.number == 234)
        .map(|heard| &heard.body[..])
        .collect();
    assert_eq!(ends, [[0, 0, 0, 3], [0, 0, 0, 0]], "invalid, then success");
    assert!(floor.service.is_open(client));
    // What another client uploads is not encoded again.
    let other = floor.open(UCCE, bridge(UCCE));
    ask(&mut floor, other, ConfigMask::AGENT);
    assert_eq!(floor.heard(other).len(), 1_002);
}

#[test]
fn records_that_do_not_fit_ten_to_a_message_come_in_more_messages() {
    let mut floor = Floor::of(Dialect::Ucce);
    // 300 skill groups of 14 bytes: 4.3 kB an agent in messages of 12.5 kB.
    let group = AgentSkillGroup::with(|group| {
        group.number = Some(cti_proto::code::SkillGroupId(1));
        group.priority = Some(1);
    });
    let record = AgentRecord::with(RecordType::ADD, |record| {
        record.skill_groups = vec![group; 300];
    });
    let mut store = ConfigStore::new();
    store.set(ConfigKey::ZERO, ConfigSection::Agents(vec![record; 20]));
    floor.service.set_config_store(store);
    let client = floor.open(UCCE, bridge(UCCE));
    ask(&mut floor, client, ConfigMask::AGENT);
    let heard = floor.heard(client);
    let counts = heard.iter().filter(|heard| heard.number == 237);
    let records: usize = counts.map(|heard| usize::from(heard.body[1])).sum();
    assert_eq!(records, 20);
    assert!(heard.iter().all(|heard| heard.body.len() + 8 <= 12_500));
    assert_eq!(heard.last().unwrap().body, [0, 0, 0, 0]);
}

#[test]
fn rule_13_uccx_teams_follow_team_config_req_and_its_confirmation_comes_last() {
    let mut floor = Floor::of(Dialect::Uccx);
    let members = (0..65)
        .map(|number| TeamMembership {
            agent_id: text(&number.to_string()),
            flags: AgentFlags::NONE,
        })
        .collect();
    let team = Team::new(4, PeripheralId::NULL, members).name(text("sales"));
    floor.service.set_team(floor.now, team.clone()).unwrap();
    let ask = || {
        TeamConfigReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.config_param = 1;
        })
    };
    let stranger = open_uccx(&mut floor, ServiceMask::NONE);
    floor.say(stranger, ask());
    let refused = Heard {
        number: 1,
        body: vec![0, 0, 0, 3, 0, 0, 0, 17],
    };
    assert_eq!(floor.heard(stranger), [refused]);
    let client = open_uccx(&mut floor, ServiceMask::SUPERVISOR);
    floor.service.set_team(floor.now, team.clone()).unwrap();
    assert_eq!(floor.heard(client), [], "it has not asked");
    floor.say(client, ask());
    let heard = floor.heard(client);
    let numbers: Vec<u32> = heard.iter().map(|heard| heard.number).collect();
    assert_eq!(numbers, [243, 243, 244]);
    // Team 4, 64 members, ADD_TEAM.
    assert_eq!(heard[0].body[..8], [0, 0, 0, 4, 0, 64, 0, 1]);
    assert_eq!(heard[2].body, [0, 0, 0, 3, 0, 0, 0, 0]);
    floor.service.remove_team(floor.now, 4);
    assert_eq!(floor.numbers(client), [243, 243]);
}

#[test]
fn uccx_a_team_without_a_name_is_told_with_an_empty_one_and_long_ids_in_more_messages() {
    let mut floor = Floor::of(Dialect::Uccx);
    let client = open_uccx(&mut floor, ServiceMask::SUPERVISOR);
    floor.say(
        client,
        TeamConfigReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.config_param = 2;
        }),
    );
    assert_eq!(floor.numbers(client), [244]);
    let member = |number: u32| TeamMembership {
        agent_id: text(&format!("{number:0>128}")),
        flags: AgentFlags::NONE,
    };
    let members = (0..70).map(member).collect();
    let team = Team::new(4, PeripheralId::NULL, members);
    assert_eq!(floor.service.set_team(floor.now, team), Ok(()));
    let heard = floor.heard(client);
    let mut told = 0;
    for heard in &heard {
        assert_eq!((heard.number, &heard.body[..4]), (243, &[0, 0, 0, 4][..]));
        assert!(
            heard.body.len() + 8 <= 4_329,
            "every version has room for it"
        );
        // TEAM_NAME 204, of one NUL, after the fixed part of 16 bytes.
        assert_eq!(heard.body[16..19], [204, 1, 0]);
        let long = heard.body.windows(2).filter(|bytes| *bytes == [194, 129]);
        assert_eq!(long.count(), usize::from(heard.body[5]));
        told += heard.body[5];
    }
    assert_eq!(told, 70);
}

#[test]
fn a_team_that_cannot_be_told_is_refused_and_changes_nothing() {
    let mut floor = Floor::of(Dialect::Ucce);
    let mut request = bridge(UCCE);
    request.services_requested = ServiceMask::ALL_EVENTS | ServiceMask::SUPERVISOR;
    let client = floor.open(UCCE, request);
    let member = TeamMembership {
        agent_id: text("123456789012"),
        flags: AgentFlags::NONE,
    };
    let long_id = Team::new(4, PeripheralId(5_000), vec![member]);
    let long_name = Team::new(4, PeripheralId(5_000), vec![]).name(text(&"n".repeat(32)));
    for team in [long_id, long_name] {
        let refused = floor.service.set_team(floor.now, team);
        assert!(matches!(refused, Err(Error::Encode(_))), "{refused:?}");
    }
    floor.service.remove_team(floor.now, 4);
    assert_eq!(floor.heard(client), []);
}

#[test]
fn an_upload_gets_through_the_smallest_outbox() {
    let session = server::Config::new(Dialect::Ucce, 23..=25).max_unsent(3);
    let mut floor = Floor::new(Config::new(session));
    let client = floor.open(UCCE, bridge(UCCE));
    ask(&mut floor, client, ConfigMask::AGENT);
    // CONFIG_BEGIN_EVENT alone is more than the limit: told, not left to wait for ever.
    let closed = Event::Closed {
        connection: client,
        reason: CloseReason::SlowPeer,
    };
    assert_eq!(floor.events(), [closed]);
}
