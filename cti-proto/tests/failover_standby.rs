//! Active and standby sides and the hand-over for maintenance, version 24: GED-188, "Active and
//! standby", "ACTIVE_MAINTENANCE_REQ_MSG".
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the few things it looks at"
)]

mod common;

use std::time::Duration;

use cti_proto::code::{AgentState, InvokeId, ServiceMask, StatusCode, SystemEventId};
use cti_proto::codec::Secret;
use cti_proto::message::{
    ActiveMaintenanceEventMsg, ActiveMaintenanceReqMsg, SetAgentStateConf, SetAgentStateReq,
    SystemEvent, UserMessageEvent,
};
use cti_proto::session::client::Failure;
use cti_proto::session::failover::{Config, Consent, Event, Failover, Loss, Side};
use cti_proto::session::{CloseReason, Error, client, server};
use cti_proto::{Dialect, Message, Version};

use common::net::{Mood, Net};
use common::world::text;

fn config() -> Config {
    let services =
        ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL | ServiceMask::ACTIVE_STANDBY;
    let session = client::Config::new(Version::ucce(24), text("bridge"), Secret::default());
    Config::new(session.services(services))
}

fn net_of(config: Config, moods: [Mood; 2]) -> Net {
    let server = server::Config::new(Dialect::Ucce, 5..=25);
    Net::new(
        Failover::new(config),
        moods.map(|mood| (server.clone(), mood)).into(),
    )
}

/// Side 0 is active, side 1 stands by, and a minute has passed.
fn both(config: Config) -> Net {
    let mut net = net_of(config, [Mood::Serve, Mood::StandBy]);
    net.open();
    net.drive_for(60);
    net.clear();
    net
}

fn ask(net: &mut Net) {
    net.send(
        0,
        ActiveMaintenanceReqMsg::with(|request| request.invoke_id = InvokeId(0x55)),
    );
}

fn decide(net: &mut Net, takes_place: bool) {
    net.send(
        0,
        ActiveMaintenanceEventMsg::with(|event| event.maintenance_mode_status = takes_place),
    );
}

fn log_out() -> SetAgentStateReq {
    SetAgentStateReq::with(|request| request.agent_state = AgentState::LOGOUT)
}

/// Types of all that was written to a side, heartbeats apart.
fn types(net: &Net, side: usize) -> Vec<u32> {
    let written = net.written.iter().filter(|(_, to, _)| *to == side);
    let types = written.map(|(_, _, bytes)| u32::from_be_bytes(bytes[4..8].try_into().unwrap()));
    types.filter(|number| *number != 5).collect()
}

#[test]
fn both_sides_are_connected_and_requests_go_to_the_active_one() {
    let mut net = net_of(config(), [Mood::StandBy, Mood::Serve]);
    net.open();
    let events = net.take();
    assert_eq!(events[0], Event::Standby { side: Side(0) });
    let Event::Active { side, conf, .. } = &events[1] else {
        panic!("{events:?}");
    };
    assert_eq!((*side, conf.session_type.0), (Side(1), 1));
    assert_eq!((net.connections(0), net.connections(1)), (1, 1));
    // ServicesRequested: ACTIVE_STANDBY 0x02000000, ALL_EVENTS 0x10, CLIENT_CONTROL 0x04.
    assert_eq!(net.written[0].2[24..28], [2, 0, 0, 0x14]);
    net.clear();
    net.client.request(net.now, log_out()).map(drop).unwrap();
    net.settle();
    assert_eq!((types(&net, 0), types(&net, 1)), (vec![], vec![38]));
    net.drive_for(20);
    assert_eq!(net.types(0), [5, 5, 5, 5], "heartbeats go to both");
}

#[test]
fn an_older_version_is_not_asked_for_standby() {
    let mut config = config().versions([Version::ucce(24), Version::ucce(23)]);
    config.sides = 1;
    let server = server::Config::new(Dialect::Ucce, 5..=23);
    let mut net = Net::new(Failover::new(config), vec![(server, Mood::Serve)]);
    net.open();
    assert_eq!(net.written[0].2[24..28], [2, 0, 0, 0x14]);
    assert_eq!(net.written[1].2[24..28], [0, 0, 0, 0x14]);
    assert_eq!(net.client.active_side(), Some(Side(0)));
}

