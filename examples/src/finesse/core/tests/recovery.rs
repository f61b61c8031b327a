//! The engine and the notification service come and go.

use super::*;

fn snapshot(state: PartyState) -> CallEvent {
    CallEvent::Snapshot {
        data: CallData {
            ani: Some("5550001".into()),
            ..CallData::default()
        },
        parties: vec![
            ("5550001".into(), PartyState::Connected),
            ("1001".into(), state),
        ],
    }
}

#[test]
fn a_lost_engine_is_published_at_once_and_every_call_but_system_info_is_refused() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.engine_lost(bench.now);
    assert_eq!(
        bench.lines(),
        ["SystemInfo PUT - systemInfo OUT_OF_SERVICE"]
    );
    let error = bench.core.user("1001", "1001").unwrap_err();
    assert_eq!(
        (error.status, error.message.as_str()),
        (503, "SERVER_OUT_OF_SERVICE")
    );
    assert!(
        bench
            .core
            .system_info(bench.now)
            .contains("<status>OUT_OF_SERVICE</status>")
    );
    bench.state("1001", AgentState::Talking);
    assert_eq!(bench.outputs(), [], "no other events");
}

#[test]
fn an_engine_that_is_back_leads_to_the_last_state_of_everything() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.answer(9);
    bench.call(
        10,
        CallEvent::Delivered {
            alerting: "1002".into(),
            calling: "5550002".into(),
            called: "6000".into(),
            queue: None,
            data: CallData::default(),
        },
    );
    bench.action("1001", 9, "HOLD", "hold").unwrap();
    bench.core.engine_lost(bench.now);
    bench.outputs();

    bench.pass(5 * SECOND);
    bench.connect();
    bench.state("1001", AgentState::Talking);
    bench.state("1002", AgentState::Ready);
    bench.call(9, snapshot(PartyState::Held));
    // Begins and ends unseen.
    bench.call(11, snapshot(PartyState::Connected));
    bench.call(11, CallEvent::Ended);
    assert_eq!(
        bench.outputs(),
        [],
        "nothing before the picture is complete"
    );
    bench.core.engine_ready(bench.now);

    let seen = bench.seen();
    let lines: Vec<String> = seen.iter().map(Seen::line).collect();
    assert_eq!(
        lines[..8],
        [
            "SystemInfo PUT - systemInfo IN_SERVICE",
            "User/1001/Dialogs PUT hold apiErrors 34",
            "User/1002/Dialogs DELETE - dialogs DROPPED",
            "Team/1/Users PUT - user READY",
            "User/1001/Dialogs PUT - dialog ACTIVE",
            "User/1001 PUT - user TALKING",
            "Team/1/Users PUT - user TALKING",
            "User/1002 PUT - user READY",
        ]
    );
    assert!(seen[4].update.contains("<id>9</id>") && seen[4].update.contains("HELD"));
    assert!(
        seen[4].update.contains("<queueName>Service</queueName>"),
        "kept from before"
    );
    assert!(
        seen[5].update.contains("22:13:20.000Z"),
        "the state is as old as it was"
    );
}

/// The engine goes and is back, with 1001 in this state and without a word of call 9.
fn blip(bench: &mut Bench, state: AgentState) -> Vec<String> {
    bench.core.engine_lost(bench.now);
    bench.connect();
    bench.state("1001", state);
    bench.outputs();
    bench.core.engine_ready(bench.now);
    bench.lines()
}

fn wrap_up(bench: &mut Bench) {
    bench.ring(9);
    bench.answer(9);
    bench.call(9, CallEvent::Cleared);
    bench.state("1001", AgentState::Work);
}

