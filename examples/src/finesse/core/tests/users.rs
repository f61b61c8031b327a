//! States of users: requests, answers, rules.

use super::*;

fn login(bench: &mut Bench, request: &str) -> u32 {
    let change = UserChange {
        state: Some("LOGIN".into()),
        extension: Some("1001".into()),
        reason_code_id: None,
    };
    bench
        .core
        .change_user(bench.now, "1001", "1001", &change, request)
        .unwrap();
    bench.asked()[0].0
}

#[test]
fn a_sign_in_is_asked_of_the_engine_and_its_event_carries_the_request_id() {
    let mut bench = Bench::new();
    let change = UserChange::parse(b"<User><state>LOGIN</state><extension>1001</extension></User>");
    bench
        .core
        .change_user(bench.now, "1001", "1001", &change.unwrap(), "r-1")
        .unwrap();
    let asked = EngineRequest::SetAgentState {
        login_id: "1001".into(),
        extension: "1001".into(),
        state: AskedState::Login,
        reason: 0,
        forced: false,
    };
    assert_eq!(
        bench.outputs(),
        [Output::Engine {
            token: Token(1),
            request: asked
        }]
    );

    bench.confirm(1);
    assert_eq!(bench.lines(), [""; 0], "nothing is known before the event");
    bench.state("1001", AgentState::NotReady);

    let expected = "<Update><data><user>\
        <dialogs>/finesse/api/User/1001/Dialogs</dialogs><extension>1001</extension>\
        <firstName>Ann</firstName><lastName>Agent &lt;1001&gt;</lastName>\
        <loginId>1001</loginId><loginName>1001</loginName><mediaType>1</mediaType>\
        <pendingState/><reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles>\
        <settings><wrapUpOnIncoming>REQUIRED</wrapUpOnIncoming>\
        <wrapUpOnOutgoing>NOT_ALLOWED</wrapUpOnOutgoing></settings>\
        <state>NOT_READY</state><stateChangeTime>2023-11-14T22:13:20.000Z</stateChangeTime>\
        <teamId>1</teamId><teamName>Team</teamName><uri>/finesse/api/User/1001</uri>\
        <wrapUpTimer>60</wrapUpTimer></user></data><event>PUT</event>\
        <requestId>r-1</requestId><source>/finesse/api/User/1001</source></Update>";
    let seen = bench.seen();
    assert_eq!(seen[0].node, "/finesse/api/User/1001");
    assert_eq!(seen[0].update, expected);
    assert_eq!(seen[1].line(), "Team/1/Users PUT - user NOT_READY");
    assert_eq!(seen[1].source, "/finesse/api/User/1001");
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_sign_in_of_someone_signed_in_keeps_the_state_and_is_answered_with_it() {
    let mut bench = Bench::new();
    bench.sign_in();
    let token = login(&mut bench, "again");
    bench.confirm(token);
    assert_eq!(
        bench.core.poll_timeout(),
        Some(bench.now.monotonic + SECOND / 2)
    );
    bench.pass(SECOND / 2);
    assert_eq!(
        bench.lines(),
        [
            "User/1001 PUT again user READY",
            "Team/1/Users PUT - user READY"
        ]
    );
}

#[test]
fn what_the_engine_refuses_comes_as_a_notification() {
    let mut bench = Bench::new();
    bench.put("1001", "1001", "READY", "r-2").unwrap();
    bench.outputs();
    bench.refuse(1, 22, "CF_INVALID_OBJECT_STATE");
    let expected = "<Update><data><apiErrors><apiError><errorType>Invalid State</errorType>\
        <errorMessage>CF_INVALID_OBJECT_STATE</errorMessage><errorData>22</errorData>\
        </apiError></apiErrors></data><event>PUT</event><requestId>r-2</requestId>\
        <source>/finesse/api/User/1001</source></Update>";
    let seen = bench.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].node, "/finesse/api/User/1001");
    assert_eq!(seen[0].update, expected);
}