#[test]
fn a_standby_takes_over_when_the_active_side_dies() {
    let mut net = both(config());
    net.sides[0].mood = Mood::Unreachable;
    net.cut(0);
    assert_eq!(net.client.active_side(), None);
    let busy = net.client.request(net.now, log_out());
    assert!(
        matches!(busy, Err(Error::Caller { .. })),
        "nobody is active"
    );
    net.drive_for(2);
    net.take_over(1);
    let events = net.take();
    assert!(matches!(
        events[0],
        Event::Interrupted { side: Side(0), .. }
    ));
    assert!(matches!(events[1], Event::Active { side: Side(1), .. }));
    let Event::Lost(lost) = &events[2] else {
        panic!("{events:?}");
    };
    assert_eq!(lost.until, net.now);
    assert!(lost.kinds.contains(&Loss::UserMessages));
    assert_eq!(events[3], Event::Recovered { unrecovered: 0 });
    assert!(net.attempts().iter().all(|(_, side)| *side == 0));
    net.sides[0].mood = Mood::StandBy;
    net.drive_for(200);
    assert_eq!(net.take(), [Event::Standby { side: Side(0) }]);
    assert_eq!(net.client.active_side(), Some(Side(1)), "no fail-back");
}

#[test]
fn a_standby_that_says_so_is_believed_before_the_old_side_is_found_dead() {
    let mut net = both(config());
    let handle = net.client.request(net.now, log_out()).unwrap();
    net.settle();
    net.half_open(0);
    net.sides[0].mood = Mood::Unreachable;
    net.drive_for(3);
    net.take_over(1);
    assert_eq!(net.client.active_side(), Some(Side(1)));
    let answers = |events: &[Event]| {
        let answers = events.iter().filter_map(|event| match event {
            Event::Answer(answer) => Some(answer.clone()),
            _ => None,
        });
        answers.collect::<Vec<_>>()
    };
    assert!(
        answers(&net.take()).is_empty(),
        "the old side may still answer"
    );
    net.drive_for(30);
    let events = net.take();
    let [answer] = &answers(&events)[..] else {
        panic!("{events:?}");
    };
    assert_eq!(answer.of(handle), Some(Err(&Failure::Closed)));
    assert!(events.iter().any(|event| matches!(
        event,
        Event::StandbyGone {
            side: Side(0),
            reason: CloseReason::HeartbeatsMissed
        }
    )));
}

#[test]
fn what_the_old_side_still_tells_is_not_passed_on() {
    let mut net = both(config());
    net.take_over(1);
    net.take();
    net.send(0, UserMessageEvent::new());
    assert!(net.take().is_empty());
    let news = UserMessageEvent::new();
    net.send(1, news.clone());
    assert_eq!(net.take(), [Event::Message(news.into())]);
}

/// Seed 283 of the simulation: the old side answered heartbeats long after it had stopped to tell.
#[test]
fn the_gap_begins_with_the_last_word_of_a_side_that_stopped_serving_silently() {
    let mut net = both(config());
    net.send(0, UserMessageEvent::new());
    let last_word = net.now;
    net.drive_for(42);
    net.take_over(1);
    let events = net.take();
    let Some(Event::Lost(lost)) = events.iter().find(|event| matches!(event, Event::Lost(_)))
    else {
        panic!("{events:?}");
    };
    assert_eq!((lost.since, lost.until), (last_word, net.now));
}

#[test]
fn loss_of_what_the_old_side_told_while_nothing_arrived() {
    let messages: [(Message, Loss); 2] = [
        (UserMessageEvent::new().into(), Loss::UserMessages),
        (
            SystemEvent::new(SystemEventId::TEXT_FYI).into(),
            Loss::SystemEvents,
        ),
    ];
    for (message, kind) in messages {
        let mut net = both(config());
        net.send(0, message.clone());
        assert_eq!(net.take(), [Event::Message(message.clone())], "it arrives");
        net.half_open(0);
        net.drive_for(1);
        let said = net.now;
        net.send(0, message.clone());
        net.drive_for(1);
        net.take_over(1);
        let events = net.take();
        assert!(!events.contains(&Event::Message(message)), "{events:?}");
        let Some(Event::Lost(lost)) = events.iter().find(|event| matches!(event, Event::Lost(_)))
        else {
            panic!("{events:?}");
        };
        assert!(lost.since < said && said < lost.until, "{lost:?}");
        assert!(lost.kinds.contains(&kind), "{lost:?}");
    }
}

#[test]
fn a_standby_that_breaks_is_connected_again() {
    let mut net = both(config());
    net.cut(1);
    let events = net.take();
    let reason = CloseReason::Disconnected;
    let side = Side(1);
    assert_eq!(
        events,
        [Event::StandbyGone { side, reason }, Event::Standby { side }]
    );
    assert_eq!(net.client.active_side(), Some(Side(0)), "untouched");
}