#[test]
fn a_call_that_is_wrapped_up_outlives_a_picture_without_it() {
    let mut bench = Bench::new();
    bench.sign_in();
    wrap_up(&mut bench);
    let lines = blip(&mut bench, AgentState::Work);
    assert!(
        !lines.iter().any(|line| line.contains("DELETE")),
        "{lines:?}"
    );
    assert!(bench.core.dialog("1001", "9").unwrap().contains("WRAP_UP"));

    bench.update_data("1001", 9, "late", "why").unwrap();
    bench.outputs();
    bench.confirm(1);
    bench.call(9, CallEvent::Data(variable("late")));
    assert_eq!(bench.lines(), ["User/1001/Dialogs PUT why dialog DROPPED"]);

    // The engine has it, so the end is the engine's to say.
    bench.state("1001", AgentState::Ready);
    bench.outputs();
    bench.call(9, CallEvent::Ended);
    assert_eq!(
        bench.lines(),
        ["User/1001/Dialogs DELETE - dialogs DROPPED"]
    );
}

#[test]
fn a_call_that_ended_unseen_is_wrapped_up() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.answer(9);
    let lines = blip(&mut bench, AgentState::Work);
    assert!(
        lines.contains(&"User/1001/Dialogs PUT - dialog DROPPED".to_owned()),
        "{lines:?}"
    );
    assert!(bench.core.dialog("1001", "9").unwrap().contains("WRAP_UP"));
}

#[test]
fn a_call_that_the_engine_says_nothing_more_of_ends_with_its_wrap_up() {
    let mut bench = Bench::new();
    bench.sign_in();
    wrap_up(&mut bench);
    blip(&mut bench, AgentState::Work);
    bench.state("1001", AgentState::Ready);
    assert_eq!(
        bench.lines(),
        [
            "User/1001/Dialogs PUT - dialog DROPPED",
            "User/1001/Dialogs DELETE - dialogs DROPPED",
            "User/1001 PUT - user READY",
            "Team/1/Users PUT - user READY",
        ]
    );
    bench.call(9, CallEvent::Ended);
    assert_eq!(bench.outputs(), []);
}