#[test]
fn the_next_request_for_a_user_is_sent_after_the_last_was_confirmed() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.put("1001", "1001", "READY", "a").unwrap();
    bench.put("1001", "1001", "LOGOUT", "b").unwrap();
    bench.put("1002", "1002", "LOGOUT", "c").unwrap();
    let tokens: Vec<u32> = bench.asked().iter().map(|(token, _)| *token).collect();
    assert_eq!(tokens, [1, 2], "another user does not wait");
    bench.state("1001", AgentState::Ready);
    assert_eq!(
        bench.lines(),
        [
            "User/1001 PUT a user READY",
            "Team/1/Users PUT - user READY"
        ]
    );
    bench.confirm(1);
    assert_eq!(bench.asked().len(), 1);
    bench.state("1001", AgentState::Logout);
    bench.confirm(3);
    let expected = [
        "User/1001 PUT b user LOGOUT",
        "Team/1/Users PUT - user LOGOUT",
    ];
    assert_eq!(bench.lines(), expected);
}

#[test]
fn an_engine_that_does_not_answer_is_an_error_after_ten_seconds() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.put("1001", "1001", "READY", "a").unwrap();
    bench.put("1001", "1001", "READY", "b").unwrap();
    bench.outputs();
    bench.pass(10 * SECOND);
    let outputs = bench.outputs();
    assert_eq!(
        Seen::new(&outputs[0]).unwrap().line(),
        "User/1001 PUT a apiErrors 78"
    );
    assert!(matches!(
        outputs[1],
        Output::Engine {
            token: Token(2),
            ..
        }
    ));
    bench.confirm(1);
    assert_eq!(bench.outputs(), [], "a confirmation that comes too late");
}

#[test]
fn a_state_asked_for_during_a_call_is_pending_until_the_call_ends() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.answer(9);
    let change =
        UserChange::parse(b"<User><state>NOT_READY</state><reasonCodeId>1</reasonCodeId></User>")
            .unwrap();
    bench
        .core
        .change_user(bench.now, "1001", "1001", &change, "p")
        .unwrap();
    bench.outputs();
    bench.confirm(1);
    let seen = bench.seen();
    assert_eq!(seen[0].line(), "User/1001 PUT p user TALKING");
    assert!(
        seen[0]
            .update
            .contains("<pendingState>NOT_READY</pendingState>")
    );

    bench
        .core
        .change_user(bench.now, "1001", "1001", &change, "q")
        .unwrap();
    bench.outputs();
    bench.refuse(2, 265, "CF_INVALID_AGENT_WORKMODE");
    assert_eq!(bench.lines(), ["User/1001 PUT q apiErrors 265"]);

    bench.state("1001", AgentState::NotReady);
    assert!(bench.seen()[0].update.contains("<pendingState/>"));
}

#[test]
fn a_reason_is_shown_with_its_label() {
    let mut bench = Bench::new();
    bench.engine(EngineEvent::AgentState(AgentReport {
        login_id: "1001".into(),
        extension: Some("1001".into()),
        state: AgentState::NotReady,
        reason: Some(32763),
        for_seconds: Some(3),
        next: None,
    }));
    let seen = bench.seen();
    assert!(seen[0].update.contains(
        "<reasonCodeId>11</reasonCodeId><ReasonCode><category>NOT_READY</category>\
         <code>32763</code><label>Call not answered</label><id>11</id>\
         <uri>/finesse/api/ReasonCode/11</uri></ReasonCode>"
    ));
    assert!(
        seen[0]
            .update
            .contains("<stateChangeTime>2023-11-14T22:13:17.000Z")
    );
}

