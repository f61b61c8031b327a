//! Supervisors and their teams: GED-188, "Session rules" 13, "AGENT_TEAM_CONFIG_EVENT",
//! "TEAM_CONFIG_REQ".
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use cti_proto::code::{
    AgentFlags, AgentState, MemberType, PeripheralId, RecordType, ServiceMask, StatusCode,
    TeamConfigOperation, TeamOperation,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    AgentTeamConfigEvent, OpenConf, TeamAgent, TeamConfigConf, TeamConfigEvent, TeamMember,
};
use cti_proto::session::client::{Event, Failure, MemberId, TeamChange, TeamId};
use cti_proto::session::{Error, client, server};
use cti_proto::{Message, Version};

use common::pair::Pair;

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

fn config(version: Version) -> client::Config {
    client::Config::new(version, Text::EMPTY, Secret::default())
        .bridge_mode()
        .supervisor()
        .heartbeat(None)
}

fn pair_of(config: client::Config) -> Pair {
    let version = config.version;
    let server = server::Config::new(version.dialect(), version.number()..=version.number());
    let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
    Pair::opened(config, server, conf)
}

fn ucce() -> Pair {
    pair_of(config(Version::ucce(23)))
}

fn uccx() -> Pair {
    pair_of(config(Version::uccx(17)))
}

const UCCE_TEAM: TeamId = TeamId {
    peripheral_id: PeripheralId(5_000),
    team_id: 77,
};

const UCCX_TEAM: TeamId = TeamId {
    peripheral_id: PeripheralId(1),
    team_id: 77,
};

fn agent_team(
    config_operation: TeamConfigOperation,
    agents: &[(&str, AgentFlags)],
) -> AgentTeamConfigEvent {
    AgentTeamConfigEvent::with(|event| {
        event.peripheral_id = PeripheralId(5_000);
        event.team_id = 77;
        event.config_operation = config_operation;
        event.agents = agents
            .iter()
            .map(|(id, flags)| {
                TeamAgent::with(|agent| {
                    agent.agent_id = Some(text(id));
                    agent.flags = Some(*flags);
                    agent.state = Some(AgentState::AVAILABLE);
                })
            })
            .collect();
    })
}

fn team(operation: TeamOperation, members: &[(&str, RecordType, MemberType)]) -> TeamConfigEvent {
    TeamConfigEvent::with(|event| {
        event.team_id = 77;
        event.operation = operation;
        event.team_name = Some(text("Sales"));
        event.members = members
            .iter()
            .map(|(id, record_type, member_type)| {
                TeamMember::with(|member| {
                    member.agent_id = Some(text(id));
                    member.flags = Some(AgentFlags::NONE);
                    member.record_type = Some(*record_type);
                    member.member_type = Some(*member_type);
                })
            })
            .collect();
    })
}

fn changes(pair: &mut Pair) -> Vec<TeamChange> {
    let mut changes = Vec::new();
    for event in pair.take_client() {
        if let Event::Team(change) = event {
            changes.push(change);
        }
    }
    changes
}

fn agents(ids: &[&str]) -> Vec<MemberId> {
    ids.iter()
        .map(|id| MemberId {
            member_type: MemberType::AGENT_OR_SUPERVISOR,
            id: text(id),
        })
        .collect()
}

fn members(pair: &Pair, team: TeamId) -> Vec<String> {
    let team = pair.client.teams().get(team).unwrap();
    team.members
        .keys()
        .map(|member| member.id.to_string())
        .collect()
}

#[test]
fn ucce_tells_of_teams_in_one_or_more_events() {
    let mut pair = ucce();
    let supervisor = ("1001", AgentFlags::SUPERVISOR);
    let plain = ("1002", AgentFlags::NONE);
    let mut first = agent_team(TeamConfigOperation::ADD_AGENT, &[supervisor, plain]);
    first.agent_team_name = Some(text("Sales"));
    pair.tell(first);
    let joined = agents(&["1001", "1002"]);
    let team = UCCE_TEAM;
    let left = Vec::new();
    assert_eq!(
        changes(&mut pair),
        [TeamChange::Members { team, joined, left }]
    );
    // AGENT_TEAM_CONFIG_EVENT: 16 fixed bytes, peripheral 5000, team 77, 2 agents, operation 1.
    assert_eq!(pair.server_bytes[4..8], [0, 0, 0, 128]);
    assert_eq!(
        pair.server_bytes[8..20],
        [0, 0, 0x13, 0x88, 0, 0, 0, 77, 0, 2, 0, 1]
    );
    pair.tell(agent_team(
        TeamConfigOperation::ADD_AGENT,
        &[("1003", AgentFlags::NONE), plain],
    ));
    let joined = agents(&["1003"]);
    let left = Vec::new();
    assert_eq!(
        changes(&mut pair),
        [TeamChange::Members { team, joined, left }],
        "1002 was there already"
    );
    let sales = pair.client.teams().get(team).unwrap();
    assert_eq!(sales.name, Some(text("Sales")));
    let supervisor = &sales.members[&agents(&["1001"])[0]];
    assert_eq!(supervisor.flags, AgentFlags::SUPERVISOR);
    assert_eq!(supervisor.state, Some(AgentState::AVAILABLE));
}

