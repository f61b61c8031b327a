//! Calls: CTI events to dialog events.

use super::*;

#[test]
fn a_call_that_rings_is_posted_and_then_the_user_is_reserved() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.call(
        4711,
        CallEvent::Began(CallData {
            call_type: Some("ACD_IN".into()),
            ani: Some("5550001".into()),
            dnis: Some("6000".into()),
            dialed_number: Some("6000".into()),
            variables: vec![("callVariable1".into(), "a & b".into())],
            wrap_up: None,
        }),
    );
    assert_eq!(bench.outputs(), [], "no agent is on the call yet");
    bench.call(
        4711,
        CallEvent::Delivered {
            alerting: "1001".into(),
            calling: "5550001".into(),
            called: "6000".into(),
            queue: Some(7),
            data: CallData::default(),
        },
    );
    bench.state("1001", AgentState::Reserved);

    let expected = "<Update><data><dialogs><Dialog><associatedDialogUri/>\
        <fromAddress>5550001</fromAddress><id>4711</id><mediaProperties><mediaId>1</mediaId>\
        <DNIS>6000</DNIS><callType>ACD_IN</callType><dialedNumber>6000</dialedNumber>\
        <outboundClassification/><queueNumber>7</queueNumber><queueName>Service</queueName>\
        <callKeyCallId>4711</callKeyCallId><callKeySequenceNum/><callKeyPrefix/><wrapUpReason/>\
        <callvariables><CallVariable><name>callVariable1</name><value>a &amp; b</value>\
        </CallVariable></callvariables></mediaProperties><mediaType>Voice</mediaType>\
        <participants><Participant><actions/><mediaAddress>5550001</mediaAddress>\
        <mediaAddressType/><startTime>2023-11-14T22:13:20.000Z</startTime>\
        <state>INITIATED</state><stateCause/>\
        <stateChangeTime>2023-11-14T22:13:20.000Z</stateChangeTime></Participant>\
        <Participant><actions><action>ANSWER</action></actions>\
        <mediaAddress>1001</mediaAddress><mediaAddressType>AGENT_DEVICE</mediaAddressType>\
        <startTime>2023-11-14T22:13:20.000Z</startTime><state>ALERTING</state><stateCause/>\
        <stateChangeTime>2023-11-14T22:13:20.000Z</stateChangeTime></Participant></participants>\
        <secondaryId/><state>ALERTING</state><toAddress>6000</toAddress>\
        <uri>/finesse/api/Dialog/4711</uri></Dialog></dialogs></data><event>POST</event>\
        <requestId/><source>/finesse/api/User/1001/Dialogs</source></Update>";
    let seen = bench.seen();
    assert_eq!(seen[0].node, "/finesse/api/User/1001/Dialogs");
    assert_eq!(seen[0].update, expected);
    let rest: Vec<String> = seen[1..].iter().map(Seen::line).collect();
    let expected = [
        "Team/1/Users PUT - user READY",
        "User/1001 PUT - user RESERVED",
        "Team/1/Users PUT - user RESERVED",
    ];
    assert_eq!(rest, expected, "mediaState first, then the state");
}