#[test]
fn checks_of_the_web_service_answer_at_once_and_publish_nothing() {
    let mut bench = Bench::new();
    bench.state("1002", AgentState::NotReady);
    bench.outputs();
    let change = |state: Option<&str>, extension: Option<&str>, reason: Option<&str>| UserChange {
        state: state.map(str::to_owned),
        extension: extension.map(str::to_owned),
        reason_code_id: reason.map(str::to_owned),
    };
    let cases = [
        (
            "1001",
            "1001",
            change(None, None, None),
            400,
            "Parameter Missing",
            "state",
        ),
        (
            "1001",
            "1001",
            change(Some("LOGIN"), None, None),
            400,
            "Parameter Missing",
            "extension",
        ),
        (
            "1001",
            "1001",
            change(Some("LOGIN"), Some("a b"), None),
            400,
            "Bad Request",
            "extension",
        ),
        (
            "1001",
            "1001",
            change(Some("SLEEPING"), None, None),
            400,
            "Invalid Input",
            "state",
        ),
        (
            "1001",
            "1001",
            change(Some("TALKING"), None, None),
            400,
            "Invalid State",
            "TALKING",
        ),
        (
            "1001",
            "1001",
            change(Some("LOGOUT"), None, None),
            400,
            "Invalid State",
            "LOGOUT",
        ),
        (
            "1002",
            "1002",
            change(Some("NOT_READY"), None, None),
            400,
            "Parameter Missing",
            "finesse.api.reasoncode.require_reasoncode",
        ),
        (
            "1002",
            "1002",
            change(Some("NOT_READY"), None, Some("99")),
            400,
            "Invalid Input",
            "reasonCodeId",
        ),
        (
            "1001",
            "1002",
            change(Some("READY"), None, None),
            401,
            "Invalid Authorization User Specified",
            "1002",
        ),
        (
            "1019",
            "9999",
            change(Some("READY"), None, None),
            404,
            "User Not Found",
            "9999",
        ),
        (
            "1019",
            "1002",
            change(Some("WORK"), None, None),
            400,
            "Invalid State",
            "WORK",
        ),
        (
            "1019",
            "1002",
            change(Some("NOT_READY"), None, None),
            401,
            "Invalid State",
            "NOT_READY",
        ),
        (
            "1019",
            "1002",
            change(Some("LOGOUT"), None, Some("5")),
            400,
            "Invalid Input",
            "reasonCodeId",
        ),
    ];
    for (caller, id, change, status, kind, data) in cases {
        let error = bench
            .core
            .change_user(bench.now, caller, id, &change, "r")
            .unwrap_err();
        let found = (error.status, error.kind, error.data.as_str());
        assert_eq!(found, (status, kind, data), "{caller} {id} {change:?}");
    }
    assert_eq!(bench.outputs(), []);
}

#[test]
fn a_supervisor_changes_the_team_with_the_systems_reason() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.put("1019", "1001", "NOT_READY", "s").unwrap();
    let asked = bench.asked();
    assert!(matches!(
        &asked[0].1,
        EngineRequest::SetAgentState { reason: 33, .. }
    ));
    bench.state("1001", AgentState::NotReady);
    assert_eq!(bench.lines()[0], "User/1001 PUT s user NOT_READY");
}

#[test]
fn an_error_body_has_type_data_and_message() {
    let body = error_body(&ApiError::unauthorized("10<01"));
    let expected = "<ApiErrors><ApiError><ErrorType>Authorization Failure</ErrorType>\
        <ErrorData>10&lt;01</ErrorData><ErrorMessage>UNAUTHORIZED</ErrorMessage></ApiError>\
        </ApiErrors>";
    assert_eq!(body, expected);
}

#[test]
fn reason_codes_list_what_a_user_can_choose() {
    let bench = Bench::new();
    let list = bench
        .core
        .reason_codes("1001", "1001", Some("LOGOUT"))
        .unwrap();
    let expected = "<ReasonCodes category=\"LOGOUT\">\
        <ReasonCode><uri>/finesse/api/ReasonCode/5</uri><category>LOGOUT</category><code>1</code>\
        <label>End of shift</label><forAll>true</forAll><systemCode>false</systemCode></ReasonCode>\
        <ReasonCode><uri>/finesse/api/ReasonCode/6</uri><category>LOGOUT</category><code>2</code>\
        <label>Desk change</label><forAll>true</forAll><systemCode>false</systemCode></ReasonCode>\
        </ReasonCodes>";
    assert_eq!(list, expected);
    let error = bench.core.reason_codes("1001", "1001", None).unwrap_err();
    assert_eq!(
        (error.kind, error.data.as_str()),
        ("Parameter Missing", "category")
    );
}

#[test]
fn a_team_shows_its_users_to_members_only() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    let team = bench.core.team("1001", "1").unwrap();
    assert!(team.starts_with(
        "<Team><uri>/finesse/api/Team/1</uri><id>1</id><name>Team</name><users>\
         <User><uri>/finesse/api/User/1001</uri><loginId>1001</loginId>"
    ));
    assert!(team.contains("<mediaState>BUSY</mediaState><pendingState/>"));
    assert_eq!(bench.core.team("1001", "2").unwrap_err().status, 404);
    assert_eq!(bench.core.team("9999", "1").unwrap_err().status, 401);
}