#[test]
fn agents_leave_and_temporary_ones_leave_when_the_permanent_team_is_restored() {
    let mut pair = ucce();
    let temporary = AgentFlags::TEMPORARY_AGENT;
    let start = [
        ("1001", AgentFlags::NONE),
        ("1002", AgentFlags::NONE),
        ("1003", temporary),
        ("1004", temporary),
    ];
    pair.tell(agent_team(TeamConfigOperation::ADD_AGENT, &start));
    pair.tell(agent_team(
        TeamConfigOperation::REMOVE_AGENT,
        &[("1001", AgentFlags::NONE), ("9999", AgentFlags::NONE)],
    ));
    changes(&mut pair);
    pair.tell(agent_team(
        TeamConfigOperation::RESTORE_PERMANENT,
        &[("1001", AgentFlags::NONE), ("1003", AgentFlags::NONE)],
    ));
    assert_eq!(members(&pair, UCCE_TEAM), ["1001", "1002", "1003"]);
    let [TeamChange::Members { joined, left, .. }] = &changes(&mut pair)[..] else {
        panic!();
    };
    assert_eq!(*joined, agents(&["1001", "1003"]), "1003 is permanent now");
    assert_eq!(*left, agents(&["1004"]));
}

#[test]
fn the_supervisor_service_asks_for_its_events() {
    let config =
        client::Config::new(Version::ucce(23), Text::EMPTY, Secret::default()).supervisor();
    let mut client = client::Client::new(config);
    client.open(Duration::ZERO).unwrap();
    let open = client.poll_transmit().unwrap();
    // ServicesRequested 0x80, CallMsgMask with the bit of AGENT_TEAM_CONFIG_EVENT.
    assert_eq!(open[24..32], [0, 0, 0, 0x80, 0, 0x80, 0, 0]);
}

#[test]
fn uccx_tells_of_teams_when_asked_and_ends_with_number_244() {
    let mut pair = uccx();
    let handle = pair.client.request_teams(pair.now).unwrap();
    pair.settle();
    // TEAM_CONFIG_REQ: InvokeID 2, ConfigParam 1 for all teams, 8 reserved bytes.
    assert_eq!(
        pair.client_bytes,
        [
            0, 0, 0, 14, 0, 0, 0, 242, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0
        ]
    );
    let agent = MemberType::AGENT_OR_SUPERVISOR;
    let add = RecordType::ADD;
    pair.tell(team(
        TeamOperation::ADD_TEAM,
        &[("jdoe", add, agent), ("4", add, MemberType::CSQ)],
    ));
    let conf = TeamConfigConf::new(StatusCode::NO_ERROR);
    pair.server.answer(handle.invoke_id(), conf).unwrap();
    pair.settle();
    let events = pair.take_client();
    let [
        Event::Message(Message::TeamConfigEvent(_)),
        Event::Team(TeamChange::Members {
            team: id, joined, ..
        }),
        Event::Answer(answer),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(*id, UCCX_TEAM);
    assert_eq!(joined.len(), 2);
    assert!(answer.of(handle).unwrap().is_ok());
    assert_eq!(members(&pair, UCCX_TEAM), ["jdoe", "4"]);

    pair.tell(team(
        TeamOperation::CHANGE_TEAM,
        &[("jdoe", RecordType::DELETE, agent), ("asmith", add, agent)],
    ));
    let [TeamChange::Members { joined, left, .. }] = &changes(&mut pair)[..] else {
        panic!();
    };
    assert_eq!((joined, left), (&agents(&["asmith"]), &agents(&["jdoe"])));
    pair.tell(team(TeamOperation::REMOVE_TEAM, &[]));
    assert_eq!(
        changes(&mut pair),
        [TeamChange::Removed { team: UCCX_TEAM }]
    );
    assert!(pair.client.teams().is_empty());
}

#[test]
fn the_deadline_of_uccx_teams_counts_from_the_last_team() {
    let mut pair = uccx();
    let handle = pair.client.request_teams(pair.now).unwrap();
    pair.drive(Duration::from_secs(29));
    pair.tell(team(TeamOperation::ADD_TEAM, &[]));
    pair.drive(Duration::from_secs(58));
    assert!(
        !pair
            .take_client()
            .iter()
            .any(|event| matches!(event, Event::Answer(_)))
    );
    pair.drive(Duration::from_secs(59));
    let events = pair.take_client();
    let [Event::Answer(answer)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(answer.of(handle), Some(Err(&Failure::TimedOut)));
}

#[test]
fn teams_are_told_anew_when_they_are_asked_for_again() {
    let mut pair = uccx();
    pair.tell(team(TeamOperation::ADD_TEAM, &[]));
    assert_eq!(pair.client.teams().len(), 1);
    let _ = pair.client.request_teams(pair.now).unwrap();
    assert!(pair.client.teams().is_empty());
}

#[test]
fn teams_need_the_service_and_uccx() {
    let mut pair = ucce();
    let error = pair.client.request_teams(pair.now).unwrap_err();
    assert!(matches!(error, Error::Encode(_)));
    let config = client::Config::new(Version::uccx(17), Text::EMPTY, Secret::default());
    let mut pair = pair_of(config);
    let error = pair.client.request_teams(pair.now).unwrap_err();
    assert!(matches!(error, Error::Caller { .. }));
}

#[test]
fn teams_and_members_have_a_limit() {
    let mut config = config(Version::ucce(23));
    config.max_tracked = 3;
    let mut pair = pair_of(config);
    let add = TeamConfigOperation::ADD_AGENT;
    for id in ["1", "2", "3", "3"] {
        pair.tell(agent_team(add, &[(id, AgentFlags::NONE)]));
    }
    assert!(pair.client.teams().is_complete());
    pair.tell(agent_team(add, &[("4", AgentFlags::NONE)]));
    assert!(!pair.client.teams().is_complete());
    assert_eq!(members(&pair, UCCE_TEAM), ["1", "2", "3"]);
    for team_id in 100..110 {
        let mut event = agent_team(add, &[]);
        event.team_id = team_id;
        pair.tell(event);
    }
    assert_eq!(pair.client.teams().len(), 3);
}