#[test]
fn a_call_goes_from_ring_to_wrap_up_with_delete_last() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.outputs();

    bench.action("1001", 9, "ANSWER", "answer").unwrap();
    bench.outputs();
    bench.confirm(1);
    bench.answer(9);
    assert_eq!(
        bench.lines(),
        [
            "User/1001/Dialogs PUT answer dialog ACTIVE",
            "User/1001 PUT - user TALKING",
            "Team/1/Users PUT - user TALKING",
        ]
    );

    bench.action("1001", 9, "HOLD", "hold").unwrap();
    bench.outputs();
    bench.call(
        9,
        CallEvent::Held {
            device: "1001".into(),
        },
    );
    bench.confirm(2);
    let seen = bench.seen();
    assert_eq!(seen[0].line(), "User/1001/Dialogs PUT hold dialog ACTIVE");
    assert_eq!(seen[0].source, "/finesse/api/Dialog/9");
    assert!(seen[0].update.contains("<state>HELD</state>"));
    assert!(seen[0].update.contains(
        "<action>RETRIEVE</action><action>UPDATE_CALL_DATA</action><action>DROP</action>"
    ));

    bench.action("1001", 9, "RETRIEVE", "back").unwrap();
    bench.call(
        9,
        CallEvent::Retrieved {
            device: "1001".into(),
        },
    );
    bench.confirm(3);
    assert_eq!(bench.lines(), ["User/1001/Dialogs PUT back dialog ACTIVE"]);

    bench.action("1001", 9, "DROP", "drop").unwrap();
    bench.outputs();
    bench.call(
        9,
        CallEvent::ConnectionCleared {
            device: "1001".into(),
        },
    );
    bench.confirm(4);
    bench.call(9, CallEvent::Cleared);
    bench.state("1001", AgentState::Work);
    let seen = bench.seen();
    assert_eq!(
        seen.iter().map(Seen::line).collect::<Vec<_>>(),
        [
            "User/1001/Dialogs PUT drop dialog DROPPED",
            "Team/1/Users PUT - user TALKING",
            "User/1001/Dialogs PUT - dialog DROPPED",
            "User/1001 PUT - user WORK",
            "Team/1/Users PUT - user WORK",
        ]
    );
    assert!(seen[2].update.contains("<action>UPDATE_CALL_DATA</action>"));
    assert!(seen[2].update.contains("<state>WRAP_UP</state>"));

    let change = DialogChange::parse(
        b"<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction>\
          <targetMediaAddress>1001</targetMediaAddress><mediaProperties>\
          <wrapUpReason>Solved</wrapUpReason></mediaProperties></Dialog>",
    )
    .unwrap();
    bench
        .core
        .change_dialog(bench.now, "1001", "9", &change, "why")
        .unwrap();
    let asked = bench.asked();
    assert!(
        matches!(&asked[0].1, EngineRequest::SetCallData { call: CallId(9), data, .. }
        if data.wrap_up.as_deref() == Some("Solved"))
    );
    bench.confirm(5);
    let stored = CallData {
        wrap_up: Some("Solved".into()),
        ..CallData::default()
    };
    bench.call(9, CallEvent::Data(stored));
    let seen = bench.seen();
    assert_eq!(seen[0].line(), "User/1001/Dialogs PUT why dialog DROPPED");
    assert!(
        seen[0]
            .update
            .contains("<wrapUpReason>Solved</wrapUpReason>")
    );

    bench.state("1001", AgentState::Ready);
    bench.call(9, CallEvent::Ended);
    assert_eq!(
        bench.lines(),
        [
            "User/1001/Dialogs PUT - dialog DROPPED",
            "User/1001 PUT - user READY",
            "Team/1/Users PUT - user READY",
            "User/1001/Dialogs DELETE - dialogs DROPPED",
        ]
    );
    assert_eq!(
        bench.action("1001", 9, "DROP", "late").unwrap_err().kind,
        "Dialog Not Found"
    );
}

#[test]
fn a_new_call_is_posted_to_the_caller_with_the_request_id_and_to_the_callee_without() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.make_call("1001", "1002", "call").unwrap();
    let expected = EngineRequest::MakeCall {
        from: "1001".into(),
        to: "1002".into(),
    };
    assert_eq!(bench.asked(), [(1, expected)]);

    bench.call(5, CallEvent::Began(data("AGENT_INSIDE")));
    bench.call(
        5,
        CallEvent::ServiceInitiated {
            calling: "1001".into(),
        },
    );
    bench.engine(EngineEvent::Confirmed {
        token: Token(1),
        call: Some(CallId(5)),
    });
    bench.call(
        5,
        CallEvent::Originated {
            calling: "1001".into(),
            called: "1002".into(),
        },
    );
    bench.call(
        5,
        CallEvent::Delivered {
            alerting: "1002".into(),
            calling: "1001".into(),
            called: "1002".into(),
            queue: None,
            data: CallData::default(),
        },
    );
    let lines = bench.lines();
    let dialogs: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains("Dialogs"))
        .collect();
    assert_eq!(
        dialogs,
        [
            "User/1001/Dialogs POST call dialogs INITIATING",
            "User/1001/Dialogs PUT - dialog INITIATED",
            "User/1001/Dialogs PUT - dialog ALERTING",
            "User/1002/Dialogs POST - dialogs ALERTING",
        ]
    );
}

#[test]
fn the_request_id_is_on_the_node_of_who_asked_only() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.call(
        5,
        CallEvent::Delivered {
            alerting: "1002".into(),
            calling: "1001".into(),
            called: "1002".into(),
            queue: None,
            data: CallData::default(),
        },
    );
    bench.call(
        5,
        CallEvent::Established {
            answering: "1002".into(),
            calling: "1001".into(),
            called: "1002".into(),
        },
    );
    bench.outputs();
    bench.action("1002", 5, "HOLD", "hold").unwrap();
    bench.outputs();
    bench.confirm(1);
    bench.call(
        5,
        CallEvent::Held {
            device: "1002".into(),
        },
    );
    assert_eq!(
        bench.lines(),
        [
            "User/1001/Dialogs PUT - dialog ACTIVE",
            "User/1002/Dialogs PUT hold dialog ACTIVE",
        ]
    );
}