#[test]
fn a_user_without_a_session_for_a_minute_is_signed_out_with_reason_255() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    assert_eq!(
        bench.core.poll_timeout(),
        Some(bench.now.monotonic + 60 * SECOND)
    );
    bench.pass(60 * SECOND);
    let expected = EngineRequest::SetAgentState {
        login_id: "1001".into(),
        extension: "1001".into(),
        state: AskedState::Logout,
        reason: 255,
        forced: true,
    };
    assert_eq!(bench.asked(), [(1, expected)]);
}

#[test]
fn a_desktop_that_is_back_within_the_minute_is_not_signed_out() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    bench.pass(59 * SECOND);
    bench.core.user_available("1001", "desktop");
    bench.pass(10 * SECOND);
    assert_eq!(bench.asked(), []);
}

#[test]
fn a_user_who_signs_in_again_elsewhere_is_not_signed_out_for_the_old_session() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    bench.state("1001", AgentState::Logout);
    bench.state("1001", AgentState::NotReady);
    bench.pass(60 * SECOND);
    assert_eq!(bench.asked(), []);
}

#[test]
fn a_sign_out_that_still_waits_is_dropped_when_the_desktop_is_back() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    bench.pass(55 * SECOND);
    bench.put("1001", "1001", "READY", "slow").unwrap();
    assert_eq!(bench.asked().len(), 1);
    bench.pass(5 * SECOND);
    bench.core.user_available("1001", "desktop");
    bench.pass(60 * SECOND);
    assert_eq!(bench.asked(), [], "the session is fresh");
}

#[test]
fn a_sign_out_that_still_waits_is_dropped_by_a_sign_in() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    bench.pass(55 * SECOND);
    bench.put("1001", "1001", "READY", "slow").unwrap();
    bench.pass(5 * SECOND);
    bench.outputs();
    let change = UserChange {
        state: Some("LOGIN".into()),
        extension: Some("1001".into()),
        ..UserChange::default()
    };
    bench
        .core
        .change_user(bench.now, "1001", "1001", &change, "back")
        .unwrap();
    bench.refuse(1, 22, "CF_INVALID_OBJECT_STATE");
    let asked = bench.asked();
    assert!(
        matches!(
            asked[..],
            [(
                2,
                EngineRequest::SetAgentState {
                    state: AskedState::Login,
                    ..
                }
            )]
        ),
        "{asked:?}"
    );
}

#[test]
fn a_sign_out_that_did_not_come_about_is_asked_for_again_and_tells_nobody() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    bench.pass(60 * SECOND);
    assert_eq!(bench.asked().len(), 1);
    bench.refuse(1, 22, "CF_INVALID_OBJECT_STATE");
    assert_eq!(bench.outputs(), []);
    bench.pass(10 * SECOND);
    assert_eq!(bench.asked().len(), 1, "refused");
    bench.pass(10 * SECOND);
    assert_eq!(bench.asked().len(), 1, "no answer");
    bench.core.engine_lost(bench.now);
    bench.connect();
    bench.state("1001", AgentState::Ready);
    bench.core.engine_ready(bench.now);
    bench.outputs();
    bench.pass(10 * SECOND);
    assert_eq!(bench.asked().len(), 1, "lost with the engine");

    bench.confirm(4);
    bench.state("1001", AgentState::Logout);
    bench.pass(600 * SECOND);
    assert_eq!(bench.asked(), []);
    assert_eq!(bench.core.poll_timeout(), None);
}

#[test]
fn without_an_engine_a_forced_sign_out_waits_until_it_is_back() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.core.user_available("1001", "desktop");
    bench.core.user_unavailable(bench.now, "1001", "desktop");
    bench.core.engine_lost(bench.now);
    bench.pass(300 * SECOND);
    assert_eq!(bench.asked(), []);
    bench.connect();
    bench.state("1001", AgentState::Ready);
    bench.core.engine_ready(bench.now);
    assert_eq!(bench.asked(), []);
    bench.pass(SECOND);
    assert_eq!(bench.asked().len(), 1, "still nobody there");
}