#[test]
fn a_call_whose_wrap_up_is_over_ends_with_the_picture_without_it() {
    let mut bench = Bench::new();
    bench.sign_in();
    wrap_up(&mut bench);
    let lines = blip(&mut bench, AgentState::Ready);
    assert!(
        lines.contains(&"User/1001/Dialogs DELETE - dialogs DROPPED".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn a_change_of_data_while_the_picture_is_built_keeps_the_parties() {
    let mut bench = Bench::new();
    bench.sign_in();
    wrap_up(&mut bench);
    bench.core.engine_lost(bench.now);
    bench.connect();
    bench.state("1001", AgentState::Work);
    bench.call(9, CallEvent::Data(variable("new")));
    bench.core.engine_ready(bench.now);
    let dialog = bench.core.dialog("1001", "9").unwrap();
    assert!(dialog.contains("WRAP_UP") && dialog.contains("<value>new</value>"));
}

#[test]
fn an_engine_that_goes_while_the_picture_is_built_leaves_the_old_one() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.core.engine_lost(bench.now);
    bench.core.engine_connected(bench.now);
    bench.core.engine_lost(bench.now);
    bench.outputs();
    bench.connect();
    bench.state("1001", AgentState::Reserved);
    bench.call(9, snapshot(PartyState::Alerting));
    bench.core.engine_ready(bench.now);
    let lines = bench.lines();
    assert!(
        lines.contains(&"User/1001/Dialogs PUT - dialog ALERTING".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn the_first_picture_posts_the_calls_that_are_there() {
    let now = Moment {
        monotonic: SECOND,
        utc: UtcMillis(1_700_000_000_000),
    };
    let mut bench = Bench {
        core: Core::new(now, Config::default()),
        now,
    };
    bench.connect();
    bench.state("1001", AgentState::Talking);
    bench.call(9, snapshot(PartyState::Connected));
    bench.core.engine_ready(now);
    let lines = bench.lines();
    assert_eq!(
        lines[..2],
        [
            "SystemInfo PUT - systemInfo IN_SERVICE",
            "User/1001/Dialogs POST - dialogs ACTIVE",
        ]
    );
}

#[test]
fn a_notification_service_that_is_back_gets_the_last_state() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.outputs();
    bench.core.publisher_lost();
    bench.core.publisher_ready(bench.now);
    let lines = bench.lines();
    assert_eq!(
        lines[..3],
        [
            "SystemInfo PUT - systemInfo IN_SERVICE",
            "User/1001/Dialogs PUT - dialog ALERTING",
            "User/1001 PUT - user RESERVED",
        ]
    );
}

#[test]
fn only_what_is_published_again_is_marked_as_state() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.action("1001", 9, "ANSWER", "answer").unwrap();
    bench.answer(9);
    bench.call(9, CallEvent::Ended);
    let outputs = bench.outputs();
    let state = outputs.iter().filter(|output| match output {
        Output::Publish(notification) => notification.is_state,
        Output::Engine { .. } => false,
    });
    let state = state.filter_map(Seen::new).map(|seen| seen.line());
    assert_eq!(
        state.collect::<Vec<_>>(),
        [
            "Team/1/Users PUT - user READY",
            "User/1001 PUT - user RESERVED",
            "Team/1/Users PUT - user RESERVED",
            "User/1001 PUT - user TALKING",
            "Team/1/Users PUT - user TALKING",
            "Team/1/Users PUT - user TALKING",
        ]
    );
    let once = outputs.iter().filter_map(Seen::new);
    let once = once.filter(|seen| seen.node.ends_with("/Dialogs"));
    assert_eq!(
        once.map(|seen| seen.line()).collect::<Vec<_>>(),
        [
            "User/1001/Dialogs POST - dialogs ALERTING",
            "User/1001/Dialogs PUT answer dialog ACTIVE",
            "User/1001/Dialogs DELETE - dialogs DROPPED",
        ]
    );
}

#[test]
fn item_ids_grow_over_a_restart() {
    let mut bench = Bench::new();
    bench.core.publisher_ready(bench.now);
    let item = |output: &Output| match output {
        Output::Publish(notification) => notification.item,
        Output::Engine { .. } => unreachable!(),
    };
    let items: Vec<u64> = bench.outputs().iter().map(item).collect();
    assert!(items.is_sorted_by(|a, b| a < b), "{items:?}");
    let mut later = bench.now;
    later.utc.0 += 1;
    let mut restarted = Core::new(later, Config::default());
    restarted.publisher_ready(later);
    let first = item(&restarted.poll_output().unwrap());
    assert!(first > *items.last().unwrap());
}

#[test]
fn system_info_names_the_node_and_its_domains() {
    let bench = Bench::new();
    let expected = "<SystemInfo><ctiHeartbeatInterval>5</ctiHeartbeatInterval>\
        <ctiMMode>false</ctiMMode><ctiServers><ctiServer><host>127.0.0.1</host>\
        <connectedDuration>0</connectedDuration><active>true</active></ctiServer></ctiServers>\
        <ctiTimeInMMode>0</ctiTimeInMMode><ctiVersion>17</ctiVersion>\
        <currentTimestamp>2023-11-14T22:13:20.000Z</currentTimestamp>\
        <deploymentType>UCCX</deploymentType><finesseMMode>false</finesseMMode>\
        <finesseTimeInMMode>0</finesseTimeInMMode>\
        <lastCTIHeartbeatStatus>success</lastCTIHeartbeatStatus>\
        <lastSuccessCTIHeartbeatTime>2023-11-14T22:13:20.000Z</lastSuccessCTIHeartbeatTime>\
        <license/><peripheralId>1</peripheralId><primaryNode><host>localhost</host>\
        <httpsPort>8445</httpsPort><xmppPort>5222</xmppPort><xmppSecurePort>5223</xmppSecurePort>\
        </primaryNode><secondaryNode><host/></secondaryNode><status>IN_SERVICE</status>\
        <statusReason/><systemAuthMode>NON_SSO</systemAuthMode><timezoneOffset>0</timezoneOffset>\
        <uri>/finesse/api/SystemInfo</uri><xmppDomain>localhost</xmppDomain>\
        <xmppPubSubDomain>pubsub.localhost</xmppPubSubDomain></SystemInfo>";
    assert_eq!(bench.core.system_info(bench.now), expected);
}