#[test]
fn an_event_answers_no_request_that_was_sent_because_of_it() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.answer(9);
    bench.call(
        9,
        CallEvent::Delivered {
            alerting: "1002".into(),
            calling: "1001".into(),
            called: "1002".into(),
            queue: None,
            data: CallData::default(),
        },
    );
    bench.update_data("1001", 9, "same", "a").unwrap();
    bench.update_data("1002", 9, "same", "b").unwrap();
    bench.outputs();
    bench.confirm(1);
    bench.call(9, CallEvent::Data(variable("same")));
    let outputs = bench.outputs();
    let lines: Vec<String> = outputs
        .iter()
        .filter_map(Seen::new)
        .map(|s| s.line())
        .collect();
    assert_eq!(
        lines,
        [
            "User/1001/Dialogs PUT a dialog ALERTING",
            "User/1002/Dialogs PUT - dialog ALERTING",
        ]
    );
    assert!(
        matches!(
            outputs.last(),
            Some(Output::Engine {
                token: Token(2),
                ..
            })
        ),
        "the second is sent when everyone was told"
    );

    bench.refuse(2, 22, "CF_INVALID_OBJECT_STATE");
    assert_eq!(bench.lines(), ["User/1002/Dialogs PUT b apiErrors 22"]);
}

#[test]
fn call_data_that_the_engine_did_not_keep_is_an_error() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.answer(9);
    bench.update_data("1001", 9, "new", "data").unwrap();
    bench.outputs();
    bench.confirm(1);
    bench.call(9, CallEvent::Data(variable("of another client")));
    assert_eq!(bench.lines(), ["User/1001/Dialogs PUT - dialog ACTIVE"]);
    bench.pass(SECOND);
    assert_eq!(bench.lines(), ["User/1001/Dialogs PUT data apiErrors 1"]);

    bench.update_data("1001", 9, "new", "data").unwrap();
    bench.outputs();
    bench.confirm(2);
    bench.call(9, CallEvent::Data(variable("new")));
    assert_eq!(bench.lines(), ["User/1001/Dialogs PUT data dialog ACTIVE"]);

    bench.update_data("1001", 9, "new", "again").unwrap();
    bench.outputs();
    bench.confirm(3);
    bench.pass(SECOND);
    assert_eq!(
        bench.lines(),
        ["User/1001/Dialogs PUT again dialog ACTIVE"],
        "it has this value already"
    );
}

#[test]
fn call_variables_have_one_spelling_and_one_value() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.outputs();
    let cases: [&[&str]; 5] = [
        &["callVariable01"],
        &["callVariable+1"],
        &["user.x[03]"],
        &["x"],
        &["user.x", "user.x"],
    ];
    for names in cases {
        let value = |name: &&str| ((*name).to_owned(), "v".to_owned());
        let change = DialogChange {
            requested_action: Some("UPDATE_CALL_DATA".into()),
            target_media_address: Some("1001".into()),
            variables: names.iter().map(value).collect(),
            ..DialogChange::default()
        };
        let error = bench
            .core
            .change_dialog(bench.now, "1001", "9", &change, "r")
            .unwrap_err();
        assert_eq!((error.status, error.data.as_str()), (400, names[0]));
    }
    assert_eq!(bench.outputs(), []);
}

#[test]
fn a_refused_action_is_an_error_on_the_dialogs_node() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.action("1001", 9, "HOLD", "hold").unwrap();
    bench.outputs();
    let failure = Failure {
        code: 24,
        name: "CF_NO_ACTIVE_CALL".into(),
        peripheral: 88_013,
    };
    bench.engine(EngineEvent::Refused {
        token: Token(1),
        failure,
    });
    let expected = "<Update><data><apiErrors><apiError>\
        <errorType>Call Operation Failure</errorType><errorMessage>CF_NO_ACTIVE_CALL</errorMessage>\
        <errorData>24</errorData><peripheralErrorCode>88013</peripheralErrorCode>\
        </apiError></apiErrors></data><event>PUT</event><requestId>hold</requestId>\
        <source>/finesse/api/Dialog/9</source></Update>";
    let seen = bench.seen();
    assert_eq!(seen[0].node, "/finesse/api/User/1001/Dialogs");
    assert_eq!(seen[0].update, expected);
}