#[test]
fn maintenance_moves_the_client_without_losing_an_answer() {
    let mut net = both(config());
    net.answer(0, |_| None);
    let handle = net.client.request(net.now, log_out()).unwrap();
    net.settle();
    let open = net.requests(0);
    net.clear();
    ask(&mut net);
    // ACTIVE_MAINTENANCE_RESP_MSG: 279, the InvokeID, accepted.
    let consent = [0, 0, 0, 6, 0, 0, 1, 0x17, 0, 0, 0, 0x55, 0, 1];
    assert_eq!(net.written[0].2, consent);
    decide(&mut net, true);
    // STOPPING_REQUESTS_TO_THIS_SIDE_IND: 281, no body.
    assert_eq!(net.written[1].2, [0, 0, 0, 0, 0, 0, 1, 0x19]);
    assert_eq!(
        net.take(),
        [Event::MaintenanceDecided { takes_place: true }]
    );
    let Err(Error::Caller { state, .. }) = net.client.request(net.now, log_out()) else {
        panic!();
    };
    assert_eq!(state, "leaving a side");
    net.drive_for(1);
    net.take_over(1);
    assert_eq!(net.client.active_side(), Some(Side(1)));
    assert_eq!(net.connections(0), 1, "an answer is to come");
    net.client.request(net.now, log_out()).map(drop).unwrap();
    net.settle();
    assert_eq!(types(&net, 1), [38]);
    let answer = SetAgentStateConf::new();
    net.reply(0, open[0].0, Ok(answer.into()));
    let events = net.take();
    let answer = events.iter().find_map(|event| match event {
        Event::Answer(answer) => Some(answer),
        _ => None,
    });
    assert!(answer.unwrap().of(handle).unwrap().is_ok());
    assert_eq!(types(&net, 0), [279, 281, 7], "then CLOSE_REQ");
    assert_eq!(net.connections(0), 0);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Interrupted { .. }))
    );
}

#[test]
fn the_old_side_is_left_within_5_s_though_it_is_silent_and_nobody_takes_over() {
    let mut net = both(config());
    net.answer(0, |_| None);
    net.client.request(net.now, log_out()).map(drop).unwrap();
    ask(&mut net);
    decide(&mut net, true);
    let decided = net.now;
    net.half_open(0);
    net.sides[0].mood = Mood::Refuse(StatusCode::SERVER_IN_MAINTENANCE_MODE);
    net.drive(decided + Duration::from_secs(3));
    assert_eq!(types(&net, 0), [38, 279, 281]);
    net.drive(decided + Duration::from_millis(4_999));
    let close = net.written.iter().find(|(_, _, bytes)| bytes[7] == 7);
    assert_eq!(close.unwrap().0, decided + Duration::from_secs(4));
    assert_eq!(net.client.active_side(), None);
    net.drive(decided + Duration::from_secs(5));
    assert_eq!(net.connections(0), 0);
    let events = net.take();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Interrupted { .. }))
    );
    assert!(events.iter().any(|event| matches!(
        event,
        Event::Answer(answer) if answer.result == Err(Failure::Closed)
    )));
    net.take_over(1);
    assert_eq!(net.client.active_side(), Some(Side(1)));
    net.sides[0].mood = Mood::StandBy;
    net.drive_for(300);
    assert!(
        net.take().contains(&Event::Standby { side: Side(0) }),
        "110 was waited out"
    );
}

#[test]
fn without_a_standby_consent_is_refused() {
    let mut net = net_of(config(), [Mood::Serve, Mood::Unreachable]);
    net.open();
    net.clear();
    ask(&mut net);
    assert_eq!(net.written[0].2[12..], [0, 0]);
    decide(&mut net, false);
    assert_eq!(
        net.take(),
        [Event::MaintenanceDecided { takes_place: false }]
    );
    net.client.request(net.now, log_out()).map(drop).unwrap();
}

#[test]
fn consent_never() {
    let mut net = both(config().maintenance(Consent::Never));
    ask(&mut net);
    assert_eq!(net.written[0].2[12..], [0, 0]);
}

#[test]
fn the_application_has_5_s_to_consent() {
    let mut net = both(config().maintenance(Consent::Ask));
    ask(&mut net);
    let deadline = net.now + Duration::from_secs(5);
    assert_eq!(net.take(), [Event::MaintenanceAsked { deadline }]);
    assert!(types(&net, 0).is_empty());
    net.drive_for(4);
    net.client.answer_maintenance(net.now, true).unwrap();
    net.settle();
    assert_eq!(types(&net, 0), [279]);
    ask(&mut net);
    net.drive_for(5);
    let late = net.client.answer_maintenance(net.now, true);
    assert!(
        matches!(late, Err(Error::Caller { .. })),
        "silence was a no"
    );
    assert_eq!(types(&net, 0), [279]);
}

#[test]
fn maintenance_messages_are_not_for_the_application() {
    let mut net = both(config());
    ask(&mut net);
    decide(&mut net, true);
    net.take_over(1);
    let events = net.take();
    assert!(!events.iter().any(|event| matches!(
        event,
        Event::Message(
            Message::ActiveMaintenanceReqMsg(_)
                | Message::ActiveMaintenanceEventMsg(_)
                | Message::StandbyActiveEventMsg(_)
        )
    )));
}