#[test]
fn requests_for_a_call_that_ends_are_answered_before_the_delete() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.answer(9);
    bench.outputs();
    bench.action("1001", 9, "HOLD", "hold").unwrap();
    bench.action("1001", 9, "DROP", "drop").unwrap();
    bench.outputs();
    bench.call(9, CallEvent::Ended);
    bench.refuse(1, 24, "CF_NO_ACTIVE_CALL");
    let lines = bench.lines();
    assert_eq!(
        lines[..2],
        [
            "User/1001/Dialogs PUT hold apiErrors 22",
            "User/1001/Dialogs DELETE drop dialogs DROPPED",
        ]
    );
    assert!(
        !lines[2..].iter().any(|line| line.contains("Dialogs")),
        "{lines:?}"
    );
}

#[test]
fn a_failed_call_says_why() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.call(
        5,
        CallEvent::ServiceInitiated {
            calling: "1001".into(),
        },
    );
    bench.outputs();
    bench.call(
        5,
        CallEvent::Failed {
            device: "1001".into(),
            cause: FailureCause::Busy,
        },
    );
    let seen = bench.seen();
    assert_eq!(seen[0].line(), "User/1001/Dialogs PUT - dialog FAILED");
    assert!(seen[0].update.contains("<stateCause>BUSY</stateCause>"));
}

#[test]
fn a_user_who_signs_in_is_told_of_the_call_on_the_line() {
    let mut bench = Bench::new();
    bench.call(
        9,
        CallEvent::Delivered {
            alerting: "1001".into(),
            calling: "5550001".into(),
            called: "1001".into(),
            queue: None,
            data: CallData::default(),
        },
    );
    assert_eq!(bench.outputs(), []);
    bench.state("1001", AgentState::NotReady);
    assert_eq!(
        bench.lines()[..2],
        [
            "User/1001/Dialogs POST - dialogs ALERTING",
            "User/1001 PUT - user NOT_READY",
        ]
    );
}

#[test]
fn checks_of_the_web_service_answer_at_once() {
    let mut bench = Bench::new();
    bench.sign_in();
    bench.ring(9);
    bench.outputs();
    let now = bench.now;
    let body = |text: &str| DialogChange::parse(text.as_bytes()).unwrap();
    let new_call = |action: &str, from: &str, to: &str| {
        body(&format!(
            "<Dialog><requestedAction>{action}</requestedAction><fromAddress>{from}</fromAddress>\
             <toAddress>{to}</toAddress></Dialog>"
        ))
    };
    let mut make = |change: &DialogChange| {
        let error = bench
            .core
            .make_call(now, "1001", "1001", change, "r")
            .unwrap_err();
        (error.status, error.kind)
    };
    assert_eq!(
        make(&new_call("MAKE_CALL", "1001", "1001")),
        (400, "Invalid Destination")
    );
    assert_eq!(
        make(&new_call("MAKE_CALL", "", "1002")),
        (400, "Parameter Missing")
    );
    assert_eq!(
        make(&new_call("MAKE_CALL", "1002", "1003")),
        (400, "Invalid Input")
    );
    assert_eq!(
        make(&new_call("SILENT_MONITOR", "1001", "1002")),
        (501, "Not Implemented")
    );
    assert_eq!(
        make(&new_call("DANCE", "1001", "1002")),
        (400, "Invalid Input")
    );
    let mut with_data = new_call("MAKE_CALL", "1001", "1002");
    with_data
        .variables
        .push(("callVariable1".into(), "x".into()));
    assert_eq!(make(&with_data), (400, "Invalid Input"));

    let mut act = |caller: &str, id: &str, change: &DialogChange| {
        let error = bench
            .core
            .change_dialog(now, caller, id, change, "r")
            .unwrap_err();
        (error.status, error.kind)
    };
    let answer = body(
        "<Dialog><requestedAction>ANSWER</requestedAction>\
         <targetMediaAddress>1001</targetMediaAddress></Dialog>",
    );
    let nobody = body("<Dialog><requestedAction>ANSWER</requestedAction></Dialog>");
    assert_eq!(act("1001", "1_2", &answer), (404, "Dialog Not Found"));
    assert_eq!(act("1001", "10", &answer), (404, "Dialog Not Found"));
    assert_eq!(
        act("1002", "9", &answer),
        (401, "Invalid Authorization User Specified")
    );
    assert_eq!(act("1001", "9", &nobody), (400, "Parameter Missing"));
    assert_eq!(bench.outputs(), []);
}
